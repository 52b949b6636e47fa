import type { UserId } from "../domain/ids.ts";
import type { AnyDraft } from "../domain/messages/message.ts";

/** The bytes of one user that may wait in one place. */
const MAX_BYTES = 4 * 1024 * 1024;
/** What a waiting send occupies besides its body, its place, custom data, metadata and buttons. */
const OVERHEAD_BYTES = 256;

/** @returns the approximate memory of a send while it waits, in bytes */
export function weightOf(draft: AnyDraft): number {
  const overhead = (draft.customData?.length ?? 0) + (draft.metadata?.length ?? 0) + OVERHEAD_BYTES;
  if ("copy" in draft) return JSON.stringify(draft.copy).length + overhead;
  const buttons = draft.buttons ? JSON.stringify(draft.buttons).length : 0;
  return (draft.rendered?.bytes ?? draft.body.length) + (draft.place?.length ?? 0) + buttons + overhead;
}

/**
 * Counts the client requests that wait in one place. Requests over its limits are refused, so that memory is
 * bounded. A user may have as much waiting as is free after it: one user alone fills half of the place, and
 * others always find room.
 */
export class Backlog {
  readonly #maxCount: number;
  readonly #users = new Map<UserId, Waiting>();
  readonly #all: Waiting = { count: 0, bytes: 0 };

  /** @param maxCount how many requests of one user may wait, of 4 MiB together; twice as many of all users */
  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  /**
   * Admits `count` requests of a user, of `bytes` together, all or none.
   * @returns whether they were admitted
   */
  take(userId: UserId, count: number, bytes: number): boolean {
    const own = this.#users.get(userId) ?? { count: 0, bytes: 0 };
    const freeCount = 2 * this.#maxCount - this.#all.count - count;
    const freeBytes = 2 * MAX_BYTES - this.#all.bytes - bytes;
    if (own.count + count > freeCount || own.bytes + bytes > freeBytes) return false;
    this.#users.set(userId, own);
    add(own, count, bytes);
    add(this.#all, count, bytes);
    return true;
  }

  /** Releases requests of a user that were admitted and no longer wait. */
  release(userId: UserId, count: number, bytes: number): void {
    const own = this.#users.get(userId);
    if (!own) return;
    add(own, -count, -bytes);
    add(this.#all, -count, -bytes);
    if (own.count === 0) this.#users.delete(userId);
  }

  /** Releases all requests. */
  clear(): void {
    this.#users.clear();
    add(this.#all, -this.#all.count, -this.#all.bytes);
  }
}

/** The requests that wait, and their bytes. */
interface Waiting {
  count: number;
  bytes: number;
}

function add(waiting: Waiting, count: number, bytes: number): void {
  waiting.count += count;
  waiting.bytes += bytes;
}
