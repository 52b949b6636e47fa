import { CoreError } from "../../domain/errors.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";

/** What the space of an object needs. */
interface StorageSpaceDeps {
  /** names the object in the log */
  name: () => { conversation: number } | { user: number };
  /** Stores the size of a large object; null: it is not large any more. */
  store(bytes: number | null): Promise<void>;
  /** the job that reports the size of a large object */
  job: { isScheduled(): boolean; schedule(due: number): void };
  /** The size was looked at. */
  looked?(bytes: number): void;
  timing: Timing["storage"];
}

/**
 * How much of its storage an object has used. The platform ends each write beyond 10 GB, so what adds rows
 * without bound is refused a little earlier: what makes room, and the object's own notes, still fit.
 */
export class StorageSpace {
  readonly #sql: SqlStorage;
  readonly #deps: StorageSpaceDeps;
  #bytes = 0;
  /** ms since 1970 */
  #nextLook = 0;

  constructor(sql: SqlStorage, deps: StorageSpaceDeps) {
    this.#sql = sql;
    this.#deps = deps;
  }

  /**
   * Looks at the size, at most once in a while, or whenever the object was full. Call it outside of a
   * transaction, before what adds rows.
   */
  look(): void {
    const now = Date.now();
    const { fullBytes, largeBytes, lookMs } = this.#deps.timing;
    if (now < this.#nextLook && this.#bytes < fullBytes) return;
    this.#nextLook = now + lookMs;
    this.#bytes = this.#sql.databaseSize;
    this.#deps.looked?.(this.#bytes);
    if (this.#bytes >= largeBytes && !this.#deps.job.isScheduled()) this.#deps.job.schedule(now);
  }

  /** Why nothing can be added, as of the last look; undefined: something can. */
  refusal(): CoreError | undefined {
    return this.#bytes < this.#deps.timing.fullBytes ? undefined : new CoreError("full", FULL);
  }

  /** @throws `full` */
  require(): void {
    this.look();
    const refusal = this.refusal();
    if (refusal) throw refusal;
  }

  /**
   * The `size` job: stores the size of a large object, and warns of one that is nearly full.
   * @returns when to report again (ms since 1970); null: the object is not large
   */
  async report(): Promise<number | null> {
    const { largeBytes, nearlyFullBytes, reportMs } = this.#deps.timing;
    const bytes = this.#sql.databaseSize;
    const isLarge = bytes >= largeBytes;
    await this.#deps.store(isLarge ? bytes : null);
    if (bytes >= nearlyFullBytes) log("warn", "object_nearly_full", { ...this.#deps.name(), bytes });
    return isLarge ? Date.now() + reportMs : null;
  }
}

const FULL =
  "The storage of this conversation or inbox is full: nothing can be added. Delete messages or drafts here, or go on in a new group.";
