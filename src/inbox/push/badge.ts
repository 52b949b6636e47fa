import { isArchived, isMutedAt } from "../../domain/conversations/archive.ts";
import type { CallingEntry } from "../../domain/conversations/conversation-list.ts";
import type { UserId } from "../../domain/ids.ts";
import type { UserDirectory } from "../../domain/ports.ts";

/**
 * The number at the app's icon: what calls for the user in all their conversations. An archived one adds
 * nothing, a muted one its mentions. `parley-client` counts in the same way (`badgeOf`).
 */
export async function badgeOf(
  entries: readonly CallingEntry[],
  directory: Pick<UserDirectory, "archiveStates">,
  userId: UserId,
): Promise<number> {
  const ids = entries.map(({ conversationId }) => conversationId);
  const states = await directory.archiveStates(userId, ids);
  const now = Date.now();
  return entries.reduce((sum, { conversationId, unread, mentions, newestCounted }) => {
    const state = states.get(conversationId);
    if (!state || isArchived(state, newestCounted)) return sum;
    return sum + (isMutedAt(state.mutedUntil, now) ? mentions : Math.max(unread, mentions));
  }, 0);
}
