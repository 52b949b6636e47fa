import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { CoreError, type ErrorCode, type Failure } from "../../core/errors.ts";
import { fault, log } from "../../core/log.ts";

/** The status and title of each code (RFC 9457). A code of the core that is missing here does not compile. */
export const PROBLEMS: Record<ErrorCode, { status: ContentfulStatusCode; title: string }> = {
  validation_failed: { status: 400, title: "The request is not valid" },
  unauthenticated: { status: 401, title: "Sign in first" },
  forbidden: { status: 403, title: "Not allowed" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  conflict: { status: 409, title: "Conflict" },
  upgrade_required: { status: 426, title: "WebSocket upgrade required" },
  too_large: { status: 413, title: "Too large" },
  rate_limited: { status: 429, title: "Too many requests" },
  locked: { status: 429, title: "Locked for a while" },
  internal: { status: 500, title: "Internal error" },
  unavailable: { status: 503, title: "Unavailable, try again" },
};

const FAULT = new CoreError("internal", "Something went wrong on our side. The request may be tried again.");

/** The answer for whatever a handler threw. What is not a `CoreError` is a bug: logged, and told to nobody. */
export function onError(error: Error, c: Context): Response {
  if (error instanceof CoreError) {
    if (error.code === "internal") log("error", "misconfigured", { surface: "v1", detail: error.message });
    return problem(c, error.toFailure());
  }
  log("error", "fault", { surface: "v1", method: c.req.method, ...fault(error) });
  return problem(c, FAULT.toFailure());
}

/** A failure as `application/problem+json`. */
export function problem(c: Context, { code, detail, data }: Failure): Response {
  const { status, title } = PROBLEMS[code];
  const headers: Record<string, string> = { "Content-Type": "application/problem+json" };
  if (data?.retryAfter) headers["Retry-After"] = String(data.retryAfter);
  if (code === "upgrade_required") headers.Upgrade = "websocket";
  if (code === "unauthenticated") headers["WWW-Authenticate"] = "Bearer";
  const body = {
    type: "about:blank",
    title,
    status,
    code,
    detail,
    ...(data?.errors && { errors: data.errors }),
  };
  return c.body(JSON.stringify(body), status, headers);
}
