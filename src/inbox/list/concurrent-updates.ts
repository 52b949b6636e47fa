import type { ArchiveState } from "../../domain/conversations/archive.ts";
import type { ListPreferences } from "../../domain/conversations/conversation.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";

/**
 * The inbox updates and preferences that arrive during a list repair: the answer of a conversation may be
 * older. They are kept in memory only, as the repair itself is.
 */
export class ConcurrentUpdates {
  readonly #updates = new Map<ConversationId, InboxUpdate>();
  readonly #pinned = new Map<ConversationId, boolean>();
  readonly #archives = new Map<ConversationId, ArchiveState>();

  /** Notes an inbox update. Updates may arrive in any order; the newest of each conversation is kept. */
  note({ page: _, ...update }: InboxUpdate): void {
    if (update.version > (this.#updates.get(update.conversationId)?.version ?? -1)) {
      this.#updates.set(update.conversationId, update);
    }
  }

  /** Notes whether the user has pinned a conversation. */
  notePinned(conversationId: ConversationId, pinned: boolean): void {
    this.#pinned.set(conversationId, pinned);
  }

  /** Notes the archive state of a conversation. */
  noteArchive(conversationId: ConversationId, archive: ArchiveState): void {
    this.#archives.set(conversationId, archive);
  }

  /** @returns the newer of an answer and the update that arrived meanwhile; null if there is neither */
  newest(conversationId: ConversationId, answer: InboxUpdate | null): InboxUpdate | null {
    const update = this.#updates.get(conversationId) ?? null;
    if (!update || !answer) return update ?? answer;
    return update.version > answer.version ? update : answer;
  }

  /** @returns the preferences as far as they were noted */
  preferences(conversationId: ConversationId): Partial<ListPreferences> {
    const pinned = this.#pinned.get(conversationId);
    return { ...(pinned !== undefined && { pinned }), ...this.#archives.get(conversationId) };
  }
}
