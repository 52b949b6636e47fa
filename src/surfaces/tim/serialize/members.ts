import type { GroupMember } from "../../../core/groups/groups.ts";
import type { Role } from "../../../domain/conversations/group-kind.ts";
import { seconds } from "./context.ts";
import { serializeFields } from "./fields.ts";

/** This API's names of roles. */
export const ROLES: Record<Role, string> = { owner: "Owner", admin: "Admin", member: "Member" };

/** A member as this API shows them. */
export function serializeMember({ user, role, joinedAt, nameCard, mutedUntil, customFields }: GroupMember) {
  const { username, nickname, avatar, online } = user;
  return {
    ...{ userID: username, nick: nickname, avatar, role: ROLES[role], nameCard },
    joinTime: seconds(joinedAt),
    // Rounded up: the member may not write before the mute ends.
    muteUntil: Math.ceil(mutedUntil / 1_000),
    memberCustomField: serializeFields(customFields),
    isOnline: online,
  };
}
