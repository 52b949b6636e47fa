import { z } from "@hono/zod-openapi";
import { ConversationId, Position, Seq, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { unstorable } from "../../../domain/text.ts";

/** An integer without a sign in a path or a query; 16 digits hold every integer that a number can. */
const digits = z
  .string()
  .regex(/^\d{1,16}$/, "must be an integer")
  .transform(Number);

export const UserIdParam = digits.pipe(UserId).openapi({ type: "integer", minimum: 1, example: 100_000 });
export const ConversationIdParam = digits
  .pipe(ConversationId)
  .openapi({ type: "integer", minimum: 1, example: 1 });
export const SeqParam = digits.pipe(Seq).openapi({ type: "integer", minimum: 1, example: 1 });

export const ApplicationIdParam = digits.pipe(z.int().positive()).openapi({ type: "integer", example: 1 });

/** A place between messages, as a bound: 0 is before the first. */
export const PositionParam = digits.pipe(Position).openapi({ type: "integer", minimum: 0, example: 0 });

/** `limit` of a list: 1–100, 50 where it is absent. */
export const Limit = digits
  .pipe(z.int().min(1).max(LIMITS.page))
  .default(50)
  .openapi({ type: "integer", minimum: 1, maximum: LIMITS.page, default: 50 });

/** A moment. */
export const Time = z
  .int()
  .openapi({ description: "Milliseconds since 1970, UTC", example: 1_795_162_625_763 });

/**
 * A shape of the document, or null. By `nullable()` the generator would make the shape itself nullable
 * wherever it stands, and it writes a union's parts here unless the union is lazy.
 */
export function orNull<Shape extends z.ZodType>(shape: Shape) {
  return z.union([z.lazy(() => shape), z.null()]);
}

/** A string of a path or a query, where percent encoding can hide what no text may hold. */
export const QueryText = z.string().superRefine((text, context) => {
  const message = unstorable(text);
  if (message) context.addIssue({ code: "custom", message });
});

/** What a list that is cut into pages takes. */
export const ListQuery = z.object({ limit: Limit, cursor: QueryText.optional() });

export { problems } from "./problems.ts";
