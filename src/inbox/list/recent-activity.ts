import type { ConversationId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";

/** The most conversations that are kept. */
const MAX_RECENT = 50;

/** A conversation with activity, and its time (ms). */
interface Activity {
  conversationId: ConversationId;
  updatedAt: number;
}

/**
 * The conversations that sent an inbox update in the last seconds. They are kept in memory only. An eviction
 * or a crash empties memory: the first reader after a start restores them from the list. A start itself reads
 * nothing, as most starts are for an update.
 * - Before a list is read, they are asked for a snapshot: an update may wait out its cooldown there.
 * - They may have stored that no device is connected. The first device socket subscribes to them.
 */
export class RecentActivity {
  readonly #timing: Timing["recent"];
  readonly #activeAt = new Map<ConversationId, number>();
  #stored: ((since: number, limit: number) => Activity[]) | null;

  /** @param stored reads the list's conversations with activity since a time (ms): the newest, newest last */
  constructor(timing: Timing["recent"], stored: (since: number, limit: number) => Activity[]) {
    this.#timing = timing;
    this.#stored = stored;
  }

  /**
   * Notes an update of a conversation.
   * @param at its time (ms); no later update may have been noted before
   */
  note(id: ConversationId, at = Date.now()): void {
    this.#activeAt.delete(id);
    this.#activeAt.set(id, at);
    // The map is in the order of the updates: its first key is the oldest.
    const [oldest] = this.#activeAt.keys();
    if (this.#activeAt.size > MAX_RECENT && oldest !== undefined) this.#activeAt.delete(oldest);
  }

  /** @returns the conversations that are asked for a snapshot before a list is read */
  forLists(): ConversationId[] {
    const since = Date.now() - this.#timing.listMs;
    return this.forSubscriptions().filter((id) => (this.#activeAt.get(id) ?? 0) >= since);
  }

  /** @returns the conversations to which the first device socket subscribes */
  forSubscriptions(): ConversationId[] {
    const since = Date.now() - this.#timing.subscribeMs;
    this.#restore(since);
    for (const [id, at] of this.#activeAt) if (at < since) this.#activeAt.delete(id);
    return [...this.#activeAt.keys()];
  }

  /** Adds what the list has from before the start. Updates since then are newer. */
  #restore(since: number): void {
    const stored = this.#stored?.(since, MAX_RECENT) ?? [];
    this.#stored = null;
    const noted = [...this.#activeAt];
    for (const { conversationId, updatedAt } of stored) this.note(conversationId, updatedAt);
    for (const [id, at] of noted) this.note(id, at);
  }
}
