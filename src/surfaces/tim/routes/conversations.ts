import { Hono } from "hono";
import {
  getByName,
  listByName,
  remindOfDirect,
  removeFromListByName,
} from "../../../core/by-name/conversations.ts";
import { groupAfter } from "../../../core/by-name/groups.ts";
import { setReminder } from "../../../core/conversations/reminders.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { SPEECH } from "../schemas/common.ts";
import { Deletion, ListOfConversations, OneConversation, Reminding } from "../schemas/conversations.ts";
import { serializeListed, serializeNamed, serializeReminded } from "../serialize/conversations.ts";
import { serializeGroup } from "../serialize/groups.ts";

export const conversations = new Hono<CallerEnv>({ strict: false });

/** 获取会话列表: what is in the caller's list, or of it what is named. */
conversations.post("/conversation/getConversationList", authenticated, async (c) => {
  const { conversationID: names, count } = checked(ListOfConversations, await bodyFields(c.req.raw, SPEECH));
  const { core, caller } = c.var;
  const { items, profiles } = await listByName(core, caller.userId, { names, limit: count });
  return succeed(
    c,
    items.map((item) => serializeListed(item, profiles, caller.userId)),
  );
});

/** 获取会话资料: one of them, or one which could be opened. */
conversations.post("/conversation/getConversationProfile", authenticated, async (c) => {
  const { conversationID: name } = checked(OneConversation, await bodyFields(c.req.raw, SPEECH));
  const { core, caller } = c.var;
  const named = await getByName(core, caller.userId, name);
  return succeed(c, { conversation: serializeNamed(named, caller.userId) });
});

/** 删除会话: takes them out of the caller's list, with their history or without. */
conversations.post("/conversation/deleteConversation", authenticated, async (c) => {
  const { names, called, ...how } = checked(Deletion, await bodyFields(c.req.raw, SPEECH));
  await removeFromListByName(c.var.core, c.var.caller.userId, names, how);
  return succeed(c, { conversationID: called });
});

/** 设置消息提醒类型: how the caller hears of what comes, in a group or from somebody. */
conversations.post("/group/setMessageRemindType", authenticated, async (c) => {
  const wanted = checked(Reminding, await bodyFields(c.req.raw, SPEECH));
  const { core, caller } = c.var;
  const { reminder } = wanted;
  if (wanted.usernames) {
    return succeed(
      c,
      serializeReminded(await remindOfDirect(core, caller.userId, wanted.usernames, reminder)),
    );
  }
  const group = await groupAfter(core, wanted.group, (id) => setReminder(core, caller.userId, id, reminder));
  return succeed(c, { group: serializeGroup(group) });
});
