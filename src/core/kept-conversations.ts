import { findListed } from "../storage/conversations.ts";
import type { ConversationKind, Listed } from "./conversation.ts";
import type { Core } from "./core.ts";
import type { UserId } from "./ids.ts";

/** Conversations that one query of D1 looks up. */
const AT_ONCE = 500;

/** A conversation that somebody is in, or was. `disabled`: he cannot write there any more. */
export type KeptConversation = Omit<Listed, "code" | "role" | "joinedAt" | "owner" | "sender" | "named">;

/**
 * The caller's conversations of a kind, however many, the newest activity first; also those which he has left, and
 * dissolved ones: of these he can read what was there before.
 */
export async function keptConversations(
  core: Core,
  caller: UserId,
  { kind, sticky }: { kind: ConversationKind; sticky: boolean },
): Promise<KeptConversation[]> {
  const all = await core.inboxes.kept(caller);
  const kept: KeptConversation[] = [];
  for (let i = 0; i < all.length; i += AT_ONCE) {
    const some = all.slice(i, i + AT_ONCE);
    const wanted = some.map(({ conversationId: id }) => ({ id, senderId: null }));
    const listed = await findListed(core.db, caller, wanted, true);
    for (const { conversationId, state } of some) {
      const found = listed.get(conversationId);
      if (found?.profile.kind !== kind || found.preferences.sticky !== sticky) continue;
      const { id, profile, preferences, peer } = found;
      // Of inbox and D1 either may be the first to know that he has left.
      kept.push({ id, profile, preferences, peer, disabled: found.disabled || state !== "active" });
    }
  }
  return kept;
}
