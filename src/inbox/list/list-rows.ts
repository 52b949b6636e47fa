import type { ArchiveState, NewestCounted } from "../../domain/conversations/archive.ts";
import type { ListPreferences, ListState } from "../../domain/conversations/conversation.ts";
import type { ConversationId, Position } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";

/** A row that was written so long ago was written just now. */
const JUST_NOW_MS = 500;

/** What deliveries need of a row: its version, and where the devices are. */
export interface Head {
  id: ConversationId;
  ver: number;
  state: ListState;
  lastSeq: Position;
  rev: number;
  /** the shared delivered position, if one was stored in this epoch */
  delivered: SyncPosition | null;
  deletedForMe: boolean;
  archive: ArchiveState;
  newestCounted: NewestCounted;
  /** when the row was last written from an inbox update (ms) */
  heardAt: number;
}

type HeadRow = {
  ver: number;
  state: ListState;
  last_seq: Position;
  rev: number;
  told_epoch: number;
  told_seq: Position;
  told_rev: number;
  hidden: number;
  last_n: number;
  counted_at: number;
  archived_count: number | null;
  muted_until: number;
  heard_at: number;
};

/** The rows of `conversations`, as deliveries read and write them. */
export class ListRows {
  readonly #sql: SqlStorage;
  /** the number of the current epoch; one begins whenever the first device socket opens */
  #epoch: number;
  #isBehind: boolean;
  #moment = 0;

  /** Reads the current epoch; the tables exist. */
  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const query = "SELECT epoch, list_behind FROM presence";
    const { epoch, list_behind } = sql.exec<{ epoch: number; list_behind: number }>(query).one();
    this.#epoch = epoch;
    this.#isBehind = list_behind === 1;
  }

  /** Begins an epoch: the delivered positions of the rows are none of its own. */
  beginEpoch(): void {
    const epoch = this.#epoch + 1;
    this.#sql.exec("UPDATE presence SET epoch = ?", epoch);
    this.#epoch = epoch;
  }

  /** Whether updates may be in memory alone, as long as device sockets are open. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Stores whether updates may be in memory alone. Writes no row if that is stored already. */
  setBehind(isBehind: boolean): void {
    if (isBehind === this.#isBehind) return;
    this.#sql.exec("UPDATE presence SET list_behind = ?", isBehind ? 1 : 0);
    this.#isBehind = isBehind;
  }

  /** @returns the conversations whose rows were written within `ms` of the one that was written last */
  writtenLast(ms: number): ConversationId[] {
    const rows = this.#sql.exec<{ conversation_id: ConversationId }>(
      `SELECT conversation_id FROM conversations
       WHERE heard_at >= min((SELECT max(heard_at) FROM conversations), ?) - ?`,
      // A row of the future was written before the clock was put back: it is not the last one.
      Date.now(),
      ms,
    );
    return rows.toArray().map((row) => row.conversation_id);
  }

  /** Stores that a conversation has sent an inbox update that changes nothing. */
  noteHeard(id: ConversationId): void {
    const now = Date.now();
    const sql = "UPDATE conversations SET heard_at = ? WHERE conversation_id = ? AND heard_at < ?";
    this.#sql.exec(sql, now, id, now - JUST_NOW_MS);
  }

  /**
   * The present moment (ms, or a little more). It rises with each call, so that it tells before from after;
   * only over a restart two may be the same.
   */
  moment(): number {
    this.#moment = Math.max(Date.now(), this.#moment + 1);
    return this.#moment;
  }

  /** What deliveries need of a row; null: there is none. */
  head(id: ConversationId): Head | null {
    const query = `SELECT ${HEAD_COLUMNS} FROM conversations WHERE conversation_id = ?`;
    const [row] = this.#sql.exec<HeadRow>(query, id).toArray();
    if (!row) return null;
    const { ver, state, last_seq: lastSeq, rev, told_epoch, told_seq: seq, told_rev } = row;
    const delivered = told_epoch === this.#epoch ? { seq, rev: told_rev } : null;
    const archive = { archivedCount: row.archived_count, mutedUntil: row.muted_until };
    const newestCounted = { count: row.last_n, at: row.counted_at };
    const deletedForMe = row.hidden === 1;
    const heardAt = row.heard_at;
    return { id, ver, state, lastSeq, rev, delivered, deletedForMe, archive, newestCounted, heardAt };
  }

  /**
   * Stores an inbox update if its version is higher than that of the row, and a delivered position.
   * @returns whether the update was stored
   */
  upsert(update: InboxUpdate, delivered: SyncPosition | null): boolean {
    const { rowsWritten } = this.#sql.exec(
      `INSERT INTO conversations (${COLUMNS}) VALUES (${PLACES})
       ON CONFLICT DO UPDATE SET ver = excluded.ver, state = excluded.state,
         visible_from = excluded.visible_from, last_seq = excluded.last_seq, last_n = excluded.last_n,
         read_seq = excluded.read_seq, read_n = excluded.read_n, member_count = excluded.member_count,
         preview = excluded.preview, updated_at = excluded.updated_at, hidden = excluded.hidden,
         rev = excluded.rev, kind = excluded.kind, read_at = excluded.read_at,
         ignores_unread = excluded.ignores_unread, mentioned = excluded.mentioned,
         peer_read_seq = excluded.peer_read_seq, peer_read_at = excluded.peer_read_at,
         threads_unread = excluded.threads_unread,
         counted_at = excluded.counted_at,
         unread_from = excluded.unread_from,
         active_at = excluded.active_at,
         heard_at = excluded.heard_at,
         changed_at = iif((excluded.active_at, excluded.state) = (active_at, state), changed_at,
           excluded.changed_at),
         told_seq = iif(excluded.told_epoch = 0, told_seq, excluded.told_seq),
         told_rev = iif(excluded.told_epoch = 0, told_rev, excluded.told_rev),
         told_epoch = max(told_epoch, excluded.told_epoch)
       WHERE excluded.ver > ver`,
      ...this.#valuesOf(update, delivered),
    );
    if (rowsWritten === 0 && delivered) this.setDelivered(update.conversationId, delivered);
    return rowsWritten > 0;
  }

  /** Stores a delivered position of this epoch, unless the row has it. */
  setDelivered(id: ConversationId, position: SyncPosition): void {
    const set = "told_epoch = ?, told_seq = ?, told_rev = ?";
    const where = "conversation_id = ? AND (told_epoch, told_seq, told_rev) IS NOT (?, ?, ?)";
    const values = this.#deliveredValues(position);
    this.#sql.exec(`UPDATE conversations SET ${set} WHERE ${where}`, ...values, id, ...values);
  }

  /** @see ConversationList.setArchive */
  setArchive(id: ConversationId, archive: ArchiveState): void {
    const sql = "UPDATE conversations SET archived_count = ?, muted_until = ? WHERE conversation_id = ?";
    this.#sql.exec(sql, archive.archivedCount, archive.mutedUntil, id);
  }

  /** @see ConversationList.replace */
  replace(update: InboxUpdate, preferences: ListPreferences, delivered: SyncPosition | null): void {
    const { pinned, archivedCount, mutedUntil } = preferences;
    this.#sql.exec(
      `INSERT OR REPLACE INTO conversations (${COLUMNS}, pinned, archived_count, muted_until)
       VALUES (${PLACES}, ?, ?, ?)`,
      ...this.#valuesOf(update, delivered),
      ...[pinned ? 1 : 0, archivedCount, mutedUntil],
    );
  }

  /** Deletes the row of a conversation. */
  delete(id: ConversationId): void {
    this.#sql.exec("DELETE FROM conversations WHERE conversation_id = ?", id);
  }

  /** @returns the values of `COLUMNS` */
  #valuesOf(update: InboxUpdate, delivered: SyncPosition | null): (string | number | null)[] {
    return [
      ...[update.conversationId, update.version, update.state, update.visibleFrom, update.lastSeq],
      ...[update.lastCount, update.readSeq, update.readCount, update.memberCount],
      update.preview === null ? null : JSON.stringify(update.preview),
      ...[update.updatedAt, update.deletedForMe ? 1 : 0, update.rev],
      ...this.#deliveredValues(delivered),
      ...[update.kind, update.readAt, update.ignoresUnread ? 1 : 0],
      update.mentioned.length > 0 ? JSON.stringify(update.mentioned) : null,
      ...[update.peerRead?.readSeq ?? null, update.peerRead?.readAt ?? null],
      ...[update.threadsUnread, update.countedAt, update.unreadFrom, update.activeAt, this.moment()],
      Date.now(),
    ];
  }

  /** @returns the epoch and position as the row stores them; epoch 0 stands for no delivered position */
  #deliveredValues(delivered: SyncPosition | null): [epoch: number, seq: number, rev: number] {
    return [delivered ? this.#epoch : 0, delivered?.seq ?? 0, delivered?.rev ?? 0];
  }
}

/** The columns that an inbox update fills. */
const COLUMNS = `conversation_id, ver, state, visible_from, last_seq, last_n, read_seq, read_n, member_count,
  preview, updated_at, hidden, rev, told_epoch, told_seq, told_rev, kind, read_at, ignores_unread, mentioned,
  peer_read_seq, peer_read_at, threads_unread, counted_at, unread_from, active_at, changed_at, heard_at`;
const PLACES = COLUMNS.replace(/\w+/g, "?");

/** The columns of a `HeadRow`. */
const HEAD_COLUMNS = `ver, state, last_seq, rev, told_epoch, told_seq, told_rev, hidden, last_n, counted_at,
  archived_count, muted_until, heard_at`;
