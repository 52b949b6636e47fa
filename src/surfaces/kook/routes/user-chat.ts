import { type Context, Hono } from "hono";
import { clearDirect, enterDirect, getDirect, listDirect } from "../../../core/conversations/direct.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { Creation, Deletion, Listing, SPEECH, Viewing } from "../schemas.ts";
import { serializeDetail, serializePage } from "../serialize.ts";

export const userChat = new Hono<CallerEnv>({ strict: false });

/** Some libraries ask with POST and a JSON body. */
const EITHER = ["GET", "POST"];

/** 获取私信聊天会话列表: a page of the caller's direct conversations, by its number. */
userChat.on(EITHER, "/list", authenticated, async (c) => succeed(c, await listed(c)));

/** The same as an older library wants it: the items alone. */
userChat.get("/index", authenticated, async (c) => succeed(c, (await listed(c)).items));

async function listed(c: Context<CallerEnv>) {
  const listing = checked(Listing, await fieldsOf(c.req.raw, SPEECH));
  const { page, page_size: pageSize } = listing;
  const { core, caller } = c.var;
  return serializePage(await listDirect(core, caller.userId, { page, pageSize }), listing);
}

/** 获取私信聊天会话详情: one of them, and how the two stand to each other. */
userChat.on(EITHER, "/view", authenticated, async (c) => {
  const { chat_code } = checked(Viewing, await fieldsOf(c.req.raw, SPEECH));
  return succeed(c, serializeDetail(await getDirect(c.var.core, c.var.caller.userId, chat_code)));
});

/** 创建私信聊天会话: opens the direct conversation with somebody, or finds it. */
userChat.post("/create", authenticated, async (c) => {
  const { target_id } = checked(Creation, await fieldsOf(c.req.raw, SPEECH));
  return succeed(c, serializeDetail(await enterDirect(c.var.core, c.var.caller.userId, target_id)));
});

/** 删除私信聊天会话: takes it out of the caller's list, with all that was said; the other one keeps it. */
userChat.post("/delete", authenticated, async (c) => {
  const which = checked(Deletion, await fieldsOf(c.req.raw, SPEECH));
  await clearDirect(c.var.core, c.var.caller.userId, which);
  return succeed(c, {});
});
