import type { AnyDraft } from "../domain/messages/message.ts";

/** The bytes that may wait in one backlog. */
const MAX_BYTES = 4 * 1024 * 1024;
/** What a waiting send occupies besides its body, its place and custom data. */
const OVERHEAD_BYTES = 256;

/** @returns the approximate memory of a send while it waits, in bytes */
export function weightOf(draft: AnyDraft): number {
  const overhead = (draft.customData?.length ?? 0) + OVERHEAD_BYTES;
  if ("copy" in draft) return JSON.stringify(draft.copy).length + overhead;
  return (draft.rendered?.bytes ?? draft.body.length) + (draft.place?.length ?? 0) + overhead;
}

/**
 * Counts the client requests that wait in one place. Requests over its limits are refused, so that memory is
 * bounded.
 */
export class Backlog {
  readonly #maxCount: number;
  #count = 0;
  #bytes = 0;

  /** @param maxCount how many requests may wait, of 4 MiB together */
  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  /** Admits `count` requests of `bytes` together, all or none. @returns whether they were admitted */
  take(count: number, bytes: number): boolean {
    if (this.#count + count > this.#maxCount || this.#bytes + bytes > MAX_BYTES) return false;
    this.#count += count;
    this.#bytes += bytes;
    return true;
  }

  /** Releases requests that were admitted and no longer wait. */
  release(count: number, bytes: number): void {
    this.#count -= count;
    this.#bytes -= bytes;
  }

  /** Releases all requests. */
  clear(): void {
    this.#count = 0;
    this.#bytes = 0;
  }
}
