import { type Bump, type InboxEntry, type ListPosition, Preview } from "../core/bump.ts";
import type { ListState } from "../core/conversation.ts";
import type { ConversationId, Position } from "../core/ids.ts";

type Row = {
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
};

/** The user's conversations, each as the newest bump had it. */
export class List {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Takes a snapshot iff it is newer than what is known: late and doubled ones change nothing. */
  take(bump: Bump): void {
    this.#sql.exec(
      `INSERT INTO conversations (conversation_id, ver, state, visible_from, last_seq, last_n,
         read_seq, read_n, member_count, preview, updated_at, hidden)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET ver = excluded.ver, state = excluded.state,
         visible_from = excluded.visible_from, last_seq = excluded.last_seq, last_n = excluded.last_n,
         read_seq = excluded.read_seq, read_n = excluded.read_n, member_count = excluded.member_count,
         preview = excluded.preview, updated_at = excluded.updated_at, hidden = excluded.hidden
       WHERE excluded.ver > ver`,
      bump.conversationId,
      bump.ver,
      bump.state,
      bump.visibleFrom,
      bump.lastSeq,
      bump.lastN,
      bump.readSeq,
      bump.readN,
      bump.memberCount,
      bump.preview === null ? null : JSON.stringify(bump.preview),
      bump.updatedAt,
      bump.hidden ? 1 : 0,
    );
  }

  /** Copies the member's own flag. Nothing happens for a conversation which is not known here. */
  stick(conversationId: ConversationId, sticky: boolean): void {
    const sql = "UPDATE conversations SET sticky = ? WHERE conversation_id = ?";
    this.#sql.exec(sql, sticky ? 1 : 0, conversationId);
  }

  /** Where something has happened since then (ms): at most `limit`, the newest last. */
  since(time: number, limit: number): ConversationId[] {
    const query =
      "SELECT conversation_id FROM conversations WHERE updated_at >= ? ORDER BY updated_at DESC LIMIT ?";
    const rows = this.#sql.exec<Pick<Row, "conversation_id">>(query, time, limit).toArray();
    return rows.map((row) => row.conversation_id).reverse();
  }

  /** At most `limit` conversations behind a position, sticky ones first, then newest activity. */
  page(limit: number, after: ListPosition | undefined): InboxEntry[] {
    const { sticky, updatedAt, conversationId } = after ?? FIRST;
    const rows = this.#sql.exec<Row>(
      `SELECT * FROM conversations
       WHERE state = 'active' AND hidden = 0 AND (sticky, updated_at, conversation_id) < (?, ?, ?)
       ORDER BY sticky DESC, updated_at DESC, conversation_id DESC LIMIT ?`,
      sticky ? 1 : 0,
      updatedAt,
      conversationId,
      limit,
    );
    return rows.toArray().map(entry);
  }
}

/** Before every row. */
const FIRST = { sticky: true, updatedAt: Number.MAX_SAFE_INTEGER, conversationId: Number.MAX_SAFE_INTEGER };

function entry(row: Row): InboxEntry {
  return {
    conversationId: row.conversation_id,
    lastSeq: row.last_seq,
    readSeq: row.read_seq,
    unreadCount: Math.max(0, row.last_n - row.read_n),
    memberCount: row.member_count,
    preview: row.preview === null ? null : Preview.parse(JSON.parse(row.preview)),
    updatedAt: row.updated_at,
    sticky: row.sticky === 1,
  };
}
