import type { Person } from "../accounts/person.ts";
import type { Buttons } from "../bots/buttons.ts";
import type { TapId } from "../bots/tap.ts";
import type { Profile } from "../conversations/conversation.ts";
import type { ConversationId, Position, Seq, SpaceId, UserId } from "../ids.ts";
import type { BodyJson, Kind } from "../messages/content.ts";
import type { Mentions, Message } from "../messages/message.ts";
import type { ReportEvent, SpaceEvent, UserEvent } from "./hook.ts";
import type { ExternalId } from "./user-ref.ts";

/** The ids that the team's backend has for users; users without one are missing. */
export type ExternalIdsOfUsers = ReadonlyMap<UserId, ExternalId>;

/** What a hook is told of a conversation. */
export type ConversationHookData = {
  conversationId: ConversationId;
  /** the id that the team's backend has for it; null: none */
  externalId: ExternalId | null;
  /** the space of a channel; null: it is none */
  spaceId: SpaceId | null;
  /** of the message; of the conversation itself: its newest */
  seq: Seq | Position;
  /** of the message: its last change; of the conversation: the newest change of a message */
  rev: number;
} & (
  | { message: Message }
  | { member: { event: string; actor_id: UserId; user_ids: UserId[] } }
  | { tap: { id: TapId; botId: UserId; user: Person; data: string } }
  | { conversation: { profile: Profile; memberCount: number; dissolvedAt: number | null } }
);

/** A message, or an edit of one, before it is stored. */
export interface GateData {
  conversationId: ConversationId;
  externalId: ExternalId | null;
  /** the space of a channel; null: it is none */
  spaceId: SpaceId | null;
  sender: Person & { externalId: ExternalId | null };
  kind: Kind;
  body: BodyJson;
  clientMsgId: string | undefined;
  mentions: Mentions;
  /** of a reply in a thread */
  threadRoot: Seq | null;
  /** of an edit: the message that is edited */
  edits: Seq | null;
  /** absent: none, or they stay as they are */
  buttons?: Buttons | undefined;
}

/** Writes the `data` of events, in the form of a surface. */
export interface HookFormat {
  data(data: ConversationHookData, externalIds: ExternalIdsOfUsers): object;
  user(event: UserEvent): object;
  report(event: ReportEvent, externalIds: ExternalIdsOfUsers): object;
  space(event: SpaceEvent, externalIds: ExternalIdsOfUsers): object;
  sending(data: GateData): object;
}
