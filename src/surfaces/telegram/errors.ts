import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { CoreError, type ErrorCode, type Failure, type Missing } from "../../domain/errors.ts";
import { fail } from "./envelope.ts";

/**
 * The status of each code, and the text before the detail. Without a text the detail stays away, as libraries
 * compare the description.
 */
const REASONS: Record<ErrorCode, { status: ContentfulStatusCode; reason: string; isAlone?: true }> = {
  validation_failed: { status: 400, reason: "Bad Request" },
  unauthenticated: { status: 401, reason: "Unauthorized", isAlone: true },
  // 403 would say to libraries that the bot was put out of the chat: they forget it.
  forbidden: { status: 400, reason: "Bad Request: not enough rights" },
  suspended: { status: 401, reason: "Unauthorized", isAlone: true },
  refused: { status: 400, reason: "Bad Request" },
  held: { status: 400, reason: "Bad Request" },
  muted: { status: 400, reason: "Bad Request: not enough rights to send text messages to the chat" },
  slow_mode: { status: 429, reason: "Too Many Requests" },
  blocked: { status: 403, reason: "Forbidden: bot was blocked by the user", isAlone: true },
  not_found: { status: 400, reason: "Bad Request" },
  no_such_path: { status: 404, reason: "Not Found", isAlone: true },
  method_not_allowed: { status: 405, reason: "Method Not Allowed", isAlone: true },
  not_forwardable: { status: 400, reason: "Bad Request: message can't be forwarded" },
  conflict: { status: 400, reason: "Bad Request" },
  group_full: { status: 400, reason: "Bad Request" },
  full: { status: 400, reason: "Bad Request" },
  already_handled: { status: 400, reason: "Bad Request" },
  too_late: { status: 400, reason: "Bad Request" },
  reset: { status: 400, reason: "Bad Request" },
  upgrade_required: { status: 400, reason: "Bad Request" },
  too_large: { status: 413, reason: "Request Entity Too Large", isAlone: true },
  range_not_satisfiable: { status: 416, reason: "Requested Range Not Satisfiable", isAlone: true },
  rate_limited: { status: 429, reason: "Too Many Requests" },
  quota: { status: 429, reason: "Too Many Requests" },
  locked: { status: 429, reason: "Too Many Requests" },
  internal: { status: 500, reason: "Internal Server Error", isAlone: true },
  unavailable: { status: 503, reason: "Service Unavailable", isAlone: true },
};

/** What was not found, in Telegram's words. */
const MISSING: Partial<Record<Missing, string>> = {
  user: "Bad Request: user not found",
  conversation: "Bad Request: chat not found",
  membership: "Bad Request: chat not found",
  member: "Bad Request: user not found",
  message: "Bad Request: message not found",
};

/** The seconds after which a call may be tried again, where nothing else is known. */
const RETRY_AFTER_S = 1;

/** The answer to a failure in this API's envelope. */
export function refuse(c: Context, failure: Failure): Response {
  const { code, data } = failure;
  const { status } = REASONS[code];
  if (data?.retryAfter !== undefined) c.header("Retry-After", String(data.retryAfter));
  const retryAfter = data?.retryAfter ?? RETRY_AFTER_S;
  return fail(c, status, describe(failure), ...(status === 429 ? [{ retry_after: retryAfter }] : []));
}

function describe({ code, detail, data }: Failure): string {
  const { status, reason, isAlone } = REASONS[code];
  if (status === 429) return `Too Many Requests: retry after ${data?.retryAfter ?? RETRY_AFTER_S}`;
  const missing = code === "not_found" && data?.missing !== undefined ? MISSING[data.missing] : undefined;
  if (missing !== undefined) return missing;
  if (code === "validation_failed") return `${reason}: ${flawOf(detail, data)}`;
  return isAlone ? reason : `${reason}: ${detail}`;
}

/** What a parameter lacks, or has too much of, in Telegram's words; else in those of the check. */
const EMPTY: Readonly<Record<string, string>> = {
  ...{ chat_id: "chat_id is empty", from_chat_id: "from_chat_id is empty", text: "message text is empty" },
  ...{ user_id: "invalid user_id specified", message_id: "message identifier is not specified" },
  ...{ latitude: "latitude is empty", longitude: "longitude is empty", url: "url is empty" },
};
const EXCESS: Readonly<Record<string, string>> = {
  ...{ "body.text": "message is too long", "body.caption": "message caption is too long" },
};

function flawOf(detail: string, data: Failure["data"]): string {
  const [first] = data?.errors ?? [];
  if (first?.path === "parse_mode") return "unsupported parse_mode";
  if (!first) return detail;
  const words = data?.absent ? EMPTY[first.path] : data?.excess ? EXCESS[first.path] : undefined;
  return words ?? detail;
}

/** A `validation_failed` in words that libraries know, as in `message is not modified`. */
export function badRequest(text: string): CoreError {
  return new CoreError("validation_failed", text);
}
