import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode, Failure } from "../../domain/errors.ts";

/** The status of each code. A missing code fails to compile. */
const STATUSES: Record<ErrorCode, ContentfulStatusCode> = {
  validation_failed: 400,
  unauthenticated: 401,
  forbidden: 403,
  suspended: 403,
  refused: 403,
  held: 403,
  muted: 403,
  slow_mode: 429,
  blocked: 403,
  not_found: 404,
  no_such_path: 404,
  method_not_allowed: 405,
  not_forwardable: 400,
  conflict: 409,
  group_full: 409,
  full: 507,
  already_handled: 409,
  too_late: 403,
  reset: 410,
  upgrade_required: 426,
  too_large: 413,
  range_not_satisfiable: 416,
  rate_limited: 429,
  quota: 429,
  locked: 429,
  internal: 500,
  unavailable: 503,
};

/** The status of a failure, and the headers that it has in every shape. */
export function statusOf({ code, data }: Failure): {
  status: ContentfulStatusCode;
  headers: Record<string, string>;
} {
  const headers: Record<string, string> = data?.retryAfter ? { "Retry-After": String(data.retryAfter) } : {};
  return { status: STATUSES[code], headers };
}

/** The answer to a failure as JSON. */
export function refuseAsJson(c: Context, failure: Failure): Response {
  const { status, headers } = statusOf(failure);
  const { code, detail, data } = failure;
  return c.json({ code, detail, ...(data?.errors && { errors: data.errors }) }, status, headers);
}
