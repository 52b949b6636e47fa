import { z } from "zod";
import { type ArchiveState, FOR_EVER } from "../../domain/conversations/archive.ts";
import type {
  ConversationKind,
  ListPreferences,
  ListState,
} from "../../domain/conversations/conversation.ts";
import type {
  ActivityPage,
  ActivityPlace,
  ActivityRange,
  CallingEntry,
  EntryOnRecord,
  InboxEntry,
  ListRange,
  NumberedPage,
  NumberedRange,
  UnreadEntry,
  UnreadMentions,
  WalkedList,
} from "../../domain/conversations/conversation-list.ts";
import type { ConversationId, Position, Seq } from "../../domain/ids.ts";
import { Mentioned } from "../../domain/messages/message.ts";
import { Preview } from "../../domain/messages/preview.ts";
import { type InboxUpdate, unreadCountOf } from "../../domain/sync/inbox-update.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import { shownTime } from "../../lib/stored-time.ts";
import type { ConcurrentUpdates } from "./concurrent-updates.ts";
import type { ListedAs, ListWriter } from "./list-writer.ts";

type ListRow = {
  conversation_id: ConversationId;
  ver: number;
  state: ListState;
  hidden: number;
  visible_from: Position;
  last_seq: Position;
  last_n: number;
  read_seq: Position;
  read_n: number;
  member_count: number;
  preview: string | null;
  updated_at: number;
  pinned: number;
  rev: number;
  told_epoch: number;
  told_seq: Position;
  told_rev: number;
  kind: ConversationKind;
  read_at: number;
  ignores_unread: number;
  mentioned: string | null;
  peer_read_seq: Position | null;
  peer_read_at: number | null;
  threads_unread: number;
  counted_at: number;
  archived_count: number | null;
  muted_until: number;
  unread_from: Seq | null;
};

type PlaceRow = { updatedAt: number; conversationId: ConversationId };

/** What follows from the list. It is called in the turn of the change, before it is stored. */
export interface ListObserver {
  /**
   * The list takes an inbox update, perhaps a late one.
   * @param before how the list has the conversation; null: not at all, or it is rebuilt from the update
   */
  taken?(update: InboxUpdate, before: () => ListedAs | null): void;
  /** The row of a conversation is deleted. */
  forgotten?(conversationId: ConversationId): void;
  /** A conversation has left the archive by a message, and devices are connected. */
  leftArchive?(conversationId: ConversationId): void;
}

/**
 * The user's conversations: one row each, the newest inbox update. A row also holds the delivered position
 * that the user's device sockets share in the conversation. Updates are written by a `ListWriter`, which may
 * keep them in memory for a moment; whatever reads rows has them stored first.
 */
export class ConversationList {
  readonly #sql: SqlStorage;
  readonly #writer: ListWriter;
  #isDeleted = false;
  #concurrent: ConcurrentUpdates | null = null;
  #observers: readonly ListObserver[] = [];
  readonly #crowdMembers: number;
  /** `taken` of the observers that have it: the path of every update asks no other one */
  #taken: readonly NonNullable<ListObserver["taken"]>[] = [];

  /** @param crowdMembers the number of members up to which a group is no crowd */
  constructor(sql: SqlStorage, writer: ListWriter, crowdMembers: number) {
    this.#sql = sql;
    this.#crowdMembers = crowdMembers;
    this.#writer = writer;
  }

  /** Has these told of each change from now on, in this order. */
  observe(observers: readonly ListObserver[]): void {
    this.#observers = observers;
    this.#taken = observers.flatMap((observer) => observer.taken?.bind(observer) ?? []);
  }

  /** Has updates noted from now on, for a list repair; null: no longer. */
  note(concurrent: ConcurrentUpdates | null): void {
    this.#concurrent = concurrent;
  }

  /**
   * Begins an epoch, as the first device socket opens: the shared delivered position of each conversation is
   * the position that its row has now. No row is written for it.
   */
  beginEpoch(): void {
    this.#writer.beginEpoch();
  }

  /** The last device socket has closed. */
  endEpoch(): void {
    this.#writer.storeAndForget();
  }

  /** The account is deleted: later updates are dropped. */
  markDeleted(): void {
    this.#isDeleted = true;
    this.#writer.stop();
  }

  /**
   * Stores an inbox update iff its version is higher than that of the row. Late and repeated updates change
   * no more than the delivered position.
   * @param delivered the shared delivered position of the device sockets by now; null: it is left as it is
   */
  applyUpdate(update: InboxUpdate, delivered: SyncPosition | null = null): void {
    if (this.#isDeleted) return;
    this.#concurrent?.note(update);
    for (const taken of this.#taken) taken(update, () => this.#writer.listedAs(update.conversationId));
    if (!this.#writer.apply(update, delivered)) return;
    for (const observer of this.#observers) observer.leftArchive?.(update.conversationId);
  }

  /** How the list has a conversation; null: not at all. */
  listedAs(conversationId: ConversationId): ListedAs | null {
    return this.#writer.listedAs(conversationId);
  }

  /** Stores the shared delivered position of a conversation. Writes no row if it is stored already. */
  setDelivered(conversationId: ConversationId, position: SyncPosition): void {
    this.#writer.setDelivered(conversationId, position);
  }

  /**
   * Reads the version of a conversation's row, its `rev` and its shared delivered position.
   * @returns null if there is no row. `delivered` is:
   *   - the stored position, if one was stored in this epoch, else the position of the row;
   *   - null if the user has left, unless the devices were sent later messages already: the user is back.
   */
  known(conversationId: ConversationId): { ver: number; rev: number; delivered: SyncPosition | null } | null {
    return this.#writer.known(conversationId);
  }

  /**
   * The conversations of which a crash has lost updates, or may have. Call it for the first event after a
   * start, before the list is written. A second call names none.
   */
  lostByCrash(): ConversationId[] {
    return this.#writer.lostByCrash();
  }

  /**
   * The conversations that may know more than the list.
   * @returns `heard`: those that have sent an inbox update since a time (ms), newest first; `large`: the
   *   groups of more than `members` members that the user is in, newest activity first, without `crowds`
   */
  holdingBack(
    since: number,
    members: number,
  ): { heard: ConversationId[]; large: ConversationId[]; crowds: ConversationId[] } {
    type Row = { id: ConversationId; heard_at: number; is_large: number; is_crowd: number };
    const rows = this.#rows<Row>(
      `SELECT conversation_id AS id, heard_at, state = 'active' AND member_count > ?2 AS is_large,
         state = 'active' AND member_count > ?3 AS is_crowd
       FROM conversations WHERE heard_at > ?1 OR (state = 'active' AND member_count > min(?2, ?3))
       ORDER BY active_at DESC`,
      since,
      members,
      this.#crowdMembers,
    );
    const heard = rows.filter((row) => row.heard_at > since).sort((a, b) => b.heard_at - a.heard_at);
    const ids = (some: Row[]) => some.map(({ id }) => id);
    const crowds = rows.filter((row) => row.is_crowd === 1);
    const large = rows.filter((row) => row.is_large === 1 && row.is_crowd === 0);
    return { heard: ids(heard), large: ids(large), crowds: ids(crowds) };
  }

  /** @returns the conversations with the newest activity, also left ones: at most `limit` */
  recent(limit: number): ConversationId[] {
    const query = `SELECT conversation_id FROM conversations ORDER BY active_at DESC LIMIT ?`;
    return this.#rows<Pick<ListRow, "conversation_id">>(query, limit).map((row) => row.conversation_id);
  }

  /** Copies from D1 whether the conversation is pinned. A conversation without a row is ignored. */
  setPinned(conversationId: ConversationId, pinned: boolean): void {
    this.#concurrent?.notePinned(conversationId, pinned);
    const sql = "UPDATE conversations SET pinned = ? WHERE conversation_id = ?";
    this.#sql.exec(sql, pinned ? 1 : 0, conversationId);
  }

  /** Copies from D1 the archive state. A conversation without a row is ignored. */
  setArchive(conversationId: ConversationId, archive: ArchiveState): void {
    this.#concurrent?.noteArchive(conversationId, archive);
    this.#writer.setArchive(conversationId, archive);
  }

  /** Replaces the row by a snapshot and the preferences, also if the row is newer. @see applyUpdate */
  replace(update: InboxUpdate, preferences: ListPreferences, delivered: SyncPosition | null): void {
    if (this.#isDeleted) return;
    for (const taken of this.#taken) taken(update, () => null);
    this.#writer.replace(update, preferences, delivered);
  }

  /** Deletes the row of a conversation. */
  forget(conversationId: ConversationId): void {
    for (const observer of this.#observers) observer.forgotten?.(conversationId);
    this.#writer.forget(conversationId);
  }

  /**
   * @returns the lowest `limit` ids of rows after an id, also of left conversations. Rows with impossible ids
   *   are deleted.
   */
  ids(after: number, limit: number): ConversationId[] {
    const impossible = "DELETE FROM conversations WHERE conversation_id NOT BETWEEN 1 AND ?";
    this.#sql.exec(impossible, Number.MAX_SAFE_INTEGER);
    const query =
      "SELECT conversation_id FROM conversations WHERE conversation_id > ? ORDER BY conversation_id LIMIT ?";
    const rows = this.#rows<Pick<ListRow, "conversation_id">>(query, after, limit);
    return rows.map((row) => row.conversation_id);
  }

  /**
   * @returns all conversations that the user has not deleted for themselves, also left and dissolved ones;
   *   newest first
   */
  onRecord(): EntryOnRecord[] {
    const rows = this.#rows<Pick<ListRow, "conversation_id" | "state" | "updated_at" | "pinned">>(
      `SELECT conversation_id, state, updated_at, pinned FROM conversations WHERE hidden = 0
       ORDER BY updated_at DESC, conversation_id DESC`,
    );
    return rows.map(({ conversation_id: conversationId, state, updated_at: updatedAt, pinned }) => {
      return { conversationId, state, updatedAt, pinned: pinned === 1 };
    });
  }

  /**
   * Reads what follows in a walk through the list by activity, also conversations that the user has removed
   * from it, as far as they can see messages there.
   */
  activity({ walked, ids, limit }: ActivityRange): ActivityPage {
    const listed = this.#visible(IS_NAMED, "", JSON.stringify(ids)).map((row) => row.conversationId);
    const changed =
      walked?.by === "activity" ? this.#visible("changed_at >= ?", "LIMIT ?", walked.asOf, limit + 1) : [];
    const rest = this.#rest(walked, limit + 1);
    return {
      ...{ listed, asOf: this.#writer.moment() },
      changed: changed.slice(0, limit).map((row) => row.conversationId),
      hasMoreChanged: changed.length > limit,
      rest: rest.slice(0, limit),
      hasMoreRest: rest.length > limit,
    };
  }

  /** What follows in a walk, without what has changed since. */
  #rest(walked: WalkedList | null, limit: number): ActivityPlace[] {
    if (walked?.by === "id")
      return this.#visible("conversation_id > ?", "ORDER BY conversation_id LIMIT ?", walked.upTo, limit);
    const { updatedAt, conversationId } = walked?.oldest ?? TOP;
    return this.#visible(
      `(active_at, conversation_id) < (?, ?) AND changed_at < ?`,
      `ORDER BY active_at DESC, conversation_id DESC LIMIT ?`,
      ...[updatedAt, conversationId, walked?.asOf ?? Number.MAX_SAFE_INTEGER, limit],
    );
  }

  /** @returns a page of the list: pinned conversations first, then by newest activity */
  page({ limit, after, ids, exceptIds, archived }: ListRange): InboxEntry[] {
    const { pinned, updatedAt, conversationId } = after ?? FIRST;
    const among = `${ids ? `${IS_NAMED} AND` : ""} ${exceptIds ? `NOT ${IS_NAMED} AND` : ""}`;
    const filter = archived === undefined ? among : `${among} ${archived ? "" : "NOT"} ${IS_ARCHIVED} AND`;
    const rows = this.#rows<ListRow>(
      `SELECT * FROM conversations
       WHERE ${filter} state = 'active' AND hidden = 0 AND (pinned, updated_at, conversation_id) < (?, ?, ?)
       ORDER BY pinned DESC, updated_at DESC, conversation_id DESC LIMIT ?`,
      ...[ids, exceptIds].flatMap((named) => (named ? JSON.stringify(named) : [])),
      ...[pinned ? 1 : 0, updatedAt, conversationId, limit],
    );
    return rows.map((row) => entry(row, this.#crowdMembers));
  }

  /**
   * @param includeHidden also conversations that the user has deleted for themselves
   * @returns those of these conversations that are listed, in this order
   */
  entries(ids: ConversationId[], includeHidden = false): InboxEntry[] {
    const rows = this.#rows<ListRow>(
      `SELECT conversations.* FROM json_each(?) JOIN conversations ON conversation_id = value
       WHERE state = 'active' AND hidden <= ? ORDER BY key`,
      JSON.stringify(ids),
      includeHidden ? 1 : 0,
    );
    return rows.map((row) => entry(row, this.#crowdMembers));
  }

  /** @returns a range of the list by newest activity, and the total */
  numbered({ kind: requestedKind, skip, limit }: NumberedRange): NumberedPage {
    const kind = requestedKind ?? null;
    const listed = "FROM conversations WHERE state = 'active' AND hidden = 0 AND (?1 IS NULL OR kind = ?1)";
    const [count] = this.#rows<{ total: number }>(`SELECT count(*) AS total ${listed}`, kind);
    const rows = this.#rows<ListRow>(
      `SELECT * ${listed} ORDER BY updated_at DESC, conversation_id DESC LIMIT ?2 OFFSET ?3`,
      ...[kind, limit, skip],
    );
    return { entries: rows.map((row) => entry(row, this.#crowdMembers)), total: count?.total ?? 0 };
  }

  /** @returns the listed conversations with unread messages or mentions, and how many each has */
  unread(): UnreadEntry[] {
    const rows = this.#rows<Omit<UnreadEntry, "newestCounted"> & { count: number; at: number }>(
      `SELECT conversation_id AS conversationId, max(last_n - read_n, 0) AS unreadCount,
         json_array_length(coalesce(mentioned, '[]')) AS mentionCount, last_n AS count, counted_at AS at
       FROM conversations
       WHERE state = 'active' AND hidden = 0 AND (last_n > read_n OR coalesce(mentioned, '[]') <> '[]')`,
    );
    return rows.map(({ count, at, ...entry }) => ({ ...entry, newestCounted: { count, at } }));
  }

  /** @returns the listed conversations in which something calls for the user */
  calling(): CallingEntry[] {
    const rows = this.#rows<Omit<CallingEntry, "newestCounted"> & { count: number; at: number }>(
      `SELECT conversation_id AS conversationId, max(last_n - read_n, 0) + threads_unread AS unread,
         json_array_length(coalesce(mentioned, '[]')) AS mentions, last_n AS count, counted_at AS at
       FROM conversations
       WHERE state = 'active' AND hidden = 0
         AND (last_n > read_n OR threads_unread > 0 OR coalesce(mentioned, '[]') <> '[]')`,
    );
    return rows.map(({ count, at, ...entry }) => ({ ...entry, newestCounted: { count, at } }));
  }

  /** @returns the listed conversations with unread mentions: at most `limit`, newest activity first */
  unreadMentions(limit: number): UnreadMentions[] {
    return this.#rows<{ conversationId: ConversationId; readSeq: Position }>(
      `SELECT conversation_id AS conversationId, coalesce(unread_from - 1, read_seq) AS readSeq
       FROM conversations
       WHERE state = 'active' AND hidden = 0 AND last_seq > visible_from AND coalesce(mentioned, '[]') <> '[]'
       ORDER BY active_at DESC, conversation_id DESC LIMIT ?`,
      limit,
    );
  }

  /** @returns the listed conversations with unread replies in threads: `limit`, newest activity first */
  unreadThreads(limit: number): ConversationId[] {
    const rows = this.#rows<{ id: ConversationId }>(
      `SELECT conversation_id AS id FROM conversations
       WHERE state = 'active' AND hidden = 0 AND threads_unread > 0
       ORDER BY active_at DESC, conversation_id DESC LIMIT ?`,
      limit,
    );
    return rows.map(({ id }) => id);
  }

  /** The conversations in which the user can see messages, and when each was last active. */
  #visible(condition: string, rest: string, ...values: unknown[]): ActivityPlace[] {
    const columns = `active_at AS updatedAt, conversation_id AS conversationId`;
    return this.#rows<PlaceRow>(
      `SELECT ${columns} FROM conversations
       WHERE state = 'active' AND visible_from < last_seq AND ${condition} ${rest}`,
      ...values,
    );
  }

  /** Reads rows, once memory is stored: every query for rows goes through here. */
  #rows<Row extends Record<string, SqlStorageValue>>(query: string, ...values: unknown[]): Row[] {
    this.#writer.store();
    return this.#sql.exec<Row>(query, ...values).toArray();
  }
}

/** The condition: a row is of one of the conversations that a list of JSON names. */
const IS_NAMED = "conversation_id IN (SELECT value FROM json_each(?))";

/** Whether a row is archived. @see isArchived */
const IS_ARCHIVED = `(archived_count IS NOT NULL AND (last_n <= archived_count OR muted_until = ${FOR_EVER}
  OR counted_at < muted_until))`;

/** A place in the list by activity above every row. */
const TOP = { updatedAt: Number.MAX_SAFE_INTEGER, conversationId: Number.MAX_SAFE_INTEGER };
/** A position before every row. */
const FIRST = { pinned: true, ...TOP };

function entry(row: ListRow, crowdMembers: number): InboxEntry {
  return {
    conversationId: row.conversation_id,
    lastSeq: row.last_seq,
    visibleFrom: row.visible_from,
    readSeq: row.read_seq,
    readAt: shownTime(row.read_at),
    unreadCount: unreadCountOf({ lastCount: row.last_n, readCount: row.read_n }),
    unreadFrom: row.unread_from,
    threadsUnread: row.threads_unread,
    ignoresUnread: row.ignores_unread === 1,
    mentioned: row.mentioned === null ? [] : z.array(Mentioned).parse(JSON.parse(row.mentioned)),
    peerRead:
      row.peer_read_seq === null
        ? null
        : { readSeq: row.peer_read_seq, readAt: shownTime(row.peer_read_at ?? 0) },
    memberCount: row.member_count,
    isCrowd: row.state === "active" && row.member_count > crowdMembers,
    preview: row.preview === null ? null : Preview.parse(JSON.parse(row.preview)),
    updatedAt: shownTime(row.updated_at),
    pinned: row.pinned === 1,
    archive: { archivedCount: row.archived_count, mutedUntil: row.muted_until },
    newestCounted: { count: row.last_n, at: row.counted_at },
  };
}
