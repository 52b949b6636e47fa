import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { countOnlineMembers } from "../../storage/contacts/presence.ts";
import type { Core } from "../context.ts";
import { getConversation } from "./conversations.ts";

/** A conversation, and the number of its members who are online, the caller included. */
export interface ConversationWithOnlineCount {
  conversation: Conversation;
  onlineCount: number;
  /** the number is estimated by a sample of the members */
  isOnlineSampled: boolean;
}

/**
 * A conversation as the caller sees it, and the number of its members who are online. The caller is a member,
 * or a viewer of an audience room. In a group of more than 1,000 members the number is estimated.
 * @throws as `getConversation`
 */
export async function getWithOnlineCount(
  core: Core,
  caller: UserId,
  id: ConversationId,
): Promise<ConversationWithOnlineCount> {
  const [conversation, { online, of, isSampled }] = await Promise.all([
    getConversation(core, caller, id, true),
    countOnlineMembers(core.db, id),
  ]);
  const onlineCount = isSampled ? Math.round((online * conversation.memberCount) / of) : online;
  return { conversation, onlineCount, isOnlineSampled: isSampled };
}
