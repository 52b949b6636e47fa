import { z } from "zod";
import type { ConversationKind, ListState } from "../../domain/conversations/conversation.ts";
import type {
  EntryOnRecord,
  InboxEntry,
  ListPosition,
  NumberedPage,
  NumberedRange,
} from "../../domain/conversations/conversation-list.ts";
import type { ConversationId, Position } from "../../domain/ids.ts";
import { Mentioned } from "../../domain/messages/message.ts";
import { Preview } from "../../domain/messages/preview.ts";
import type { ConversationWithKind } from "../../domain/ports.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { ConcurrentUpdates } from "./concurrent-updates.ts";

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
  sticky: number;
  rev: number;
  told_epoch: number;
  told_seq: Position;
  told_rev: number;
  kind: ConversationKind | null;
  read_at: number;
  discards: number;
  mentioned: string | null;
  peer_read_seq: Position | null;
  peer_read_at: number | null;
};

/**
 * The user's conversations: one row each, the newest inbox update. A row also holds the delivered position
 * that the user's device sockets share in the conversation.
 */
export class ConversationList {
  readonly #sql: SqlStorage;
  /** the number of the current epoch; one begins whenever the first device socket opens */
  #epoch: number;
  #isDeleted = false;
  #concurrent: ConcurrentUpdates | null = null;

  /** Reads the current epoch; the tables exist. */
  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#epoch = sql.exec<{ epoch: number }>("SELECT epoch FROM presence").one().epoch;
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
    const epoch = this.#epoch + 1;
    this.#sql.exec("UPDATE presence SET epoch = ?", epoch);
    this.#epoch = epoch;
  }

  /** The account is deleted: later updates are dropped. */
  markDeleted(): void {
    this.#isDeleted = true;
  }

  /**
   * Stores an inbox update iff its version is higher than that of the row. Late and repeated updates change
   * no more than the delivered position.
   * @param delivered the shared delivered position of the device sockets by now; null: it is left as it is
   */
  applyUpdate(update: InboxUpdate, delivered: SyncPosition | null = null): void {
    if (this.#isDeleted) return;
    this.#concurrent?.note(update);
    const { rowsWritten } = this.#sql.exec(
      `INSERT INTO conversations (${COLUMNS}) VALUES (${PLACES})
       ON CONFLICT DO UPDATE SET ver = excluded.ver, state = excluded.state,
         visible_from = excluded.visible_from, last_seq = excluded.last_seq, last_n = excluded.last_n,
         read_seq = excluded.read_seq, read_n = excluded.read_n, member_count = excluded.member_count,
         preview = excluded.preview, updated_at = excluded.updated_at, hidden = excluded.hidden,
         rev = excluded.rev, kind = coalesce(excluded.kind, kind), read_at = excluded.read_at,
         discards = excluded.discards, mentioned = excluded.mentioned,
         peer_read_seq = excluded.peer_read_seq, peer_read_at = excluded.peer_read_at,
         told_seq = iif(excluded.told_epoch = 0, told_seq, excluded.told_seq),
         told_rev = iif(excluded.told_epoch = 0, told_rev, excluded.told_rev),
         told_epoch = max(told_epoch, excluded.told_epoch)
       WHERE excluded.ver > ver`,
      ...this.#values(update, delivered),
    );
    if (rowsWritten === 0 && delivered) this.setDelivered(update.conversationId, delivered);
  }

  /** @returns the values of `COLUMNS`; epoch 0 stands for no delivered position */
  #values(update: InboxUpdate, delivered: SyncPosition | null): (string | number | null)[] {
    return [
      ...[
        update.conversationId,
        update.version,
        update.state,
        update.visibleFrom,
        update.lastSeq,
        update.lastCount,
      ],
      ...[update.readSeq, update.readCount, update.memberCount],
      update.preview === null ? null : JSON.stringify(update.preview),
      ...[update.updatedAt, update.deletedForMe ? 1 : 0, update.rev],
      ...[delivered ? this.#epoch : 0, delivered?.seq ?? 0, delivered?.rev ?? 0],
      ...[update.kind ?? null, update.readAt ?? 0],
      ...[update.ignoresUnread ? 1 : 0, update.mentioned?.length ? JSON.stringify(update.mentioned) : null],
      ...[update.peerRead?.readSeq ?? null, update.peerRead?.readAt ?? null],
    ];
  }

  /** Stores the shared delivered position of a conversation. Writes no row if it is stored already. */
  setDelivered(conversationId: ConversationId, position: SyncPosition): void {
    const set = "told_epoch = ?, told_seq = ?, told_rev = ?";
    const where = "conversation_id = ? AND (told_epoch, told_seq, told_rev) IS NOT (?, ?, ?)";
    const values = [this.#epoch, position.seq, position.rev];
    this.#sql.exec(`UPDATE conversations SET ${set} WHERE ${where}`, ...values, conversationId, ...values);
  }

  /**
   * Reads the version of a conversation's row, its `rev` and its shared delivered position.
   * @returns null if there is no row. `delivered` is:
   *   - the stored position, if one was stored in this epoch, else the position of the row;
   *   - null if the user has left, unless the devices were sent later messages already: the user is back.
   */
  known(conversationId: ConversationId): { ver: number; rev: number; delivered: SyncPosition | null } | null {
    const query = "SELECT * FROM conversations WHERE conversation_id = ?";
    const [row] = this.#sql.exec<ListRow>(query, conversationId).toArray();
    if (!row) return null;
    const { ver, state, told_epoch, last_seq, rev, told_seq, told_rev } = row;
    const delivered = told_epoch === this.#epoch ? { seq: told_seq, rev: told_rev } : { seq: last_seq, rev };
    return { ver, rev, delivered: state === "active" || delivered.seq > last_seq ? delivered : null };
  }

  /**
   * @returns the groups of more than `members` members that the user is in: at most `limit`, newest activity
   *   first
   */
  large(members: number, limit: number): ConversationId[] {
    const rows = this.#sql.exec<Pick<ListRow, "conversation_id">>(
      `SELECT conversation_id FROM conversations WHERE state = 'active' AND member_count > ?
       ORDER BY updated_at DESC LIMIT ?`,
      members,
      limit,
    );
    return rows.toArray().map((row) => row.conversation_id);
  }

  /** Copies from D1 whether the conversation is pinned. A conversation without a row is ignored. */
  setPinned(conversationId: ConversationId, pinned: boolean): void {
    this.#concurrent?.notePinned(conversationId, pinned);
    const sql = "UPDATE conversations SET sticky = ? WHERE conversation_id = ?";
    this.#sql.exec(sql, pinned ? 1 : 0, conversationId);
  }

  /** Replaces the row by a snapshot and the pinned state, also if the row is newer. @see applyUpdate */
  replace(update: InboxUpdate, pinned: boolean, delivered: SyncPosition | null): void {
    if (this.#isDeleted) return;
    this.#sql.exec(
      `INSERT OR REPLACE INTO conversations (${COLUMNS}, sticky)
       VALUES (${PLACES}, ?)`,
      ...[...this.#values(update, delivered), pinned ? 1 : 0],
    );
  }

  /** Deletes the row of a conversation. */
  forget(conversationId: ConversationId): void {
    this.#sql.exec("DELETE FROM conversations WHERE conversation_id = ?", conversationId);
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
    const rows = this.#sql.exec<Pick<ListRow, "conversation_id">>(query, after, limit).toArray();
    return rows.map((row) => row.conversation_id);
  }

  /**
   * @returns the conversations with activity since `time` (ms), and its time: the newest `limit`, newest last
   */
  since(time: number, limit: number): Pick<InboxEntry, "conversationId" | "updatedAt">[] {
    const query = `SELECT conversation_id AS conversationId, updated_at AS updatedAt FROM conversations
      WHERE updated_at >= ? ORDER BY updated_at DESC LIMIT ?`;
    const rows = this.#sql.exec<Pick<InboxEntry, "conversationId" | "updatedAt">>(query, time, limit);
    return rows.toArray().reverse();
  }

  /**
   * @returns all conversations that the user has not deleted for themselves, also left and dissolved ones;
   *   newest first
   */
  onRecord(): EntryOnRecord[] {
    const rows = this.#sql.exec<Pick<ListRow, "conversation_id" | "state" | "updated_at">>(
      `SELECT conversation_id, state, updated_at FROM conversations WHERE hidden = 0
       ORDER BY updated_at DESC, conversation_id DESC`,
    );
    return rows.toArray().map(({ conversation_id: conversationId, state, updated_at: updatedAt }) => {
      return { conversationId, state, updatedAt };
    });
  }

  /**
   * @param after the position behind which the page begins; absent: at the top
   * @param ids absent: all conversations
   * @returns at most `limit` listed conversations, pinned ones first, then by newest activity
   */
  page(limit: number, after?: ListPosition, ids?: ConversationId[]): InboxEntry[] {
    const { pinned, updatedAt, conversationId } = after ?? FIRST;
    const filter = ids ? "conversation_id IN (SELECT value FROM json_each(?)) AND" : "";
    const rows = this.#sql.exec<ListRow>(
      `SELECT * FROM conversations
       WHERE ${filter} state = 'active' AND hidden = 0 AND (sticky, updated_at, conversation_id) < (?, ?, ?)
       ORDER BY sticky DESC, updated_at DESC, conversation_id DESC LIMIT ?`,
      ...(ids ? [JSON.stringify(ids)] : []),
      ...[pinned ? 1 : 0, updatedAt, conversationId, limit],
    );
    return rows.toArray().map(entry);
  }

  /**
   * @param includeHidden also conversations that the user has deleted for themselves
   * @returns those of these conversations that are listed, in this order
   */
  entries(ids: ConversationId[], includeHidden = false): InboxEntry[] {
    const rows = this.#sql.exec<ListRow>(
      `SELECT conversations.* FROM json_each(?) JOIN conversations ON conversation_id = value
       WHERE state = 'active' AND hidden <= ? ORDER BY key`,
      JSON.stringify(ids),
      includeHidden ? 1 : 0,
    );
    return rows.toArray().map(entry);
  }

  /**
   * @returns a range of the list by newest activity, and the total. With a kind, rows of unknown kind do not
   *   count.
   */
  numbered({ kind: requestedKind, skip, limit }: NumberedRange): NumberedPage {
    const kind = requestedKind ?? null;
    const listed = "FROM conversations WHERE state = 'active' AND hidden = 0 AND (?1 IS NULL OR kind = ?1)";
    const { total } = this.#sql.exec<{ total: number }>(`SELECT count(*) AS total ${listed}`, kind).one();
    const rows = this.#sql.exec<ListRow>(
      `SELECT * ${listed} ORDER BY updated_at DESC, conversation_id DESC LIMIT ?2 OFFSET ?3`,
      ...[kind, limit, skip],
    );
    return { entries: rows.toArray().map(entry), total };
  }

  /** @returns listed conversations without a kind: the previous release stored none */
  ofUnknownKind(): ConversationId[] {
    const query =
      "SELECT conversation_id FROM conversations WHERE state = 'active' AND hidden = 0 AND kind IS NULL";
    const rows = this.#sql.exec<Pick<ListRow, "conversation_id">>(query).toArray();
    return rows.map((row) => row.conversation_id);
  }

  /** Stores the kinds of conversations. A kind never changes. */
  setKinds(kinds: ConversationWithKind[]): void {
    const set = "UPDATE conversations SET kind = ? WHERE conversation_id = ?";
    for (const { id, kind } of kinds) this.#sql.exec(set, kind, id);
  }
}

/** The columns that an inbox update fills. */
const COLUMNS = `conversation_id, ver, state, visible_from, last_seq, last_n, read_seq, read_n, member_count,
  preview, updated_at, hidden, rev, told_epoch, told_seq, told_rev, kind, read_at, discards, mentioned,
  peer_read_seq, peer_read_at`;
const PLACES = COLUMNS.replace(/\w+/g, "?");

/** A position before every row. */
const FIRST = { pinned: true, updatedAt: Number.MAX_SAFE_INTEGER, conversationId: Number.MAX_SAFE_INTEGER };

function entry(row: ListRow): InboxEntry {
  return {
    conversationId: row.conversation_id,
    lastSeq: row.last_seq,
    readSeq: row.read_seq,
    readAt: row.read_at,
    unreadCount: Math.max(0, row.last_n - row.read_n),
    ignoresUnread: row.discards === 1,
    mentioned: row.mentioned === null ? [] : z.array(Mentioned).parse(JSON.parse(row.mentioned)),
    peerRead:
      row.peer_read_seq === null ? null : { readSeq: row.peer_read_seq, readAt: row.peer_read_at ?? 0 },
    memberCount: row.member_count,
    preview: row.preview === null ? null : Preview.parse(JSON.parse(row.preview)),
    updatedAt: row.updated_at,
    pinned: row.sticky === 1,
  };
}
