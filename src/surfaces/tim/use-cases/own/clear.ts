import type { Core } from "../../../../core/context.ts";
import { noConversation } from "../../../../domain/errors.ts";
import type { ConversationId, UserId } from "../../../../domain/ids.ts";
import { findListRecords } from "../../../../storage/conversations/conversations.ts";

/**
 * Removes conversations from the caller's list until their next message, all of them or none. All messages
 * count as read. The history stays, or is deleted for the caller.
 * @throws `not_found` unless the caller is a member of each
 */
export async function removeFromList(
  core: Core,
  caller: UserId,
  ids: ConversationId[],
  { keepsHistory }: { keepsHistory: boolean },
): Promise<void> {
  const listed = await findListRecords(
    core.db,
    caller,
    ids.map((id) => ({ id, senderId: null })),
  );
  if (ids.some((id) => !listed.has(id))) throw noConversation();
  // D1 does not know whether the caller has opened a direct conversation.
  const direct = ids.filter((id) => listed.get(id)?.profile.kind === "direct");
  await Promise.all(direct.map((id) => core.conversations.describe(id, { userId: caller })));
  await Promise.all(ids.map((id) => core.conversations.deleteForMe(id, { userId: caller, keepsHistory })));
}
