import type { Capability } from "../conversations/group-policies.ts";
import type { UserId } from "../ids.ts";
import { ALL, bitsOf, has, Permission, type PermissionBits } from "./permission.ts";
import { EVERYONE_ROLE, type RoleId } from "./role.ts";

/** A role of a member, as far as it gives rights. */
export interface RoleRights {
  id: RoleId;
  /** higher is above */
  position: number;
  permissions: PermissionBits;
}

/** What the rights of a member of a space follow from. */
export interface MemberRights {
  ownerId: UserId;
  /** what every member may do */
  everyone: PermissionBits;
  /** the roles of the member, without `everyone` */
  roles: readonly RoleRights[];
}

/** Whose rights an override changes: those of the members with a role, or of one member. */
export interface OverrideTarget {
  roleId: RoleId | null;
  userId: UserId | null;
}

/** What a channel changes of the rights that members have by its space. */
export interface Override extends OverrideTarget {
  allow: PermissionBits;
  deny: PermissionBits;
}

/**
 * The permissions of a member in a space, or in a channel of it. The owner has all. Others have what
 * `everyone` and their roles give; then come the overrides of the channel: of `everyone`, of their roles
 * together, of themselves, each with what it denies before what it allows. What is denied to `everyone` does
 * not keep who may manage the channel from writing. Without `read` nothing is left.
 * @param overrides of the channel, also of others; none: the permissions in the space
 */
export function permissionsOf(
  userId: UserId,
  { ownerId, everyone, roles }: MemberRights,
  overrides: readonly Override[] = [],
): PermissionBits {
  if (userId === ownerId) return ALL;
  const base = roles.reduce((bits, role) => bits | role.permissions, everyone);
  const held = new Set(roles.map(({ id }) => id));
  const ofEveryone = overrides.filter(({ roleId }) => roleId === EVERYONE_ROLE);
  const ofRoles = overrides.filter(({ roleId }) => roleId !== null && held.has(roleId));
  const ofUser = overrides.filter((override) => override.userId === userId);
  const bits = applied(applied(applied(base, ofEveryone), ofRoles), ofUser);
  if (!has(bits, "read")) return 0;
  if (!has(bits, "manage_channel")) return bits;
  const kept = applied(applied(applied(base, ofEveryone, bitsOf(["write"])), ofRoles), ofUser);
  return bits | (kept & bitsOf(["write"]));
}

/** Why a member may, or may not, do something in a channel. */
export interface PermissionReason {
  permission: Permission;
  isAllowed: boolean;
  /** `owner`: of the space; `role`: the roles of the member; `override`: of the channel */
  by: "owner" | "role" | "override";
  /**
   * the role that gives it, or whose override decides; null: none gives it, or an override of the member
   * does
   */
  roleId: RoleId | null;
}

/** Why a member has each permission in a channel, or lacks it: `permissionsOf` step by step. */
export function reasonsOf(
  userId: UserId,
  member: MemberRights,
  overrides: readonly Override[],
): PermissionReason[] {
  if (userId === member.ownerId)
    return Permission.options.map((permission) => ({
      ...{ permission, isAllowed: true, by: "owner", roleId: null },
    }));
  const bits = permissionsOf(userId, member, overrides);
  const held = new Set(member.roles.map(({ id }) => id));
  const steps = [
    overrides.filter(({ roleId }) => roleId === EVERYONE_ROLE),
    overrides.filter(({ roleId }) => roleId !== null && held.has(roleId)),
    overrides.filter((override) => override.userId === userId),
  ];
  const given = [{ id: EVERYONE_ROLE, permissions: member.everyone }, ...member.roles];
  const of = (permission: Permission): PermissionReason => {
    const giving = given.find(({ permissions }) => has(permissions, permission));
    const first = { permission, isAllowed: giving !== undefined, by: "role" as const };
    return steps.reduce<PermissionReason>(
      (reason, step) => {
        const allowing = step.find(({ allow }) => has(allow, permission));
        const deciding = allowing ?? step.find(({ deny }) => has(deny, permission));
        if (!deciding) return reason;
        return { permission, isAllowed: deciding === allowing, by: "override", roleId: deciding.roleId };
      },
      { ...first, roleId: giving?.id ?? null },
    );
  };
  return Permission.options.map((permission) => {
    const reason = of(permission);
    const isAllowed = has(bits, permission);
    if (reason.isAllowed === isAllowed) return reason;
    // Who cannot read can do nothing; who manages the channel writes in it.
    return { ...of(isAllowed ? "manage_channel" : "read"), permission, isAllowed };
  });
}

/** What overrides leave of permissions: what they deny goes, unless it is kept; what they allow comes. */
function applied(
  bits: PermissionBits,
  overrides: readonly Override[],
  kept: PermissionBits = 0,
): PermissionBits {
  return (bits & ~(union(overrides, "deny") & ~kept)) | union(overrides, "allow");
}

/** How high a member stands: they act on roles below it, and on members who stand below it. */
export function rankOf(userId: UserId, { ownerId, roles }: MemberRights): number {
  return userId === ownerId ? Number.POSITIVE_INFINITY : Math.max(0, ...roles.map((role) => role.position));
}

function union(overrides: readonly Override[], side: "allow" | "deny"): PermissionBits {
  return overrides.reduce((bits, override) => bits | override[side], 0);
}

/** A member of a space who may read a channel of it. */
export interface SpaceReader {
  userId: UserId;
  /** what they may do in the channel */
  permissions: PermissionBits;
  /** until when they may not write (ms since 1970) */
  mutedUntil: number;
}

/** A member of a space, as far as their rights follow from it. */
export interface KnownMember {
  userId: UserId;
  /** until when they may not write (ms since 1970) */
  mutedUntil: number;
  roleIds: readonly RoleId[];
}

/** What the rights of the members of a space follow from in one channel. */
export interface ChannelBasis extends Pick<MemberRights, "ownerId" | "everyone"> {
  /** of the space, without `everyone` */
  roles: readonly RoleRights[];
  /** of the channel */
  overrides: readonly Override[];
}

/** Which of these members may read a channel, and what they may do there. */
export function readersOf(
  { ownerId, everyone, roles, overrides }: ChannelBasis,
  members: readonly KnownMember[],
): SpaceReader[] {
  const byId = new Map(roles.map((role) => [role.id, role]));
  return members.flatMap(({ userId, mutedUntil, roleIds }) => {
    const own = roleIds.flatMap((id) => byId.get(id) ?? []);
    const permissions = permissionsOf(userId, { ownerId, everyone, roles: own }, overrides);
    return permissions === 0 ? [] : [{ userId, permissions, mutedUntil }];
  });
}

/**
 * What a capability of groups asks for in a channel, where no role of the conversation counts. What is absent
 * is done by the space, or by nobody.
 */
export const CHANNEL_CAPABILITIES: { [Name in Capability]?: Permission } = {
  incomingHooks: "manage_channel",
  editMessages: "read",
  customData: "read",
  editHistory: "read",
  edit: "manage_channel",
  mute: "manage_channel",
  pin: "pin",
  poll: "read",
  dissolve: "manage_channel",
  thread: "threads",
  react: "reactions",
};
