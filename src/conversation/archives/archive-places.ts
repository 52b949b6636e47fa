import type { Seq } from "../../domain/ids.ts";
import type { ArchiveRange } from "../../domain/operation/large-object.ts";
import type { Order } from "../log/row.ts";

/**
 * Where bodies are, and how far a move is.
 * - `archiving`: bodies up to `reserved_seq` may have a copy in an archive, those up to `copied_seq` have
 *   one. A move ends at `target_seq`. Searches ask archives up to `archived_seq`. Rows up to `cleared_seq`
 *   have lost what the archives have. `base_bytes`: the size of the conversation after the last move.
 * - `archives`: the archives, each from `first_seq` up to where the next begins. It has `bytes`.
 * - `archive_changes`: the rows up to `reserved_seq` whose body has changed since, and is here. Archives are
 *   told of them; `changes` tells a change from an earlier one.
 */
export const ARCHIVES_TABLES = `
  CREATE TABLE archiving (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    reserved_seq INTEGER NOT NULL,
    copied_seq INTEGER NOT NULL,
    target_seq INTEGER NOT NULL,
    archived_seq INTEGER NOT NULL,
    cleared_seq INTEGER NOT NULL,
    base_bytes INTEGER NOT NULL
  ) STRICT;
  INSERT INTO archiving VALUES (1, 0, 0, 0, 0, 0, 0);
  CREATE TABLE archives (
    number INTEGER PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE archive_changes (
    seq INTEGER PRIMARY KEY,
    changes INTEGER NOT NULL
  ) STRICT;`;

/** The migration that has made these tables. */
export const ARCHIVES_VERSION = 19;

/** A row of `archiving`. */
type Positions = {
  reserved_seq: number;
  copied_seq: number;
  target_seq: number;
  archived_seq: number;
  cleared_seq: number;
  base_bytes: number;
};

/** A row of `archives`. */
export type ArchiveRow = { number: number; first_seq: number; bytes: number };

/** A row of `archive_changes`. */
export type ArchiveChange = { seq: Seq; changes: number };

/** Reads and writes where bodies are. The positions are in memory, too: each read of a row compares one. */
export class ArchivePlaces {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  #positions: Positions;
  #archives: readonly ArchiveRow[];

  constructor(storage: DurableObjectStorage) {
    const { sql } = storage;
    this.#storage = storage;
    this.#sql = sql;
    this.#positions = sql.exec<Positions>("SELECT * FROM archiving").one();
    // A conversation without archives, as most are, reads no second table at its start.
    const hasArchives = this.#positions.reserved_seq > 0;
    const query = "SELECT * FROM archives ORDER BY number";
    this.#archives = hasArchives ? sql.exec<ArchiveRow>(query).toArray() : [];
  }

  get positions(): Readonly<Positions> {
    return this.#positions;
  }

  /**
   * Stores positions.
   * @param work is done in the same transaction
   */
  set(changed: Partial<Positions>, work: () => void = () => undefined): void {
    const columns = Object.keys(changed).map((column) => `${column} = ?`);
    this.#storage.transactionSync(() => {
      work();
      this.#sql.exec(`UPDATE archiving SET ${columns.join()}`, ...Object.values(changed));
    });
    this.#positions = { ...this.#positions, ...changed };
  }

  /** The archive that new copies go to; undefined: there is none yet. */
  get newest(): ArchiveRow | undefined {
    return this.#archives.at(-1);
  }

  /** Begins an archive. From then on no older release may run: it could not read rows without bodies. */
  begin(firstSeq: number): ArchiveRow {
    this.#sql.exec("UPDATE schema_versions SET min_code = version WHERE version = ?", ARCHIVES_VERSION);
    const row = { number: (this.newest?.number ?? 0) + 1, first_seq: firstSeq, bytes: 0 };
    const insert = "INSERT INTO archives (number, first_seq, bytes) VALUES (?, ?, 0)";
    this.#sql.exec(insert, row.number, row.first_seq);
    this.#archives = [...this.#archives, row];
    return row;
  }

  /** An archive has so many bytes now. The caller stores positions in the same turn. */
  grown({ number }: ArchiveRow, bytes: number): void {
    this.#sql.exec("UPDATE archives SET bytes = ? WHERE number = ?", bytes, number);
    this.#archives = this.#archives.map((row) => (row.number === number ? { ...row, bytes } : row));
  }

  /** What each archive has, for operators. */
  ranges(): ArchiveRange[] {
    return this.#archives.map((row) => ({
      first_seq: row.first_seq,
      last_seq: this.endOf(row),
      bytes: row.bytes,
    }));
  }

  /** The archive that has a seq. */
  archiveOf(seq: number): ArchiveRow {
    const found = this.#archives.findLast(({ first_seq }) => first_seq <= seq);
    if (!found) throw new Error(`no archive has message ${seq}`);
    return found;
  }

  /** The last seq of an archive up to which searches ask it. */
  endOf({ number }: ArchiveRow): number {
    const next = this.#archives.find((row) => row.number > number);
    const { archived_seq } = this.#positions;
    return next ? Math.min(next.first_seq - 1, archived_seq) : archived_seq;
  }

  /** Notes, in the caller's transaction, that a row has another body, or none, which is here. */
  note(seq: Seq): void {
    const upsert = `INSERT INTO archive_changes (seq, changes) VALUES (?, 1)
      ON CONFLICT (seq) DO UPDATE SET changes = changes + 1`;
    this.#sql.exec(upsert, seq);
  }

  /** The first at most `limit` rows of which archives are to be told. */
  changes(limit: number): ArchiveChange[] {
    const query = "SELECT * FROM archive_changes ORDER BY seq LIMIT ?";
    return this.#sql.exec<ArchiveChange>(query, limit).toArray();
  }

  /** The changed rows between two seqs, both exclusive, in an order. */
  changedBetween(after: number, before: number, order: Order): Seq[] {
    const query = `SELECT seq FROM archive_changes WHERE seq > ? AND seq < ? ORDER BY seq ${order}`;
    return this.#sql
      .exec<{ seq: Seq }>(query, after, before)
      .toArray()
      .map(({ seq }) => seq);
  }

  /** An archive has a change. @returns false: the row has changed once more meanwhile */
  told({ seq, changes }: ArchiveChange): boolean {
    const drop = "DELETE FROM archive_changes WHERE seq = ? AND changes = ?";
    return this.#sql.exec(drop, seq, changes).rowsWritten > 0;
  }
}
