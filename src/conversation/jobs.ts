import type { Timing } from "../domain/timing.ts";
import type { AlarmJobs } from "../object/alarm-jobs.ts";
import type { RetryMarker } from "../object/retry-marker.ts";
import type { Projection } from "./delivery/d1-projection.ts";
import type { Fanout } from "./delivery/fanout.ts";
import type { NotificationOutbox, Wakeup } from "./delivery/notification-outbox.ts";
import type { Indexer } from "./search/indexer.ts";

/** What a conversation does later. */
export type ConversationJobKind = "fanout" | "expiry" | "flags" | "projection" | "index" | "notifications";

/** The jobs of a room: what the alarm does of what a crash or an eviction has left undone. */
export class RoomJobs {
  readonly #fanout: Fanout;
  readonly #projection: Projection;
  readonly #indexing: Indexer;
  readonly #outbox: NotificationOutbox;
  readonly #timing: Timing["retryMarker"];

  constructor(
    fanout: Fanout,
    projection: Projection,
    indexing: Indexer,
    outbox: NotificationOutbox,
    timing: Timing["retryMarker"],
  ) {
    this.#fanout = fanout;
    this.#projection = projection;
    this.#indexing = indexing;
    this.#outbox = outbox;
    this.#timing = timing;
  }

  /** At start-up: what was left undone goes on at once. */
  resume(): void {
    this.#projection.changed();
    this.#fanout.resume();
    this.#indexing.resume();
    this.#outbox.resume();
  }

  /** A change was stored: D1 is to hear of it, and whoever is told of it besides. In the same turn as the write. */
  changed(): void {
    try {
      this.#projection.changed();
    } finally {
      this.#outbox.changed();
    }
  }

  /** One try of that, so that whoever made the change finds what it did. */
  async tryNow(): Promise<void> {
    await Promise.all([this.#projection.tryNow(), this.#outbox.tryNow()]);
  }

  /** The `fanout` job. @returns when to look again, or null once everybody knows */
  async fanout(): Promise<number | null> {
    return (await this.#fanout.repair()) ? null : Date.now() + this.#timing.dueMs;
  }

  /** The `projection` job. @throws as D1 does */
  async projection(): Promise<null> {
    await this.#projection.run();
    return null;
  }

  /** The `index` job. @returns when to look again, or null once there is nothing to index */
  async index(): Promise<number | null> {
    return this.#indexing.repair() ? null : Date.now() + this.#timing.dueMs;
  }

  /** The `notifications` job. @see NotificationOutbox.repair */
  notifications(): Promise<number | null> {
    return this.#outbox.repair();
  }
}

/** What has the alarm look whether all have their notices. */
export function wakeupOf(jobs: AlarmJobs<ConversationJobKind>): Wakeup {
  return {
    set: (due) => jobs.schedule("notifications", "", due),
    cancel: () => jobs.cancel("notifications", ""),
  };
}

/** The note that a job is for: after a crash the alarm does what is left of it. */
export function markerOf(
  jobs: AlarmJobs<ConversationJobKind>,
  kind: ConversationJobKind,
  timing: Timing["retryMarker"],
): RetryMarker {
  return {
    isSet: () => jobs.has(kind, ""),
    set: () => jobs.schedule(kind, "", Date.now() + timing.dueMs),
    clear: () => jobs.cancel(kind, ""),
  };
}
