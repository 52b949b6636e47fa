import type { User } from "../../domain/accounts/user.ts";
import type { GroupOutline } from "../../domain/conversations/group-outline.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { findUsersWithDeleted } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { usersById } from "./groups.ts";

/** A group as users see it who are not in it, with the profile of its owner. */
export interface OutlineWithOwner extends GroupOutline {
  owner: User | null;
}

/**
 * A group as the caller finds it by its number, before they join it.
 * @throws `not_found` for strangers unless it is discoverable, and for a banned user: the same as for a group
 *   that does not exist
 */
export async function lookAtGroup(core: Core, caller: UserId, id: ConversationId): Promise<OutlineWithOwner> {
  const outline = await core.conversations.outline(id, { userId: caller });
  const { ownerId } = outline;
  if (ownerId === null) return { ...outline, owner: null };
  const userOf = usersById(await findUsersWithDeleted(core.db, [ownerId], caller));
  return { ...outline, owner: userOf(ownerId) };
}
