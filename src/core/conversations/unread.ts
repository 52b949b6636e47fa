import { isArchived, isMutedAt, isSilentAt } from "../../domain/conversations/archive.ts";
import type { UnreadEntry } from "../../domain/conversations/conversation-list.ts";
import { isNotFound } from "../../domain/errors.ts";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { forEachConcurrent } from "../../object/concurrency.ts";
import { countRequests } from "../../storage/contacts/friends.ts";
import { findArchiveStates } from "../../storage/conversations/preferences.ts";
import type { Core } from "../context.ts";

/** Conversations that are read at once. */
const READ_AT_ONCE = 10;

/** How many messages are unread, and in how many conversations. */
export interface UnreadTotal {
  unreadCount: number;
  conversationCount: number;
}

/** What waits for a user in a space, in the channels that they follow. */
export interface SpaceUnread {
  spaceId: SpaceId;
  /** without channels that the user has muted; those of a space that they have muted count */
  unreadCount: number;
  /** unread mentions of the user, or of all, in every channel; of each the newest ones */
  mentionCount: number;
}

/** What waits for a user. */
export interface UnreadTotals {
  /** without conversations that are archived and silent for the user */
  all: UnreadTotal;
  /** without conversations that are silent for the user */
  audible: UnreadTotal;
  /** the spaces in which something waits, by their id */
  spaces: SpaceUnread[];
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
  const states = await findArchiveStates(core.db, caller, ids);
  const now = Date.now();
  const listed = entries.flatMap((entry) => {
    const state = states.get(entry.conversationId);
    // The list leaves out what D1 does not have, and so do its sums.
    if (!state) return [];
    const isSilent = isSilentAt(state, now);
    if (isSilent && isArchived(state, entry.newestCounted)) return [];
    const isMuted = isMutedAt(state.mutedUntil, now);
    return [{ ...entry, isSilent, isMuted, spaceId: state.spaceId }];
  });
  const unread = listed.filter(({ unreadCount }) => unreadCount > 0);
  const audible = unread.filter(({ isSilent }) => !isSilent);
  return { all: totalOf(unread), audible: totalOf(audible), spaces: bySpace(listed), friendRequestCount };
}

/** Marks all messages of conversations as read, without those that the caller has left. */
export function readEach(core: Core, caller: UserId, ids: readonly ConversationId[]): Promise<void> {
  return forEachConcurrent(READ_AT_ONCE, ids, async (id) => {
    await core.conversations.read(id, { userId: caller }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  });
}

function bySpace(entries: (UnreadEntry & { spaceId: SpaceId | null; isMuted: boolean })[]): SpaceUnread[] {
  const sums = new Map<SpaceId, SpaceUnread>();
  for (const { spaceId, unreadCount, mentionCount, isMuted } of entries) {
    if (spaceId === null) continue;
    const sum = sums.get(spaceId) ?? { spaceId, unreadCount: 0, mentionCount: 0 };
    sum.unreadCount += isMuted ? 0 : unreadCount;
    sum.mentionCount += mentionCount;
    sums.set(spaceId, sum);
  }
  return [...sums.values()]
    .filter(({ unreadCount, mentionCount }) => unreadCount > 0 || mentionCount > 0)
    .sort((a, b) => a.spaceId - b.spaceId);
}

function totalOf(entries: UnreadEntry[]): UnreadTotal {
  return {
    unreadCount: entries.reduce((sum, { unreadCount }) => sum + unreadCount, 0),
    conversationCount: entries.length,
  };
}
