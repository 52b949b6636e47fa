import { z } from "zod";

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
  "method_not_allowed",
  "not_forwardable",
  "conflict",
  "group_full",
  "already_handled",
  "upgrade_required",
  "too_large",
  "range_not_satisfiable",
  "rate_limited",
  "locked",
  "internal",
  "unavailable",
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** What a failure carries besides its code; every part is optional and safe to show to the caller. */
export const ErrorData = z.object({
  /** The inputs that were wrong, each with where it stands (`body.text`) and what to do. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  /** Seconds after which trying again makes sense. */
  retryAfter: z.int().positive().optional(),
  /** Until when a member is muted, in milliseconds since 1970. */
  mutedUntil: z.int().positive().optional(),
  /** How many bytes there are, where others were asked for. */
  size: z.int().nonnegative().optional(),
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

/** The one answer for a conversation that does not exist and for one which is not the caller's. */
export function noConversation(): CoreError {
  return new CoreError("not_found", "There is no such conversation, or you are not in it.");
}

/** The one answer for a message that does not exist and for one which the caller may not see. */
export function noMessage(seq: number): CoreError {
  return new CoreError("not_found", `There is no message ${seq} that you can see in this conversation.`);
}
