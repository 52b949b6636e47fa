import { countNamed } from "../../../core/contacts/strangers.ts";
import type { Core } from "../../../core/context.ts";
import { isBanned } from "../../../core/groups/bans.ts";
import { withCurrentProfiles } from "../../../core/groups/groups.ts";
import { requireNoStrangers } from "../../../core/policies.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { Role } from "../../../domain/conversations/group-kind.ts";
import { noUser } from "../../../domain/errors.ts";
import type { ConversationId, UserId } from "../../../domain/ids.ts";
import { findLiveUsers } from "../../../storage/accounts/users.ts";

/** What a user is in a chat: a member with a role, put out of it, or not in it. */
export interface Standing {
  user: Person;
  as: Role | "banned" | "absent";
}

/**
 * What a user is in a chat.
 * @throws `not_found` for a user who does not exist, and as `countNamed` for too many who are not in the chat
 */
export async function standingOf(
  core: Core,
  bot: UserId,
  id: ConversationId,
  userId: UserId,
): Promise<Standing> {
  const targetIds = [userId];
  const memberships = await core.conversations.membersByIds(id, { userId: bot, targetIds });
  const [member] = await withCurrentProfiles(core, bot, memberships);
  if (member) return { user: member.user, as: member.role };
  await countNamed(core, bot, targetIds);
  await requireNoStrangers(core, bot, targetIds);
  const [user] = await findLiveUsers(core.db, targetIds);
  if (!user) throw noUser(userId);
  return { user, as: (await isBanned(core, bot, id, userId)) ? "banned" : "absent" };
}
