import type { ConversationId, UserId } from "../../../domain/ids.ts";
import type { Metrics } from "../../../domain/operation/metrics.ts";
import type { Timing } from "../../../domain/timing.ts";
import { errorFields, log } from "../../../lib/logger.ts";

/** The calls to an inbox that fail on their own: a failed update says nothing of notifications. */
export type InboxCall = "update" | "notifications";

/** One row for each receiver whose inbox failed last. An operator finds the parked ones by `parked`. */
export const INBOX_FAILURES_TABLE = `
  CREATE TABLE inbox_failures (
    call TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    parked INTEGER NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (call, user_id)
  ) STRICT, WITHOUT ROWID;`;

/** The failures of one inbox since its last success. Times are ms since 1970. */
export type InboxFailure = {
  user_id: UserId;
  first_at: number;
  last_at: number;
  failures: number;
  /** 1: the alarm retries the inbox no more */
  parked: number;
  /** the last error */
  error: string;
};

/** Where failures are stored: an object that wakes continues the backoff. */
export interface FailureStore {
  all(): InboxFailure[];
  save(failure: InboxFailure): void;
  delete(userId: UserId): void;
}

/** The rows of one kind of call in `inbox_failures`. Each failure is counted. */
export function failureStore(sql: SqlStorage, call: InboxCall, metrics: Metrics): FailureStore {
  const columns = "user_id, first_at, last_at, failures, parked, error";
  return {
    all: () => sql.exec<InboxFailure>(`SELECT ${columns} FROM inbox_failures WHERE call = ?`, call).toArray(),
    save: ({ user_id, first_at, last_at, failures, parked, error }) => {
      const insert = `INSERT OR REPLACE INTO inbox_failures (call, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`;
      metrics.count("inbox_failures", { call });
      sql.exec(insert, call, user_id, first_at, last_at, failures, parked, error);
    },
    delete: (userId) => {
      sql.exec("DELETE FROM inbox_failures WHERE call = ? AND user_id = ?", call, userId);
    },
  };
}

/**
 * The inboxes whose last call failed, and when each may be called again. The pause is as long as the inbox
 * has been failing, so it doubles with each try. An inbox that has failed for `parkAfterMs` is parked: the
 * alarm retries it no more. A change tries a failing inbox too, parked or not, after the same pause, but at
 * most `maxPauseMs`. The inbox itself ends the pause when it calls, and a success ends all of this.
 */
export class InboxFailures {
  readonly #call: InboxCall;
  readonly #conversationId: ConversationId;
  readonly #store: FailureStore;
  readonly #timing: Timing["inboxCalls"];
  readonly #failures: Map<UserId, InboxFailure>;
  /** those that were not released since their last failure */
  readonly #paused: Set<UserId>;

  constructor(
    call: InboxCall,
    conversationId: ConversationId,
    store: FailureStore,
    timing: Timing["inboxCalls"],
  ) {
    this.#call = call;
    this.#conversationId = conversationId;
    this.#store = store;
    this.#timing = timing;
    this.#failures = new Map(store.all().map((failure) => [failure.user_id, failure]));
    this.#paused = new Set(this.#failures.keys());
  }

  ids(): UserId[] {
    return [...this.#failures.keys()];
  }

  has(id: UserId): boolean {
    return this.#failures.has(id);
  }

  /** Whether the inbox failed, and has not been released since. */
  isPaused(id: UserId): boolean {
    return this.#paused.has(id);
  }

  /** Releases an inbox that has shown that it works, also a parked one. @returns whether it was paused */
  release(id: UserId): boolean {
    return this.#paused.delete(id);
  }

  /** After a change: releases the inboxes whose pause has passed. */
  releaseDue(): void {
    for (const id of this.#paused) {
      const failure = this.#failures.get(id);
      if (!failure) continue;
      const pause = Math.min(this.#pauseMs(failure, failure.last_at), this.#timing.maxPauseMs);
      if (Date.now() >= failure.last_at + pause) this.#paused.delete(id);
    }
  }

  /** For the alarm: releases the inboxes that are not parked. */
  releaseUnparked(): void {
    for (const id of this.#paused) if (!this.#failures.get(id)?.parked) this.#paused.delete(id);
  }

  /**
   * @param isInFlight the inbox is being called: a call that hangs counts as one that fails now
   * @returns when the alarm retries the inbox (ms since 1970); null: it has not failed, or is parked
   */
  retryAt(id: UserId, isInFlight: boolean): number | null {
    const failure = this.#failures.get(id);
    if (!failure || failure.parked) return null;
    const lastAt = isInFlight ? Date.now() : failure.last_at;
    return lastAt + this.#pauseMs(failure, lastAt);
  }

  /** Stores a failed call, and parks the inbox if it has failed for long. */
  failed(id: UserId, error: unknown): void {
    const now = Date.now();
    const before = this.#failures.get(id);
    const firstAt = before?.first_at ?? now;
    const failure = {
      user_id: id,
      first_at: firstAt,
      last_at: now,
      failures: (before?.failures ?? 0) + 1,
      parked: now - firstAt >= this.#timing.parkAfterMs ? 1 : 0,
      error: String(error),
    };
    this.#failures.set(id, failure);
    this.#paused.add(id);
    this.#store.save(failure);
    const fields = {
      conversation: this.#conversationId,
      user: id,
      call: this.#call,
      failures: failure.failures,
      failing_ms: now - firstAt,
      ...errorFields(error),
    };
    if (failure.parked && !before?.parked) log("error", "inbox_parked", fields);
    else log("warn", "inbox_call_failed", fields);
  }

  /** Forgets the failures of an inbox that has answered. @returns whether there were any */
  succeeded(id: UserId): boolean {
    this.#paused.delete(id);
    if (!this.#failures.delete(id)) return false;
    this.#store.delete(id);
    return true;
  }

  #pauseMs(failure: InboxFailure, lastAt: number): number {
    return Math.max(this.#timing.retryMs, lastAt - failure.first_at);
  }
}
