import type { SessionId, UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";

const MAX_SESSIONS = 10_000;

interface Entry {
  userId: UserId;
  until: number;
}

/**
 * The sessions that this isolate has verified recently, with their users. A call needs no database read for
 * `keepMs`. An ended session therefore works over HTTP for up to `keepMs` more. The cache holds plain data,
 * which requests may share.
 */
export class SessionCache {
  readonly #timing: Timing["sessionCache"];
  readonly #valid = new Map<SessionId, Entry>();

  constructor(timing: Timing["sessionCache"]) {
    this.#timing = timing;
  }

  /** Whether this session of this user was verified within `keepMs`. */
  has(id: SessionId, userId: UserId): boolean {
    const entry = this.#valid.get(id);
    return entry?.userId === userId && entry.until > Date.now();
  }

  /** Records a verified session; evicts the oldest one over 10,000. */
  remember(id: SessionId, userId: UserId): void {
    // Deleted first, so that insertion order is the order of `remember`, and the oldest entry is evicted.
    this.#valid.delete(id);
    if (this.#valid.size >= MAX_SESSIONS) {
      const [oldest] = this.#valid.keys();
      if (oldest !== undefined) this.#valid.delete(oldest);
    }
    this.#valid.set(id, { userId, until: Date.now() + this.#timing.keepMs });
  }

  /** Removes a session that has ended. */
  forget(id: SessionId): void {
    this.#valid.delete(id);
  }
}
