import type { Bump } from "../core/bump.ts";
import type { ConversationId } from "../core/ids.ts";

/**
 * What has reached an inbox since somebody began to ask around: an answer to him may be older. In memory alone,
 * as who asks is.
 */
export class Heard {
  readonly #bumps = new Map<ConversationId, Bump>();
  readonly #sticky = new Map<ConversationId, boolean>();

  /** A snapshot has come, in whatever order. */
  bump({ page: _, ...bump }: Bump): void {
    if (bump.ver > (this.#bumps.get(bump.conversationId)?.ver ?? -1)) {
      this.#bumps.set(bump.conversationId, bump);
    }
  }

  /** The member's own flag was copied. */
  stick(conversationId: ConversationId, sticky: boolean): void {
    this.#sticky.set(conversationId, sticky);
  }

  /** The newer of an answer and what has come of the same conversation; null where there is neither. */
  newest(conversationId: ConversationId, answer: Bump | null): Bump | null {
    const bump = this.#bumps.get(conversationId) ?? null;
    if (!bump || !answer) return bump ?? answer;
    return bump.ver > answer.ver ? bump : answer;
  }

  /** The flag as it was copied last; undefined where it was not. */
  sticky(conversationId: ConversationId): boolean | undefined {
    return this.#sticky.get(conversationId);
  }
}
