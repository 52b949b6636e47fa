import type { Core } from "../../../core/context.ts";
import { deletedUser, type Person } from "../../../domain/accounts/person.ts";
import type { ConversationId, UserId } from "../../../domain/ids.ts";
import type { Kind } from "../../../domain/messages/content.ts";
import type { HistoryChunk } from "../../../domain/messages/history-chunk.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { findPeople } from "../../../storage/conversations/conversations.ts";

/** Messages that one call of a conversation gives. */
const BATCH_SIZE = 500;

/** A filter on the messages that a user can read. */
export interface HistoryQuery {
  /** only messages that contain it, as `searchMessages` finds them; `""` counts as absent */
  text?: string | undefined;
  senderId?: UserId | undefined;
  kind?: Kind | undefined;
  /** only messages before this seq */
  before?: number | undefined;
  /** only the newest messages, up to this number; absent: all */
  limit?: number | undefined;
}

/** A message of a user's history. */
export interface HistoryMessage extends Omit<Message, "mentions"> {
  /**
   * the mentioned users; a mention of everybody names today's members, or those when the reader left, and the
   * reader
   */
  mentions: UserId[];
  /** the sender of the first message of a chain of forwards */
  origin: Person | null;
}

/**
 * The messages that the caller can read, the oldest first, without system messages, revoked and hidden ones.
 * A former member and a member of a dissolved group get the history before that time. It comes in batches of
 * some hundred messages. Each is read when the consumer asks for it, in its state of that moment. Messages
 * that are sent meanwhile are not included.
 * @throws `not_found` for a user who was never a member, `rate_limited` while the caller reads another whole
 *   history of this conversation; both before the first batch
 */
export async function readHistory(
  core: Core,
  caller: UserId,
  id: ConversationId,
  query: HistoryQuery,
): Promise<AsyncIterable<HistoryMessage[]>> {
  const { limit } = query;
  if (limit !== undefined) return only(await newestMessages(core, caller, id, query, limit));
  const request = {
    userId: caller,
    includeFormer: true,
    ascending: true,
    limit: BATCH_SIZE,
    historyId: crypto.randomUUID(),
    ...defined(query),
  };
  const firstChunk = await core.conversations.history(id, request);
  const firstBatch = await historyMessages(core, caller, firstChunk);
  const end = firstChunk.lastSeq + 1;
  const bounded = { ...request, before: Math.min(query.before ?? end, end) };
  async function* batches() {
    yield firstBatch;
    for (let { next } = firstChunk; next !== null; ) {
      const chunk = await core.conversations.history(id, { ...bounded, after: next });
      yield await historyMessages(core, caller, chunk);
      next = chunk.next;
    }
  }
  return batches();
}

async function* only<T>(batch: T) {
  yield batch;
}

/** The newest messages, up to `limit`, the oldest of them first. */
async function newestMessages(
  core: Core,
  caller: UserId,
  id: ConversationId,
  query: HistoryQuery,
  limit: number,
) {
  const request = { userId: caller, includeFormer: true, ascending: false, ...defined(query) };
  const found: HistoryMessage[] = [];
  for (let before: number | null = query.before ?? Number.MAX_SAFE_INTEGER; before !== null; ) {
    const remaining = { ...request, before, limit: limit - found.length };
    const chunk: HistoryChunk = await core.conversations.history(id, remaining);
    found.push(...(await historyMessages(core, caller, chunk)));
    before = found.length < limit ? chunk.next : null;
  }
  return found.reverse();
}

/** The defined filters: the RPC input has no `undefined` fields. */
function defined({ text, senderId, kind, before }: HistoryQuery) {
  return {
    ...(text && { text }),
    ...(senderId !== undefined && { senderId }),
    ...(kind !== undefined && { kind }),
    ...(before !== undefined && { before }),
  };
}

/**
 * Resolves mentions of everybody and the origins of forwards, whose profiles the conversation may not have.
 */
async function historyMessages(
  core: Core,
  caller: UserId,
  { items, people }: { items: Message[]; people: UserId[] },
): Promise<HistoryMessage[]> {
  const originIds = new Set(items.flatMap(({ forwarded }) => forwarded?.senderId ?? []));
  const profiles = originIds.size === 0 ? [] : await findPeople(core.db, [...originIds]);
  const known = new Map(profiles.map((profile) => [profile.id, profile]));
  const all = [...new Set([...people, caller])];
  return items.map((message) => {
    const { forwarded, mentions } = message;
    const origin = forwarded ? (known.get(forwarded.senderId) ?? deletedUser(forwarded.senderId)) : null;
    return { ...message, mentions: mentions === "all" ? all : mentions, origin };
  });
}
