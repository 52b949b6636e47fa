import { z } from "zod";
import { PolicyName } from "./conversations/group-kind.ts";

/**
 * What can go wrong in the core, whichever surface asks. Every surface maps each code in its
 * `errors.ts`, a `Record<ErrorCode, …>`: a code added here does not compile until all have.
 */
export const ErrorCode = z.enum([
  "validation_failed",
  "unauthenticated",
  "forbidden",
  "muted",
  "blocked",
  "not_found",
  "no_such_path",
  "method_not_allowed",
  "not_forwardable",
  "conflict",
  "group_full",
  "already_handled",
  "too_late",
  "upgrade_required",
  "too_large",
  "range_not_satisfiable",
  "rate_limited",
  "locked",
  "internal",
  "unavailable",
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** What is not there of what was asked for; APIs differ in how much of this they tell apart. */
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
 * Why a group refuses something: its kind lets nobody do that, the caller's role is too low (an outsider's, too), or
 * it would be done to himself. APIs differ in how much of this they tell apart.
 */
export const Refusal = z.enum(["kind", "rank", "self"]);
export type Refusal = z.infer<typeof Refusal>;

/** Who has what was to be given out: the caller himself, or somebody else. */
export const TakenBy = z.enum(["caller", "other"]);
export type TakenBy = z.infer<typeof TakenBy>;

/** The kinds of message that are a file, by what it holds. */
export const MediaKind = z.enum(["image", "audio", "video", "file"]);
export type MediaKind = z.infer<typeof MediaKind>;

/** Why a file cannot be a message. */
export const FileFlaw = z.enum(["empty", "size", "type"]);
export type FileFlaw = z.infer<typeof FileFlaw>;

/** What a failure carries besides its code; every part is optional and safe to show to the caller. */
export const ErrorData = z.object({
  /** The inputs that were wrong, each with where it stands (`body.text`) and what to do. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  /** The first of these inputs was not there at all. */
  absent: z.literal(true).optional(),
  /** Seconds after which trying again makes sense. */
  retryAfter: z.int().positive().optional(),
  /** Until when a member is muted, in milliseconds since 1970. */
  mutedUntil: z.int().positive().optional(),
  /** The account of the caller does not exist any more. */
  gone: z.literal(true).optional(),
  /** How many bytes there are, where others were asked for. */
  size: z.int().nonnegative().optional(),
  missing: Missing.optional().catch(undefined),
  /** It is about something in a conversation of this kind, where that is known. */
  in: z.enum(["direct", "group"]).optional().catch(undefined),
  /** It is more than may be, and right otherwise. */
  excess: z.literal(true).optional().catch(undefined),
  /** A file cannot be sent as a message of this kind, for what is wrong with it. */
  file: z.object({ kind: MediaKind, flaw: FileFlaw }).optional().catch(undefined),
  refusal: Refusal.optional().catch(undefined),
  /** With the refusal `kind`: which kind of group it is. */
  policy: PolicyName.optional().catch(undefined),
  takenBy: TakenBy.optional().catch(undefined),
});
export type ErrorData = z.infer<typeof ErrorData>;

/** An expected failure as plain data: how objects answer over RPC, and how a batch refuses one item. */
export const Failure = z.object({
  ok: z.literal(false),
  code: ErrorCode.catch("internal"),
  detail: z.string(),
  data: ErrorData.optional(),
});
export type Failure = z.infer<typeof Failure>;
export type Result<T> = { ok: true; value: T } | Failure;

/** An expected failure, thrown by use-cases. `detail` is for people: what was wrong, where, what to do. */
export class CoreError extends Error {
  readonly code: ErrorCode;
  readonly data: ErrorData | undefined;

  constructor(code: ErrorCode, detail: string, data?: ErrorData) {
    super(detail);
    this.name = "CoreError";
    this.code = code;
    this.data = data;
  }

  toFailure(): Failure {
    return { ok: false, code: this.code, detail: this.message, ...(this.data && { data: this.data }) };
  }
}

/** A failure about one input. `path` says where it stands, `message` what to do. */
export function invalid(path: string, message: string): CoreError {
  return new CoreError("validation_failed", `${path}: ${message}`, { errors: [{ path, message }] });
}

/** The same for one that takes more room than it may. */
export function excess(path: string, bytes: number): CoreError {
  const { message, data } = invalid(path, `must be at most ${bytes} bytes as JSON`);
  return new CoreError("validation_failed", message, { ...data, excess: true });
}

const NO_CONVERSATION = "There is no such conversation, or you are not in it.";

/** The answer for a file that cannot be a message of this kind. */
export function fileRefused(kind: MediaKind, flaw: FileFlaw, detail: string): CoreError {
  const code = flaw === "size" ? "too_large" : "validation_failed";
  return new CoreError(code, detail, { file: { kind, flaw } });
}

/** The one answer for a conversation that does not exist and for one which is not the caller's. */
export function noConversation(): CoreError {
  return new CoreError("not_found", NO_CONVERSATION, { missing: "conversation" });
}

/** What a group does not let somebody do. @param policy with `kind`: which kind of group it is */
export function refusedFor(refusal: Refusal, detail: string, policy?: PolicyName): CoreError {
  return new CoreError("forbidden", detail, { refusal, ...(policy && { policy }) });
}

/** The answer for a group which one cannot come into by himself, where an API tells: elsewhere it reads as `noConversation`. */
export function joinNotAllowed(refusal: Refusal): CoreError {
  return new CoreError("not_found", NO_CONVERSATION, { missing: "conversation", refusal });
}

/** The answer for a conversation of others, where an API's document has one: elsewhere it reads as `noConversation`. */
export function noMembership(): CoreError {
  return new CoreError("not_found", NO_CONVERSATION, { missing: "membership" });
}

/**
 * The one answer for a message that does not exist and for one which the caller may not see.
 * @param seq absent: what names it is no place at all
 */
export function noMessage(seq?: number): CoreError {
  const detail =
    seq === undefined
      ? "There is no such message."
      : `There is no message ${seq} that you can see in this conversation.`;
  return new CoreError("not_found", detail, { missing: "message" });
}

/** The answer for a message that mentions somebody who is not in its conversation. */
export function noMentioned(id: number): CoreError {
  const detail = `mentions: there is no member ${id} in this conversation.`;
  return new CoreError("not_found", detail, { missing: "member" });
}

/** The one answer for a draft that was never made, is forgotten, or is somebody else's. */
export function noDraft(): CoreError {
  const detail = "There is no such message of yours that could be sent.";
  return new CoreError("not_found", detail, { missing: "message" });
}

/** Does something in a conversation of this kind; what is refused says so, unless it knows better. */
export async function atPath<T>(kind: "direct" | "group", work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    throw new CoreError(error.code, error.message, { in: kind, ...error.data });
  }
}

/** What something gives, or why it cannot be. */
export function attempt<T>(work: () => T): Result<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof CoreError) return error.toFailure();
    throw error;
  }
}
