import { type Context, Hono } from "hono";
import { z } from "zod";
import { openDirectByNumber } from "../../core/conversations/conversations.ts";
import { hideMessage } from "../../core/messages/messages.ts";
import { ConversationId, Position, Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Message } from "../../domain/messages/message.ts";
import { weighs } from "../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../http/env.ts";
import { checked, type FieldOptions, fieldsOf, integer, pageSize, queryFields } from "../../http/fields.ts";
import { LAST_TIME } from "../../lib/stored-time.ts";
import { authenticated } from "./auth.ts";
import { readContent, writeContent } from "./content.ts";
import {
  type DeliveryStatus,
  type MessageWithDelivery,
  pageWithDelivery,
  sendWithDelivery,
} from "./use-cases/delivery-status.ts";

/** Bodies are JSON. */
const BODY: FieldOptions = { maxBytes: LIMITS.writtenBytes, forms: false };

/** Conversation ids are negative with nine digits on the wire: the first is −100000001. */
const OFFSET = 100_000_000;

/** The id of a conversation on the wire. */
const wireId = (id: ConversationId): number => -(OFFSET + id);

const conversationid = integer.transform((wire, context) => {
  const id = ConversationId.safeParse(-wire - OFFSET).data;
  if (id !== undefined) return id;
  context.addIssue("must be the id of a conversation: negative, of nine digits");
  return z.NEVER;
});

/** Milliseconds since 1970, by the client's clock. */
const time = integer.pipe(
  z
    .int()
    .nonnegative({ error: "must be a time in milliseconds" })
    .max(LAST_TIME, "must be a time in milliseconds"),
);

const DEFAULT_LIMIT = 20;

/** `POST /conversation` */
const Opening = z.object({ passiveuser: integer.pipe(UserId), time });

/** `POST /message` */
const Sending = z.object({
  conversationid,
  type: integer,
  content: z.string(),
  time,
});

/** `GET /message` */
const Listing = z.object({
  conversationid,
  start: integer.pipe(Position).default(Position.parse(0)),
  limit: pageSize(LIMITS.page).default(DEFAULT_LIMIT),
});

/** The types of a deletion: 1 hides the message from the caller, 2 revokes it. */
const FOR_ONESELF = 1;
const FOR_ALL = 2;

/** `DELETE /message` */
const Deletion = z.object({
  messagekey: z
    .string()
    .regex(/^\d{1,16}-\d{1,16}$/, "must be a messagekey, as the other calls give it")
    .transform((key) => key.split("-").map(Number))
    .pipe(z.tuple([ConversationId, Seq])),
  type: integer.pipe(z.literal([FOR_ONESELF, FOR_ALL], { error: "must be 1 (for oneself) or 2 (for all)" })),
});

export const conversation = new Hono<CallerEnv>({ strict: false });

/** 创建对话: creates or finds the direct conversation with `passiveuser`. */
conversation.post("/conversation", authenticated, async (c) => {
  const { passiveuser } = checked(Opening, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const { conversation } = await openDirectByNumber(core, caller.userId, passiveuser, { forBoth: true });
  const match = [caller.userId, passiveuser].map(String);
  return succeed(c, { conversationid: wireId(conversation.id), match });
});

export const message = new Hono<CallerEnv>({ strict: false });

/** 发送信息: sends a message of one of the six types. */
message.post("/message", authenticated, async (c) => {
  const { conversationid, type, content, time } = checked(Sending, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const sent = await sendWithDelivery(core, caller.userId, conversationid, {
    ...readContent(type, content),
    ...{ clientMsgId: undefined, clientTime: time, quoteSeq: undefined, mentions: [] },
  });
  return succeed(c, serializeSent(sent));
});

/**
 * 某组对话内容列表: a page, counted from the newest message. Reading the first page marks the conversation
 * as read.
 */
message.get("/message", authenticated, weighs("page"), async (c) => {
  const { conversationid, start, limit } = checked(Listing, queryFields(c.req.raw));
  const { core, caller } = c.var;
  const page = { skip: start, limit };
  const items = await pageWithDelivery(core, caller.userId, conversationid, page);
  return succeed(c, items.map(serializeMessage));
});

/** 删除信息: hides a message from the caller, or revokes it. */
message.delete("/message", authenticated, async (c) => {
  const { messagekey, type } = checked(Deletion, await fieldsOf(c.req.raw, BODY));
  const [conversationId, seq] = messagekey;
  const { core, caller } = c.var;
  if (type === FOR_ALL) await core.conversations.revoke(conversationId, { userId: caller.userId, seq });
  else await hideMessage(core, caller.userId, conversationId, seq);
  return succeed(c, null);
});

/** The delivery status: 1 for yes, 0 for no. A stored message is always sent. */
function stateOf({ pushed, read }: DeliveryStatus) {
  return { issent: 1, ispushed: pushed ? 1 : 0, isread: read ? 1 : 0 };
}

/** The id of a message on the wire, and the time of its sending: milliseconds, as a string. */
function keyOf({ conversationId, seq, createdAt }: Message) {
  return { messagekey: `${conversationId}-${seq}`, time: String(createdAt) };
}

/** The answer to a send. */
function serializeSent({ message, delivery }: MessageWithDelivery) {
  return { ...stateOf(delivery), ...keyOf(message) };
}

/** A message in a list, with its sender. */
function serializeMessage({ message, delivery }: MessageWithDelivery) {
  const { id, username, nickname, avatar } = message.sender;
  return {
    ...{ id, username, nickname, avatar },
    ...keyOf(message),
    conversationid: wireId(message.conversationId),
    ...writeContent(message),
    ...stateOf(delivery),
  };
}

/** A success in this API's envelope. */
function succeed(c: Context, data: unknown): Response {
  return c.json({ code: 0, msg: "成功", data });
}
