import { listVoters } from "../../../../core/messages/marks.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { serializeUserAndTime } from "../../accounts/users.ts";
import { MessageParams, serializePage } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { Message } from "../../schemas/messages/messages.ts";
import { NewVotes, VoterPage, VotersQuery } from "../../schemas/messages/polls.ts";
import { serializeMessage } from "../../serialize/messages/messages.ts";

const lightRoute = callerRoutes("Messages");
const pageRoute = callerRoutes("Messages", weighs("page"));

const message = jsonAnswer("The message with its poll", Message);

const voteRoute = lightRoute("put", "/v1/conversations/{id}/messages/{seq}/votes", {
  operationId: "vote",
  summary: "Vote in a poll",
  description:
    "Replaces your votes, and `[]` withdraws them; the same votes again change nothing. Several options are taken only with `multiple`. " +
    "After the poll was closed, or from `ends_at` on, it is a `conflict`. Those who may not send a message here may not vote. " +
    "A vote makes nothing unread and notifies nobody; open sockets get a `changed` frame.",
  request: { params: MessageParams, body: jsonBody(NewVotes) },
  responses: {
    200: message,
    ...problems("forbidden", "muted", "blocked", "refused", "not_found", "conflict", "full"),
  },
});

const closeRoute = lightRoute("post", "/v1/conversations/{id}/messages/{seq}/close", {
  operationId: "closePoll",
  summary: "Close a poll",
  description:
    "For good. Its sender can, also across a block and while they are muted, and the group's owner and admins. A poll that is closed, or has ended, stays as it is.",
  request: { params: MessageParams },
  responses: {
    200: message,
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const votersRoute = pageRoute("get", "/v1/conversations/{id}/messages/{seq}/votes", {
  operationId: "listVoters",
  summary: "Who voted",
  description:
    "The users who voted for an option, in that order. Users who have left the group are among them. In an anonymous poll it is `forbidden` to everybody.",
  request: { params: MessageParams, query: VotersQuery },
  responses: {
    200: jsonAnswer("A page", VoterPage),
    ...problems("validation_failed", "forbidden", "not_found"),
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
    return c.json(serializePage(page, serializeUserAndTime), 200);
  });
