import { Hono } from "hono";
import { hideMessage } from "../../../core/messages/messages.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf, queryFields } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { readContent } from "../content.ts";
import { succeed } from "../envelope.ts";
import { BODY, Deletion, FOR_ALL, Listing, Sending } from "../schemas.ts";
import { serializeMessage, serializeSent } from "../serialize.ts";
import { pageWithDelivery, sendWithDelivery } from "../use-cases/delivery-status.ts";

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
