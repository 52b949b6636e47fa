import { Hono } from "hono";
import type { z } from "zod";
import { countPages, weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { parseBody } from "../body.ts";
import { succeed, succeedStreamed } from "../envelope.ts";
import { wireConversationID } from "../ids.ts";
import { BODY } from "../schemas/common.ts";
import {
  ConversationPin,
  Deletion,
  ListOfConversations,
  MAX_LISTED,
  OneConversation,
  ReadingAll,
  Reminding,
} from "../schemas/conversations.ts";
import { serializeByName, serializeInList, serializeReminderOutcomes } from "../serialize/conversations.ts";
import { serializeGroup } from "../serialize/groups.ts";
import { getByName, remindOfDirect, removeFromListByName } from "../use-cases/conversations.ts";
import { groupAfter } from "../use-cases/groups.ts";
import { type ListPart, listAllByName, listByName } from "../use-cases/list.ts";
import { setReminder } from "../use-cases/own/reminders.ts";
import { clearByName, pinByName, readAll, totalUnread } from "../use-cases/own-marks.ts";
import { findSortedBy } from "../use-cases/sorting.ts";

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
  const by = sortedBy(query);
  if (by || names || query.count !== undefined || cursor !== undefined) {
    const only = by && (await findSortedBy(core, caller.userId, by));
    const range = { names, only, limit, ...(cursor && { cursor }) };
    const part = await listByName(core, caller.userId, range);
    return succeed(c, serialize(part), besideList(part));
  }
  const list = await listAllByName(core, caller.userId);
  await countPages(c, caller.userId, list.partCount - 1);
  return succeedStreamed(c, list.parts, serialize, besideList(list));
});

/** The mark or the group of which alone a list is asked for. */
function sortedBy({ markType: mark, groupName: group }: z.infer<typeof ListOfConversations>) {
  if (mark !== undefined) return { mark };
  return group === undefined ? undefined : { group };
}

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

/** `pinConversation`: to the top of the caller's list, or down from it. */
conversations.post("/conversation/pinConversation", authenticated, async (c) => {
  const { conversationID: name, isPinned } = await parseBody(c, ConversationPin);
  await pinByName(c.var.core, c.var.caller.userId, name, isPinned);
  return succeed(c, { conversationID: wireConversationID(name), isPinned });
});

/** `clearHistoryMessage`: deletes the history for the caller alone. */
conversations.post("/message/clearHistoryMessage", authenticated, async (c) => {
  const { conversationID: name } = await parseBody(c, OneConversation);
  await clearByName(c.var.core, c.var.caller.userId, name);
  return succeed(c, { conversationID: wireConversationID(name) });
});

/** `setAllMessageRead`: each ten conversations with unread messages count as a page. */
conversations.post("/message/setAllMessageRead", authenticated, weighs("page"), async (c) => {
  const { scope } = await parseBody(c, ReadingAll);
  const { core, caller } = c.var;
  await readAll(core, caller.userId, scope, (count) =>
    countPages(c, caller.userId, Math.ceil(count / READ_FOR_A_PAGE)),
  );
  return succeed(c, {});
});

/** Conversations that may be read for the cost of a page. */
const READ_FOR_A_PAGE = 10;

/** `getTotalUnreadMessageCount`: a number, without silent conversations. */
conversations.post("/conversation/getTotalUnreadMessageCount", authenticated, weighs("page"), async (c) => {
  await bodyFields(c.req.raw, BODY);
  return succeed(c, await totalUnread(c.var.core, c.var.caller.userId));
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
