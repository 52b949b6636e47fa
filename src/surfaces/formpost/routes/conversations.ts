import { Hono } from "hono";
import { openAmongFriends } from "../../../core/conversations/conversations.ts";
import { createGroup } from "../../../core/groups/create-group.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { checked } from "../../../http/fields.ts";
import { authenticated, type FormEnv } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { Creation, Opening } from "../schemas.ts";
import { serializeConversation } from "../serialize.ts";
import { listOnRecord } from "../use-cases/on-record.ts";

export const conversations = new Hono<FormEnv>({ strict: false });

/** 获取所有…: four lists, by action. The document spells one action `sticked`; both spellings work. */
const LISTS = [
  ["/user/get_private_conversations", { kind: "direct", pinned: false }],
  ["/user/get_group_conversations", { kind: "group", pinned: false }],
  ["/user/get_sticky_private_conversations", { kind: "direct", pinned: true }],
  ["/user/get_sticked_group_conversations", { kind: "group", pinned: true }],
  ["/user/get_sticky_group_conversations", { kind: "group", pinned: true }],
] as const;

for (const [path, filter] of LISTS) {
  conversations.post(path, authenticated, weighs("page"), async (c) => {
    const items = await listOnRecord(c.var.core, c.var.caller.userId, filter);
    return succeed(c, { conversations: items.map(serializeConversation) });
  });
}

/** 创建/获取私聊: opens the conversation with a friend, or finds it. */
conversations.post("/user/get_or_create_private_conversation", authenticated, async (c) => {
  const { friend } = checked(Opening, c.var.fields);
  const { conversation } = await openAmongFriends(c.var.core, c.var.caller.userId, friend);
  return succeed(c, { conversation_id: conversation.id, silent: conversation.silent });
});

/** 创建群聊: creates a group with friends. */
conversations.post("/user/create_group_conversation", authenticated, async (c) => {
  const { members, name } = checked(Creation, c.var.fields);
  const { conversation } = await createGroup(c.var.core, c.var.caller.userId, {
    name,
    memberIds: members,
    joinPolicy: "closed",
    policy: "group",
    amongFriends: true,
  });
  return succeed(c, { conversation_id: conversation.id });
});
