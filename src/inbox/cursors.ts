import type { ConversationId, Position } from "../core/ids.ts";
import type { Place } from "../core/replay.ts";

/**
 * Where a socket stands in a conversation that is not where the others are: `apart` from them, and live; `behind`, in the
 * midst of a replay, of which it gets the pages only; `held`, as it has just come and may want to begin elsewhere.
 */
export interface Cursor extends Place {
  standing: "apart" | "behind" | "held";
}

/** How a standing is stored. */
const STANDINGS = ["apart", "behind", "held"] as const;

type Row = {
  socket_id: string;
  conversation_id: ConversationId;
  seq: Position;
  rev: number;
  behind: number;
};

/** The cursors of devices' sockets, by socket and conversation; one that has none is where the others are. */
export class Cursors {
  readonly #sql: SqlStorage;
  readonly #cursors = new Map<string, Map<ConversationId, Cursor>>();

  /** Over tables that are there. */
  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const row of sql.exec<Row>("SELECT * FROM device_cursors")) {
      const { seq, rev, behind } = row;
      const standing = STANDINGS[behind] ?? "behind";
      this.#of(row.socket_id).set(row.conversation_id, { seq, rev, standing });
    }
  }

  get(socketId: string, conversationId: ConversationId): Cursor | undefined {
    return this.#cursors.get(socketId)?.get(conversationId);
  }

  set(socketId: string, conversationId: ConversationId, cursor: Cursor): void {
    const columns = "socket_id, conversation_id, seq, rev, behind";
    this.#sql.exec(
      `INSERT OR REPLACE INTO device_cursors (${columns}) VALUES (?, ?, ?, ?, ?)`,
      ...[socketId, conversationId, cursor.seq, cursor.rev, STANDINGS.indexOf(cursor.standing)],
    );
    this.#of(socketId).set(conversationId, cursor);
  }

  delete(socketId: string, conversationId: ConversationId): void {
    const known = this.#cursors.get(socketId);
    if (!known?.has(conversationId)) return;
    const where = "socket_id = ? AND conversation_id = ?";
    this.#sql.exec(`DELETE FROM device_cursors WHERE ${where}`, socketId, conversationId);
    known.delete(conversationId);
  }

  /** The conversations in which a socket is held. */
  held(socketId: string): ConversationId[] {
    const all = [...(this.#cursors.get(socketId) ?? [])];
    return all.filter(([, { standing }]) => standing === "held").map(([id]) => id);
  }

  /** A socket is gone. */
  forget(socketId: string): void {
    if (!this.#cursors.delete(socketId)) return;
    this.#sql.exec("DELETE FROM device_cursors WHERE socket_id = ?", socketId);
  }

  /** Forgets those of sockets which are not there any more. */
  keep(socketIds: Set<string>): void {
    for (const id of this.#cursors.keys()) if (!socketIds.has(id)) this.forget(id);
  }

  /** Stores what is known of these sockets' cursors, and nothing else, whatever is stored. */
  rewrite(socketIds: Set<string>): void {
    this.keep(socketIds);
    for (const [socketId, cursors] of this.#cursors) {
      for (const [conversationId, cursor] of cursors) this.set(socketId, conversationId, cursor);
    }
    const where = "socket_id = ? AND conversation_id = ?";
    for (const { socket_id, conversation_id } of this.#sql
      .exec<Row>("SELECT * FROM device_cursors")
      .toArray()) {
      if (this.get(socket_id, conversation_id)) continue;
      this.#sql.exec(`DELETE FROM device_cursors WHERE ${where}`, socket_id, conversation_id);
    }
  }

  #of(socketId: string): Map<ConversationId, Cursor> {
    const known = this.#cursors.get(socketId) ?? new Map<ConversationId, Cursor>();
    this.#cursors.set(socketId, known);
    return known;
  }
}
