import { CoreError } from "../../domain/errors.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";

/** What the space of an object needs. */
interface StorageSpaceDeps {
  /** names the object in the log */
  name: () => { conversation: number } | { user: number };
  /** the job that reports the size of a large object */
  job: { isScheduled(): boolean; schedule(due: number): void };
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
    const { fullBytes, nearlyFullBytes, lookMs } = this.#deps.timing;
    if (now < this.#nextLook && this.#bytes < fullBytes) return;
    this.#nextLook = now + lookMs;
    this.#bytes = this.#sql.databaseSize;
    if (this.#bytes >= nearlyFullBytes && !this.#deps.job.isScheduled()) this.#deps.job.schedule(now);
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
   * The `size` job: warns of an object that is nearly full.
   * @returns when to look again (ms since 1970); null: the object is small
   */
  report(): number | null {
    const { nearlyFullBytes, reportMs } = this.#deps.timing;
    const bytes = this.#sql.databaseSize;
    if (bytes < nearlyFullBytes) return null;
    log("warn", "object_nearly_full", { ...this.#deps.name(), bytes });
    return Date.now() + reportMs;
  }
}

const FULL =
  "The storage of this conversation or inbox is full: nothing can be added. Delete messages or drafts here, or go on in a new group.";
