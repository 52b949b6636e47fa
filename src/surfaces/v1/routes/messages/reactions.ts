import { z } from "@hono/zod-openapi";
import { listReactors } from "../../../../core/messages/marks.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { serializeUserAndTime } from "../../accounts/users.ts";
import { ConversationIdParam, ListQuery, SeqParam, serializePage } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { ReactionKeyParam, ReactionState, ReactorPage } from "../../schemas/messages/reactions.ts";
import { serializeReactionState } from "../../serialize/messages/reactions.ts";

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
