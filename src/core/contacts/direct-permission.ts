import type { ConversationId, UserId } from "../../domain/ids.ts";
import { findDirectConversations } from "../../storage/conversations/direct.ts";
import type { Core } from "../context.ts";

/**
 * Changes in D1 whether a user and these others may write to each other. The change is announced to their
 * conversations before, and they read D1 after it. So they obey it once this resolves, whatever crashes in
 * between. A change that throws may still be committed: its announcement stays until the conversation ends
 * it.
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
  await forEach(before, (id) => core.conversations.prepareDirectPermissionChange(id, { token }));
  const result = await change();
  // A conversation that was opened meanwhile may have started with the old state of D1.
  const after =
    before.length === others.length ? before : await findDirectConversations(core.db, userId, others);
  await forEach(after, (id) => core.conversations.refreshDirectPermission(id, { token }));
  return result;
}
