import type { Timing } from "../domain/timing.ts";
import { errorFields, log } from "../lib/logger.ts";

/** What is done for one row of `jobs`; it returns when to run again (ms), or null when the job is done. */
export type JobHandler = (key: string) => Promise<number | null>;

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

/** The job that runs now; `again`: it was scheduled meanwhile. */
type Running = { kind: string; key: string; again: number | null };
type JobRow = { kind: string; key: string; tries: number };

/**
 * What an object has to do later, each thing once per (kind, key). The object's one alarm stands at
 * the earliest. A job that throws is tried again, later each time; others go on.
 */
export class AlarmJobs<Kind extends string> {
  readonly #storage: DurableObjectStorage;
  readonly #handlers: Record<Kind, JobHandler>;
  readonly #timing: Timing["jobs"];
  #alarmAt: number | null = null;
  #running: Running | null = null;

  constructor(storage: DurableObjectStorage, handlers: Record<Kind, JobHandler>, timing: Timing["jobs"]) {
    this.#storage = storage;
    this.#handlers = handlers;
    this.#timing = timing;
  }

  /** Sees to it that the job runs at `due` or earlier; one that is running now runs once more then. */
  schedule(kind: Kind, key: string, due: number): void {
    const running = this.#running;
    if (running?.kind === kind && running.key === key) {
      running.again = Math.min(running.again ?? due, due);
      return;
    }
    const sql = `INSERT INTO jobs (kind, key, due) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET due = excluded.due, tries = 0 WHERE due > excluded.due`;
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

  /** Runs what is due, for `budgetMs` at most, then sets the alarm for the rest. For the object's `alarm()`. */
  async run(): Promise<void> {
    // The alarm is spent, even where it came before its time.
    this.#alarmAt = null;
    const started = Date.now();
    try {
      while (Date.now() - started < this.#timing.budgetMs) {
        const query = "SELECT kind, key, tries FROM jobs WHERE due <= ? ORDER BY due LIMIT 1";
        const [row] = this.#storage.sql.exec<JobRow>(query, Date.now()).toArray();
        if (!row) break;
        await this.#runOne(row);
      }
    } finally {
      this.#arm();
    }
  }

  /**
   * For the object's start: learns when the alarm is set, and sets it if there are jobs and none is –
   * an alarm that was taken by a run which a crash cut short is gone, its jobs are not.
   */
  async start(): Promise<void> {
    this.#alarmAt = await this.#storage.getAlarm();
    this.#arm();
  }

  async #runOne({ kind, key, tries }: JobRow): Promise<void> {
    const running: Running = { kind, key, again: null };
    this.#running = running;
    let next: number | null;
    let failures = 0;
    try {
      if (!this.#handles(kind)) throw new Error(`no handler for jobs of kind ${kind}`);
      next = await this.#handlers[kind](key);
    } catch (error) {
      failures = tries + 1;
      const { firstRetryMs, maxRetryMs } = this.#timing;
      next = Date.now() + Math.min(firstRetryMs * 2 ** tries, maxRetryMs);
      log("error", "job_failed", { kind, key, tries: failures, ...errorFields(error) });
    } finally {
      this.#running = null;
    }
    const { again } = running;
    if (again !== null) next = Math.min(again, next ?? again);
    if (next === null) {
      this.#storage.sql.exec("DELETE FROM jobs WHERE kind = ? AND key = ?", kind, key);
      return;
    }
    // Never now: a job that is always due would keep this loop, and all else out of the object.
    const due = Math.max(next, Date.now() + 1);
    const sql = "INSERT OR REPLACE INTO jobs (kind, key, due, tries) VALUES (?, ?, ?, ?)";
    this.#storage.sql.exec(sql, kind, key, due, failures);
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
