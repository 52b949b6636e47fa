import { z } from "@hono/zod-openapi";
import type { Page } from "../../domain/conversations/pagination.ts";
import { CategoryId, ConversationId, Position, Seq, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { Metadata as OwnMetadata } from "../../domain/server/metadata.ts";
import { RoleId } from "../../domain/spaces/role.ts";
import { textUpTo, unstorable } from "../../domain/text.ts";
import { LAST_TIME } from "../../lib/stored-time.ts";

/** An unsigned integer in a path or a query: 16 digits hold every safe integer. */
const digits = z
  .string()
  .regex(/^\d{1,16}$/, "must be an integer")
  .transform(Number);

export const UserIdParam = digits.pipe(UserId).openapi({ type: "integer", minimum: 1, example: 100_000 });
export const ConversationIdParam = digits
  .pipe(ConversationId)
  .openapi({ type: "integer", minimum: 1, example: 1 });
export const SpaceIdParam = digits.pipe(SpaceId).openapi({ type: "integer", minimum: 1, example: 1 });
export const CategoryIdParam = digits.pipe(CategoryId).openapi({ type: "integer", minimum: 1, example: 1 });
export const RoleIdParam = digits
  .pipe(RoleId)
  .openapi({ type: "integer", minimum: 0, example: 1, description: "0: the role `everyone`" });
export const SeqParam = digits.pipe(Seq).openapi({ type: "integer", minimum: 1, example: 1 });

export const JoinRequestIdParam = digits
  .pipe(z.int().positive())
  .openapi({ type: "integer", minimum: 1, example: 1 });

/** The path of a conversation, and of one of its messages. */
export const ConversationParams = z.object({ id: ConversationIdParam });
export const SpaceParams = z.object({ id: SpaceIdParam });
export const SpaceMemberParams = z.object({ id: SpaceIdParam, user_id: UserIdParam });
export const MessageParams = z.object({ id: ConversationIdParam, seq: SeqParam });

/** A position as a bound: 0 is before the first message. */
export const PositionParam = digits.pipe(Position).openapi({ type: "integer", minimum: 0, example: 0 });

/** A time in a query, in milliseconds: what is looked up by it may be as late as a number can be. */
export const TimeParam = digits
  .pipe(z.int().nonnegative())
  .openapi({ type: "integer", minimum: 0, example: 1_795_162_625_763 });

/** `limit` of a list: 1–100, 50 if absent. */
export const Limit = digits
  .pipe(z.int().min(1).max(LIMITS.page))
  .default(50)
  .openapi({ type: "integer", minimum: 1, maximum: LIMITS.page, default: 50 });

/** The number of a change of the conversation as a bound. */
export const RevParam = digits
  .pipe(z.int().nonnegative())
  .openapi({ type: "integer", minimum: 0, example: 0 });

/** The number of changes in a page. */
export const ChangesLimit = digits
  .pipe(
    z
      .int()
      .min(1)
      .max(2 * LIMITS.page),
  )
  .default(LIMITS.page)
  .openapi({ type: "integer", minimum: 1, maximum: 2 * LIMITS.page, default: LIMITS.page });

/** The field of a user that a bot alone has. */
export const Bot = z
  .literal(true)
  .optional()
  .openapi({ description: "A program: a bot of the operator's, or an incoming hook; absent: a person" });

/** A time in milliseconds. */
export const Time = z.int().nonnegative().max(LAST_TIME).openapi({
  description: "Milliseconds since 1970, UTC",
  example: 1_795_162_625_763,
});

/**
 * A named shape of the document, or null. With `nullable()` the generator would make the named shape itself
 * nullable everywhere. Without `z.lazy` it would inline the parts of a union instead of referring to it.
 */
export function orNull<Shape extends z.ZodType>(shape: Shape) {
  return z.union([z.lazy(() => shape), z.null()]);
}

/** A string of a path or a query, refused if percent encoding hides text that cannot be stored. */
export const QueryText = z.string().superRefine((text, context) => {
  const message = unstorable(text);
  if (message) context.addIssue({ code: "custom", message });
});

/** A flag of a query, false if it is absent. */
export function flag(description: string) {
  return z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .openapi({ type: "boolean", default: false, description });
}

/** The query of a list in pages. */
export const ListQuery = z.object({ limit: Limit, cursor: QueryText.optional() });

/** A page of a list. `next_cursor`: of the next page; null on the last one. */
export function pageShape<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

/** The metadata of a team's backend. */
export const Metadata = OwnMetadata.clone().openapi("Metadata", {
  type: "object",
  additionalProperties: true,
  description:
    "What the team's backend keeps here: any JSON object of 4 KiB at most. Parley reads none of it",
  example: { plan: "pro" },
});

/** A page of a list as v1 shows it. */
export function serializePage<Item, Shown>(
  { items, nextCursor }: Page<Item>,
  serialize: (item: Item) => Shown,
): { items: Shown[]; next_cursor: string | null } {
  return { items: items.map((item) => serialize(item)), next_cursor: nextCursor };
}

/** What names of members are to contain. */
export const MemberText = QueryText.pipe(
  z.string().trim().min(1, "must not be empty").pipe(textUpTo(LIMITS.memberQuery)),
).openapi({
  description:
    "Only members whose username, nickname or name card contains it, as people read it: `jerome` finds `Jérôme`",
  example: "jerome",
});
