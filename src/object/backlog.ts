import type { AnyDraft } from "../domain/messages/message.ts";

const MAX_BYTES = 4 * 1024 * 1024;
/** What a waiting send weighs besides its body. */
const OVERHEAD_BYTES = 256;

/** How much room a send takes while it waits, in bytes. */
export function weightOf(draft: AnyDraft): number {
  const beside = (draft.customData?.length ?? 0) + OVERHEAD_BYTES;
  if ("copy" in draft) return JSON.stringify(draft.copy).length + beside;
  return (draft.rendered?.bytes ?? draft.body.length) + beside;
}

/** How much waits in one place, of what clients ask. Over its limits something is refused: memory has an end. */
export class Backlog {
  readonly #maxCount: number;
  #count = 0;
  #bytes = 0;

  /** @param most so many may wait, of 4 MiB together */
  constructor(most: number) {
    this.#maxCount = most;
  }

  /** Takes so many in, all or none. @returns whether there was room */
  take(count: number, bytes: number): boolean {
    if (this.#count + count > this.#maxCount || this.#bytes + bytes > MAX_BYTES) return false;
    this.#count += count;
    this.#bytes += bytes;
    return true;
  }

  /** They wait no more. */
  release(count: number, bytes: number): void {
    this.#count -= count;
    this.#bytes -= bytes;
  }

  /** Nothing waits any more. */
  clear(): void {
    this.#count = 0;
    this.#bytes = 0;
  }
}
