import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { ConversationId, UserId } from "../ids.ts";
import type { Report } from "../moderation/report.ts";
import type { RoleId } from "../spaces/role.ts";
import type { ServerRole, ServerSpace, ServerSpaceMember } from "./server-space.ts";
import type { ServerUser } from "./server-user.ts";
import type { ExternalId } from "./user-ref.ts";

/** A hook's id: `hk_` and 16 hexadecimal digits. */
export const HookId = z
  .string()
  .regex(/^hk_[0-9a-f]{16}$/, "must be the id of a hook")
  .brand<"HookId">();
export type HookId = z.infer<typeof HookId>;

/** What a hook is told of users. */
export const UserEventType = z.enum(["user.created", "user.changed", "user.deleted"]);
export type UserEventType = z.infer<typeof UserEventType>;

/** What a hook is told of reports. */
export const REPORT_CREATED = "report.created";

/** What a hook is told of spaces. */
export const SpaceEventType = z.enum([
  "space.created",
  "space.changed",
  "space.dissolved",
  "space_member.joined",
  "space_member.changed",
  "space_member.left",
  "role.created",
  "role.changed",
  "role.deleted",
]);
export type SpaceEventType = z.infer<typeof SpaceEventType>;

/** What a hook is told of. */
export const HookEventType = z.enum([
  "message.created",
  "message.changed",
  "message.revoked",
  "message.tapped",
  "member.joined",
  "member.left",
  "conversation.created",
  "conversation.changed",
  "conversation.dissolved",
  ...UserEventType.options,
  ...SpaceEventType.options,
  REPORT_CREATED,
]);
export type HookEventType = z.infer<typeof HookEventType>;

/** The event of a hook that is asked before a message is stored. It has no other. */
export const SENDING = "message.sending";

/** How such a hook is asked. */
export interface Gate {
  timeoutMs: number;
  /** whether a message is stored, or refused, when there is no answer */
  onFailure: "allow" | "refuse";
}

/** Characters of a reason that its sender is told. */
const MAX_REASON = 500;

/** Why a message is refused: whatever stands there, it is refused. */
const Reason = z
  .string()
  .catch("")
  .transform((reason) => [...reason.slice(0, 2 * MAX_REASON)].slice(0, MAX_REASON).join(""));

/** What such a hook answers. */
export const GateAnswer = z.discriminatedUnion("action", [
  z.object({ action: z.literal("accept") }),
  z.object({ action: z.literal("reject"), reason: Reason }),
  z.object({ action: z.literal("replace"), body: z.record(z.string(), z.json()) }),
]);
export type GateAnswer = z.infer<typeof GateAnswer>;

/**
 * Whether a hook is called.
 * - `disabled`: three days without a success. The team makes it active again.
 * - `gone`: it has answered 410.
 */
export const HookState = z.enum(["active", "disabled", "gone"]);
export type HookState = z.infer<typeof HookState>;

/** `*`: all of them, those of later releases too. Or `SENDING` alone. */
export type HookEvents = (HookEventType | "*" | typeof SENDING)[];

/** A hook without its secret. Times are milliseconds since 1970. */
export interface Hook {
  id: HookId;
  url: string;
  events: HookEvents;
  /** the only conversations that it is told of, and no users; null: all, and users */
  conversations: ConversationId[] | null;
  /** null: it is told of what has happened */
  gate: Gate | null;
  state: HookState;
  createdAt: number;
  /** null: never */
  lastSuccessAt: number | null;
}

/** A hook as those who call it know it. */
export interface HookTarget extends Pick<Hook, "id" | "url" | "events" | "conversations" | "gate" | "state"> {
  /** sign each call: the present secret, and for a day the one before */
  secrets: string[];
  /** when it last succeeded, was made or was made active (ms since 1970) */
  healthyAt: number;
}

/** A call of a hook whose last try failed, and which is tried again. Times are milliseconds since 1970. */
export interface FailedDelivery {
  /** the `webhook-id` */
  id: string;
  type: HookEventType;
  tries: number;
  /** null: there was no answer */
  status: number | null;
  error: string;
  failedAt: number;
  nextAt: number;
}

/** How a hook comes to be told of a conversation. */
export interface HookStart {
  id: HookId;
  /** what came since then is told, also again (ms since 1970) */
  since: number;
  /** it is asked before a message is stored, and told of nothing */
  isGate: boolean;
  /** a replay: what was told is told again. Else a known hook goes on where it was */
  isReplay: boolean;
}

/** What became of a user. */
export interface UserEvent {
  /** the number of the event in the deployment */
  seq: number;
  userId: UserId;
  type: UserEventType;
  /** ms since 1970 */
  at: number;
  externalId: ExternalId | null;
  /** as they are now; null: the account is deleted */
  user: ServerUser | null;
}

/** What became of a space, of a member of it, or of a role. */
export interface SpaceEvent {
  /** the number of the event in the deployment */
  seq: number;
  type: SpaceEventType;
  /** ms since 1970 */
  at: number;
  /** of the member; else nobody */
  userId: UserId;
  roleId: RoleId | null;
  /** of the role, as it was then */
  externalId: ExternalId | null;
  /** as it is now */
  space: HookSpace;
  /** as they are now; null: no member, or the event is about none */
  member: ServerSpaceMember | null;
  /** as it is now; null: it is deleted, or the event is about none */
  role: ServerRole | null;
}

/** A space as hooks are told of it: with the ids of its roles, without its channels. */
export type HookSpace = Omit<ServerSpace, "roles" | "categories" | "channels" | "version"> & {
  roles: ReadonlyMap<RoleId, ExternalId>;
};

/** That a user has reported something. Who, and what they say about it, is for staff. */
export interface ReportEvent {
  /** the number of the event in the deployment */
  seq: number;
  type: typeof REPORT_CREATED;
  /** ms since 1970 */
  at: number;
  report: Pick<Report, "id" | "about" | "reason" | "createdAt">;
}

/** Hooks of a deployment at most: each event is sent to each of them. */
export const MAX_HOOKS = 20;
/** The conversations that a hook may name. */
export const MAX_HOOK_CONVERSATIONS = 100;

export function newHookId(): HookId {
  return HookId.parse(`hk_${randomBytes(8).toString("hex")}`);
}

/** A secret as Standard Webhooks writes it: `whsec_` and 32 random bytes in base64. */
export function newHookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/** Whether a hook is about a conversation. */
export function isAbout({ conversations }: Pick<Hook, "conversations">, id: ConversationId): boolean {
  return conversations === null || conversations.includes(id);
}

/** Whether a hook is told of events of a type. */
export function wants({ events }: Pick<Hook, "events">, type: HookEventType): boolean {
  return events.includes("*") || events.includes(type);
}
