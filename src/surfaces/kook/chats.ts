import { type Context, Hono } from "hono";
import { weighs } from "../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../http/env.ts";
import { checked, fieldsOf } from "../../http/fields.ts";
import { authenticated } from "./auth.ts";
import { succeed } from "./envelope.ts";
import { directMessages } from "./messages/families.ts";
import { BODY, Creation, DirectPlace, Listing, Viewing } from "./schemas.ts";
import {
  clearDirect,
  type DirectConversation,
  type DirectWithRelation,
  enterDirect,
  getDirect,
  listDirect,
} from "./use-cases/direct.ts";

export const userChat = new Hono<CallerEnv>({ strict: false });

/** Some libraries read with POST and a body. */
const EITHER = ["GET", "POST"];

/** 获取私信聊天会话列表: a page of the caller's direct conversations, by its number. */
userChat.on(EITHER, "/list", authenticated, weighs("page"), async (c) => succeed(c, await listPage(c)));

/** The same for an older library: only the items. */
userChat.get("/index", authenticated, weighs("page"), async (c) => succeed(c, (await listPage(c)).items));

async function listPage(c: Context<CallerEnv>) {
  const listing = checked(Listing, await fieldsOf(c.req.raw, BODY));
  const { page, page_size: pageSize } = listing;
  const { core, caller } = c.var;
  return serializePage(await listDirect(core, caller.userId, { page, pageSize }), listing);
}

/** 获取私信聊天会话详情: one direct conversation, and the relation of the two users. */
userChat.on(EITHER, "/view", authenticated, async (c) => {
  // A library looks for a message here, and names nothing else.
  const { msg_id, chat_code } = c.req.query();
  if (msg_id !== undefined && chat_code === undefined) return directMessages.view(c);
  const viewing = checked(Viewing, await fieldsOf(c.req.raw, BODY));
  return succeed(c, serializeDetail(await getDirect(c.var.core, c.var.caller.userId, viewing.chat_code)));
});

/** 创建私信聊天会话: creates or finds the direct conversation with a user. */
userChat.post("/create", authenticated, async (c) => {
  const { target_id } = checked(Creation, await fieldsOf(c.req.raw, BODY));
  return succeed(c, serializeDetail(await enterDirect(c.var.core, c.var.caller.userId, target_id)));
});

/** 删除私信聊天会话: deletes a direct conversation and its history for the caller; the other user keeps both. */
userChat.post("/delete", authenticated, deleteChat);

export async function deleteChat(c: Context<CallerEnv>): Promise<Response> {
  const target = checked(DirectPlace, await fieldsOf(c.req.raw, BODY));
  await clearDirect(c.var.core, c.var.caller.userId, target);
  return succeed(c, {});
}

// The names of an older document, which libraries call to this day.
userChat.post("/create-msg", authenticated, directMessages.create);
userChat.post("/update-msg", authenticated, directMessages.update);
userChat.post("/delete-msg", authenticated, directMessages.remove);
userChat.on(EITHER, "/msg-list", authenticated, weighs("page"), directMessages.list);

/**
 * The times (milliseconds) and the unread count. Without messages `latest_msg_time` is 0, not the time of
 * creation.
 */
function activityOf({ readAt, lastSeq, updatedAt, unreadCount }: DirectConversation) {
  return {
    last_read_time: readAt,
    latest_msg_time: lastSeq === 0 ? 0 : updatedAt,
    unread_count: unreadCount,
  };
}

/** The other user. */
function targetOf({ peer }: DirectConversation) {
  const { id, username, online, avatar } = peer;
  return { target_info: { id: String(id), username, online, avatar } };
}

/** A conversation in a list. */
function serializeChat(chat: DirectConversation) {
  return { code: chat.code, ...activityOf(chat), ...targetOf(chat) };
}

/** A single conversation, with the relation of the two users. */
function serializeDetail({ conversation: chat, relation }: DirectWithRelation) {
  return {
    code: chat.code,
    ...activityOf(chat),
    ...{ is_friend: relation.friends, is_blocked: relation.blocking, is_target_blocked: relation.blocked },
    ...targetOf(chat),
  };
}

/** A page of conversations. */
function serializePage(
  { items, total }: { items: DirectConversation[]; total: number },
  { page, page_size }: Listing,
) {
  return {
    items: items.map(serializeChat),
    meta: { page, page_total: Math.ceil(total / page_size), page_size, total },
    sort: { id: 1 },
  };
}
