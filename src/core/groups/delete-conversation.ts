import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Core } from "../context.ts";
import { dissolveGroup } from "./groups.ts";

/**
 * Deletes a conversation: a direct conversation for the caller only, a group for everybody.
 * @throws `not_found` unless the caller is a member, `forbidden` for a group that the caller may not dissolve
 */
export async function deleteConversation(core: Core, caller: UserId, id: ConversationId): Promise<void> {
  const { profile } = await core.conversations.describe(id, { userId: caller });
  if (profile.kind === "group") await dissolveGroup(core, caller, id);
  else await core.conversations.deleteForMe(id, { userId: caller });
}
