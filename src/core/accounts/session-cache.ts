import type { SessionId, UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";

const MAX_SESSIONS = 10_000;

interface Entry {
  userId: UserId;
  until: number;
}

/**
 * Which sessions this isolate has lately seen to be valid, and whose they are: a call needs no
 * database read for `keepMs`, so an ended session stops working on HTTP within a minute. Plain data,
 * safe to share by requests.
 */
export class SessionCache {
  readonly #timing: Timing["sessionCache"];
  readonly #valid = new Map<SessionId, Entry>();

  constructor(timing: Timing["sessionCache"]) {
    this.#timing = timing;
  }

  has(id: SessionId, userId: UserId): boolean {
    const entry = this.#valid.get(id);
    return entry?.userId === userId && entry.until > Date.now();
  }

  remember(id: SessionId, userId: UserId): void {
    // Deleted first, so that the map's order is that of remembering and the oldest goes first.
    this.#valid.delete(id);
    if (this.#valid.size >= MAX_SESSIONS) {
      const [oldest] = this.#valid.keys();
      if (oldest !== undefined) this.#valid.delete(oldest);
    }
    this.#valid.set(id, { userId, until: Date.now() + this.#timing.keepMs });
  }

  forget(id: SessionId): void {
    this.#valid.delete(id);
  }
}
