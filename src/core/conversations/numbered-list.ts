import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Core } from "../context.ts";
import { fillEntries } from "./conversations.ts";

/** Conversations that one call of an inbox gives. */
const BATCH_SIZE = 100;

/**
 * A part of the caller's conversations, the newest activity first, and how many there are altogether: one call of his
 * inbox and one query of D1 whatever their number.
 */
export async function listNumbered(
  core: Core,
  caller: UserId,
  range: { skip: number; limit: number },
): Promise<{ items: Conversation[]; total: number }> {
  const { entries, total } = await core.inboxes.numbered(caller, range);
  return { items: await fillEntries(core, caller, entries), total };
}

/**
 * All of the caller's conversations, in the order of their activity as it is now, in parts: each is as it is when it
 * is asked for, and none is left out or told twice for what happens meanwhile.
 */
export async function listAll(
  core: Core,
  caller: UserId,
): Promise<{ total: number; parts: AsyncGenerator<Conversation[]> }> {
  const kept = await core.inboxes.listOnRecord(caller);
  const ids = kept.filter(({ state }) => state === "active").map(({ conversationId }) => conversationId);
  async function* parts() {
    for (let i = 0; i < ids.length; i += BATCH_SIZE) {
      const entries = await core.inboxes.entries(caller, { ids: ids.slice(i, i + BATCH_SIZE) });
      yield await fillEntries(core, caller, entries);
    }
  }
  return { total: ids.length, parts: parts() };
}
