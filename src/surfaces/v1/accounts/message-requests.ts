import { z } from "@hono/zod-openapi";
import {
  answerRequest,
  type ListedRequest,
  pageOfRequests,
  type RequestFrom,
  readRequest,
} from "../../../core/contacts/message-requests.ts";
import { RequestAnswer } from "../../../domain/contacts/consent.ts";
import { ConversationId } from "../../../domain/ids.ts";
import { countCost, weighs } from "../../../http/access/rate-limit.ts";
import { ConversationIdParam, flag, ListQuery, orNull, pageShape, serializePage, Time } from "../common.ts";
import { Message, serializeMessage } from "../messages/message.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { serializeUser, User } from "./users.ts";

const RequestParams = z.object({ conversation_id: ConversationIdParam });

const RequestedGroup = z
  .object({ name: z.string(), avatar: z.string(), member_count: z.int() })
  .openapi("RequestedGroup");

const MessageRequest = z
  .object({
    conversation_id: ConversationId,
    user: User.openapi({ description: "Who has written to you, or wants to add you" }),
    group: orNull(RequestedGroup).openapi({
      description: "The group that you are to come into; null: a direct conversation",
    }),
    created_at: Time,
  })
  .openapi("MessageRequest");

const MessageRequestsQuery = ListQuery.extend({
  previews: flag("Whether each has its `last_message`. The call counts as a search, too"),
});

const ListedMessageRequest = z
  .object({
    ...MessageRequest.shape,
    last_message: orNull(Message).optional().openapi({
      description:
        "With `previews`: the newest message of a direct conversation, whose `seq` says how many there are; null: a group, or the conversation did not answer in time",
    }),
  })
  .openapi("ListedMessageRequest");

const MessageRequestPage = pageShape(ListedMessageRequest).openapi("MessageRequestPage");

const ShownMessageRequest = z
  .object({
    ...MessageRequest.shape,
    messages: z.array(Message).openapi({
      description: "The newest 20 of a direct conversation, in order; of a group: none",
    }),
  })
  .openapi("ShownMessageRequest");

const MessageRequestAnswer = z
  .object({ answer: RequestAnswer })
  .openapi("MessageRequestAnswer", { example: { answer: "accept" } });

const lightRoute = callerRoutes("Message requests");
const pageRoute = callerRoutes("Message requests", weighs("page"));

const listRoute = pageRoute("get", "/v1/requests", {
  operationId: "listMessageRequests",
  summary: "Conversations that wait for your consent",
  description:
    "Those of people whom you do not let write to you (`who_may_write`), and groups of people whom you do not let add you (`who_may_add`), newest first. Until you accept, such a conversation is in no list of yours, counts nowhere, and tells nobody anything of you.",
  request: { query: MessageRequestsQuery },
  responses: { 200: jsonAnswer("A page", MessageRequestPage), ...problems("validation_failed") },
});

const readRoute = pageRoute("get", "/v1/requests/{conversation_id}", {
  operationId: "getMessageRequest",
  summary: "A message request with its messages",
  description: "Nobody learns that you have read them.",
  request: { params: RequestParams },
  responses: {
    200: jsonAnswer("The request", ShownMessageRequest),
    ...problems("validation_failed", "not_found"),
  },
});

const answerRoute = lightRoute("put", "/v1/requests/{conversation_id}", {
  operationId: "answerMessageRequest",
  summary: "Accept, ignore or report a message request",
  description:
    "`accept`: the conversation is in your list before the answer; of a group you are a member. To write in a direct conversation accepts it, too. `ignore`: it is shown no more, and whoever has asked learns nothing; you may still accept it. `report`: the same, and staff gets a report with the newest messages. A request holds no longer once whoever has asked may not add you: `not_found`.",
  request: { params: RequestParams, body: jsonBody(MessageRequestAnswer) },
  responses: {
    204: { description: "The answer is in force" },
    ...problems("forbidden", "not_found", "conflict", "quota", "full"),
  },
});

export const messageRequests = v1Router()
  .openapi(listRoute, async (c) => {
    const { userId } = c.var.caller;
    const query = c.req.valid("query");
    if (query.previews) await countCost(c, userId, "search");
    const page = await pageOfRequests(c.var.core, userId, query);
    return c.json(serializePage(page, serializeListed), 200);
  })
  .openapi(readRoute, async (c) => {
    const { conversation_id: id } = c.req.valid("param");
    const { request, messages } = await readRequest(c.var.core, c.var.caller.userId, id);
    return c.json({ ...serializeRequest(request), messages: messages.map(serializeMessage) }, 200);
  })
  .openapi(answerRoute, async (c) => {
    const { conversation_id: id } = c.req.valid("param");
    await answerRequest(c.var.core, c.var.caller.userId, id, c.req.valid("json").answer);
    return c.body(null, 204);
  });

function serializeListed({ last, ...request }: ListedRequest) {
  return {
    ...serializeRequest(request),
    ...(last !== undefined && { last_message: last && serializeMessage(last) }),
  };
}

function serializeRequest(request: RequestFrom): z.infer<typeof MessageRequest> {
  const { conversationId, from, group, createdAt } = request;
  const shown = group && { name: group.name, avatar: group.avatar, member_count: group.memberCount };
  return {
    conversation_id: conversationId,
    user: serializeUser(from),
    group: shown,
    created_at: createdAt,
  };
}
