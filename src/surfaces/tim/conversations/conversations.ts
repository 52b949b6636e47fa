import { Hono } from "hono";
import { z } from "zod";
import { countPages, weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked, integer, pageSize } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { BODY, parseBody } from "../body.ts";
import { orConstant } from "../constants.ts";
import { REMIND_TYPES } from "../context.ts";
import { succeed, succeedStreamed } from "../envelope.ts";
import { serializeGroup } from "../groups/group.ts";
import { conversationID, groupID, userID, wireConversationID } from "../ids.ts";
import { getByName, remindOfDirect, removeFromListByName, setReminder } from "../use-cases/conversations.ts";
import { groupAfter } from "../use-cases/groups.ts";
import { type ListPart, listAllByName, listByName } from "../use-cases/list.ts";
import { clearByName, pinByName, readAll, totalUnread } from "../use-cases/own-marks.ts";
import { findSortedBy } from "../use-cases/sorting.ts";
import { serializeByName, serializeInList, serializeReminderOutcomes } from "./conversation.ts";

/** The most conversations of one call. */
export const MAX_LISTED = 100;

/** A mark is one bit, up to 2^52: JSON has no exact integers beyond. */
export const markType = integer.pipe(
  z
    .int()
    .positive()
    .refine((mark) => Number.isInteger(Math.log2(mark)), "must be a power of 2"),
);

const conversationIDs = z
  .array(conversationID)
  .min(1, "must not be empty")
  .max(MAX_LISTED, `must be at most ${MAX_LISTED} of them`);

/**
 * `/conversation/getConversationList`: the whole list, or with `count` or `nextCursor` a part of it.
 * `nextCursor` is what the part before has given; `""` begins.
 */
const ListOfConversations = z.object({
  conversationID: z
    .union([conversationID.transform((id) => [id]), conversationIDs], {
      error: `must be a conversation's id, or 1 to ${MAX_LISTED} of them`,
    })
    .optional(),
  count: pageSize(MAX_LISTED).optional(),
  nextCursor: z.string().optional(),
  /** only those with this mark of the caller's, or in this group of theirs */
  markType: markType.optional(),
  groupName: z.string().optional(),
});

/** `/conversation/getConversationProfile` */
const OneConversation = z.object({ conversationID });

/** `/conversation/deleteConversation`: one conversation, or several. */
const Deletion = z
  .object({
    conversationID: conversationID.optional(),
    conversationIDList: conversationIDs.optional(),
    clearHistoryMessage: z.boolean().default(true),
  })
  .transform(({ conversationID: single, conversationIDList: list, clearHistoryMessage }, context) => {
    const names = list ?? (single ? [single] : []);
    if (names.length > 0) {
      const wireIDs = names.map(wireConversationID);
      return { names, keepsHistory: !clearHistoryMessage, wireIDs: list ? wireIDs : wireIDs[0] };
    }
    context.addIssue({
      code: "custom",
      path: ["conversationID"],
      message: "must be there, or conversationIDList",
    });
    return z.NEVER;
  });

/** `pinConversation` */
const ConversationPin = z.object({ conversationID, isPinned: z.boolean().default(true) });

const SCOPES = {
  readAllMessage: undefined,
  readAllC2CMessage: "direct",
  readAllGroupMessage: "group",
} as const;

/** `setAllMessageRead` */
const ReadingAll = z.object({
  scope: orConstant(
    z
      .enum(["readAllMessage", "readAllC2CMessage", "readAllGroupMessage"])
      .default("readAllMessage")
      .transform((scope) => SCOPES[scope]),
  ),
});

const REMINDERS = {
  [REMIND_TYPES.usual]: "usual",
  [REMIND_TYPES.silent]: "silent",
  [REMIND_TYPES.never]: "never",
} as const;

/** `/group/setMessageRemindType`: for a group, or for several users. */
const Reminding = z
  .object({
    groupID: groupID.optional(),
    userIDList: z
      .array(userID)
      .min(1, "must not be empty")
      .max(MAX_LISTED, `must be at most ${MAX_LISTED} of them`)
      .optional(),
    messageRemindType: orConstant(
      z.enum(["AcceptAndNotify", "AcceptNotNotify", "Discard"]).transform((type) => REMINDERS[type]),
    ),
  })
  .transform(({ groupID: group, userIDList, messageRemindType: reminder }, context) => {
    if (group) return { group, reminder };
    if (userIDList) return { usernames: userIDList, reminder };
    context.addIssue({ code: "custom", path: ["groupID"], message: "must be there, or userIDList" });
    return z.NEVER;
  });

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
