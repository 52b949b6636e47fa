/**
 * Where exports of the deployment have begun: the next one tells what came since. A row is written for each
 * export that sees something new here.
 */
export const EXPORT_MARKS_TABLE = `
  CREATE TABLE export_marks (
    at INTEGER PRIMARY KEY,
    rev INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    changes INTEGER NOT NULL
  ) STRICT;`;

/** So many exports can be gone on from. */
const KEPT = 20;

/** The state of a conversation: up to which change, message and change of members. */
export interface ExportMark {
  rev: number;
  seq: number;
  changes: number;
}

/** The marks of exports. */
export class ExportMarks {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The mark of the last export that began up to a time (ms since 1970); null: none is kept. */
  at(time: number): ExportMark | null {
    const query = "SELECT rev, seq, changes FROM export_marks WHERE at <= ? ORDER BY at DESC LIMIT 1";
    const [found] = this.#sql.exec<{ rev: number; seq: number; changes: number }>(query, time).toArray();
    return found ?? null;
  }

  /** Marks the beginning of an export. Idempotent: a repeat keeps the first one. */
  set(at: number, { rev, seq, changes }: ExportMark): void {
    const newest = this.at(at);
    if (newest && newest.rev === rev && newest.seq === seq && newest.changes === changes) return;
    const insert = "INSERT OR IGNORE INTO export_marks (at, rev, seq, changes) VALUES (?, ?, ?, ?)";
    this.#sql.exec(insert, at, rev, seq, changes);
    const drop =
      "DELETE FROM export_marks WHERE at <= (SELECT at FROM export_marks ORDER BY at DESC LIMIT 1 OFFSET ?)";
    this.#sql.exec(drop, KEPT);
  }
}
