import type { IncomingHookId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";

interface Bucket {
  /** messages that may come at once */
  level: number;
  /** when it was filled up to the level (ms since 1970) */
  at: number;
}

/**
 * How many messages each hook may bring: a bucket that fills. It takes bursts, as most services never send
 * again. An object that wakes begins with full ones.
 */
export class PostRate {
  readonly #isOff: boolean;
  readonly #buckets = new Map<IncomingHookId, Bucket>();

  /** @param settings `rateLimits`: false: every hook may bring any number */
  constructor(settings: { rateLimits: boolean }) {
    this.#isOff = !settings.rateLimits;
  }

  /** Takes messages, all or none. @returns false: too many came */
  take(id: IncomingHookId, count = 1): boolean {
    if (this.#isOff) return true;
    const size = LIMITS.hookBurst;
    const now = Date.now();
    const { level, at } = this.#buckets.get(id) ?? { level: size, at: now };
    // A clock that runs backwards takes nothing away.
    const filled = Math.min(size, level + (Math.max(0, now - at) / 1_000) * LIMITS.hookPostsPerSecond);
    const isTaken = filled >= count;
    this.#buckets.set(id, { level: isTaken ? filled - count : filled, at: now });
    return isTaken;
  }
}
