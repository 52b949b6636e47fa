import type { ConversationId, UserId } from "../../domain/ids.ts";
import { findDirectConversations } from "../../storage/conversations/direct.ts";
import type { Core } from "../context.ts";

/**
 * Changes in D1 whether a user and these others may write to each other:
 * 1. The change is announced to the direct conversations. From then on each send there reads D1 first.
 * 2. D1 takes the change: it has effect.
 * 3. The conversations confirm: they copy what D1 says, and sends read the copy again.
 *
 * A crash after step 1 leaves the announcement. The conversation ends it by an alarm, after a read of D1.
 * @throws `unavailable` if a conversation cannot be reached: repeat the whole call
 */
export async function changeDirectPermission<T>(
  core: Core,
  userId: UserId,
  others: UserId[],
  change: () => Promise<T>,
): Promise<T> {
  const token = crypto.randomUUID();
  const forEach = (ids: ConversationId[], call: (id: ConversationId) => Promise<unknown>) =>
    Promise.all(ids.map(call));
  const before = await findDirectConversations(core.db, userId, others);
  await forEach(before, (id) => core.conversations.announceDirectPermission(id, { token }));
  const result = await change();
  // A conversation that was opened meanwhile may have started with the old state of D1.
  const after =
    before.length === others.length ? before : await findDirectConversations(core.db, userId, others);
  await forEach(after, (id) => core.conversations.confirmDirectPermission(id, { token }));
  return result;
}
