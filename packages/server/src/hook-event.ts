import type { components } from "../../client/src/api/openapi.d.ts";

type Schemas = components["schemas"];

/** What every event has. */
interface Call<Type extends string, Data> {
  /** the same at every try: note those that are done */
  id: string;
  type: Type;
  /** when it happened, in ISO 8601 */
  timestamp: string;
  data: Data;
}

/** The conversation in which something happens. */
interface Somewhere {
  conversation_id: number;
  /** your own id of it; null: none */
  conversation_external_id: string | null;
  /** of a channel alone */
  space_id?: number;
}

/** Where something has happened. */
interface Place extends Somewhere {
  /** of the message; of the conversation itself: its newest */
  seq: number;
  /** the number of the last change */
  rev: number;
}

/** Your own id of who wrote it; null: none. */
interface External {
  sender: { external_id: string | null };
}

/** A message as hooks are told of it. */
type HookMessage = Schemas["Message"] & External;

/** Who came or went. External ids are in the order of `user_ids`; null: the user has none. */
interface HookMember {
  event: "joined" | "left" | "removed";
  actor_id: number;
  actor_external_id: string | null;
  user_ids: number[];
  external_ids: (string | null)[];
}

/** A user's tap on a button of a bot, whose own token answers it: `POST /v1/bots/me/taps/{id}`. */
interface HookTap {
  id: string;
  bot_id: number;
  user: Schemas["Sender"] & { external_id: string | null };
  /** of the button */
  data: string;
}

/** A conversation as hooks are told of it. */
interface HookConversation {
  id: number;
  kind: "direct" | "group";
  name: string;
  avatar: string;
  introduction: string;
  announcement: string;
  owner_id: number | null;
  member_count: number;
  created_at: number;
  dissolved_at: number | null;
}

/** What a user has reported. Who, and what they say about it: `GET /v1/moderation/reports/{id}`. */
interface HookReport extends Pick<Schemas["Report"], "id" | "reason" | "created_at"> {
  about: Schemas["Reported"] & { user_external_id: string | null };
}

/** A space as hooks are told of it. */
type HookSpace = Omit<Schemas["ServerSpace"], "roles" | "categories" | "channels">;

/** The space of a member or a role, and your own id of it; null: none. */
interface InSpace {
  space_id: number;
  space_external_id: string | null;
}

/** A member or a role as it is; of what is there no more `id` and `external_id` alone. */
type OrGone<Thing extends { id: number; external_id: unknown }> = Pick<Thing, "id" | "external_id"> &
  Partial<Thing>;

/**
 * What a hook is asked before a message is stored, or an edit of one. It is answered with a `HookDecision`.
 */
export type SendingEvent = Call<
  "message.sending",
  Somewhere & {
    message: External & {
      sender: Schemas["Sender"];
      kind: Schemas["Message"]["kind"];
      mentions: Schemas["Message"]["mentions"];
      body: Record<string, unknown>;
      client_msg_id?: string;
      thread?: { root: number };
    };
    /** the seq of the message that is edited */
    edits?: number;
  }
>;

/** What a hook is told. A hook of `["*"]` may also get types of later releases. */
export type HookEvent =
  | Call<"message.created" | "message.changed" | "message.revoked", Place & { message: HookMessage }>
  | Call<"message.tapped", Place & { tap: HookTap }>
  | Call<"member.joined" | "member.left", Place & { member: HookMember }>
  | Call<
      "conversation.created" | "conversation.changed" | "conversation.dissolved",
      Place & { conversation: HookConversation }
    >
  | Call<"user.created" | "user.changed", { user: Schemas["ServerUser"] }>
  | Call<"user.deleted", { user: Pick<Schemas["ServerUser"], "id" | "external_id"> }>
  | Call<"space.created" | "space.changed" | "space.dissolved", { space: HookSpace }>
  | Call<
      "space_member.joined" | "space_member.changed" | "space_member.left",
      InSpace & { member: OrGone<Schemas["ServerSpaceMember"]> }
    >
  | Call<"role.created" | "role.changed" | "role.deleted", InSpace & { role: OrGone<Schemas["ServerRole"]> }>
  | Call<"report.created", { report: HookReport }>
  | Call<"test", object>
  | SendingEvent;

/** The answer to a `SendingEvent`, as JSON with status 200. */
export type HookDecision =
  | { action: "accept" }
  | { action: "reject"; reason?: string }
  | { action: "replace"; body: Record<string, unknown> };
