import { type Context, Hono } from "hono";
import { z } from "zod";
import { LIMITS } from "../../../domain/limits.ts";
import { displayName } from "../../../domain/names/names.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { BODY, parseBody } from "../body.ts";
import { succeed } from "../envelope.ts";
import { UNKNOWN_CODES } from "../errors.ts";
import { conversationID, wireConversationID } from "../ids.ts";
import {
  changeOwnConversationGroup,
  listOwnConversationGroups,
  type Sorted,
  sortByName,
} from "../use-cases/sorting.ts";
import { MAX_LISTED, markType } from "./conversations.ts";

const conversationIDList = z
  .array(conversationID)
  .min(1, "must not be empty")
  .max(MAX_LISTED, `must be at most ${MAX_LISTED} of them`);

/** The name of a group of conversations. */
const groupName = displayName(LIMITS.groupLabel).refine((text) => text !== "", "must not be empty");

/** `markConversation` */
const ConversationMark = z.object({ conversationIDList, markType, enableMark: z.boolean() });

/** `createConversationGroup`, `addConversationsToGroup`, `deleteConversationsFromGroup` */
const GroupedConversations = z.object({ groupName, conversationIDList });
/** `deleteConversationGroup` */
const OneConversationGroup = z.object({ groupName });
/** `renameConversationGroup` */
const ConversationGroupRename = z.object({ oldName: groupName, newName: groupName });

/** Calls by which a user sorts conversations: marks, and groups of conversations. */
export const sorting = new Hono<CallerEnv>({ strict: false });

/** `markConversation`: each conversation by itself. */
sorting.post("/markConversation", authenticated, weighs("page"), async (c) => {
  const { conversationIDList, markType: mark, enableMark } = await parseBody(c, ConversationMark);
  const { core, caller } = c.var;
  return sorted(c, await sortByName(core, caller.userId, conversationIDList, { mark }, enableMark));
});

/** `getConversationGroupList` */
sorting.post("/getConversationGroupList", authenticated, weighs("page"), async (c) => {
  await bodyFields(c.req.raw, BODY);
  return succeed(c, await listOwnConversationGroups(c.var.core, c.var.caller.userId));
});

for (const call of ["createConversationGroup", "addConversationsToGroup"]) {
  /** `createConversationGroup`, `addConversationsToGroup`: a group is there while a conversation is in it. */
  sorting.post(`/${call}`, authenticated, weighs("page"), async (c) => {
    const { groupName: group, conversationIDList } = await parseBody(c, GroupedConversations);
    const { core, caller } = c.var;
    return sorted(c, await sortByName(core, caller.userId, conversationIDList, { group }, true));
  });
}

/** `deleteConversationsFromGroup` */
sorting.post("/deleteConversationsFromGroup", authenticated, weighs("page"), async (c) => {
  const { groupName: group, conversationIDList } = await parseBody(c, GroupedConversations);
  const { core, caller } = c.var;
  return sorted(c, await sortByName(core, caller.userId, conversationIDList, { group }, false));
});

/** `deleteConversationGroup`: its conversations stay. */
sorting.post("/deleteConversationGroup", authenticated, async (c) => {
  const { groupName } = await parseBody(c, OneConversationGroup);
  await changeOwnConversationGroup(c.var.core, c.var.caller.userId, groupName, null);
  return succeed(c, { groupName });
});

/** `renameConversationGroup` */
sorting.post("/renameConversationGroup", authenticated, async (c) => {
  const { oldName, newName } = await parseBody(c, ConversationGroupRename);
  await changeOwnConversationGroup(c.var.core, c.var.caller.userId, oldName, newName);
  return succeed(c, { oldName, newName });
});

function sorted(c: Context, { done, failed }: Sorted): Response {
  return succeed(c, {
    successConversationIDList: done.map(wireConversationID),
    failureConversationIDList: failed.map((name) => ({
      conversationID: wireConversationID(name),
      ...{ code: UNKNOWN_CODES.conversation, message: "You are not in this conversation." },
    })),
  });
}
