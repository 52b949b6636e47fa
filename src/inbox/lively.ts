import type { ConversationId } from "../core/ids.ts";

/** Longer than a member rests between two bumps: after that, what is known is the newest. */
export const LIVELY_MS = 1_000;
/** More are not asked. */
export const MAX_LIVELY = 50;

/**
 * The conversations that were heard of within the last second: they may have more to tell, which waits
 * for its turn. Whoever asks for the list asks these. In memory alone; start-up notes those which the
 * list shows to be new.
 */
export class Lively {
  readonly #heardAt = new Map<ConversationId, number>();

  note(id: ConversationId): void {
    this.#heardAt.delete(id);
    this.#heardAt.set(id, Date.now());
    // The map is in the order of hearing: the first is the oldest.
    const [oldest] = this.#heardAt.keys();
    if (this.#heardAt.size > MAX_LIVELY && oldest !== undefined) this.#heardAt.delete(oldest);
  }

  now(): ConversationId[] {
    const since = Date.now() - LIVELY_MS;
    for (const [id, at] of this.#heardAt) if (at < since) this.#heardAt.delete(id);
    return [...this.#heardAt.keys()];
  }
}
