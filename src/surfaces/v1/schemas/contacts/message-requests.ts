import { z } from "@hono/zod-openapi";
import { RequestAnswer } from "../../../../domain/contacts/consent.ts";
import { ConversationId } from "../../../../domain/ids.ts";
import { ConversationIdParam, flag, ListQuery, orNull, pageShape, Time } from "../../common.ts";
import { User } from "../accounts.ts";
import { Message } from "../messages/messages.ts";

export const RequestParams = z.object({ conversation_id: ConversationIdParam });

const RequestedGroup = z
  .object({ name: z.string(), avatar: z.string(), member_count: z.int() })
  .openapi("RequestedGroup");

export const MessageRequest = z
  .object({
    conversation_id: ConversationId,
    user: User.openapi({ description: "Who has written to you, or wants to add you" }),
    group: orNull(RequestedGroup).openapi({
      description: "The group that you are to come into; null: a direct conversation",
    }),
    created_at: Time,
  })
  .openapi("MessageRequest");

export const MessageRequestsQuery = ListQuery.extend({
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

export const MessageRequestPage = pageShape(ListedMessageRequest).openapi("MessageRequestPage");

export const ShownMessageRequest = z
  .object({
    ...MessageRequest.shape,
    messages: z.array(Message).openapi({
      description: "The newest 20 of a direct conversation, in order; of a group: none",
    }),
  })
  .openapi("ShownMessageRequest");

export const MessageRequestAnswer = z
  .object({ answer: RequestAnswer })
  .openapi("MessageRequestAnswer", { example: { answer: "accept" } });
