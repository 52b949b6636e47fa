import { z } from "zod";
import { LIMITS } from "../../../domain/limits.ts";
import { displayName } from "../../../domain/names/names.ts";
import { conversationID } from "../ids.ts";
import { MAX_LISTED, markType } from "./conversations.ts";

const conversationIDList = z
  .array(conversationID)
  .min(1, "must not be empty")
  .max(MAX_LISTED, `must be at most ${MAX_LISTED} of them`);

/** The name of a group of conversations. */
const groupName = displayName(LIMITS.groupLabel).refine((text) => text !== "", "must not be empty");

/** `markConversation` */
export const ConversationMark = z.object({ conversationIDList, markType, enableMark: z.boolean() });

/** `createConversationGroup`, `addConversationsToGroup`, `deleteConversationsFromGroup` */
export const GroupedConversations = z.object({ groupName, conversationIDList });
/** `deleteConversationGroup` */
export const OneConversationGroup = z.object({ groupName });
/** `renameConversationGroup` */
export const ConversationGroupRename = z.object({ oldName: groupName, newName: groupName });
