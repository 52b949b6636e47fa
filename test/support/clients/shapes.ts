import { z } from "zod";
import { ConversationKind } from "../../../src/domain/conversations/conversation.ts";
import { SenderId } from "../../../src/domain/ids.ts";
import { User } from "../../../src/surfaces/v1/accounts/users.ts";
import {
  DirectConversation,
  GroupConversation,
} from "../../../src/surfaces/v1/conversations/conversation.ts";
import { ConversationList } from "../../../src/surfaces/v1/conversations/conversations.ts";
import { Receipts } from "../../../src/surfaces/v1/conversations/read-positions.ts";
import { MessageFields } from "../../../src/surfaces/v1/messages/message.ts";
import { MessagePage } from "../../../src/surfaces/v1/messages/messages.ts";
import { PollFields } from "../../../src/surfaces/v1/messages/poll.ts";
import { SearchPage, WideSearchPage } from "../../../src/surfaces/v1/messages/search.ts";

// The schemas of v1's OpenAPI document, strict at every level: an extra field fails the test.

const StrictQuote = MessageFields.shape.quote.unwrap().strict();

export const StrictMessage = z.strictObject({
  ...MessageFields.shape,
  ...PollFields,
  sender: MessageFields.shape.sender.extend({ id: SenderId }).strict(),
  quote: StrictQuote.optional(),
});
export type StrictMessage = z.infer<typeof StrictMessage>;

const GROUP_FIELDS = ["introduction", "announcement", "join_policy", "owner_id", "role"] as const;

export const StrictConversation = z
  .strictObject({
    ...GroupConversation.partial().shape,
    ...DirectConversation.shape,
    kind: ConversationKind,
    peer: User.strict().optional(),
    last_message: StrictMessage.nullable(),
  })
  .refine((conversation) => {
    const group = conversation.kind === "group";
    const hasAll = GROUP_FIELDS.every((field) => (conversation[field] !== undefined) === group);
    const hasOther =
      (conversation.peer !== undefined) === group || (conversation.online_count !== undefined && !group);
    return hasAll && !hasOther;
  }, "has the fields of its kind and no other's");
export type StrictConversation = z.infer<typeof StrictConversation>;

export const StrictList = z.strictObject({
  ...ConversationList.shape,
  items: z.array(StrictConversation),
});

export const StrictPage = z.strictObject({ ...MessagePage.shape, items: z.array(StrictMessage) });

export const StrictSearch = z.strictObject({ ...SearchPage.shape, items: z.array(StrictMessage) });

export const StrictWideSearch = z.strictObject({ ...WideSearchPage.shape, items: z.array(StrictMessage) });

export const StrictReceipts = z.strictObject({
  items: z.array(Receipts.shape.items.element.strict()),
});

/** A message as sockets are sent it, where it has no part of the reader's own. */
export function withoutOwnPart<M extends { mine?: unknown }>({ mine: _, ...message }: M): Omit<M, "mine"> {
  return message;
}

/** A message as `last_message` of its conversation: without reactions. */
export function asLastMessage<M extends { mine?: unknown; reactions?: unknown }>({
  reactions: _,
  mine: __,
  ...message
}: M): Omit<M, "mine" | "reactions"> {
  return message;
}
