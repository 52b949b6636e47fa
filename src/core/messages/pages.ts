import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Core } from "../context.ts";

/**
 * A page counted from the newest message: without tips, without what was revoked or hidden from the caller.
 * @param page so many are passed over, and so many taken
 * @returns the newest first, and how many there are altogether
 * @throws `not_found` unless the caller is in the conversation
 */
export async function pageFromNewest(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { skip, limit }: { skip: number; limit: number },
): Promise<{ items: Message[]; total: number }> {
  const first = await core.conversations.readablePage(id, { userId: caller, ascending: false, skip, limit });
  const { items, total } = first;
  // Of very large messages an answer holds fewer.
  for (let { hasMore } = first; hasMore && items.length < limit; ) {
    const before = items.at(-1)?.seq ?? 0;
    const rest = { userId: caller, ascending: false, before, limit: limit - items.length };
    const page = await core.conversations.readablePage(id, rest);
    items.push(...page.items);
    hasMore = page.hasMore;
  }
  return { items, total };
}

/** Messages that one call of a conversation gives. */
const BATCH_SIZE = 100;

/**
 * All of it, the newest first, in parts: the first one now, each other one as it is when it is asked for. What is
 * sent meanwhile is not in it.
 * @throws `not_found` unless the caller is in the conversation
 */
export async function allReadable(
  core: Core,
  caller: UserId,
  id: ConversationId,
): Promise<{ total: number; first: Message[]; rest: AsyncGenerator<Message[]> }> {
  const asked = { userId: caller, ascending: false, limit: BATCH_SIZE };
  const { items, hasMore, total } = await core.conversations.readablePage(id, asked);
  async function* rest() {
    let page = { items, hasMore };
    while (page.hasMore) {
      const before = page.items.at(-1)?.seq ?? 0;
      page = await core.conversations.readablePage(id, { ...asked, before });
      yield page.items;
    }
  }
  return { total, first: items, rest: rest() };
}
