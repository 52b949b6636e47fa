import type { IncomingHookId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";

interface Bucket {
  /** messages that may come at once */
  level: number;
  /** when it was filled up to the level (ms since 1970) */
  at: number;
}

/** How many messages each hook may bring: a bucket that fills. An object that wakes begins with full ones. */
export class PostRate {
  readonly #buckets = new Map<IncomingHookId, Bucket>();

  /** Takes a message. @returns false: too many came within a second */
  take(id: IncomingHookId): boolean {
    const size = LIMITS.hookPostsPerSecond;
    const now = Date.now();
    const { level, at } = this.#buckets.get(id) ?? { level: size, at: now };
    // A clock that runs backwards takes nothing away.
    const filled = Math.min(size, level + (Math.max(0, now - at) / 1_000) * size);
    this.#buckets.set(id, { level: filled < 1 ? filled : filled - 1, at: now });
    return filled >= 1;
  }
}
