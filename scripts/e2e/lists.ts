import { isDeepStrictEqual } from "node:util";
import { assertSame } from "../support/assert-same.ts";
import type { Person } from "../support/person.ts";
import { type Conversation, LastMessage, type Message } from "../support/shapes.ts";
import { rangeFromOne } from "./context.ts";

/** The alarm repairs a lost delivery 30 s after it, and must not make a check pass. */
const PATIENCE_MS = 20_000;
const PROBE_PAUSE_MS = 20;

export interface Group {
  id: number;
  members: Person[];
}

/** The messages of some groups, by conversation id. */
export type Histories = Map<number, Message[]>;

/** A user has read a conversation up to there, apart from what they sent. */
export interface Read {
  userId: number;
  conversationId: number;
  seq: number;
}

/** The part of a conversation in a list that follows from its history. */
interface Listed {
  id: number;
  lastSeq: number;
  lastMessage: LastMessage | null;
  unread: number;
}

/**
 * Reads groups over HTTP from a server. Asserts that all members see the same, numbered 1, 2, 3 … without a
 * gap.
 */
export async function histories(origin: string, groups: Group[]): Promise<Histories> {
  const all: Histories = new Map();
  for (const { id, members } of groups) {
    for (const member of members) {
      const history = await member.at(origin).history(id);
      const known = all.get(id) ?? history;
      assertSame(`the history of ${id} as ${member.user.username} sees it`, history, known);
      all.set(id, known);
    }
    const seqs = (all.get(id) ?? []).map(({ seq }) => seq);
    assertSame(`the history of ${id}`, seqs, rangeFromOne(seqs.length));
  }
  return all;
}

/**
 * Waits until the list of each member, and each conversation by itself, have the last messages and unread
 * counts that follow from the histories, the newest activity first.
 * @throws an Error with both after 20 s
 */
export async function untilAllListed(
  origin: string,
  groups: Group[],
  all: Histories,
  reads: Read[],
): Promise<void> {
  for (const member of new Set(groups.flatMap(({ members }) => members))) {
    const own = groups.filter(({ members }) => members.includes(member)).map(({ id }) => id);
    const due = own.map((id) => expected(member, id, all.get(id) ?? [], reads)).toSorted(byActivity);
    await untilListed(member.at(origin), due);
  }
}

async function untilListed(person: Person, due: Listed[]): Promise<void> {
  const ids = due.map(({ id }) => id);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const list = (await person.conversations()).filter(({ id }) => ids.includes(id)).map(listed);
    const singly = await Promise.all(ids.map(async (id) => listed(await person.conversation(id))));
    if (isDeepStrictEqual([list, singly], [due, due])) return;
    if (performance.now() > until) {
      assertSame(`the list of ${person.user.username}`, list, due);
      assertSame(`the conversations of ${person.user.username}`, singly, due);
    }
    await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS));
  }
}

/** The newest activity first; in one millisecond the newest conversation. */
function byActivity(one: Listed, other: Listed): number {
  const [first, second] = [one.lastMessage?.created_at ?? 0, other.lastMessage?.created_at ?? 0];
  return second - first || other.id - one.id;
}

function listed({ id, last_seq, last_message, unread_count }: Conversation): Listed {
  return { id, lastSeq: last_seq, lastMessage: last_message, unread: unread_count };
}

/** The unread count is the number of others' messages after the own last one and after what was read. */
function expected({ user }: Person, id: number, history: Message[], reads: Read[]): Listed {
  const isOwn = ({ sender, kind }: Message) => sender.id === user.id && kind !== "tip";
  const isRead = ({ userId, conversationId }: Read) => userId === user.id && conversationId === id;
  const read = reads.filter(isRead).map(({ seq }) => seq);
  const from = Math.max(history.findLast(isOwn)?.seq ?? 0, ...read);
  const unread = history.filter((message) => message.seq > from && message.kind !== "tip").length;
  const last = history.at(-1);
  return { id, lastSeq: history.length, lastMessage: last ? LastMessage.parse(last) : null, unread };
}
