import { z } from "@hono/zod-openapi";
import { Content, Kind, StoredBody } from "../../../core/content.ts";
import { ConversationId, Position, Seq, UserId } from "../../../core/ids.ts";
import { LIMITS } from "../../../core/limits.ts";
import { Limit, PositionParam } from "./common.ts";

/** The client's own id of a message: unique per sender in a conversation, so that a send can be repeated. */
export const ClientMsgId = z.string().min(1).max(LIMITS.clientMsgId);

const Mentions = z.union([z.array(UserId).max(LIMITS.mentions), z.literal("all")]);

/** What a send says besides its kind and body. */
const SendFields = z.object({
  client_msg_id: ClientMsgId.optional(),
  quote_seq: Seq.optional(),
  mentions: Mentions.optional(),
});

export const NewMessage = SendFields.and(Content).openapi("NewMessage");
export type NewMessage = z.infer<typeof NewMessage>;

const Sender = z
  .object({ id: UserId, username: z.string(), nickname: z.string(), avatar: z.string() })
  .openapi("Sender");

export const Message = z
  .object({
    conversation_id: ConversationId,
    seq: Seq,
    sender: Sender,
    kind: Kind,
    body: StoredBody.openapi({ type: "object", description: "as it was sent; {} once revoked" }),
    quote: z.object({ seq: Seq, sender_id: UserId, kind: Kind, preview: z.string() }).optional(),
    mentions: Mentions,
    forwarded: z.object({ conversation_id: ConversationId, seq: Seq, sender_id: UserId }).optional(),
    revoked: z.boolean(),
    client_msg_id: z.string().optional(),
    created_at: z.int(),
  })
  .openapi("Message");

export const MessagePage = z
  .object({ items: z.array(Message), has_more: z.boolean() })
  .openapi("MessagePage");

export const PageQuery = z.object({
  before: PositionParam.optional(),
  after: PositionParam.optional(),
  limit: Limit,
});

export const DeleteQuery = z.object({ for: z.enum(["me", "everyone"]) });

export const ReadPosition = z.object({ seq: Position }).openapi("ReadPosition");
export const ReadState = z.object({ read_seq: Position, unread_count: z.int() }).openapi("ReadState");

export const Receipts = z
  .object({ items: z.array(z.object({ user_id: UserId, read_seq: Position, read_at: z.int() })) })
  .openapi("Receipts");
