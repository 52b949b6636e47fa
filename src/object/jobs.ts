import { fault, log } from "../core/log.ts";

/** What is done for one row of `jobs`; it returns when to run again (ms), or null when the job is done. */
export type JobHandler = (key: string) => Promise<number | null>;

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 600_000;
const BUDGET_MS = 5_000;

/** The table each object keeps its jobs in, a handful of rows; part of an object's first migration. */
export const JOBS_TABLE = `
  CREATE TABLE jobs (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    due INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
`;

type Row = { kind: string; key: string; due: number; tries: number };

/**
 * What an object has to do later, each thing once per (kind, key). The object's one alarm stands at
 * the earliest. A job that throws is tried again, 2 s … 10 min later; others go on.
 */
export class Jobs<Kind extends string> {
  readonly #storage: DurableObjectStorage;
  readonly #handlers: Record<Kind, JobHandler>;
  #alarmAt: number | null = null;

  constructor(storage: DurableObjectStorage, handlers: Record<Kind, JobHandler>) {
    this.#storage = storage;
    this.#handlers = handlers;
  }

  /** Sees to it that the job runs at `due` or earlier. */
  schedule(kind: Kind, key: string, due: number): void {
    const sql = `INSERT INTO jobs (kind, key, due) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET due = excluded.due, tries = 0 WHERE due > excluded.due`;
    this.#storage.sql.exec(sql, kind, key, due);
    this.#arm();
  }

  /** Moves the job to `due`, earlier or later. */
  postpone(kind: Kind, key: string, due: number): void {
    const sql = `INSERT INTO jobs (kind, key, due) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET due = excluded.due, tries = 0`;
    this.#storage.sql.exec(sql, kind, key, due);
    this.#arm();
  }

  has(kind: Kind, key: string): boolean {
    return (
      this.#storage.sql.exec("SELECT 1 FROM jobs WHERE kind = ? AND key = ?", kind, key).toArray().length > 0
    );
  }

  cancel(kind: Kind, key: string): void {
    this.#storage.sql.exec("DELETE FROM jobs WHERE kind = ? AND key = ?", kind, key);
  }

  /** Runs what is due, for at most 5 s, then sets the alarm for the rest. For the object's `alarm()`. */
  async run(): Promise<void> {
    // The alarm is spent, even where it came before its time.
    this.#alarmAt = null;
    const started = Date.now();
    while (Date.now() - started < BUDGET_MS) {
      const [row] = this.#storage.sql
        .exec<Row>("SELECT kind, key, due, tries FROM jobs WHERE due <= ? ORDER BY due LIMIT 1", Date.now())
        .toArray();
      if (!row) break;
      await this.#runOne(row);
    }
    this.#arm();
  }

  /**
   * For the object's start: learns when the alarm is set, and sets it if there are jobs and none is –
   * an alarm that was taken by a run which a crash cut short is gone, its jobs are not.
   */
  async start(): Promise<void> {
    this.#alarmAt = await this.#storage.getAlarm();
    this.#arm();
  }

  async #runOne(row: Row): Promise<void> {
    let next: number | null;
    let tries = 0;
    try {
      if (!this.#handles(row.kind)) throw new Error(`no handler for jobs of kind ${row.kind}`);
      next = await this.#handlers[row.kind](row.key);
    } catch (error) {
      tries = row.tries + 1;
      next = Date.now() + Math.min(FIRST_RETRY_MS * 2 ** row.tries, LAST_RETRY_MS);
      log("error", "job_failed", { kind: row.kind, key: row.key, tries, ...fault(error) });
    }
    // Only what this run saw is settled: a job that was scheduled anew while the handler ran stays.
    const seen = "kind = ? AND key = ? AND due = ? AND tries = ?";
    const at = [row.kind, row.key, row.due, row.tries];
    if (next === null) this.#storage.sql.exec(`DELETE FROM jobs WHERE ${seen}`, ...at);
    else this.#storage.sql.exec(`UPDATE jobs SET due = ?, tries = ? WHERE ${seen}`, next, tries, ...at);
  }

  #handles(kind: string): kind is Kind {
    return Object.hasOwn(this.#handlers, kind);
  }

  #arm(): void {
    const [first] = this.#storage.sql
      .exec<{ due: number }>("SELECT due FROM jobs ORDER BY due LIMIT 1")
      .toArray();
    if (first) this.#setAlarm(first.due);
  }

  #setAlarm(due: number): void {
    // An alarm that stands earlier finds nothing due and sets the next one: cheaper than a write each time.
    if (this.#alarmAt !== null && this.#alarmAt <= due && this.#alarmAt > Date.now()) return;
    this.#alarmAt = due;
    void this.#storage.setAlarm(due);
  }
}
