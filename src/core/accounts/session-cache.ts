import type { CoreError } from "../../domain/errors.ts";
import type { SessionId, UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";

const MAX_SESSIONS = 10_000;

interface Entry {
  userId: UserId;
  until: number;
  /** the refusal of a session that has ended; absent: it is valid */
  refusal?: CoreError;
}

/**
 * The sessions that this isolate has verified recently, with their users. A call needs no database read for
 * `keepMs`, with a valid session or an ended one. An ended session therefore works over HTTP for up to
 * `keepMs` more. The cache holds plain data, which requests may share.
 */
export class SessionCache {
  readonly #timing: Timing["sessionCache"];
  readonly #entries = new Map<SessionId, Entry>();

  constructor(timing: Timing["sessionCache"]) {
    this.#timing = timing;
  }

  /**
   * Whether this session of this user was verified within `keepMs`.
   * @throws the refusal of a session that had ended by then
   */
  has(id: SessionId, userId: UserId): boolean {
    const entry = this.#entries.get(id);
    if (entry?.userId !== userId || entry.until <= Date.now()) return false;
    if (entry.refusal) throw entry.refusal;
    return true;
  }

  /**
   * Records a verified session; evicts the oldest one over 10,000.
   * @param refusal of a session that has ended: it never becomes valid again
   */
  remember(id: SessionId, userId: UserId, refusal?: CoreError): void {
    // Deleted first, so that insertion order is the order of `remember`, and the oldest entry is evicted.
    this.#entries.delete(id);
    if (this.#entries.size >= MAX_SESSIONS) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    const until = Date.now() + this.#timing.keepMs;
    this.#entries.set(id, { userId, until, ...(refusal && { refusal }) });
  }

  /** Removes a session that has ended. */
  forget(id: SessionId): void {
    this.#entries.delete(id);
  }
}
