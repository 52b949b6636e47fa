import { z } from "@hono/zod-openapi";
import { ErrorCode } from "../../../domain/errors.ts";
import { PROBLEMS, wireCode } from "../errors.ts";

const REF = "#/components/responses/";
const SEPARATOR = ".";

/** The codes as they are on the wire, in the order in which the core names them. */
const WIRE_CODES = [...new Set(ErrorCode.options.map(wireCode))];

/** The body of every failure (RFC 9457). */
export const Problem = z
  .object({
    type: z.literal("about:blank"),
    title: z.string().openapi({ description: "For people: what kind of failure it is" }),
    status: z.int().openapi({ description: "The HTTP status once more" }),
    code: z.enum(WIRE_CODES).openapi({ description: "What to decide by" }),
    detail: z.string().openapi({ description: "For people: what was wrong, and what to do" }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .openapi({
        description: "With `validation_failed`: each input that was wrong",
        example: [{ path: "body.username", message: "must be 2 to 32 letters, digits or any of _ . -" }],
      }),
    muted_until: z
      .int()
      .optional()
      .openapi({ description: "With `muted`: until when, in milliseconds since 1970" }),
  })
  .openapi("Problem", { description: "A failure (RFC 9457)" });

/**
 * The failures which are a route's own, for its description in OpenAPI: codes of one status share a
 * response. Those which any call may give (401, 413, 429, 500, 503) are added by `openapi/document.ts`.
 */
export function problems(...codes: ErrorCode[]): Record<string, { $ref: string }> {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [status, { $ref: REF + responseName(group) }]),
  );
}

/** The name among the document's responses of a status that may mean any of these codes. */
export function responseName(codes: ErrorCode[]): string {
  const named = new Set(codes.map(wireCode));
  return WIRE_CODES.filter((code) => named.has(code)).join(SEPARATOR);
}

/** The codes which a response that `problems` made stands for. */
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
    description: "Seconds after which trying again makes sense",
    schema: { type: "integer", minimum: 1 },
  },
};

/** What a client reads besides the body, by code. */
const HEADERS: Partial<Record<ErrorCode, object>> = {
  unauthenticated: { "WWW-Authenticate": text({ const: "Bearer" }, "How to sign in") },
  method_not_allowed: { Allow: text({}, "The methods which the path takes, comma-separated") },
  upgrade_required: { Upgrade: text({ const: "websocket" }, "What to ask for") },
  range_not_satisfiable: {
    "Content-Range": text({ pattern: "^bytes \\*/\\d+$" }, "How many bytes there are"),
  },
  rate_limited: RETRY_AFTER,
  locked: RETRY_AFTER,
  unavailable: RETRY_AFTER,
};

/** The response of a status which may mean any of these codes: what it says of itself in the document. */
export function problemResponse(codes: ErrorCode[]) {
  const titles = codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`);
  const [status] = codes.map((code) => PROBLEMS[code].status);
  const own = {
    properties: { status: { const: status }, code: { type: "string" as const, enum: codes } },
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
