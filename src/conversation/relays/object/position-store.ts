import { Position } from "../../../domain/ids.ts";
import type { SyncPosition } from "../../../domain/sync/replay.ts";

/** One row: what the relay has been told. */
export const POSITION_TABLE = `
  CREATE TABLE position (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    rev INTEGER NOT NULL
  ) STRICT;`;

/** When a burst is over: before the object can hibernate, which takes 10 s. */
const AFTER_MS = 500;

/**
 * What a relay has been told. It is stored once a burst is over: a crash in between closes all sockets of the
 * relay, which then has to know nothing.
 */
export class PositionStore {
  readonly #sql: SqlStorage;
  #position: SyncPosition | null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const [row] = sql.exec<{ seq: number; rev: number }>("SELECT seq, rev FROM position").toArray();
    this.#position = row ? { seq: Position.parse(row.seq), rev: row.rev } : null;
  }

  get position(): SyncPosition | null {
    return this.#position;
  }

  moveTo(position: SyncPosition): void {
    this.#position = position;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const { seq, rev } = this.#position ?? position;
      this.#sql.exec("INSERT OR REPLACE INTO position (id, seq, rev) VALUES (1, ?, ?)", seq, rev);
    }, AFTER_MS);
  }
}
