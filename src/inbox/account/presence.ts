import { z } from "zod";
import type { UserId } from "../../domain/ids.ts";
import type { UserDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { CallBudget } from "../../object/concurrency.ts";
import { KeyQueue } from "../../object/key-queue.ts";
import type { Announcement, ContactNotifier } from "./contact-notifier.ts";

/** The alarm jobs of presence. */
interface Scheduler {
  schedule(kind: "online" | "offline" | "announcement", key: string, due: number): void;
  cancel(kind: "online" | "offline", key: string): void;
  has(kind: "online" | "offline", key: string): boolean;
}

interface PresenceDeps {
  directory: Pick<UserDirectory, "setOnline">;
  contactNotifier: Pick<ContactNotifier, "presence">;
  timing: Pick<Timing, "presence" | "jobs">;
  userId(): UserId;
  /** whether the account exists and a socket of any kind is open, or is being opened */
  isOnline(): boolean;
}

/** The key of an `announcement` job. */
const AnnouncementKey = z
  .string()
  .transform((key) => key.split(" ").map(Number))
  .pipe(z.tuple([z.int(), z.int(), z.int()]))
  .transform(([online, after, contacts]): Announcement => ({ online: online === 1, after, contacts }));

/**
 * A change that is under way. `projected` resolves once D1 has it, `announced` once the contacts were
 * notified.
 */
interface OnlineChange {
  online: boolean;
  projected: Promise<void>;
  announced: Promise<void>;
}

/**
 * Whether the user is online for others: a socket of any kind is open, or was within the grace period.
 * - A job is stored for each change until D1 and the contacts have it.
 * - D1 is written first. If two contacts come online at once, the second finds the first in D1.
 */
export class Presence {
  readonly #sql: SqlStorage;
  readonly #jobs: Scheduler;
  readonly #deps: PresenceDeps;
  readonly #queue = new KeyQueue<"">();
  /** the newest change, while it is under way */
  #change: OnlineChange | undefined;
  /** the number of the newest change: older ones are superseded */
  #changeNumber = 0;

  constructor(sql: SqlStorage, jobs: Scheduler, deps: PresenceDeps) {
    this.#sql = sql;
    this.#jobs = jobs;
    this.#deps = deps;
  }

  /**
   * A socket opens. Sockets after the first find the presence published and write no rows.
   * @returns once D1 has the presence, or after `openTimeoutMs`: then the job goes on
   */
  async socketOpened(): Promise<void> {
    this.#jobs.cancel("offline", "");
    if (this.#isPublished()) return;
    const { retryMs, openTimeoutMs } = this.#deps.timing.presence;
    this.#jobs.schedule("online", "", Date.now() + retryMs);
    const calls = new CallBudget(this.#deps.timing.jobs.maxCalls);
    const { projected, announced } = this.#publish(true, calls);
    announced.catch(() => undefined);
    await withDeadline(projected, openTimeoutMs).catch(() => undefined);
  }

  /** A socket may have closed. If it was the last one, the user goes offline after the grace period. */
  socketClosed(): void {
    if (this.#deps.isOnline()) return;
    // A change that has only begun is undone too: D1 or a contact may have it.
    const mayBeOnline = this.#isPublished() || this.#jobs.has("online", "");
    if (mayBeOnline) this.#scheduleOffline();
  }

  /** The account is deleted: the change that is under way is dropped. */
  stop(): void {
    this.#changeNumber++;
    this.#change = undefined;
  }

  /** Publishes the presence anew, whatever D1 and the contacts have. */
  repair(): void {
    this.#setPublished(false);
    if (this.#deps.isOnline()) void this.socketOpened();
    else this.#scheduleOffline();
  }

  #scheduleOffline(): void {
    this.#jobs.schedule("offline", "", Date.now() + this.#deps.timing.presence.graceMs);
  }

  /** The `online` job. @throws if D1 cannot be reached */
  async online(calls: CallBudget): Promise<null> {
    // If the last socket has closed meanwhile, the `offline` job takes over.
    if (this.#deps.isOnline() && !this.#isPublished()) await this.#publish(true, calls).announced;
    return null;
  }

  /** The `offline` job, after the grace period. @throws if D1 cannot be reached */
  async offline(calls: CallBudget): Promise<null> {
    if (this.#deps.isOnline()) return null;
    this.#jobs.cancel("online", "");
    this.#setPublished(false);
    await this.#publish(false, calls).announced;
    return null;
  }

  /**
   * The `announcement` job: goes on with the contacts for which the calls of an earlier event did not
   * suffice, unless the presence has changed.
   * @throws if D1 cannot be reached
   */
  async announceFurther(key: string, calls: CallBudget): Promise<null> {
    const announcement = AnnouncementKey.parse(key);
    const isSuperseded = () => announcement.online !== this.#deps.isOnline();
    await this.#queue.run("", () => this.#announce(announcement, isSuperseded, calls));
    return null;
  }

  /** Announces a presence to contacts. A job goes on where the calls do not suffice. */
  async #announce(from: Announcement, isSuperseded: () => boolean, calls: CallBudget): Promise<void> {
    const next = await this.#deps.contactNotifier.presence(from, isSuperseded, calls);
    if (!next || isSuperseded()) return;
    const { online, after, contacts } = next;
    this.#jobs.schedule("announcement", `${online ? 1 : 0} ${after} ${contacts}`, Date.now());
  }

  /**
   * Publishes a presence to D1, then to the contacts. Joins a change to the same presence that is under way.
   */
  #publish(online: boolean, calls: CallBudget): OnlineChange {
    if (this.#change?.online === online) return this.#change;
    this.#changeNumber++;
    const number = this.#changeNumber;
    const isSuperseded = () => number !== this.#changeNumber;
    const projected = this.#queue.run("", async () => {
      if (!isSuperseded()) await this.#deps.directory.setOnline(this.#deps.userId(), online);
    });
    const announced = this.#queue.run("", async () => {
      await projected;
      await this.#announce({ online, after: 0, contacts: 0 }, isSuperseded, calls);
      if (isSuperseded()) return;
      this.#change = undefined;
      if (!online) return;
      this.#setPublished(true);
      this.#jobs.cancel("online", "");
    });
    const change = { online, projected, announced };
    this.#change = change;
    announced.catch(() => {
      if (this.#change === change) this.#change = undefined;
    });
    return change;
  }

  /** Whether D1 and the contacts have certainly taken "online": not while a change is under way. */
  #isPublished(): boolean {
    return this.#sql.exec<{ online: number }>("SELECT online FROM presence").one().online === 1;
  }

  #setPublished(online: boolean): void {
    this.#sql.exec("UPDATE presence SET online = ?", online ? 1 : 0);
  }
}
