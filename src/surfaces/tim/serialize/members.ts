import type { GroupMember } from "../../../core/groups/groups.ts";
import type { Role } from "../../../domain/conversations/group-kind.ts";
import { serializeFields } from "./fields.ts";
import { seconds } from "./setting.ts";

/** Roles as this API has them. */
export const ROLES: Record<Role, string> = { owner: "Owner", admin: "Admin", member: "Member" };

/** A member as this API shows him. */
export function serializeMember({ user, role, joinedAt, nameCard, mutedUntil, customFields }: GroupMember) {
  const { username, nickname, avatar, online } = user;
  return {
    ...{ userID: username, nick: nickname, avatar, role: ROLES[role], nameCard },
    joinTime: seconds(joinedAt),
    // He may not write before.
    muteUntil: Math.ceil(mutedUntil / 1_000),
    memberCustomField: serializeFields(customFields),
    isOnline: online,
  };
}
