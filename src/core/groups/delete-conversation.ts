import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Core } from "../context.ts";
import { clearConversation } from "../conversations/clear.ts";
import { dissolveGroup } from "./groups.ts";

/**
 * What deleting means to most: a direct conversation goes for the caller alone, a group for everybody.
 * @throws `not_found` unless he is in it, `forbidden` for a group that is not his to dissolve
 */
export async function deleteConversation(core: Core, caller: UserId, id: ConversationId): Promise<void> {
  const { profile } = await core.conversations.describe(id, { userId: caller });
  const remove = profile.kind === "group" ? dissolveGroup : clearConversation;
  await remove(core, caller, id);
}
