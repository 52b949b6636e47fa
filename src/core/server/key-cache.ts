import type { ServerKeyId } from "../../domain/server/server-key.ts";
import type { Timing } from "../../domain/timing.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { HashedServerKey } from "../../storage/server/server-keys.ts";

/** A team has few keys. */
const MAX_KEYS = 1_000;

/**
 * The server keys that this isolate has looked up within `keepMs`, as plain data, which requests may share. A
 * revoked key works here for so long at most.
 */
export class KeyCache {
  readonly #timing: Timing["serverKeys"];
  readonly #keys = new LruMap<ServerKeyId, { key: HashedServerKey; until: number }>(() => MAX_KEYS);

  constructor(timing: Timing["serverKeys"]) {
    this.#timing = timing;
  }

  /** The key, if it was looked up within `keepMs` and has not ended. */
  get(id: ServerKeyId, now: number): HashedServerKey | undefined {
    const known = this.#keys.get(id);
    if (!known || known.until <= now || (known.key.expiresAt ?? Infinity) <= now) return undefined;
    return known.key;
  }

  remember(key: HashedServerKey, now: number): void {
    this.#keys.set(key.id, { key, until: now + this.#timing.keepMs });
  }

  /** Removes a key that was revoked. */
  forget(id: ServerKeyId): void {
    this.#keys.delete(id);
  }
}
