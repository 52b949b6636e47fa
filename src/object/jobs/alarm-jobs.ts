import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { CallBudget } from "../concurrency.ts";

/**
 * Runs one row of `jobs`. A job runs at least once: handlers are idempotent.
 * @param calls what the jobs of this alarm may still call: handlers that call many objects take from it
 * @param tries how often it has failed since it last succeeded
 * @returns the time of the next run (ms since the epoch), or null: the job is done
 */
export type JobHandler = (key: string, calls: CallBudget, tries: number) => Promise<number | null>;

/** A kind of job. */
export interface Job {
  run: JobHandler;
  /** it runs beside the others */
  isBeside?: true;
  /** it is retried soon after a failure, however long that lasts: what it brings has others waiting */
  isPrompt?: true;
  /** its keys are in no log: who knows the key of a file may read it */
  isSecret?: true;
}

/** Counts runs that fail, and runs that begin late. */
type Note = (event: "jobs_failed" | "jobs_late", kind: string) => void;

/** The table of an object's jobs, a handful of rows. */
export const JOBS_TABLE = `
  CREATE TABLE jobs (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    due INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
`;

/** A job that runs now. `again`: the due time for which the job was scheduled meanwhile, else null. */
type Running = { again: number | null };
type JobRow = { kind: string; key: string; due: number; tries: number };

/**
 * The deferred work of an object: at most one job per (kind, key). The object has a single alarm, which is
 * set to the earliest due time. A job that throws is retried with exponential backoff, at last once a day;
 * other jobs are not held up by it.
 *
 * Jobs run one after the other. Those that are `isBeside` wait for other objects: they run beside the
 * others, and outlast the alarm that has begun them. Their rows stay until they end, and the alarm is set
 * meanwhile: a crash loses none.
 */
export class AlarmJobs<Kind extends string> {
  readonly #storage: DurableObjectStorage;
  readonly #kinds: ReadonlyMap<string, Job>;
  readonly #timing: Timing["jobs"];
  /** when the alarm is set for, in ms since 1970; null: it is not set, or has fired */
  #alarmAt: number | null = null;
  readonly #note: Note;
  /** the alarm runs jobs: it is set anew at the end. The platform repeats an alarm that does not end. */
  #isAlarmRunning = false;
  /** the jobs that run now, by `nameOf` */
  readonly #running = new Map<string, Running>();
  /** the runs of those that run beside others */
  readonly #runs = new Set<Promise<unknown>>();

  constructor(
    storage: DurableObjectStorage,
    kinds: ReadonlyMap<string, Job>,
    timing: Timing["jobs"],
    note: Note = () => undefined,
  ) {
    this.#note = note;
    this.#storage = storage;
    this.#kinds = kinds;
    this.#timing = timing;
  }

  /**
   * Schedules the job for `due` (ms since the epoch), or leaves an earlier due time. A job that is running
   * now runs once more at that time.
   */
  schedule(kind: Kind, key: string, due: number): void {
    const running = this.#running.get(nameOf({ kind, key }));
    if (running) {
      running.again = Math.min(running.again ?? due, due);
      return;
    }
    const sql = `INSERT INTO jobs (kind, key, due) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET due = excluded.due, tries = 0 WHERE due > excluded.due`;
    this.#storage.sql.exec(sql, kind, key, due);
    // Many jobs in a row read the others once: no job is due before the alarm.
    if (!this.#isAlarmRunning && !this.#isAlarmAhead(due)) this.#arm();
  }

  /** @returns the key of the job of this kind that has the lowest key; null: none is stored */
  firstKey(kind: Kind): string | null {
    const query = "SELECT key FROM jobs WHERE kind = ? ORDER BY key LIMIT 1";
    return this.#storage.sql.exec<{ key: string }>(query, kind).toArray()[0]?.key ?? null;
  }

  /** @returns the keys of the stored jobs of this kind */
  keys(kind: Kind): string[] {
    const query = "SELECT key FROM jobs WHERE kind = ?";
    return this.#storage.sql
      .exec<{ key: string }>(query, kind)
      .toArray()
      .map(({ key }) => key);
  }

  /** Whether the job is stored: scheduled, or running now. */
  has(kind: Kind, key: string): boolean {
    return (
      this.#storage.sql.exec("SELECT 1 FROM jobs WHERE kind = ? AND key = ?", kind, key).toArray().length > 0
    );
  }

  /** When the stored job runs (ms since the epoch), or has begun to; null: it is not stored. */
  due(kind: Kind, key: string): number | null {
    const query = "SELECT due FROM jobs WHERE kind = ? AND key = ?";
    return this.#storage.sql.exec<{ due: number }>(query, kind, key).toArray()[0]?.due ?? null;
  }

  /** Deletes the stored job, if any. A run that has begun goes on. */
  cancel(kind: Kind, key: string): void {
    this.#storage.sql.exec("DELETE FROM jobs WHERE kind = ? AND key = ?", kind, key);
  }

  /**
   * Runs the jobs that are due, each once, then arms the alarm for the others. It starts none after
   * `budgetMs`, or once the calls of an event are used up: the platform limits the calls of one event. A job
   * that wants to run again at once gets an alarm of its own. For the object's `alarm()`.
   */
  async run(): Promise<void> {
    // The alarm has fired and is no longer set, also where it fired early.
    this.#alarmAt = null;
    this.#isAlarmRunning = true;
    const started = Date.now();
    const calls = new CallBudget(this.#timing.maxCalls);
    try {
      while (Date.now() - started < this.#timing.budgetMs && calls.left > 0) {
        const row = this.#first();
        if (!row || row.due > started) break;
        const run = this.#runOne(row, calls);
        if (this.#isBeside(row)) this.#leave(run);
        else await run;
      }
      await this.#untilNext(started + this.#timing.budgetMs);
    } finally {
      this.#isAlarmRunning = false;
      this.#arm();
    }
  }

  /**
   * For the object's start: reads when the alarm is set, and arms it if jobs exist and no alarm does. A crash
   * during `run` consumes the alarm, but keeps the jobs. An alarm that is due is the one that starts the
   * object: to set it anew would cost a row, and an alarm in vain.
   */
  async start(): Promise<void> {
    this.#alarmAt = await this.#storage.getAlarm();
    this.#arm();
  }

  /** Lets a job run beside the others. A run whose outcome is not stored is repeated by the alarm ahead. */
  #leave(run: Promise<void>): void {
    const ended = run
      .finally(() => this.#runs.delete(ended))
      .then(() => {
        if (!this.#isAlarmRunning) this.#arm();
      })
      .catch((error: unknown) => log("error", "job_not_stored", errorFields(error)));
    this.#runs.add(ended);
  }

  /**
   * Waits for the jobs that run beside others, as an alarm that outlasts them is one write less: until a time
   * (ms), or until another job is due.
   */
  async #untilNext(end: number): Promise<void> {
    while (this.#runs.size > 0) {
      const ms = Math.min(end, this.#first()?.due ?? Infinity) - Date.now();
      if (ms <= 0 || !(await isBefore(this.#runs, ms))) return;
    }
  }

  /** The job that is due first, of those that can be started. */
  #first(): JobRow | null {
    const isFull = this.#runs.size >= this.#timing.maxBeside;
    const query = "SELECT kind, key, due, tries FROM jobs ORDER BY due LIMIT ?";
    const rows = this.#storage.sql.exec<JobRow>(query, isFull ? -1 : this.#running.size + 1).toArray();
    const canStart = (row: JobRow) => !this.#running.has(nameOf(row)) && !(isFull && this.#isBeside(row));
    return rows.find(canStart) ?? null;
  }

  async #runOne({ kind, key, due: dueAt, tries }: JobRow, calls: CallBudget): Promise<void> {
    if (Date.now() - dueAt > this.#timing.lateMs) this.#note("jobs_late", kind);
    const name = nameOf({ kind, key });
    const job = this.#kinds.get(kind);
    const running: Running = { again: null };
    this.#running.set(name, running);
    let next: number | null;
    let failures = 0;
    try {
      if (!job) throw new Error(`no handler for jobs of kind ${kind}`);
      next = await job.run(key, calls, tries);
    } catch (error) {
      failures = tries + 1;
      this.#note("jobs_failed", kind);
      next = Date.now() + this.#backoffMs(job, failures);
      const named = job?.isSecret ? {} : { key };
      log("error", "job_failed", { kind, ...named, tries: failures, ...errorFields(error) });
    } finally {
      this.#running.delete(name);
    }
    const { again } = running;
    if (again !== null) next = Math.min(again, next ?? again);
    if (next === null) {
      this.#storage.sql.exec("DELETE FROM jobs WHERE kind = ? AND key = ?", kind, key);
      return;
    }
    // At least 1 ms ahead, and so left to the next alarm: a job that is always due would block the object.
    const due = Math.max(next, Date.now() + 1);
    const sql = "INSERT OR REPLACE INTO jobs (kind, key, due, tries) VALUES (?, ?, ?, ?)";
    this.#storage.sql.exec(sql, kind, key, due, failures);
  }

  /** The pause after so many failures in a row. */
  #backoffMs(job: Job | undefined, failures: number): number {
    const { firstRetryMs, maxRetryMs, patientTries, maxPatientRetryMs, promptRetryMs } = this.#timing;
    const maxMs = job?.isPrompt ? promptRetryMs : maxRetryMs;
    // Each kind is patient after the same time.
    const patience = failures - (patientTries * maxRetryMs) / maxMs;
    if (patience > 0) return Math.min(maxMs * 2 ** patience, maxPatientRetryMs);
    return Math.min(firstRetryMs * 2 ** (failures - 1), maxMs);
  }

  #isBeside({ kind }: JobRow): boolean {
    return this.#kinds.get(kind)?.isBeside === true;
  }

  #arm(): void {
    const due = this.#first()?.due ?? Infinity;
    // After a crash this alarm starts the jobs again that run now.
    const lease = this.#runs.size > 0 ? Date.now() + this.#timing.besideMs : Infinity;
    const first = Math.min(due, lease);
    if (first < Infinity) this.#setAlarm(first);
  }

  #setAlarm(due: number): void {
    // An earlier alarm stays: it finds no due job and arms the next alarm, which is cheaper than a write each
    // time.
    if (this.#isAlarmAhead(due)) return;
    this.#alarmAt = due;
    void this.#storage.setAlarm(due);
  }

  /**
   * Whether the alarm is set, and fires by `due`. One that is due has started this object, and fires next.
   */
  #isAlarmAhead(due: number): boolean {
    return this.#alarmAt !== null && this.#alarmAt <= due;
  }
}

function nameOf({ kind, key }: { kind: string; key: string }): string {
  return `${kind} ${key}`;
}

/** Waits for the first of some runs. @returns false: none has ended within `ms` */
async function isBefore(runs: Iterable<Promise<unknown>>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([late, ...[...runs].map((run) => run.then(() => true))]);
  } finally {
    clearTimeout(timer);
  }
}
