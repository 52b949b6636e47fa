import { Hono } from "hono";
import { revokeWithin } from "../../../core/messages/messages.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY } from "../schemas/common.ts";
import { HoppingPage, PageOfMessages, Reading, Revocation } from "../schemas/history.ts";
import {
  serializeHopping,
  serializeMessages,
  serializeNotifications,
  serializePage,
} from "../serialize/history.ts";
import { markReadByName, pageByName } from "../use-cases/conversations.ts";
import { listNotifications } from "../use-cases/notifications.ts";

export const history = new Hono<CallerEnv>({ strict: false });

/** 撤回消息: revokes a message. */
history.post("/message/revokeMessage", authenticated, async (c) => {
  const { conversationId, seq } = checked(Revocation, await bodyFields(c.req.raw, BODY));
  const { core, caller } = c.var;
  const revoked = await revokeWithin(core, caller.userId, conversationId, seq);
  return succeed(c, serializeMessages(revoked.items, revoked)[0]);
});

/** 获取消息列表: a page of messages before a message; without one, the newest page. */
history.post("/message/getMessageList", authenticated, weighs("page"), async (c) => {
  const query = checked(PageOfMessages, await bodyFields(c.req.raw, BODY));
  const { core, caller } = c.var;
  const { data, beside } = query.name
    ? serializePage(await pageByName(core, caller.userId, query.name, query))
    : serializeNotifications(await listNotifications(core, caller.userId, query));
  return succeed(c, data, beside);
});

/** `getMessageListHopping`: a page of messages from a point on, in either direction. */
history.post("/message/getMessageListHopping", authenticated, weighs("page"), async (c) => {
  const { isNewer, ...page } = checked(HoppingPage, await bodyFields(c.req.raw, BODY));
  const found = await pageByName(c.var.core, c.var.caller.userId, page.name, page);
  return succeed(c, serializeHopping(found, isNewer));
});

/** 设置消息已读: moves the read position to the last message. */
history.post("/message/setMessageRead", authenticated, async (c) => {
  const { conversationID: name } = checked(Reading, await bodyFields(c.req.raw, BODY));
  await markReadByName(c.var.core, c.var.caller.userId, name);
  return succeed(c, {});
});
