import type { ConversationKind, ConversationRecord } from "../../domain/conversations/conversation.ts";
import type { UserId } from "../../domain/ids.ts";
import { findListed } from "../../storage/conversations/conversations.ts";
import type { Core } from "../context.ts";

/** Conversations that one query of D1 looks up. */
const BATCH_SIZE = 500;

/** A conversation that somebody is in, or was. `disabled`: he cannot write there any more. */
export type ConversationOnRecord = Omit<
  ConversationRecord,
  "code" | "role" | "joinedAt" | "owner" | "sender" | "people"
>;

/**
 * The caller's conversations of a kind, however many, the newest activity first; also those which he has left, and
 * dissolved ones: of these he can read what was there before.
 */
export async function listOnRecord(
  core: Core,
  caller: UserId,
  { kind, pinned }: { kind: ConversationKind; pinned: boolean },
): Promise<ConversationOnRecord[]> {
  const all = await core.inboxes.listOnRecord(caller);
  const kept: ConversationOnRecord[] = [];
  for (let i = 0; i < all.length; i += BATCH_SIZE) {
    const some = all.slice(i, i + BATCH_SIZE);
    const wanted = some.map(({ conversationId: id }) => ({ id, senderId: null }));
    const listed = await findListed(core.db, caller, wanted, true);
    for (const { conversationId, state } of some) {
      const found = listed.get(conversationId);
      if (found?.profile.kind !== kind || found.preferences.pinned !== pinned) continue;
      const { id, profile, preferences, peer } = found;
      // Of inbox and D1 either may be the first to know that he has left.
      kept.push({ id, profile, preferences, peer, disabled: found.disabled || state !== "active" });
    }
  }
  return kept;
}
