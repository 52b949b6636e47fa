import { z } from "@hono/zod-openapi";
import { listReactors } from "../../../core/messages/marks.ts";
import { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { Message, OwnPart } from "../../../domain/messages/message.ts";
import {
  type Reaction as DomainReaction,
  type ReactionState as DomainReactionState,
  ReactionKey,
} from "../../../domain/messages/reactions.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { serializeUserAndTime, User } from "../accounts/users.ts";
import { ConversationIdParam, ListQuery, pageShape, SeqParam, serializePage, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer } from "../route.ts";
import { v1Router } from "../router.ts";

const Key = z
  .string()
  .openapi({ description: "One emoji without U+FE0E and U+FE0F, or a name as in `:party:`" });

/** The key of a reaction in a path, percent-encoded. */
const ReactionKeyParam = z.string().pipe(ReactionKey).openapi({
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

const ReactionState = z
  .object({ reactions: Reactions, mine: OwnReactions })
  .openapi("ReactionState", { description: "The reactions to a message now" });

export const ReactorPage = pageShape(z.object({ user: User, created_at: Time }).openapi("Reactor")).openapi(
  "ReactorPage",
);

const lightRoute = callerRoutes("Messages");
const pageRoute = callerRoutes("Messages", weighs("page"));

const path = "/v1/conversations/{id}/messages/{seq}/reactions/{key}";
const params = z.object({ id: ConversationIdParam, seq: SeqParam, key: ReactionKeyParam });
const state = jsonAnswer("The reactions to the message now", ReactionState);

const addRoute = lightRoute("put", path, {
  operationId: "addReaction",
  summary: "React to a message",
  description:
    "Repeating it changes nothing. One emoji is one key, with or without variation selectors (U+FE0E, U+FE0F); skin tones are keys of their own. " +
    "A message has at most 20 keys, and 20 of one user, who is the first of 10 keys at most: else `conflict`. To join a key that it has is never refused for the first limit. " +
    "A message that is revoked, or is a notice of the server, takes none: `validation_failed`. Those who may not send a message here may not react. " +
    "A reaction makes nothing unread and notifies nobody; open sockets get a `changed` frame.",
  request: { params },
  responses: {
    200: state,
    ...problems(
      "validation_failed",
      "forbidden",
      "refused",
      "muted",
      "blocked",
      "not_found",
      "conflict",
      "full",
    ),
  },
});

const removeRoute = lightRoute("delete", path, {
  operationId: "removeReaction",
  summary: "Take a reaction back",
  description:
    "Of your own reactions. Without one nothing changes. It is refused where `addReaction` would be, but for `conflict`.",
  request: { params },
  responses: {
    200: state,
    ...problems("validation_failed", "forbidden", "muted", "blocked", "not_found"),
  },
});

const listRoute = pageRoute("get", path, {
  operationId: "listReactors",
  summary: "Who reacted to a message",
  description:
    "The users who reacted with this key, in that order. Users who have left the group are among them.",
  request: { params, query: ListQuery },
  responses: {
    200: jsonAnswer("A page", ReactorPage),
    ...problems("validation_failed", "not_found"),
  },
});

export const reactions = v1Router()
  .openapi(addRoute, async (c) => {
    const { id, ...address } = c.req.valid("param");
    const state = await c.var.core.conversations.react(id, { userId: c.var.caller.userId, ...address });
    return c.json(serializeReactionState(state), 200);
  })
  .openapi(removeRoute, async (c) => {
    const { id, ...address } = c.req.valid("param");
    const state = await c.var.core.conversations.unreact(id, { userId: c.var.caller.userId, ...address });
    return c.json(serializeReactionState(state), 200);
  })
  .openapi(listRoute, async (c) => {
    const { id, ...address } = c.req.valid("param");
    const page = await listReactors(c.var.core, c.var.caller.userId, id, address, c.req.valid("query"));
    return c.json(serializePage(page, serializeUserAndTime), 200);
  });

/** The reactions to a message as v1 shows them. */
export function serializeReactions(reactions: readonly DomainReaction[] = []): z.infer<typeof Reactions> {
  return reactions.map(({ key, count, userIds }) => ({ key, count, user_ids: userIds }));
}

/** The fields of a message that are its reader's own. In a frame, an absent one is unchanged. */
export function ownFields({ mine, votes }: OwnPart): { mine?: string[]; votes?: number[] } {
  return { ...(mine !== undefined && { mine }), ...(votes !== undefined && { votes }) };
}

/** The same as answers have them: all that the message can have. */
export function everyOwnField({ mine = [], votes = [], poll }: Message): {
  mine: string[];
  votes?: number[];
} {
  return { mine, ...(poll && { votes }) };
}

/** A message's reactions after a change of them as v1 shows them. */
function serializeReactionState({ reactions, mine }: DomainReactionState): z.infer<typeof ReactionState> {
  return { reactions: serializeReactions(reactions), mine };
}
