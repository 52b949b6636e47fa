import type { UnreadEntry } from "../../domain/conversations/conversation-list.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { countRequests } from "../../storage/contacts/friends.ts";
import { findSilence } from "../../storage/conversations/preferences.ts";
import type { Core } from "../context.ts";

/** How many messages are unread, and in how many conversations. */
export interface UnreadTotal {
  unreadCount: number;
  conversationCount: number;
}

/** What waits for a user. */
export interface UnreadTotals {
  all: UnreadTotal;
  /** without conversations that are silent for the user */
  audible: UnreadTotal;
  /** requests for friendship to the user, counted up to `LIMITS.countedRequests` */
  friendRequestCount: number;
}

/**
 * The sums of the unread counts over the caller's list: one call of the inbox, and two queries of D1 at once,
 * for any number of conversations.
 */
export async function sumUnread(core: Core, caller: UserId): Promise<UnreadTotals> {
  const [entries, friendRequestCount] = await Promise.all([
    core.inboxes.unread(caller),
    countRequests(core.db, caller, LIMITS.countedRequests),
  ]);
  const ids = entries.map(({ conversationId }) => conversationId);
  const silence = await findSilence(core.db, caller, ids);
  // The list leaves out what D1 does not have, and so do its sums.
  const listed = entries.filter(({ conversationId }) => silence.has(conversationId));
  const audible = listed.filter(({ conversationId }) => silence.get(conversationId) === false);
  return { all: totalOf(listed), audible: totalOf(audible), friendRequestCount };
}

function totalOf(entries: UnreadEntry[]): UnreadTotal {
  return {
    unreadCount: entries.reduce((sum, { unreadCount }) => sum + unreadCount, 0),
    conversationCount: entries.length,
  };
}
