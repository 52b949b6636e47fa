import type { Core } from "../../../core/context.ts";
import { loadConversations } from "../../../core/conversations/conversations.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import type { UserId } from "../../../domain/ids.ts";

/** The number of conversations in one call of an inbox. */
const BATCH_SIZE = 100;

/**
 * A range of the caller's conversations, the newest activity first, and their total number: one call of the
 * inbox and one query of D1 for any number of entries.
 */
export async function listNumbered(
  core: Core,
  caller: UserId,
  range: { skip: number; limit: number },
): Promise<{ items: Conversation[]; total: number }> {
  const { entries, total } = await core.inboxes.numbered(caller, range);
  return { items: await loadConversations(core, caller, entries), total };
}

/**
 * All of the caller's conversations in batches, in the current order of their activity. A batch is read when
 * the consumer asks for it. The order is fixed at the start, so that changes meanwhile neither skip nor
 * repeat an entry.
 */
export async function listAll(
  core: Core,
  caller: UserId,
): Promise<{ total: number; parts: AsyncGenerator<Conversation[]> }> {
  const entries = await core.inboxes.listOnRecord(caller);
  const ids = entries.filter(({ state }) => state === "active").map(({ conversationId }) => conversationId);
  async function* parts() {
    for (let i = 0; i < ids.length; i += BATCH_SIZE) {
      const batch = await core.inboxes.entries(caller, { ids: ids.slice(i, i + BATCH_SIZE) });
      yield await loadConversations(core, caller, batch);
    }
  }
  return { total: ids.length, parts: parts() };
}
