import type { ConversationId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";

/** More are not asked. */
export const MAX_RECENT = 50;

/**
 * The conversations that were heard of within the last second: they may have more to tell, which waits
 * for its turn. Whoever asks for the list asks these. Those that were heard of lately take it that no device is
 * there: the first one tells them. In memory alone; start-up notes those which the list shows to be new.
 */
export class RecentActivity {
  readonly #timing: Timing["recent"];
  readonly #heardAt = new Map<ConversationId, number>();

  constructor(timing: Timing["recent"]) {
    this.#timing = timing;
  }

  /** @param at when it was heard of; none that was heard of later is noted yet */
  note(id: ConversationId, at = Date.now()): void {
    this.#heardAt.delete(id);
    this.#heardAt.set(id, at);
    // The map is in the order of hearing: the first is the oldest.
    const [oldest] = this.#heardAt.keys();
    if (this.#heardAt.size > MAX_RECENT && oldest !== undefined) this.#heardAt.delete(oldest);
  }

  forLists(): ConversationId[] {
    const since = Date.now() - this.#timing.listMs;
    return this.forSubscriptions().filter((id) => (this.#heardAt.get(id) ?? 0) >= since);
  }

  forSubscriptions(): ConversationId[] {
    const since = Date.now() - this.#timing.subscribeMs;
    for (const [id, at] of this.#heardAt) if (at < since) this.#heardAt.delete(id);
    return [...this.#heardAt.keys()];
  }
}
