import { z } from "@hono/zod-openapi";
import { UserId } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { ReactionKey } from "../../../../domain/messages/reactions.ts";
import { User } from "../../accounts/users.ts";
import { pageShape, Time } from "../../common.ts";

const Key = z
  .string()
  .openapi({ description: "One emoji without U+FE0E and U+FE0F, or a name as in `:party:`" });

/** The key of a reaction in a path, percent-encoded. */
export const ReactionKeyParam = z.string().pipe(ReactionKey).openapi({
  type: "string",
  description:
    "One emoji, or a name of your client's own as in `:party_parrot:` (1 to 30 of `a-z 0-9 _ + -`); percent-encoded",
  example: "👍",
});

const Reaction = z
  .object({
    key: Key,
    count: z.int().positive().openapi({ description: "The number of users" }),
    user_ids: z.array(UserId).max(3).openapi({ description: "The first three of them, in order" }),
  })
  .openapi("Reaction");

/** The reactions to a message. */
export const Reactions = z
  .array(Reaction)
  .max(LIMITS.reactionKeys)
  .openapi({ description: "In the order of their first use; none: `[]`" });

/** The keys of the reader's own reactions. */
export const OwnReactions = z
  .array(Key)
  .max(LIMITS.reactionsOfUser)
  .openapi({ description: "The keys of your own reactions" });

export const ReactionState = z
  .object({ reactions: Reactions, mine: OwnReactions })
  .openapi("ReactionState", { description: "The reactions to a message now" });

export const ReactorPage = pageShape(z.object({ user: User, created_at: Time }).openapi("Reactor")).openapi(
  "ReactorPage",
);
