import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { countOnlineMembers } from "../../storage/contacts/presence.ts";
import type { Core } from "../context.ts";
import { getConversation } from "./conversations.ts";

/** A conversation, and the number of its members who are online, the caller included. */
export interface ConversationWithOnlineCount {
  conversation: Conversation;
  onlineCount: number;
}

/**
 * A conversation as the caller sees it, and the number of its members who are online. The count is one query
 * for a group of any size.
 * @throws as `getConversation`
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
