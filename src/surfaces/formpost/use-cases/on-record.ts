import type { Core } from "../../../core/context.ts";
import { isMutedAt } from "../../../domain/conversations/archive.ts";
import type {
  ConversationKind,
  ConversationRecord,
  Preferences,
} from "../../../domain/conversations/conversation.ts";
import type { UserId } from "../../../domain/ids.ts";
import { findListRecords } from "../../../storage/conversations/conversations.ts";

/** The number of conversations in one query of D1. */
const BATCH_SIZE = 500;

/** A conversation of a current or former member. `disabled`: the user cannot write there. */
export type ConversationOnRecord = Omit<
  ConversationRecord,
  "code" | "role" | "joinedAt" | "owner" | "sender" | "people" | "blocked" | "preferences"
> & { preferences: Pick<Preferences, "pinned" | "silent" | "validation"> };

/**
 * All of the caller's conversations of a kind, the newest activity first. It includes conversations that the
 * caller has left and dissolved groups, whose history before that time they can read.
 */
export async function listOnRecord(
  core: Core,
  caller: UserId,
  { kind, pinned }: { kind: ConversationKind; pinned: boolean },
): Promise<ConversationOnRecord[]> {
  const entries = await core.inboxes.listOnRecord(caller);
  const matches: ConversationOnRecord[] = [];
  for (let i = 0; i < entries.length; i += BATCH_SIZE) {
    const batch = entries.slice(i, i + BATCH_SIZE);
    const queries = batch.map(({ conversationId: id }) => ({ id, senderId: null }));
    const listed = await findListRecords(core.db, caller, queries, true);
    for (const { conversationId, state } of batch) {
      const found = listed.get(conversationId);
      if (found?.profile.kind !== kind || found.preferences.pinned !== pinned) continue;
      const { id, profile, title, peer } = found;
      const { mutedUntil, validation } = found.preferences;
      const preferences = { pinned, validation, silent: isMutedAt(mutedUntil, Date.now()) };
      // Either the inbox or D1 may be the first to know that the caller has left.
      const disabled = found.disabled || state !== "active";
      matches.push({ id, profile, title, preferences, peer, disabled });
    }
  }
  return matches;
}
