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

/** The user's conversations, each as the newest bump had it. */
export class ConversationList {
  readonly #sql: SqlStorage;
  /** numbers the times when there were devices */
  #epoch: number;
  #isDeleted = false;
  #concurrent: ConcurrentUpdates | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#epoch = sql.exec<{ epoch: number }>("SELECT epoch FROM presence").one().epoch;
  }

  /** Has noted what comes from now on; null: no more. */
  note(heard: ConcurrentUpdates | null): void {
    this.#concurrent = heard;
  }

  /** The first of the devices that are there from now on comes: what the list has is where it stands. */
  beginEpoch(): void {
    const epoch = this.#epoch + 1;
    this.#sql.exec("UPDATE presence SET epoch = ?", epoch);
    this.#epoch = epoch;
  }

  /** Its user is gone: what was on its way to him leaves nothing here. */
  end(): void {
    this.#isDeleted = true;
  }

  /**
   * Takes a snapshot iff it is newer than what is known: late and doubled ones change nothing.
   * @param told up to where devices were told by now; null: there are none
   */
  applyUpdate(update: InboxUpdate, told: SyncPosition | null = null): void {
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
      ...this.#values(update, told),
    );
    if (rowsWritten === 0 && told) this.setDelivered(update.conversationId, told);
  }

  /** The values of `COLUMNS`. */
  #values(update: InboxUpdate, told: SyncPosition | null): (string | number | null)[] {
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
      ...[told ? this.#epoch : 0, told?.seq ?? 0, told?.rev ?? 0],
      ...[update.kind ?? null, update.readAt ?? 0],
      ...[update.ignoresUnread ? 1 : 0, update.mentioned?.length ? JSON.stringify(update.mentioned) : null],
      ...[update.peerRead?.readSeq ?? null, update.peerRead?.readAt ?? null],
    ];
  }

  /** Notes up to where devices were told of a conversation. */
  setDelivered(conversationId: ConversationId, place: SyncPosition): void {
    const set = "told_epoch = ?, told_seq = ?, told_rev = ?";
    const where = "conversation_id = ? AND (told_epoch, told_seq, told_rev) IS NOT (?, ?, ?)";
    const told = [this.#epoch, place.seq, place.rev];
    this.#sql.exec(`UPDATE conversations SET ${set} WHERE ${where}`, ...told, conversationId, ...told);
  }

  /**
   * What is known of a conversation. `told`: up to where the devices know, which is what the list had when the
   * first of them came, if nothing has come since; null where the user is not in it, but for one of which they were
   * told more already: he is back.
   */
  known(conversationId: ConversationId): { ver: number; rev: number; delivered: SyncPosition | null } | null {
    const query = "SELECT * FROM conversations WHERE conversation_id = ?";
    const [row] = this.#sql.exec<ListRow>(query, conversationId).toArray();
    if (!row) return null;
    const { ver, state, told_epoch, last_seq, rev, told_seq, told_rev } = row;
    const told = told_epoch === this.#epoch ? { seq: told_seq, rev: told_rev } : { seq: last_seq, rev };
    return { ver, rev, delivered: state === "active" || told.seq > last_seq ? told : null };
  }

  /** The groups of more than so many members that the user is in: at most `limit`, the newest activity first. */
  large(members: number, limit: number): ConversationId[] {
    const rows = this.#sql.exec<Pick<ListRow, "conversation_id">>(
      `SELECT conversation_id FROM conversations WHERE state = 'active' AND member_count > ?
       ORDER BY updated_at DESC LIMIT ?`,
      members,
      limit,
    );
    return rows.toArray().map((row) => row.conversation_id);
  }

  /** Copies the member's own flag. Nothing happens for a conversation which is not known here. */
  setPinned(conversationId: ConversationId, pinned: boolean): void {
    this.#concurrent?.notePinned(conversationId, pinned);
    const sql = "UPDATE conversations SET sticky = ? WHERE conversation_id = ?";
    this.#sql.exec(sql, pinned ? 1 : 0, conversationId);
  }

  /** Puts a snapshot, and the member's own flag, in the place of what is known, be that newer. @see applyUpdate */
  replace(update: InboxUpdate, pinned: boolean, told: SyncPosition | null): void {
    if (this.#isDeleted) return;
    this.#sql.exec(
      `INSERT OR REPLACE INTO conversations (${COLUMNS}, sticky)
       VALUES (${PLACES}, ?)`,
      ...[...this.#values(update, told), pinned ? 1 : 0],
    );
  }

  forget(conversationId: ConversationId): void {
    this.#sql.exec("DELETE FROM conversations WHERE conversation_id = ?", conversationId);
  }

  /** All that it knows, left ones too. What can be no conversation goes. */
  ids(): ConversationId[] {
    const never = "DELETE FROM conversations WHERE conversation_id NOT BETWEEN 1 AND ?";
    this.#sql.exec(never, Number.MAX_SAFE_INTEGER);
    const query = "SELECT conversation_id FROM conversations";
    const rows = this.#sql.exec<Pick<ListRow, "conversation_id">>(query).toArray();
    return rows.map((row) => row.conversation_id);
  }

  /** Where something has happened since then (ms), and when: at most `limit`, the newest last. */
  since(time: number, limit: number): Pick<InboxEntry, "conversationId" | "updatedAt">[] {
    const query = `SELECT conversation_id AS conversationId, updated_at AS updatedAt FROM conversations
      WHERE updated_at >= ? ORDER BY updated_at DESC LIMIT ?`;
    const rows = this.#sql.exec<Pick<InboxEntry, "conversationId" | "updatedAt">>(query, time, limit);
    return rows.toArray().reverse();
  }

  /** All that the user has not deleted for himself, also those which he has left or that are dissolved; the newest first. */
  onRecord(): EntryOnRecord[] {
    const rows = this.#sql.exec<Pick<ListRow, "conversation_id" | "state" | "updated_at">>(
      `SELECT conversation_id, state, updated_at FROM conversations WHERE hidden = 0
       ORDER BY updated_at DESC, conversation_id DESC`,
    );
    return rows.toArray().map(({ conversation_id: conversationId, state, updated_at: updatedAt }) => {
      return { conversationId, state, updatedAt };
    });
  }

  /** At most `limit` conversations behind a position, or of these alone, sticky ones first, then newest activity. */
  page(limit: number, after?: ListPosition, ids?: ConversationId[]): InboxEntry[] {
    const { pinned, updatedAt, conversationId } = after ?? FIRST;
    const among = ids ? "conversation_id IN (SELECT value FROM json_each(?)) AND" : "";
    const rows = this.#sql.exec<ListRow>(
      `SELECT * FROM conversations
       WHERE ${among} state = 'active' AND hidden = 0 AND (sticky, updated_at, conversation_id) < (?, ?, ?)
       ORDER BY sticky DESC, updated_at DESC, conversation_id DESC LIMIT ?`,
      ...(ids ? [JSON.stringify(ids)] : []),
      ...[pinned ? 1 : 0, updatedAt, conversationId, limit],
    );
    return rows.toArray().map(entry);
  }

  /** These conversations, in this order, as far as they are in the list; with those deleted for himself if that is asked. */
  entries(ids: ConversationId[], evenHidden = false): InboxEntry[] {
    const rows = this.#sql.exec<ListRow>(
      `SELECT conversations.* FROM json_each(?) JOIN conversations ON conversation_id = value
       WHERE state = 'active' AND hidden <= ? ORDER BY key`,
      JSON.stringify(ids),
      evenHidden ? 1 : 0,
    );
    return rows.toArray().map(entry);
  }

  /** A part of the conversations, the newest activity first; of one kind those of unknown kind are not among them. */
  numbered({ kind: wanted, skip, limit }: NumberedRange): NumberedPage {
    const kind = wanted ?? null;
    const listed = "FROM conversations WHERE state = 'active' AND hidden = 0 AND (?1 IS NULL OR kind = ?1)";
    const { total } = this.#sql.exec<{ total: number }>(`SELECT count(*) AS total ${listed}`, kind).one();
    const rows = this.#sql.exec<ListRow>(
      `SELECT * ${listed} ORDER BY updated_at DESC, conversation_id DESC LIMIT ?2 OFFSET ?3`,
      ...[kind, limit, skip],
    );
    return { entries: rows.toArray().map(entry), total };
  }

  /** Those in the list of which the release before has told, that does not say of what kind they are. */
  ofUnknownKind(): ConversationId[] {
    const query =
      "SELECT conversation_id FROM conversations WHERE state = 'active' AND hidden = 0 AND kind IS NULL";
    const rows = this.#sql.exec<Pick<ListRow, "conversation_id">>(query).toArray();
    return rows.map((row) => row.conversation_id);
  }

  /** Notes of what kind conversations are: that never changes. */
  setKinds(kinds: ConversationWithKind[]): void {
    const set = "UPDATE conversations SET kind = ? WHERE conversation_id = ?";
    for (const { id, kind } of kinds) this.#sql.exec(set, kind, id);
  }
}

/** What a snapshot fills of a row. */
const COLUMNS = `conversation_id, ver, state, visible_from, last_seq, last_n, read_seq, read_n, member_count,
  preview, updated_at, hidden, rev, told_epoch, told_seq, told_rev, kind, read_at, discards, mentioned,
  peer_read_seq, peer_read_at`;
const PLACES = COLUMNS.replace(/\w+/g, "?");

/** Before every row. */
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
