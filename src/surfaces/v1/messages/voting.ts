import { z } from "@hono/zod-openapi";
import { listVoters } from "../../../core/messages/marks.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { serializeUserAndTime, User } from "../accounts/users.ts";
import { ListQuery, MessageParams, pageShape, serializePage, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { Message, serializeMessage } from "./message.ts";
import { Option } from "./poll.ts";

const NewVotes = z
  .object({
    options: z.array(Option).max(LIMITS.pollOptions).openapi({
      description: "The options that you choose, by index, from 0; `[]` withdraws your votes",
    }),
  })
  .openapi("NewVotes");

/** Which option's voters a list has. */
const VotersQuery = ListQuery.extend({
  option: z
    .string()
    .regex(/^\d{1,2}$/, "must be the index of an option")
    .transform(Number)
    .pipe(Option)
    .openapi({ type: "integer", minimum: 0, maximum: LIMITS.pollOptions - 1, example: 0 }),
});

export const VoterPage = pageShape(z.object({ user: User, created_at: Time }).openapi("Voter")).openapi(
  "VoterPage",
);

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
