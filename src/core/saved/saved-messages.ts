import { z } from "zod";
import { pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Message, MessageReference } from "../../domain/messages/message.ts";
import type { SavedChange, SavedEntry } from "../../domain/messages/saved.ts";
import type { Core } from "../context.ts";
import { readReferences } from "../messages/by-reference.ts";
import { forgetSaved } from "../messages/messages.ts";

/** A saved message as its user sees it now. `message` is null if its conversation did not answer. */
export interface SavedMessage extends SavedEntry {
  message: Message | null;
}

/** A request for a page of saved messages. `onlyDue`: only those with a reminder that is due. */
interface SavedQuery {
  limit: number;
  cursor?: string | undefined;
  onlyDue: boolean;
}

/** The time of the last entry of a page, which no other entry of the user has. */
const Cursor = z.tuple([z.int().nonnegative()]);

/**
 * Saves a message that the caller sees, or changes what was saved of it. Idempotent.
 * @throws `not_found` for a message that the caller cannot see, `validation_failed` for a new reminder that
 *   is not within the next year, `conflict` if as many messages are saved as may be
 */
export async function saveMessage(
  core: Core,
  caller: UserId,
  reference: MessageReference,
  change: SavedChange,
): Promise<SavedMessage> {
  const { conversationId, seq } = reference;
  const message = await core.conversations.message(conversationId, { userId: caller, seq });
  return { ...(await core.inboxes.saveMessage(caller, { ...reference, ...change })), message };
}

/**
 * A page of the caller's saved messages, newest first, each as the caller sees it now. Messages of
 * conversations that the caller is not in are left out, and so are hidden ones: a page may have fewer items
 * than `limit`, even none.
 * @throws `validation_failed` for a cursor of another list
 */
export async function listSaved(
  core: Core,
  caller: UserId,
  { limit, cursor, onlyDue }: SavedQuery,
): Promise<{ items: SavedMessage[]; nextCursor: string | null }> {
  const range = { limit: limit + 1, onlyDue };
  const [before] = cursor === undefined ? [] : readCursor(Cursor, cursor);
  const entries = await core.inboxes.savedPage(caller, { ...range, ...(before !== undefined && { before }) });
  const read = await readReferences(core, caller, entries.slice(0, limit));
  const taken = entries.slice(0, read.length);
  const items: SavedMessage[] = [];
  const gone: MessageReference[] = [];
  for (const [i, entry] of taken.entries()) {
    const found = read[i];
    if (found === "gone") gone.push({ conversationId: entry.conversationId, seq: entry.seq });
    else if (found === "unreachable") items.push({ ...entry, message: null });
    else if (found !== undefined && found !== "out") items.push({ ...entry, message: found });
  }
  if (gone.length > 0) forgetSaved(core, caller, gone);
  const { nextCursor } = pageOf(entries, read.length, ({ savedAt }) => [savedAt]);
  return { items, nextCursor };
}
