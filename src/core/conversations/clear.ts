import { noConversation } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { findListed } from "../../storage/conversations/conversations.ts";
import type { Core } from "../context.ts";

/**
 * Deletes a conversation for the caller alone: his history begins behind the last message, up to which he
 * counts as having read, and it leaves his list. A new message, his own too, or opening it again brings it
 * back with what came since; the others keep everything. Groups too; twice changes nothing.
 * @throws `not_found` unless he is in it
 */
export async function clearConversation(core: Core, caller: UserId, id: ConversationId): Promise<void> {
  await core.conversations.deleteForMe(id, { userId: caller });
}

/**
 * Takes conversations out of the caller's list until something comes there, all of them or none. He counts as having
 * read what there is; his history stays, or goes as it does by `clearConversation`.
 * @throws `not_found` unless he is in each of them
 */
export async function removeFromList(
  core: Core,
  caller: UserId,
  ids: ConversationId[],
  { keepsHistory }: { keepsHistory: boolean },
): Promise<void> {
  const listed = await findListed(
    core.db,
    caller,
    ids.map((id) => ({ id, senderId: null })),
  );
  if (ids.some((id) => !listed.has(id))) throw noConversation();
  await Promise.all(ids.map((id) => core.conversations.deleteForMe(id, { userId: caller, keepsHistory })));
}
