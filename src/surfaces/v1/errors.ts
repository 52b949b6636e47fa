import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode, Failure } from "../../domain/errors.ts";

/** How v1 writes an error code. */
interface Problem {
  status: ContentfulStatusCode;
  title: string;
  /** the code on the wire, if v1 has none for the code of the core */
  code?: ErrorCode;
}

/** The status and title of each code (RFC 9457). A missing code fails to compile. */
export const PROBLEMS: Record<ErrorCode, Problem> = {
  validation_failed: { status: 400, title: "The request is not valid" },
  unauthenticated: { status: 401, title: "Sign in first" },
  forbidden: { status: 403, title: "Not allowed" },
  suspended: { status: 403, title: "Suspended" },
  refused: { status: 403, title: "Refused" },
  held: { status: 403, title: "Held for review" },
  muted: { status: 403, title: "Muted" },
  slow_mode: { status: 429, title: "Slow mode" },
  blocked: { status: 403, title: "Blocked" },
  not_found: { status: 404, title: "Not found" },
  no_such_path: { status: 404, title: "Not found", code: "not_found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  not_forwardable: { status: 400, title: "The request is not valid", code: "validation_failed" },
  conflict: { status: 409, title: "Conflict" },
  full: { status: 507, title: "Full" },
  group_full: { status: 409, title: "Conflict", code: "conflict" },
  already_handled: { status: 409, title: "Conflict", code: "conflict" },
  too_late: { status: 403, title: "Too late" },
  reset: { status: 410, title: "Load it anew" },
  upgrade_required: { status: 426, title: "WebSocket upgrade required" },
  too_large: { status: 413, title: "Too large" },
  range_not_satisfiable: { status: 416, title: "Range not satisfiable" },
  rate_limited: { status: 429, title: "Too many requests" },
  quota: { status: 429, title: "Quota used up" },
  locked: { status: 429, title: "Locked for a while" },
  internal: { status: 500, title: "Internal error" },
  unavailable: { status: 503, title: "Unavailable, try again" },
};

/** A code of the core as v1 writes it. */
export function wireCode(code: ErrorCode): ErrorCode {
  return PROBLEMS[code].code ?? code;
}

/** The body of the answer to a failure. */
export function problemBody({ code, detail, data }: Failure) {
  const { status, title } = PROBLEMS[code];
  return {
    type: "about:blank" as const,
    ...{ title, status, code: wireCode(code), detail },
    ...(data?.errors && { errors: data.errors }),
    ...(data?.mutedUntil && { muted_until: data.mutedUntil }),
    ...(data?.reason && { reason: data.reason }),
    ...(data?.quota && {
      ...{ limit: data.quota.limit, used: data.quota.used, resets_at: data.quota.resetsAt },
    }),
  };
}

/** The answer to a failure, as `application/problem+json`, with the headers of its code. */
export function problem(c: Context, failure: Failure): Response {
  const { code, data } = failure;
  const { status } = PROBLEMS[code];
  const headers: Record<string, string> = { "Content-Type": "application/problem+json" };
  if (data?.retryAfter) headers["Retry-After"] = String(data.retryAfter);
  if (data?.size !== undefined) headers["Content-Range"] = `bytes */${data.size}`;
  if (code === "upgrade_required") headers.Upgrade = "websocket";
  if (code === "unauthenticated") headers["WWW-Authenticate"] = "Bearer";
  return c.body(JSON.stringify(problemBody(failure)), status, headers);
}
