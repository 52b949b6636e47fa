import type { ConversationId } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";

/**
 * What has reached an inbox since somebody began to ask around: an answer to him may be older. In memory alone,
 * as who asks is.
 */
export class ConcurrentUpdates {
  readonly #updates = new Map<ConversationId, InboxUpdate>();
  readonly #pinned = new Map<ConversationId, boolean>();

  /** A snapshot has come, in whatever order. */
  note({ page: _, ...update }: InboxUpdate): void {
    if (update.version > (this.#updates.get(update.conversationId)?.version ?? -1)) {
      this.#updates.set(update.conversationId, update);
    }
  }

  /** The member's own flag was copied. */
  notePinned(conversationId: ConversationId, pinned: boolean): void {
    this.#pinned.set(conversationId, pinned);
  }

  /** The newer of an answer and what has come of the same conversation; null where there is neither. */
  newest(conversationId: ConversationId, answer: InboxUpdate | null): InboxUpdate | null {
    const update = this.#updates.get(conversationId) ?? null;
    if (!update || !answer) return update ?? answer;
    return update.version > answer.version ? update : answer;
  }

  /** The flag as it was copied last; undefined where it was not. */
  pinned(conversationId: ConversationId): boolean | undefined {
    return this.#pinned.get(conversationId);
  }
}
