import type { ConversationId, Position } from "../../domain/ids.ts";
import { type DeviceCursor, STORED_STATES } from "./cursor.ts";

type CursorRow = {
  socket_id: string;
  conversation_id: ConversationId;
  seq: Position;
  rev: number;
  /** an index of `STORED_STATES` */
  state: number;
};

/**
 * The cursors of device sockets by socket and conversation, in storage and in memory. A socket without a
 * cursor is at the shared delivered position.
 */
export class DeviceCursors {
  readonly #sql: SqlStorage;
  readonly #cursors = new Map<string, Map<ConversationId, DeviceCursor>>();

  /** Loads the stored cursors; the tables exist. */
  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const row of sql.exec<CursorRow>("SELECT * FROM device_cursors")) {
      const { seq, rev } = row;
      const state = STORED_STATES[row.state] ?? "replaying";
      this.#of(row.socket_id).set(row.conversation_id, { seq, rev, state });
    }
  }

  /** @returns the cursor of a socket; undefined: it is at the shared delivered position */
  get(socketId: string, conversationId: ConversationId): DeviceCursor | undefined {
    return this.#cursors.get(socketId)?.get(conversationId);
  }

  /** Stores a cursor. */
  set(socketId: string, conversationId: ConversationId, cursor: DeviceCursor): void {
    const columns = "socket_id, conversation_id, seq, rev, state";
    this.#sql.exec(
      `INSERT OR REPLACE INTO device_cursors (${columns}) VALUES (?, ?, ?, ?, ?)`,
      ...[socketId, conversationId, cursor.seq, cursor.rev, STORED_STATES.indexOf(cursor.state)],
    );
    this.#of(socketId).set(conversationId, cursor);
  }

  /** Deletes a cursor: the socket is at the shared delivered position. Writes nothing if it has none. */
  delete(socketId: string, conversationId: ConversationId): void {
    const known = this.#cursors.get(socketId);
    if (!known?.has(conversationId)) return;
    const where = "socket_id = ? AND conversation_id = ?";
    this.#sql.exec(`DELETE FROM device_cursors WHERE ${where}`, socketId, conversationId);
    known.delete(conversationId);
  }

  /** @returns the conversations in which a socket has a cursor of this state */
  inState(socketId: string, state: DeviceCursor["state"]): ConversationId[] {
    const all = [...(this.#cursors.get(socketId) ?? [])];
    return all.filter(([, cursor]) => cursor.state === state).map(([id]) => id);
  }

  /** Deletes all cursors of a closed socket. */
  forget(socketId: string): void {
    if (!this.#cursors.delete(socketId)) return;
    this.#sql.exec("DELETE FROM device_cursors WHERE socket_id = ?", socketId);
  }

  /** Deletes the cursors of all other sockets. */
  keep(socketIds: Set<string>): void {
    for (const id of this.#cursors.keys()) if (!socketIds.has(id)) this.forget(id);
  }

  /**
   * Makes storage equal to memory for these sockets, and deletes all other rows: a list repair trusts no row.
   */
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
