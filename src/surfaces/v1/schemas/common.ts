import { z } from "@hono/zod-openapi";
import type { ErrorCode } from "../../../core/errors.ts";
import { ConversationId, Position, Seq, UserId } from "../../../core/ids.ts";
import { LIMITS } from "../../../core/limits.ts";
import { unstorable } from "../../../core/text.ts";
import { PROBLEMS } from "../errors.ts";

/** An integer without a sign in a path or a query; 16 digits hold every integer that a number can. */
const digits = z
  .string()
  .regex(/^\d{1,16}$/, "must be an integer")
  .transform(Number);

export const UserIdParam = digits.pipe(UserId).openapi({ type: "integer", example: 100_000 });
export const ConversationIdParam = digits.pipe(ConversationId).openapi({ type: "integer", example: 1 });
export const SeqParam = digits.pipe(Seq).openapi({ type: "integer", example: 1 });

export const ApplicationIdParam = digits.pipe(z.int().positive()).openapi({ type: "integer", example: 1 });

/** A place between messages, as a bound: 0 is before the first. */
export const PositionParam = digits.pipe(Position).openapi({ type: "integer", minimum: 0, example: 0 });

/** `limit` of a list: 1–100, 50 where it is absent. */
export const Limit = digits
  .pipe(z.int().min(1).max(LIMITS.page))
  .default(50)
  .openapi({ type: "integer", minimum: 1, maximum: LIMITS.page, default: 50 });

/** A string of a path or a query, where percent encoding can hide what no text may hold. */
export const QueryText = z.string().superRefine((text, context) => {
  const message = unstorable(text);
  if (message) context.addIssue({ code: "custom", message });
});

/** What a list that is cut into pages takes. */
export const ListQuery = z.object({ limit: Limit, cursor: QueryText.optional() });

/** The body of every failure (RFC 9457). */
const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    /** with `muted`: until when, in milliseconds since 1970 */
    muted_until: z.int().optional(),
  })
  .openapi("Problem");

/** The failures of a route, for its description in OpenAPI. */
export function problems(...codes: ErrorCode[]) {
  const entries = codes.map((code) => {
    const { status, title } = PROBLEMS[code];
    return [
      status,
      { description: title, content: { "application/problem+json": { schema: Problem } } },
    ] as const;
  });
  return Object.fromEntries(entries);
}
