import { deletedUser, type Person } from "../../domain/accounts/person.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Kind } from "../../domain/messages/content.ts";
import type { HistoryChunk } from "../../domain/messages/history-chunk.ts";
import type { Message } from "../../domain/messages/message.ts";
import { findPeople } from "../../storage/conversations/conversations.ts";
import type { Core } from "../context.ts";

/** Messages that one call of a conversation gives. */
const BATCH_SIZE = 500;

/** Which messages are wanted of what somebody can read. */
export interface HistoryQuery {
  /** those which have it, as `searchMessages` finds them; `""` is as none */
  text?: string | undefined;
  senderId?: UserId | undefined;
  kind?: Kind | undefined;
  /** those before this seq */
  before?: number | undefined;
  /** so many, the newest of them; else all */
  limit?: number | undefined;
}

/** A message of somebody's history. */
export interface HistoryMessage extends Omit<Message, "mentions"> {
  /** whom it names; all are the members of today, or of when he left who reads it, and he himself */
  mentions: UserId[];
  /** who first wrote what this one forwards */
  origin: Person | null;
}

/**
 * What the caller can read of a conversation, the oldest first: without tips, without what was revoked or hidden
 * from him; of one which he has left, or which is dissolved, what was there before. It comes in parts of some
 * hundred messages, each read when it is asked for, as it is then; what is sent meanwhile is not in it.
 * @throws `not_found` for who was never in it, before anything is given
 */
export async function readHistory(
  core: Core,
  caller: UserId,
  id: ConversationId,
  wanted: HistoryQuery,
): Promise<AsyncIterable<HistoryMessage[]>> {
  const { limit } = wanted;
  if (limit !== undefined) return only(await newest(core, caller, id, wanted, limit));
  const asked = {
    userId: caller,
    includeFormer: true,
    ascending: true,
    limit: BATCH_SIZE,
    ...defined(wanted),
  };
  const first = await core.conversations.history(id, asked);
  const beginning = await historyMessage(core, caller, first);
  const end = first.lastSeq + 1;
  const within = { ...asked, before: Math.min(wanted.before ?? end, end) };
  async function* parts() {
    yield beginning;
    for (let { next } = first; next !== null; ) {
      const stretch = await core.conversations.history(id, { ...within, after: next });
      yield await historyMessage(core, caller, stretch);
      next = stretch.next;
    }
  }
  return parts();
}

async function* only<T>(part: T) {
  yield part;
}

/** The newest so many messages, the oldest of them first. */
async function newest(core: Core, caller: UserId, id: ConversationId, wanted: HistoryQuery, limit: number) {
  const asked = { userId: caller, includeFormer: true, ascending: false, ...defined(wanted) };
  const found: HistoryMessage[] = [];
  for (let before: number | null = wanted.before ?? Number.MAX_SAFE_INTEGER; before !== null; ) {
    const rest = { ...asked, before, limit: limit - found.length };
    const stretch: HistoryChunk = await core.conversations.history(id, rest);
    found.push(...(await historyMessage(core, caller, stretch)));
    before = found.length < limit ? stretch.next : null;
  }
  return found.reverse();
}

/** Without what is not there: a call of an object carries no `undefined`. */
function defined({ text, senderId, kind, before }: HistoryQuery) {
  return {
    ...(text && { text }),
    ...(senderId !== undefined && { senderId }),
    ...(kind !== undefined && { kind }),
    ...(before !== undefined && { before }),
  };
}

/** A conversation knows its own people, and of what was forwarded into it only who wrote it. */
async function historyMessage(
  core: Core,
  caller: UserId,
  { items, people }: { items: Message[]; people: UserId[] },
): Promise<HistoryMessage[]> {
  const origins = new Set(items.flatMap(({ forwarded }) => forwarded?.senderId ?? []));
  const writers = origins.size === 0 ? [] : await findPeople(core.db, [...origins]);
  const known = new Map(writers.map((writer) => [writer.id, writer]));
  const all = [...new Set([...people, caller])];
  return items.map((message) => {
    const { forwarded, mentions } = message;
    const origin = forwarded ? (known.get(forwarded.senderId) ?? deletedUser(forwarded.senderId)) : null;
    return { ...message, mentions: mentions === "all" ? all : mentions, origin };
  });
}
