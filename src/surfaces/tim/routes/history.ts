import { Hono } from "hono";
import { markReadByName, pageByName } from "../../../core/by-name/conversations.ts";
import { revokeWithin } from "../../../core/messages/messages.ts";
import { listNotifications } from "../../../core/notifications.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { SPEECH } from "../schemas/common.ts";
import { PageOfMessages, Reading, Revocation } from "../schemas/history.ts";
import { serializeNotices, serializePage, serializeStaged } from "../serialize/history.ts";

export const history = new Hono<CallerEnv>({ strict: false });

/** 撤回消息: takes a message back for everybody. */
history.post("/message/revokeMessage", authenticated, async (c) => {
  const { conversationId, seq } = checked(Revocation, await bodyFields(c.req.raw, SPEECH));
  const { core, caller } = c.var;
  const revoked = await revokeWithin(core, caller.userId, conversationId, seq);
  return succeed(c, serializeStaged(revoked.items, revoked)[0]);
});

/** 获取消息列表: a page of messages, the newest where none is named behind which it goes on. */
history.post("/message/getMessageList", authenticated, async (c) => {
  const wanted = checked(PageOfMessages, await bodyFields(c.req.raw, SPEECH));
  const { core, caller } = c.var;
  const { data, beside } = wanted.name
    ? serializePage(await pageByName(core, caller.userId, wanted.name, wanted))
    : serializeNotices(await listNotifications(core, caller.userId, wanted));
  return succeed(c, data, beside);
});

/** 设置消息已读: marks all of a conversation as read. */
history.post("/message/setMessageRead", authenticated, async (c) => {
  const { conversationID: name } = checked(Reading, await bodyFields(c.req.raw, SPEECH));
  await markReadByName(c.var.core, c.var.caller.userId, name);
  return succeed(c, {});
});
