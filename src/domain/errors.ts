import { z } from "zod";
import { isoTime } from "../lib/stored-time.ts";
import { PolicyName } from "./conversations/group-kind.ts";
import { Permission } from "./spaces/permission.ts";

/**
 * The expected failures of the core, shared by all surfaces. Every surface maps each code in its `errors.ts`,
 * a `Record<ErrorCode, …>`: a code added here does not compile until all surfaces map it.
 */
export const ErrorCode = z.enum([
  "validation_failed",
  "unauthenticated",
  "forbidden",
  "suspended",
  "refused",
  "held",
  "muted",
  "slow_mode",
  "blocked",
  "not_found",
  "no_such_path",
  "method_not_allowed",
  "not_forwardable",
  "conflict",
  "group_full",
  "full",
  "already_handled",
  "too_late",
  "reset",
  "upgrade_required",
  "too_large",
  "range_not_satisfiable",
  "rate_limited",
  "quota",
  "locked",
  "internal",
  "unavailable",
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** The kind of thing that was not found. APIs differ in how many of these cases they distinguish. */
export const Missing = z.enum([
  "user",
  "conversation",
  "membership",
  "member",
  "message",
  "friendship",
  "application",
]);
export type Missing = z.infer<typeof Missing>;

/**
 * The reason for which a group refuses an action. APIs differ in how many of these cases they distinguish.
 * - `kind`: groups of this kind allow the action to nobody.
 * - `rank`: the caller's role is too low, or the caller is no member.
 * - `self`: the caller would act on themself.
 * - `banned`: the user who would enter is banned from the group.
 */
export const Refusal = z.enum(["kind", "rank", "self", "banned"]);
export type Refusal = z.infer<typeof Refusal>;

/** The policies of a group that refuse what other members may do, or members of smaller groups. */
export const DenyingPolicy = z.enum(["mention_all", "may_write"]);
export type DenyingPolicy = z.infer<typeof DenyingPolicy>;

/**
 * The holder of a name or an id that is already taken: the caller, another user, or (where a service
 * provisions accounts) a user with a password.
 */
export const TakenBy = z.enum(["caller", "other", "password"]);
export type TakenBy = z.infer<typeof TakenBy>;

/** The kinds of message that consist of a file. */
export const MediaKind = z.enum(["image", "audio", "video", "file"]);
export type MediaKind = z.infer<typeof MediaKind>;

/** The reason why a file cannot be a message. */
export const FileFlaw = z.enum(["empty", "size", "type"]);
export type FileFlaw = z.infer<typeof FileFlaw>;

/**
 * Why a token is refused: it is missing or not authentic, it has expired, or its session or account has
 * ended.
 */
export const TokenFlaw = z.enum(["invalid", "expired", "ended"]);
export type TokenFlaw = z.infer<typeof TokenFlaw>;

/** The data of a failure besides its code. Every field is optional and safe to show to the caller. */
export const ErrorData = z.object({
  /** The invalid inputs, each with its location (`body.body.text`) and the correction. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  /** The first of these inputs was missing. */
  absent: z.literal(true).optional(),
  /** Seconds after which a retry makes sense. */
  retryAfter: z.int().positive().optional(),
  /** With `quota`: what the user may have, what they have, and when there is room (ms since 1970). */
  quota: z
    .object({ limit: z.int(), used: z.int(), resetsAt: z.int().nullable() })
    .optional()
    .catch(undefined),
  /** The end of the member's mute, in milliseconds since 1970. */
  mutedUntil: z.int().positive().optional(),
  /** With `refused`: why, in the words of the team's backend. */
  reason: z.string().optional().catch(undefined),
  /** The caller's account no longer exists. */
  gone: z.literal(true).optional(),
  /** The actual size in bytes, where the requested range does not fit it. */
  size: z.int().nonnegative().optional(),
  missing: Missing.optional().catch(undefined),
  /** The kind of the conversation that the failure is about, where it is known. */
  in: z.enum(["direct", "group"]).optional().catch(undefined),
  /** The input exceeds a limit and is valid otherwise. */
  excess: z.literal(true).optional().catch(undefined),
  /** A file cannot be sent as a message of this kind, because of this flaw. */
  file: z.object({ kind: MediaKind, flaw: FileFlaw }).optional().catch(undefined),
  refusal: Refusal.optional().catch(undefined),
  /** With the refusal `kind`: the kind of the group. */
  policy: PolicyName.optional().catch(undefined),
  /** With `forbidden` in a space: the permission that the caller lacks. */
  permission: Permission.optional().catch(undefined),
  /** What of the group refuses it, where that is no rule of its kind. */
  deniedBy: DenyingPolicy.optional().catch(undefined),
  takenBy: TakenBy.optional().catch(undefined),
  /** With `unauthenticated`, where a token was checked. */
  token: TokenFlaw.optional().catch(undefined),
});
export type ErrorData = z.infer<typeof ErrorData>;

/**
 * An expected failure as plain data: the answer of an object over RPC, or the refusal of one item of a batch.
 */
export const Failure = z.object({
  ok: z.literal(false),
  code: ErrorCode.catch("internal"),
  detail: z.string(),
  data: ErrorData.optional(),
});
export type Failure = z.infer<typeof Failure>;
/** A value, or an expected failure as plain data. */
export type Result<T> = { ok: true; value: T } | Failure;

/**
 * An expected failure, thrown by use-cases. `detail` is for people: the error, its location and the
 * correction.
 */
export class CoreError extends Error {
  readonly code: ErrorCode;
  readonly data: ErrorData | undefined;

  constructor(code: ErrorCode, detail: string, data?: ErrorData) {
    super(detail);
    this.name = "CoreError";
    this.code = code;
    this.data = data;
  }

  /** The error as plain data. */
  toFailure(): Failure {
    return { ok: false, code: this.code, detail: this.message, ...(this.data && { data: this.data }) };
  }
}

/** A `validation_failed` about one input. @param path its location @param message the correction */
export function invalid(path: string, message: string): CoreError {
  return new CoreError("validation_failed", `${path}: ${message}`, { errors: [{ path, message }] });
}

/** A `validation_failed` for an input of more than `bytes` bytes. */
export function excess(path: string, bytes: number): CoreError {
  const { message, data } = invalid(path, `must be at most ${bytes} bytes as JSON`);
  return new CoreError("validation_failed", message, { ...data, excess: true });
}

const NO_CONVERSATION = "There is no such conversation, or you are not in it.";

/** The answer for a file that cannot be a message of this kind: `too_large` or `validation_failed`. */
export function fileRefused(kind: MediaKind, flaw: FileFlaw, detail: string): CoreError {
  const code = flaw === "size" ? "too_large" : "validation_failed";
  return new CoreError(code, detail, { file: { kind, flaw } });
}

/**
 * The `not_found` for a conversation that does not exist, and for a conversation that the caller is not in.
 */
export function noConversation(): CoreError {
  return new CoreError("not_found", NO_CONVERSATION, { missing: "conversation" });
}

/** The `forbidden` of a group. @param policy the kind of the group, with the refusal `kind` */
export function refusedFor(refusal: Refusal, detail: string, policy?: PolicyName): CoreError {
  return new CoreError("forbidden", detail, { refusal, ...(policy && { policy }) });
}

/**
 * The `rate_limited` for a request too soon after a rejected one.
 * @param until when the user can ask again (ms since 1970)
 * @param reason begins the error text
 */
export function askedTooSoon(until: number, reason: string): CoreError {
  const retryAfter = Math.max(1, Math.ceil((until - Date.now()) / 1_000));
  return new CoreError("rate_limited", `${reason} Ask again in ${Math.ceil(retryAfter / 3_600)} h.`, {
    retryAfter,
  });
}

/**
 * The `not_found` for a group that does not admit the caller. Only APIs that distinguish the case read its
 * `refusal`; for the others it equals `noConversation`.
 */
export function joinNotAllowed(refusal: Refusal): CoreError {
  return new CoreError("not_found", NO_CONVERSATION, { missing: "conversation", refusal });
}

/**
 * The `not_found` for a conversation that exists without the caller. Only APIs that distinguish the case read
 * `missing: "membership"`; for the others it equals `noConversation`.
 */
export function noMembership(): CoreError {
  return new CoreError("not_found", NO_CONVERSATION, { missing: "membership" });
}

/**
 * The `not_found` for an invitation that never was, has ended or is used up: who guesses codes learns
 * nothing.
 */
export function noInvitation(): CoreError {
  return new CoreError("not_found", "There is no such invitation, or it is no longer valid.");
}

/** The `not_found` for a message request that does not exist, or holds no longer. */
export function noMessageRequest(): CoreError {
  return new CoreError("not_found", "There is no such message request, or it holds no longer.");
}

/**
 * The `not_found` for a message that does not exist, and for a message that the caller may not see.
 * @param seq absent if the client's reference to the message holds no valid seq
 */
export function noMessage(seq?: number): CoreError {
  const detail =
    seq === undefined
      ? "There is no such message."
      : `There is no message ${seq} that you can see in this conversation.`;
  return new CoreError("not_found", detail, { missing: "message" });
}

/** The `unauthenticated` for the token of a session that has ended. */
export function sessionOver(): CoreError {
  return new CoreError("unauthenticated", "This session has ended. Sign in again.", { token: "ended" });
}

/** The `unauthenticated` for the token of a deleted account, as the inbox of its user answers. */
export function accountOver(): CoreError {
  return new CoreError("unauthenticated", "This account does not exist any more.", { token: "ended" });
}

/** The `suspended` for a user who may not sign in. @param until ms since 1970; null: for ever */
export function suspended(until: number | null): CoreError {
  const end = until === null ? "" : ` until ${isoTime(until)}`;
  return new CoreError("suspended", `This account is suspended${end}.`);
}

/** The `not_found` for a user who does not exist, or whose account is deleted. */
export function noUser(id: number): CoreError {
  return new CoreError("not_found", `There is no user ${id}.`, { missing: "user" });
}

/** The `not_found` for an external id that no user has. */
export function noExternalUser(): CoreError {
  return new CoreError("not_found", "There is no user with this external id.", { missing: "user" });
}

/** The `not_found` for a message that mentions a user who is no member of its conversation. */
export function noMentioned(id: number): CoreError {
  const detail = `mentions: there is no member ${id} in this conversation.`;
  return new CoreError("not_found", detail, { missing: "member" });
}

/** The `not_found` for a message that mentions a role which its space does not have. */
export function noMentionedRole(id: number): CoreError {
  return new CoreError("not_found", `mention_roles: there is no role ${id} here.`);
}

/** The `not_found` for a draft that was never made, has expired, or belongs to another user. */
export function noDraft(): CoreError {
  const detail = "There is no such message of yours that could be sent.";
  return new CoreError("not_found", detail, { missing: "message" });
}

/** Whether an error says that what was asked for does not exist, or not for the one who asks. */
export function isNotFound(error: unknown): error is CoreError {
  return error instanceof CoreError && error.code === "not_found";
}

/** The answer where nothing was found is null. @throws every other error */
export function nullIfNotFound(error: unknown): null {
  if (isNotFound(error)) return null;
  throw error;
}

/**
 * Runs `work` and adds the kind of conversation (`in`) to the data of a `CoreError`, unless the error states
 * it.
 * @throws whatever `work` throws
 */
export async function atPath<T>(kind: "direct" | "group", work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    throw new CoreError(error.code, error.message, { in: kind, ...error.data });
  }
}

/** Runs `work` and returns a `CoreError` as a failure. @throws any other error of `work` */
export function attempt<T>(work: () => T): Result<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof CoreError) return error.toFailure();
    throw error;
  }
}
