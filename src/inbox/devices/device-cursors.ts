import type { ConversationId, Position } from "../../domain/ids.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";

/**
 * Where a socket stands in a conversation that is not where the others are: `apart` from them, and live; `behind`, in the
 * midst of a replay, of which it gets the pages only; `held`, as it has just come and may want to begin elsewhere.
 */
export interface DeviceCursor extends SyncPosition {
  state: "apart" | "behind" | "held";
}

/** How a standing is stored. */
const CURSOR_STATES = ["apart", "behind", "held"] as const;

type CursorRow = {
  socket_id: string;
  conversation_id: ConversationId;
  seq: Position;
  rev: number;
  behind: number;
};

/** The cursors of devices' sockets, by socket and conversation; one that has none is where the others are. */
export class DeviceCursors {
  readonly #sql: SqlStorage;
  readonly #cursors = new Map<string, Map<ConversationId, DeviceCursor>>();

  /** Over tables that are there. */
  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const row of sql.exec<CursorRow>("SELECT * FROM device_cursors")) {
      const { seq, rev, behind } = row;
      const readState = CURSOR_STATES[behind] ?? "behind";
      this.#of(row.socket_id).set(row.conversation_id, { seq, rev, state: readState });
    }
  }

  get(socketId: string, conversationId: ConversationId): DeviceCursor | undefined {
    return this.#cursors.get(socketId)?.get(conversationId);
  }

  set(socketId: string, conversationId: ConversationId, cursor: DeviceCursor): void {
    const columns = "socket_id, conversation_id, seq, rev, behind";
    this.#sql.exec(
      `INSERT OR REPLACE INTO device_cursors (${columns}) VALUES (?, ?, ?, ?, ?)`,
      ...[socketId, conversationId, cursor.seq, cursor.rev, CURSOR_STATES.indexOf(cursor.state)],
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
  pending(socketId: string): ConversationId[] {
    const all = [...(this.#cursors.get(socketId) ?? [])];
    return all.filter(([, { state: readState }]) => readState === "held").map(([id]) => id);
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
      .exec<CursorRow>("SELECT * FROM device_cursors")
      .toArray()) {
      if (this.get(socket_id, conversation_id)) continue;
      this.#sql.exec(`DELETE FROM device_cursors WHERE ${where}`, socket_id, conversation_id);
    }
  }

  #of(socketId: string): Map<ConversationId, DeviceCursor> {
    const known = this.#cursors.get(socketId) ?? new Map<ConversationId, DeviceCursor>();
    this.#cursors.set(socketId, known);
    return known;
  }
}
