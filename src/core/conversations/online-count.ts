import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { countOnlineMembers } from "../../storage/contacts/presence.ts";
import type { Core } from "../context.ts";
import { getConversation } from "./conversations.ts";

/** A conversation, and how many of its members are online, the caller too. */
export interface ConversationWithOnlineCount {
  conversation: Conversation;
  onlineCount: number;
}

/**
 * A conversation as the caller sees it, and how many of its members are online: those of a group of any size in one
 * query. @throws as `getConversation`
 */
export async function getWithOnlineCount(
  core: Core,
  caller: UserId,
  id: ConversationId,
): Promise<ConversationWithOnlineCount> {
  const [conversation, onlineCount] = await Promise.all([
    getConversation(core, caller, id),
    countOnlineMembers(core.db, id),
  ]);
  return { conversation, onlineCount };
}
