import type { SessionId } from "./ids.ts";

const KEEP_MS = 45_000;
const MAX_SESSIONS = 10_000;

/**
 * Which sessions this isolate has lately seen to be valid: a call needs no database read for 45 s,
 * so an ended session stops working on HTTP within a minute. Plain data, safe to share by requests.
 */
export class SessionMemory {
  readonly #validUntil = new Map<SessionId, number>();

  has(id: SessionId): boolean {
    return (this.#validUntil.get(id) ?? 0) > Date.now();
  }

  remember(id: SessionId): void {
    // Deleted first, so that the map's order is that of remembering and the oldest goes first.
    this.#validUntil.delete(id);
    if (this.#validUntil.size >= MAX_SESSIONS) {
      const [oldest] = this.#validUntil.keys();
      if (oldest !== undefined) this.#validUntil.delete(oldest);
    }
    this.#validUntil.set(id, Date.now() + KEEP_MS);
  }

  forget(id: SessionId): void {
    this.#validUntil.delete(id);
  }
}
