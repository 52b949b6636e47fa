import { noMessage } from "../../domain/errors.ts";
import { Position, type Seq } from "../../domain/ids.ts";
import type { AttachmentType } from "../../domain/messages/attachment.ts";
import type { MentionPage, MentionRange } from "../../domain/messages/mention-page.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { PutReaction } from "../../domain/messages/reactions.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import { type HistoryChunkQuery, historyChunk } from "../history.ts";
import type { ReadableRange } from "../log/readable-log.ts";
import type { MessageRows, Reader, Scope } from "../log/row.ts";
import type { Room } from "../room.ts";
import type { SearchQuery } from "../search/search.ts";
import { type ChangesPage, type ChangesRequest, changesPage } from "../views/changes-page.ts";
import { type Caller, costlyRead, type Looker, memberRead, type OnMessage, repeatable } from "./call.ts";

const { page, search, unweighed } = WEIGHTS;

/** A whole history, or what a search finds of it. */
interface HistoryInput extends Caller, HistoryChunkQuery {
  includeFormer?: boolean;
  historyId?: string;
}

/** A search for messages from `since` to `until`, both included (ms); absent: from the first, to the last. */
interface SearchInTime extends SearchQuery {
  since?: number | undefined;
  until?: number | undefined;
}

/** Each user reads one whole history at a time, which is charged as it begins. */
const historyWeight = ({ after }: HistoryInput) => (after === undefined ? search : unweighed);

/** The bounds of a page of messages. */
export interface PageInput {
  before?: Position;
  after?: Position;
  /** the page begins at the first message from this time (ms) on */
  at?: number;
  limit: number;
  /** absent: the main stream */
  scope?: Scope;
}

/** A page of messages as a reader sees them, in rising order; without bounds the newest messages. */
export function pageFor(
  { log, renderer }: Pick<Room, "log" | "renderer">,
  reader: Reader,
  { before, after, at, limit, scope = "main" }: PageInput,
): { items: Message[]; hasMore: boolean; hasEarlier?: boolean } {
  if (at !== undefined) {
    const { rows, ...more } = messagesFrom(log, at, limit, reader, scope);
    return { items: renderer.render(rows, reader), ...more };
  }
  const { rows, hasMore } =
    after === undefined
      ? log.before(before ?? Number.MAX_SAFE_INTEGER, limit, reader, scope)
      : log.after(after, limit, reader, scope);
  if (after === undefined) rows.reverse();
  return { items: renderer.render(rows, reader), hasMore };
}

/**
 * At most `limit` messages that a reader sees, oldest first, from the first one on that is not older than a
 * time.
 * @param at ms since 1970
 * @returns `hasEarlier`: the reader sees messages before the page
 */
function messagesFrom(
  log: Room["log"],
  at: number,
  limit: number,
  reader: Reader,
  scope: Scope,
): MessageRows & { hasEarlier: boolean } {
  const before = Math.max(log.lastUntil(Math.ceil(at) - 1), reader.visible_from);
  const { rows, hasMore } = log.after(before, limit, reader, scope);
  const first = rows[0]?.seq ?? before + 1;
  return { rows, hasMore, hasEarlier: log.before(first, 1, reader, scope).rows.length > 0 };
}

/** The bounds of a page: without them the newest messages; `until` and `at` are times (ms), both included. */
interface ContextPage {
  before?: number;
  until?: number;
  after?: number;
  at?: number;
  limit: number;
}

/** The rows of a page, in rising order. */
function rowsOf(log: Room["log"], reader: Reader, { before, until, after, at, limit }: ContextPage) {
  if (at !== undefined) return messagesFrom(log, at, limit, reader, "main");
  if (after !== undefined) return log.after(after, limit, reader, "main");
  const end = until === undefined ? undefined : log.lastUntil(until) + 1;
  const { rows, hasMore } = log.before(before ?? end ?? Number.MAX_SAFE_INTEGER, limit, reader, "main");
  return { rows: rows.reverse(), hasMore };
}

/** Whether a page says which messages an import has brought. */
interface ImportsMarked {
  marksImported?: boolean;
}

function withImported(
  { externalIds }: { externalIds: { imported(seqs: readonly number[]): Set<number> } },
  items: Message[],
): Message[] {
  const imported = externalIds.imported(items.map(({ seq }) => seq));
  return items.map((item) => (imported.has(item.seq) ? { ...item, isImported: true as const } : item));
}

/** The calls that read messages. */
export const READING = {
  /**
   * A page of messages as the caller sees them, in rising order; without bounds the newest messages. Without
   * a scope it has the main stream.
   * @param input `at`: the page begins at the first message from this time (ms) on
   * @returns `hasEarlier`: with `at`, whether there are messages before the page; `lastSeq`: that of the last
   *   message of all scopes; `rev`: the page has every change up to it
   */
  page: memberRead(page, (room, member, input: Looker & PageInput & ImportsMarked) => {
    const found = { ...pageFor(room, member, input), lastSeq: room.log.last.seq, rev: room.state.rev };
    return input.marksImported ? { ...found, items: withImported(room, found.items) } : found;
  }),

  /**
   * A page of the messages that changed after a rev.
   * @param input `reactions`: who has reacted to them is wanted, too
   * @see changesPage
   */
  changes: memberRead(
    page,
    (
      room,
      member,
      { reactions = false, ...input }: Caller & ChangesRequest & { reactions?: boolean },
    ): ChangesPage & { reactions?: PutReaction[] | null } => {
      const found = changesPage(room, member, input);
      return reactions
        ? { ...found, reactions: room.reactions.to(found.items.map(({ seq }) => seq)) }
        : found;
    },
  ),

  /** A page of messages of the main stream, in rising order, with their message context. */
  pageWithContext: memberRead(page, (room, member, input: Looker & ContextPage & ImportsMarked) => {
    const { log, snapshots } = room;
    const { rows, hasMore } = rowsOf(log, member, input);
    const { items, context } = snapshots.context(rows, member);
    return { items: input.marksImported ? withImported(room, items) : items, context, hasMore };
  }),

  /**
   * Those of the messages with these seqs that the caller can see, in this order, with their message context.
   * A page's bytes bound them: those for which it has no room are missing.
   */
  messagesInContext: memberRead(page, ({ log, snapshots }, member, { seqs }: Caller & { seqs: Seq[] }) => {
    const visible = log.visibleOf(seqs, member);
    const found = seqs.flatMap((seq) => visible.get(seq) ?? []);
    return snapshots.context(log.cut(found, found.length).rows, member);
  }),

  /**
   * A page of the readable log, and the number of all messages that the caller can read.
   * @see ReadableLog.page
   */
  readablePage: memberRead(page, ({ readable, renderer }, member, input: Caller & ReadableRange) => {
    const { rows, hasMore } = readable.page(input, member);
    return { items: renderer.render(rows, member), hasMore, total: readable.count(member) };
  }),

  /**
   * A chunk of the messages that the caller can read, or finds, in either order.
   * @param input `historyId`: names a whole history, of which each user reads one at a time; it begins
   *   without `after`
   * @throws `rate_limited` while the caller reads another whole history
   * @see historyChunk
   */
  history: costlyRead(historyWeight, (room, member, input: HistoryInput, reads) => {
    const { userId, historyId, after } = input;
    if (historyId) reads.beginHistory(userId, historyId, after === undefined);
    const chunk = historyChunk(room, member, input);
    if (historyId && chunk.next === null) reads.endHistory(userId, historyId);
    return chunk;
  }),

  /** A page of the messages with an attachment of a type, newest first. */
  attachments: memberRead(
    page,
    (
      { log, renderer },
      member,
      input: Caller & { type: AttachmentType; before?: Position; limit: number },
    ): { items: Message[]; hasMore: boolean } => {
      const { before = Number.MAX_SAFE_INTEGER, type, limit } = input;
      const { rows, hasMore } = log.cut(log.attachments.before(before, type, limit + 1, member), limit);
      return { items: renderer.render(rows, member), hasMore };
    },
  ),

  /** One message. @throws `not_found` unless the caller can see it */
  message: memberRead(unweighed, ({ log, renderer }, member, { seq }: OnMessage & Looker) => {
    const row = log.visible(seq, member);
    const [message] = row ? renderer.render([row], member) : [];
    if (!message) throw noMessage(seq);
    return message;
  }),

  /** The messages with these seqs that the caller may see, for forwards. @see ForwardResolver.messages */
  messages: repeatable(page, ({ room }, { userId, seqs }: Caller & { seqs: Seq[] }) =>
    room.forwards.messages(userId, seqs),
  ),

  /**
   * Those of the messages with these seqs that the caller can see, in this order.
   * @returns `left`: further ones, which the page has no room for
   */
  visibleMessages: memberRead(page, ({ log, renderer }, member, { seqs }: Caller & { seqs: Seq[] }) => {
    const visible = log.visibleOf(seqs, member);
    const found = seqs.flatMap((seq) => visible.get(seq) ?? []);
    const { rows } = log.cut(found, found.length);
    const left = found.slice(rows.length).map(({ seq }) => seq);
    return { items: renderer.render(rows, member), left };
  }),

  /**
   * A page of hits of a time, newest first. More may be before the seq `next.before`, not after the time
   * `next.at`; null: nothing is left.
   * @see MessageSearch.find
   */
  search: costlyRead(search, ({ search, renderer, log }, member, input: Looker & SearchInTime) => {
    const { since, until, looks: _, ...query } = input;
    const after = since === undefined ? 0 : log.lastUntil(since - 1);
    const end = until === undefined ? undefined : log.lastUntil(until) + 1;
    const before = Math.min(...[input.before, end].filter((bound) => bound !== undefined));
    const { rows, next } = search.find({ ...query, after, before }, member);
    const at = next === null ? 0 : log.headAt(Position.parse(next - 1)).at;
    return { items: renderer.render(rows, member), next: next === null ? null : { before: next, at } };
  }),

  /** The messages that name the caller, newest first. @see MentionPages.find */
  mentionPage: repeatable(page, ({ room }, input: Caller & MentionRange): MentionPage => {
    room.flushSends();
    const member = room.members.active(input.userId);
    return room.mentions.find(input, member, (...message) => room.snapshots.isUnread(member, ...message));
  }),

  /** What a message said before it was edited, newest first. @see Editing.formerVersions */
  formerVersions: memberRead(page, ({ editing }, member, { seq }: OnMessage) =>
    editing.formerVersions(member, seq),
  ),

  /** The pinned messages that the caller may see, the one that was pinned last first. */
  pins: memberRead(page, ({ log, renderer }, member, _: Looker) =>
    renderer.render(log.pins.visibleTo(member), member),
  ),
};
