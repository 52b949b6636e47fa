import { z } from "@hono/zod-openapi";
import { ConversationId, Position, Seq, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { Content, Kind, SystemMessage } from "../../../domain/messages/content.ts";
import { textUpTo } from "../../../domain/text.ts";
import { Limit, PositionParam, QueryText, Time, UserIdParam } from "./common.ts";

/** The client message id: unique per sender in a conversation, so that a send can be repeated. */
export const ClientMsgId = z.string().min(1).max(LIMITS.clientMsgId).openapi({
  description: "Your own id of the message: a repeated send with the same id answers with the first message",
  example: "m1",
});

const Mentions = z.union([z.array(UserId).max(LIMITS.mentions), z.literal("all")]);

/** The address of a message in any conversation. */
const Reference = z.object({ conversation_id: ConversationId, seq: Seq }).openapi("Reference");

/** The fields of a send besides its kind and body. `forward` replaces both. */
const SendFields = z.object({
  forward: Reference.optional(),
  client_msg_id: ClientMsgId.optional(),
  quote_seq: Seq.optional(),
  mentions: Mentions.optional(),
});

/** The input of a merged message: addresses, which the server replaces by the messages. */
const NewMerged = z.object({
  kind: z.literal("merged"),
  body: z.object({
    title: textUpTo(LIMITS.name),
    items: z.array(Reference).min(1).max(LIMITS.mergedItems),
  }),
});

/** A send with `forward` instead of kind and body. */
const NoContent = z
  .object({ kind: z.literal([undefined]).optional() })
  .openapi({ type: "object", required: ["forward"], description: "A forward of that message" });

export const NewMessage = SendFields.and(
  z.discriminatedUnion("kind", [...Content.options, NewMerged, NoContent]),
).openapi("NewMessage", {
  example: { client_msg_id: "m1", kind: "text", body: { text: "hello" } },
});
export type NewMessage = z.infer<typeof NewMessage>;

const Sender = z
  .object({ id: UserId, username: z.string(), nickname: z.string(), avatar: z.string() })
  .openapi("Sender");

/** The body of any message. Its schema is left open: the generator cannot write the recursive `z.json()`. */
const AnyBody = z
  .record(z.string(), z.json())
  .openapi({ type: "object", description: "Its shape depends on `kind`; {} once revoked" });

/**
 * The body of a merged message: the messages as they were then, with the current profiles of their senders.
 */
const Merged = z.object({
  title: z.string(),
  items: z.array(
    z.object({
      conversation_id: ConversationId,
      seq: Seq,
      sender: Sender,
      kind: Kind,
      body: AnyBody,
      created_at: Time,
    }),
  ),
});

const Quote = z
  .object({
    seq: Seq,
    sender_id: UserId,
    kind: Kind,
    preview: z.string().openapi({ description: "The beginning of its text, the name of its file, or empty" }),
  })
  .openapi("Quote", {
    description: "The quoted message in its current state; absent if the reader may not see it",
  });

const Origin = z
  .object({ conversation_id: ConversationId, seq: Seq, sender_id: UserId })
  .openapi("Origin", { description: "Where a forwarded message comes from" });

/** The fields of every message. `body` is passed on as it was stored. */
export const MessageFields = z.object({
  conversation_id: ConversationId,
  seq: Seq.meta({ description: "Its place in the conversation: 1, 2, 3 … without gaps" }),
  sender: Sender,
  kind: Kind,
  body: AnyBody,
  quote: Quote.optional(),
  mentions: Mentions,
  forwarded: Origin.optional(),
  revoked: z.boolean().openapi({ description: "Revoked for everyone: `body` is {}" }),
  client_msg_id: z.string().optional(),
  created_at: Time,
});

/** A message on the wire. Its stored body was checked by `Content`, so the type only demands an object. */
type Message = Omit<z.infer<typeof MessageFields>, "body"> & { body: object };

const Revoked = z.strictObject({}).openapi({ description: "Once revoked" });

/** A message of one kind. */
function messageOf(kind: Kind, body: z.ZodType<object>) {
  const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Message`;
  const fields = { ...MessageFields.shape, kind: z.literal(kind), body: z.union([body, Revoked]) };
  return z.object(fields).openapi(name);
}

/** A message as the members of its conversation see it. `kind` selects the body. */
export const Message: z.ZodType<Message> = z
  .discriminatedUnion("kind", [
    messageOf("tip", SystemMessage),
    messageOf("merged", Merged),
    ...Content.options.map(({ shape }) => messageOf(shape.kind.value, shape.body)),
  ])
  .openapi("Message", {
    example: {
      conversation_id: 1,
      seq: 1,
      sender: { id: 100_000, username: "ann", nickname: "", avatar: "" },
      kind: "text",
      body: { text: "hello" },
      mentions: [],
      revoked: false,
      client_msg_id: "m1",
      created_at: 1_795_162_625_763,
    },
  });

export const MessagePage = z
  .object({ items: z.array(Message), has_more: z.boolean() })
  .openapi("MessagePage");

export const PageQuery = z.object({
  before: PositionParam.optional(),
  after: PositionParam.optional(),
  limit: Limit,
});

export const SearchQuery = z.object({
  q: QueryText.pipe(textUpTo(LIMITS.query).min(1)),
  sender_id: UserIdParam.optional(),
  kind: Kind.optional(),
  before: PositionParam.optional(),
  limit: Limit,
});

export const SearchPage = z
  .object({ items: z.array(Message), next_before: Seq.nullable() })
  .openapi("SearchPage");

export const DeleteQuery = z.object({ for: z.enum(["me", "everyone"]) });

export const ReadPosition = z.object({ seq: Position }).openapi("ReadPosition");
export const ReadState = z.object({ read_seq: Position, unread_count: z.int() }).openapi("ReadState");

export const Receipts = z
  .object({ items: z.array(z.object({ user_id: UserId, read_seq: Position, read_at: Time })) })
  .openapi("Receipts");
