import type { ConversationId } from "../core/ids.ts";

/** Longer than a member rests between two bumps: after that, what is known is the newest. */
const LIVELY_MS = 1_000;
/** Longer than one without devices rests before he is told of what only passes by. */
export const LATELY_MS = 6_000;
/** More are not asked. */
export const MAX_LIVELY = 50;

/**
 * The conversations that were heard of within the last second: they may have more to tell, which waits
 * for its turn. Whoever asks for the list asks these. Those that were heard of lately take it that no device is
 * there: the first one tells them. In memory alone; start-up notes those which the list shows to be new.
 */
export class Lively {
  readonly #heardAt = new Map<ConversationId, number>();

  /** @param at when it was heard of; none that was heard of later is noted yet */
  note(id: ConversationId, at = Date.now()): void {
    this.#heardAt.delete(id);
    this.#heardAt.set(id, at);
    // The map is in the order of hearing: the first is the oldest.
    const [oldest] = this.#heardAt.keys();
    if (this.#heardAt.size > MAX_LIVELY && oldest !== undefined) this.#heardAt.delete(oldest);
  }

  now(): ConversationId[] {
    const since = Date.now() - LIVELY_MS;
    return this.lately().filter((id) => (this.#heardAt.get(id) ?? 0) >= since);
  }

  lately(): ConversationId[] {
    const since = Date.now() - LATELY_MS;
    for (const [id, at] of this.#heardAt) if (at < since) this.#heardAt.delete(id);
    return [...this.#heardAt.keys()];
  }
}
