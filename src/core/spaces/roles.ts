import { madeUpRoleId } from "../../domain/data/own-ids.ts";
import { CoreError, invalid } from "../../domain/errors.ts";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { type AuditFields, changedFields } from "../../domain/spaces/audit.ts";
import { permissionsIn } from "../../domain/spaces/permission.ts";
import { rankOf } from "../../domain/spaces/rights.ts";
import { EVERYONE_ROLE, type RoleId, type SpaceRole } from "../../domain/spaces/role.ts";
import type { MemberSpace } from "../../domain/spaces/space.ts";
import { NEW_ROW, noteOf } from "../../storage/spaces/audit-notes.ts";
import { listFollowed } from "../../storage/spaces/channels.ts";
import {
  deleteRole as deleteStored,
  insertRole,
  listRoles as listStored,
  orderRoles as orderStored,
  type RoleFields,
  storeMemberRole,
  updateEveryone,
  updateRole,
} from "../../storage/spaces/roles.ts";
import { findSpace, listChannels } from "../../storage/spaces/spaces.ts";
import type { Core } from "../context.ts";
import { requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";
import { fromSpace, requireAbove, requireOwn } from "./from-space.ts";
import { getSpace, type OwnSpace, requireIn } from "./spaces.ts";
import { tellChannels } from "./tell-channels.ts";
import { tellDevices, tellOnlineMembers } from "./tell-devices.ts";

/** A change of a role; absent fields are unchanged. */
type RoleChange = { [Field in keyof RoleFields]?: RoleFields[Field] | undefined };

const MANAGE = "manage roles";
/** The position of `everyone`. */
const BOTTOM = 0;

/** The roles of a space, highest first; `everyone` is the last one. @throws `not_found` */
export async function listRoles(core: Core, caller: UserId, id: SpaceId): Promise<SpaceRole[]> {
  return rolesOf(core, await getSpace(core, caller, id));
}

/** The roles of a space that was read, as `listRoles` has them. */
export async function rolesOf(core: Core, space: MemberSpace): Promise<SpaceRole[]> {
  const { everyone: permissions, memberCount } = space;
  const looks = { name: "everyone", color: null, mentionable: false, hoist: false };
  const shown = { ...looks, id: EVERYONE_ROLE, position: BOTTOM };
  return [...(await listStored(core.db, space.id)), { ...shown, permissions, memberCount }];
}

/** A role of a space. @throws `not_found` */
export async function roleOf(core: Core, space: MemberSpace, id: RoleId): Promise<SpaceRole> {
  const role = (await rolesOf(core, space)).find((one) => one.id === id);
  if (!role) throw noRole(id);
  return role;
}

/** The `not_found` for a role that a space does not have. */
export function noRole(id: RoleId): CoreError {
  return new CoreError("not_found", `There is no role ${id} in this space.`);
}

/**
 * Makes a role below all others, for the permission `manage_roles`.
 * @throws `not_found`, `forbidden` also for a permission that the caller lacks, `refused`; `conflict` for one
 *   role too many
 */
export async function createRole(
  core: Core,
  caller: UserId,
  id: SpaceId,
  fields: RoleFields,
): Promise<SpaceRole> {
  await requireOutOfShadow(core, caller);
  await requireAllowed(core, { group_name: fields.name });
  const role = await fromSpace(core, caller, id, async (space) => {
    requireIn(space, "manage_roles", MANAGE);
    requireAbove(caller, space, BOTTOM);
    requireOwn(space.permissions, fields.permissions);
    const { length } = await listStored(core.db, id);
    if (length >= LIMITS.roles)
      throw new CoreError("conflict", `A space has at most ${LIMITS.roles} roles besides \`everyone\`.`);
    const note = noteOf(caller, "role_created", { roleId: NEW_ROW, after: shownRole(fields) });
    return insertRole(core.db, { ...space, note }, { ...fields, externalId: madeUpRoleId() });
  });
  changed(core, caller, id);
  return { id: role, ...fields, position: 1, memberCount: 0 };
}

/**
 * Changes a role below the caller's highest one, for the permission `manage_roles`. Of `everyone` the
 * permissions change. Once this resolves, nobody has a right that it takes.
 * @throws `not_found`, `forbidden`, `refused`; `validation_failed` for the name of `everyone`; `unavailable`
 *   if a channel was not told: the same again tells it
 */
export async function changeRole(
  core: Core,
  caller: UserId,
  id: SpaceId,
  roleId: RoleId,
  { name, color, permissions, mentionable, hoist }: RoleChange,
): Promise<SpaceRole> {
  const isEveryone = roleId === EVERYONE_ROLE;
  const shown = [name, color, mentionable, hoist];
  if (isEveryone && shown.some((field) => field !== undefined))
    throw invalid("body", "of the role `everyone` only the permissions can be changed");
  if (name !== undefined) {
    await requireOutOfShadow(core, caller);
    await requireAllowed(core, { group_name: name });
  }
  const change = {
    ...(name !== undefined && { name }),
    ...(color !== undefined && { color }),
    ...(permissions !== undefined && { permissions }),
    ...(mentionable !== undefined && { mentionable }),
    ...(hoist !== undefined && { hoist }),
  };
  const role = await fromSpace(core, caller, id, async (space) => {
    const found = await roleOf(core, space, roleId);
    requireIn(space, "manage_roles", MANAGE);
    requireAbove(caller, space, found.position);
    const after = permissions ?? found.permissions;
    requireOwn(space.permissions, found.permissions ^ after);
    const changed = changedFields(shownRole(found), shownRole({ ...found, ...change }));
    const noted = { ...space, note: changed && noteOf(caller, "role_changed", { roleId, ...changed }) };
    const stored = isEveryone
      ? await updateEveryone(core.db, noted, after)
      : await updateRole(core.db, noted, roleId, change);
    return stored ? { ...found, ...change } : null;
  });
  // A repeat tells whom the first call has not told, and it does not know what the role gave before.
  if (permissions !== undefined) await tellChannels(core, id, await listChannels(core.db, id));
  changed(core, caller, id);
  return role;
}

/**
 * Deletes a role below the caller's highest one, for the permission `manage_roles`: its members have it no
 * more, and the overrides of channels that name it are gone. Without such a role nothing changes.
 * @throws `not_found`, `forbidden`; `conflict` for `everyone`; `unavailable` as `changeRole`
 */
export async function deleteRole(core: Core, caller: UserId, id: SpaceId, roleId: RoleId): Promise<void> {
  if (roleId === EVERYONE_ROLE) throw new CoreError("conflict", "Every member has the role `everyone`.");
  await fromSpace(core, caller, id, async (space) => {
    requireIn(space, "manage_roles", MANAGE);
    const found = (await rolesOf(core, space)).find((role) => role.id === roleId);
    if (found) {
      requireAbove(caller, space, found.position);
      requireOwn(space.permissions, found.permissions);
    }
    const note = found && noteOf(caller, "role_deleted", { roleId, before: shownRole(found) });
    return (await deleteStored(core.db, { ...space, note }, roleId)) || null;
  });
  await tellChannels(core, id, await listChannels(core.db, id));
  changed(core, caller, id);
}

/**
 * Puts the roles of a space into an order, for the permission `manage_roles`. Those at or above the caller's
 * highest one stay where they are.
 * @param highestFirst all roles without `everyone`
 * @throws `not_found`, `forbidden`; `conflict` unless each role is named once
 */
export async function orderRoles(
  core: Core,
  caller: UserId,
  id: SpaceId,
  highestFirst: readonly RoleId[],
): Promise<SpaceRole[]> {
  await fromSpace(core, caller, id, async (space) => {
    requireIn(space, "manage_roles", MANAGE);
    const roles = await listStored(core.db, id);
    const isEach = new Set(highestFirst).size === roles.length && highestFirst.length === roles.length;
    if (!isEach || roles.some((role) => !highestFirst.includes(role.id)))
      throw new CoreError("conflict", "The space has other roles than these: load them anew.");
    const moved = roles.filter((role, index) => highestFirst[index] !== role.id);
    for (const { position } of moved) requireAbove(caller, space, position);
    const order = (ids: readonly RoleId[]) => ({ role_ids: [...ids] });
    const changed = changedFields(order(roles.map((role) => role.id)), order(highestFirst));
    const note = changed && noteOf(caller, "roles_ordered", changed);
    return (await orderStored(core.db, { ...space, note }, highestFirst)) || null;
  });
  changed(core, caller, id);
  return listRoles(core, caller, id);
}

/**
 * Gives a member who stands below the caller, or the caller, a role, or takes it: one below the caller's
 * highest one, for the permission `manage_roles`. Once this resolves, the member has no right that it takes.
 * Idempotent.
 * @throws `not_found`, also for a user who is no member; `forbidden` also for a role with a permission that
 *   the caller lacks; `unavailable` as `changeRole`
 */
export async function setMemberRole(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { target, roleId, isGiven }: { target: UserId; roleId: RoleId; isGiven: boolean },
): Promise<void> {
  await fromSpace(core, caller, id, async (space) => {
    requireGiving(caller, space, await roleOf(core, space, roleId));
    await requireAboveMember(core, caller, space, target);
    const note = noteOf(caller, isGiven ? "role_given" : "role_taken", { userId: target, roleId });
    return (await storeMemberRole(core.db, { ...space, note }, { userId: target, roleId, isGiven })) || null;
  });
  await tellChannels(core, id, await listFollowed(core.db, id, target));
  core.securityLog.record("rights_changed", { user: target, by: caller, space: id });
  tellDevices(core, id, target);
}

/** Requires that a member may give a role. @throws `forbidden`; `conflict` for `everyone` */
export function requireGiving(caller: UserId, space: OwnSpace, role: SpaceRole): void {
  requireIn(space, "manage_roles", MANAGE);
  if (role.id === EVERYONE_ROLE) throw new CoreError("conflict", "Every member has the role `everyone`.");
  requireAbove(caller, space, role.position);
  requireOwn(space.permissions, role.permissions);
}

/** The space of another member. @throws `not_found` for who is none */
export async function getTarget(core: Core, id: SpaceId, target: UserId): Promise<MemberSpace> {
  const space = await findSpace(core.db, target, id);
  if (space) return space;
  throw noMember(target);
}

/** Requires that a member stands below the caller, or is the caller. @throws `not_found`, `forbidden` */
export async function requireAboveMember(
  core: Core,
  caller: UserId,
  space: MemberSpace,
  target: UserId,
): Promise<void> {
  const member = await getTarget(core, space.id, target);
  if (target !== caller) requireAbove(caller, space, rankOf(target, member));
}

/** The `not_found` for a user who is no member of a space. */
export function noMember(id: UserId): CoreError {
  return new CoreError("not_found", `There is no member ${id} in this space.`, { missing: "member" });
}

/** A role as the audit log shows it. */
function shownRole({ name, color, permissions, mentionable, hoist }: RoleFields): AuditFields {
  return { name, color, permissions: permissionsIn(permissions), mentionable, hoist };
}

function changed(core: Core, caller: UserId, id: SpaceId): void {
  core.securityLog.record("rights_changed", { user: null, by: caller, space: id });
  tellOnlineMembers(core, id);
}
