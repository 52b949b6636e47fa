import type { ConversationId, UserId } from "../../domain/ids.ts";
import { findDirects } from "../../storage/conversations/direct-flags.ts";
import type { Core } from "../context.ts";

/**
 * Changes in D1 whether somebody and these others may write to each other, so that their conversations obey it from
 * the answer on, whatever dies in between: it is announced there before, and they look at D1 after. A change that
 * throws may yet come to D1: its announcement stands until the conversation ends it.
 * @throws `unavailable` where a conversation cannot be reached: repeat the whole
 */
export async function changeDirectPermission<T>(
  core: Core,
  one: UserId,
  others: UserId[],
  change: () => Promise<T>,
): Promise<T> {
  const token = crypto.randomUUID();
  const each = (ids: ConversationId[], tell: (id: ConversationId) => Promise<unknown>) =>
    Promise.all(ids.map(tell));
  const before = await findDirects(core.db, one, others);
  await each(before, (id) => core.conversations.prepareBlockChange(id, { token }));
  const changed = await change();
  // One that was opened meanwhile may have been made with what D1 said before.
  const after = before.length === others.length ? before : await findDirects(core.db, one, others);
  await each(after, (id) => core.conversations.refreshDirectPermission(id, { token }));
  return changed;
}
