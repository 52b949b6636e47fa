import { Hono } from "hono";
import { countPages, weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed, succeedStreamed } from "../envelope.ts";
import { BODY } from "../schemas/common.ts";
import {
  Deletion,
  ListOfConversations,
  MAX_LISTED,
  OneConversation,
  Reminding,
} from "../schemas/conversations.ts";
import { serializeByName, serializeInList, serializeReminderOutcomes } from "../serialize/conversations.ts";
import { serializeGroup } from "../serialize/groups.ts";
import { getByName, remindOfDirect, removeFromListByName } from "../use-cases/conversations.ts";
import { groupAfter } from "../use-cases/groups.ts";
import { type ListPart, listAllByName, listByName } from "../use-cases/list.ts";
import { setReminder } from "../use-cases/reminders.ts";

export const conversations = new Hono<CallerEnv>({ strict: false });

/**
 * 获取会话列表: the caller's list, the named conversations of it, or a part of it. Each hundred conversations
 * count as a page.
 */
conversations.post("/conversation/getConversationList", authenticated, weighs("page"), async (c) => {
  const query = checked(ListOfConversations, await bodyFields(c.req.raw, BODY));
  const { core, caller } = c.var;
  const { conversationID: names, count: limit = MAX_LISTED, nextCursor: cursor } = query;
  const serialize = ({ items, profiles }: ListPart) =>
    items.map((item) => serializeInList(item, profiles, caller.userId));
  if (names || query.count !== undefined || cursor !== undefined) {
    const range = { names, limit, ...(cursor && { cursor }) };
    const part = await listByName(core, caller.userId, range);
    return succeed(c, serialize(part), besideList(part));
  }
  const list = await listAllByName(core, caller.userId);
  await countPages(c, caller.userId, list.partCount - 1);
  return succeedStreamed(c, list.parts, serialize, besideList(list));
});

function besideList({ nextCursor }: { nextCursor: string | null }) {
  return { nextCursor: nextCursor ?? "", isCompleted: nextCursor === null };
}

/** 获取会话资料: one conversation, also a direct one that was never opened. */
conversations.post("/conversation/getConversationProfile", authenticated, async (c) => {
  const { conversationID: name } = checked(OneConversation, await bodyFields(c.req.raw, BODY));
  const { core, caller } = c.var;
  const conversation = await getByName(core, caller.userId, name);
  return succeed(c, { conversation: serializeByName(conversation, caller.userId) });
});

/** 删除会话: removes conversations from the caller's list, with or without their history. */
conversations.post("/conversation/deleteConversation", authenticated, async (c) => {
  const { names, wireIDs, ...options } = checked(Deletion, await bodyFields(c.req.raw, BODY));
  await removeFromListByName(c.var.core, c.var.caller.userId, names, options);
  return succeed(c, { conversationID: wireIDs });
});

/** 设置消息提醒类型: sets how the caller is notified of messages, in a group or in direct conversations. */
conversations.post("/group/setMessageRemindType", authenticated, async (c) => {
  const change = checked(Reminding, await bodyFields(c.req.raw, BODY));
  const { core, caller } = c.var;
  const { reminder } = change;
  if (change.usernames) {
    return succeed(
      c,
      serializeReminderOutcomes(await remindOfDirect(core, caller.userId, change.usernames, reminder)),
    );
  }
  const group = await groupAfter(core, caller.userId, change.group, (id) =>
    setReminder(core, caller.userId, id, reminder),
  );
  return succeed(c, { group: serializeGroup(group) });
});
