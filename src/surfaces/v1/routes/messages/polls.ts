import { createRoute, z } from "@hono/zod-openapi";
import { listVoters } from "../../../../core/messages/marks.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Body } from "../../body.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, problems, SeqParam } from "../../schemas/common.ts";
import { Message } from "../../schemas/messages/messages.ts";
import { NewVotes, VoterPage, VotersQuery } from "../../schemas/messages/polls.ts";
import { serializeMessage } from "../../serialize/messages.ts";
import { serializeUsersOfMark } from "../../serialize/reactions.ts";

const params = z.object({ id: ConversationIdParam, seq: SeqParam });
const message = {
  description: "The message with its poll",
  content: { "application/json": { schema: Message } },
};

const voteRoute = createRoute({
  method: "put",
  path: "/v1/conversations/{id}/messages/{seq}/votes",
  operationId: "vote",
  tags: ["Messages"],
  summary: "Vote in a poll",
  description:
    "Replaces your votes, and `[]` withdraws them; the same votes again change nothing. Several options are taken only with `multiple`. " +
    "After the poll was closed, or from `ends_at` on, it is a `conflict`. Those who may not send a message here may not vote. " +
    "A vote makes nothing unread and notifies nobody; open sockets get a `changed` frame.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { params, body: { required: true, content: { "application/json": { schema: NewVotes } } } },
  responses: {
    200: message,
    ...problems(
      "validation_failed",
      "unauthenticated",
      "forbidden",
      "muted",
      "blocked",
      "not_found",
      "conflict",
    ),
  },
});

const closeRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/messages/{seq}/close",
  operationId: "closePoll",
  tags: ["Messages"],
  summary: "Close a poll",
  description:
    "For good. Its sender can, also across a block and while they are muted, and the group's owner and admins. A poll that is closed, or has ended, stays as it is.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    200: message,
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found"),
  },
});

const votersRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{id}/messages/{seq}/votes",
  operationId: "listVoters",
  tags: ["Messages"],
  summary: "Who voted",
  description:
    "The users who voted for an option, in that order. Users who have left the group are among them. In an anonymous poll it is `forbidden` to everybody.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { params, query: VotersQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: VoterPage } } },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found"),
  },
});

export const polls = v1Router()
  .openapi(voteRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    const { options } = c.req.valid("json");
    const message = await c.var.core.conversations.vote(id, { userId: c.var.caller.userId, seq, options });
    return c.json(serializeMessage(message), 200);
  })
  .openapi(closeRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    const message = await c.var.core.conversations.closePoll(id, { userId: c.var.caller.userId, seq });
    return c.json(serializeMessage(message), 200);
  })
  .openapi(votersRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    const { option, ...query } = c.req.valid("query");
    const page = await listVoters(c.var.core, c.var.caller.userId, id, { seq, option }, query);
    return c.json(serializeUsersOfMark(page), 200);
  });
