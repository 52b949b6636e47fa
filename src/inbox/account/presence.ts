import type { UserId } from "../../domain/ids.ts";
import type { UserDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/deadline.ts";
import { KeyQueue } from "../../object/key-queue.ts";
import type { ContactNotifier } from "./contact-notifier.ts";

interface Scheduler {
  schedule(kind: "online" | "offline", key: string, due: number): void;
  cancel(kind: "online" | "offline", key: string): void;
  has(kind: "online" | "offline", key: string): boolean;
}

interface PresenceDeps {
  directory: Pick<UserDirectory, "setOnline">;
  contactNotifier: Pick<ContactNotifier, "presence">;
  timing: Pick<Timing, "presence">;
  userId(): UserId;
  /** whether a socket of any kind is open */
  isOnline(): boolean;
}

/** A change that is under way: first D1 knows, then the contacts. */
interface OnlineChange {
  online: boolean;
  projected: Promise<void>;
  announced: Promise<void>;
}

/**
 * Whether the user is online, as others are told: at least one socket of any kind is open, or was a grace
 * ago. A job stands for each change until D1 and the contacts know of it. D1 comes first: of two who come at once
 * the second finds the first.
 */
export class Presence {
  readonly #sql: SqlStorage;
  readonly #jobs: Scheduler;
  readonly #deps: PresenceDeps;
  readonly #line = new KeyQueue<"">();
  /** the newest change, while it is under way */
  #change: OnlineChange | undefined;
  /** numbers the changes: an older one has nothing more to tell */
  #changes = 0;

  constructor(sql: SqlStorage, jobs: Scheduler, deps: PresenceDeps) {
    this.#sql = sql;
    this.#jobs = jobs;
    this.#deps = deps;
  }

  /**
   * A socket opens. Every one but the first finds all done: no rows for it.
   * @returns once D1 has it; where it has not within `openTimeoutMs` the job goes on
   */
  async came(): Promise<void> {
    this.#jobs.cancel("offline", "");
    if (this.#isKnown()) return;
    const { retryMs, openTimeoutMs } = this.#deps.timing.presence;
    this.#jobs.schedule("online", "", Date.now() + retryMs);
    const { projected, announced: told } = this.#become(true);
    told.catch(() => undefined);
    await withDeadline(projected, openTimeoutMs).catch(() => undefined);
  }

  /** A socket may have closed; should it be the last one, that is told after a while. */
  left(): void {
    if (this.#deps.isOnline()) return;
    // What was only begun is to be undone too.
    const isShown = this.#isKnown() || this.#jobs.has("online", "");
    if (isShown) this.#leaveLater();
  }

  /** The account is deleted: nothing of what is under way is told any more. */
  end(): void {
    this.#changes++;
    this.#change = undefined;
  }

  /** Has all told anew: what they know is not believed. */
  repair(): void {
    this.#know(false);
    if (this.#deps.isOnline()) void this.came();
    else this.#leaveLater();
  }

  #leaveLater(): void {
    this.#jobs.schedule("offline", "", Date.now() + this.#deps.timing.presence.graceMs);
  }

  /** The `online` job. */
  async online(): Promise<null> {
    // Whose last socket has closed meanwhile is the other job's.
    if (this.#deps.isOnline() && !this.#isKnown()) await this.#become(true).announced;
    return null;
  }

  /** The `offline` job: the grace is over. */
  async offline(): Promise<null> {
    if (this.#deps.isOnline()) return null;
    this.#jobs.cancel("online", "");
    this.#know(false);
    await this.#become(false).announced;
    return null;
  }

  /** Has D1 know, then the contacts; joins what is under way. */
  #become(online: boolean): OnlineChange {
    if (this.#change?.online === online) return this.#change;
    this.#changes++;
    const number = this.#changes;
    const isOver = () => number !== this.#changes;
    const projected = this.#line.run("", async () => {
      if (!isOver()) await this.#deps.directory.setOnline(this.#deps.userId(), online);
    });
    const told = this.#line.run("", async () => {
      await projected;
      await this.#deps.contactNotifier.presence(online, isOver);
      if (isOver()) return;
      this.#change = undefined;
      if (!online) return;
      this.#know(true);
      this.#jobs.cancel("online", "");
    });
    const change = { online, projected, announced: told };
    this.#change = change;
    told.catch(() => {
      if (this.#change === change) this.#change = undefined;
    });
    return change;
  }

  /** Whether D1 and the contacts surely know that he is online: not while a change is under way. */
  #isKnown(): boolean {
    return this.#sql.exec<{ online: number }>("SELECT online FROM presence").one().online === 1;
  }

  #know(online: boolean): void {
    this.#sql.exec("UPDATE presence SET online = ?", online ? 1 : 0);
  }
}
