import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { DenyingPolicy, ErrorCode, type Failure } from "../../domain/errors.ts";
import { Permission } from "../../domain/spaces/permission.ts";

/** How v1 writes an error code. */
interface Written {
  status: ContentfulStatusCode;
  title: string;
  /** the code on the wire, if v1 has none for the code of the core */
  code?: ErrorCode;
}

/** The status and title of each code (RFC 9457). A missing code fails to compile. */
export const PROBLEMS: Record<ErrorCode, Written> = {
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

/** The code of a failure as v1 writes it. A group where admins alone write mutes nobody. */
export function codeOf({ code, data }: Failure): ErrorCode {
  return data?.deniedBy === "may_write" ? "forbidden" : wireCode(code);
}

/** The body of the answer to a failure. */
export function problemBody(failure: Failure) {
  const { detail, data } = failure;
  const code = codeOf(failure);
  const { status, title } = PROBLEMS[failure.code === "muted" ? code : failure.code];
  return {
    type: "about:blank" as const,
    ...{ title, status, code, detail },
    ...(data?.errors && { errors: data.errors }),
    ...(data?.mutedUntil && { muted_until: data.mutedUntil }),
    ...(data?.reason && { reason: data.reason }),
    ...(data?.deniedBy && { policy: data.deniedBy }),
    ...(data?.permission && { permission: data.permission }),
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

const REF = "#/components/responses/";
const SEPARATOR = ".";

/** The codes on the wire, in the order of the core's codes. */
const WIRE_CODES = [...new Set(ErrorCode.options.map(wireCode))];

export const ProblemCode = z
  .enum(WIRE_CODES)
  .openapi("ProblemCode", { description: "The kind of a failure, for programs: decide by this" });

const InputError = z
  .object({
    path: z.string().openapi({ description: "The input: `body`, `query`, `path` or `header`, and its name" }),
    message: z.string().openapi({ description: "What it must be, for people" }),
  })
  .openapi("InputError");

/** The body of every failure (RFC 9457). */
export const Problem = z
  .object({
    type: z.literal("about:blank"),
    title: z.string().openapi({ description: "The kind of failure, for people" }),
    status: z.int().openapi({ description: "The HTTP status, repeated" }),
    code: ProblemCode,
    detail: z.string().openapi({ description: "What was wrong and what to do, for people" }),
    errors: z
      .array(InputError)
      .optional()
      .openapi({
        description: "With `validation_failed`: each invalid input",
        example: [{ path: "body.username", message: "must be 2 to 32 letters, digits or any of _ . -" }],
      }),
    reason: z
      .string()
      .optional()
      .openapi({ description: "With `refused`: why, if the team's backend says so; for people" }),
    permission: Permission.optional().openapi({
      description: "With `forbidden` in a space: the permission that you lack",
    }),
    policy: DenyingPolicy.optional().openapi({
      description: "With `forbidden`: the policy of the group that says no, if one does",
    }),
    muted_until: z
      .int()
      .optional()
      .openapi({ description: "With `muted`: the end of the mute, in milliseconds since 1970" }),
    limit: z.int().optional().openapi({ description: "With `quota`: the most that you may have" }),
    used: z.int().optional().openapi({ description: "With `quota`: what you have" }),
    resets_at: z.int().nullable().optional().openapi({
      description:
        "With `quota`: when there is room for the call, in milliseconds since 1970, if you do nothing else meanwhile; null: waiting makes none",
    }),
  })
  .openapi("Problem", {
    description: "A failure (RFC 9457)",
    example: {
      type: "about:blank",
      title: "The request is not valid",
      status: 400,
      code: "validation_failed",
      detail: "Some inputs are not valid; `errors` names them.",
      errors: [{ path: "body.password", message: "must be 8 to 128 characters" }],
    },
  });

/**
 * The failures of a route, for its description in OpenAPI. Codes of one status share a response. Failures of
 * every call (401, 413, 429, 500, 503) are added by `openapi/document.ts`.
 */
export function problems(...codes: ErrorCode[]): Record<string, { $ref: string }> {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [status, { $ref: REF + responseName(group) }]),
  );
}

/** The name, among the document's responses, of a status with these codes. */
export function responseName(codes: ErrorCode[]): string {
  const named = new Set(codes.map(wireCode));
  return WIRE_CODES.filter((code) => named.has(code)).join(SEPARATOR);
}

/** The codes of a response that `problems` returned; empty for any other response. */
export function codesOf(response: object): ErrorCode[] {
  if (!("$ref" in response) || typeof response.$ref !== "string") return [];
  const names = response.$ref.replace(REF, "").split(SEPARATOR);
  return names.map((name) => ErrorCode.parse(name));
}

const text = (schema: object, description: string) => ({
  required: true,
  description,
  schema: { type: "string", ...schema },
});

const RETRY_AFTER = {
  "Retry-After": {
    required: true,
    description: "Seconds until the call can be repeated",
    schema: { type: "integer", minimum: 1 },
  },
};

/** The headers of failures, by code. */
const HEADERS: Partial<Record<ErrorCode, object>> = {
  unauthenticated: { "WWW-Authenticate": text({ const: "Bearer" }, "The scheme of the token") },
  method_not_allowed: { Allow: text({}, "The methods of the path, comma-separated") },
  upgrade_required: { Upgrade: text({ const: "websocket" }, "The protocol to upgrade to") },
  range_not_satisfiable: {
    "Content-Range": text({ pattern: "^bytes \\*/\\d+$" }, "The size of the file in bytes"),
  },
  slow_mode: RETRY_AFTER,
  rate_limited: RETRY_AFTER,
  // Where waiting makes no room it is missing.
  quota: { "Retry-After": { ...RETRY_AFTER["Retry-After"], required: false } },
  locked: RETRY_AFTER,
  unavailable: RETRY_AFTER,
};

/** The schema of `errors`, without the notes that `Problem` has. */
const ERRORS = {
  type: "array" as const,
  items: { $ref: "#/components/schemas/InputError" },
};

/** The description of a response of one status that may mean any of these codes. */
export function problemResponse(codes: ErrorCode[]) {
  const titles = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`);
  const [status] = codes.map((code) => PROBLEMS[code].status);
  const own = {
    type: "object" as const,
    properties: {
      status: { type: "integer" as const, const: status },
      code: { type: "string" as const, enum: codes },
      ...(codes.includes("validation_failed") && { errors: ERRORS }),
    },
    ...(codes.includes("validation_failed") && { required: ["errors"] }),
  };
  return {
    description: titles.join(" · "),
    headers: Object.assign({}, ...codes.map((code) => HEADERS[code])),
    content: {
      "application/problem+json": { schema: { allOf: [{ $ref: "#/components/schemas/Problem" }, own] } },
    },
  };
}
