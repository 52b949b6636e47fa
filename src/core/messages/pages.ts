import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Core } from "../context.ts";

/**
 * A page counted from the newest message, without system messages, revoked and hidden ones.
 * @param page the number of messages to skip and to return
 * @returns the newest first, and the total number of readable messages
 * @throws `not_found` unless the caller is a member
 */
export async function pageFromNewest(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { skip, limit }: { skip: number; limit: number },
): Promise<{ items: Message[]; total: number }> {
  const first = await core.conversations.readablePage(id, { userId: caller, ascending: false, skip, limit });
  const { items, total } = first;
  // An answer with very large messages has fewer than `limit`.
  for (let { hasMore } = first; hasMore && items.length < limit; ) {
    const before = items.at(-1)?.seq ?? 0;
    const remaining = { userId: caller, ascending: false, before, limit: limit - items.length };
    const page = await core.conversations.readablePage(id, remaining);
    items.push(...page.items);
    hasMore = page.hasMore;
  }
  return { items, total };
}

/** The number of messages in one call of a conversation. */
const BATCH_SIZE = 100;

/**
 * All readable messages, the newest first, in batches. The first batch is read now, each other one when the
 * consumer asks for it. Messages that are sent meanwhile are not included.
 * @throws `not_found` unless the caller is a member
 */
export async function allReadable(
  core: Core,
  caller: UserId,
  id: ConversationId,
): Promise<{ total: number; first: Message[]; remaining: AsyncGenerator<Message[]> }> {
  const request = { userId: caller, ascending: false, limit: BATCH_SIZE };
  const { items, hasMore, total } = await core.conversations.readablePage(id, request);
  async function* remaining() {
    let page = { items, hasMore };
    while (page.hasMore) {
      const before = page.items.at(-1)?.seq ?? 0;
      page = await core.conversations.readablePage(id, { ...request, before });
      yield page.items;
    }
  }
  return { total, first: items, remaining: remaining() };
}
