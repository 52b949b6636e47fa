import type { HookSpace, SpaceEvent } from "../../../domain/server/hook.ts";
import type { ExternalIdsOfUsers } from "../../../domain/server/hook-format.ts";
import { readMetadata } from "../../../domain/server/metadata.ts";
import { permissionsIn } from "../../../domain/spaces/permission.ts";
import { serializeServerRole, serializeServerSpaceMember } from "./spaces.ts";

/** The `data` of an event of a space, of a member or of a role. */
export function serializeSpaceEvent(event: SpaceEvent, externalIds: ExternalIdsOfUsers): object {
  const { type, space, userId, roleId, member, role } = event;
  const ids = { space_id: space.id, space_external_id: space.externalId };
  if (type.startsWith("space.")) return { space: serializeHookSpace(space) };
  if (roleId !== null)
    return { ...ids, role: role ? serializeServerRole(role) : { id: roleId, external_id: event.externalId } };
  const external_id = externalIds.get(userId) ?? null;
  if (!member) return { ...ids, member: { id: userId, external_id } };
  const roles = member.roleIds.flatMap((id) => space.roles.get(id) ?? []);
  return { ...ids, member: serializeServerSpaceMember({ ...member, roles }) };
}

function serializeHookSpace(space: HookSpace): object {
  const { id, externalId, name, avatar, description, ownerId, memberCount, everyone } = space;
  return {
    ...{ id, external_id: externalId, name, avatar, description },
    ...{ discoverable: space.discoverable, slow_mode_s: space.slowModeS },
    metadata: readMetadata(space.metadata),
    ...{ owner_id: ownerId, member_count: memberCount, everyone: permissionsIn(everyone) },
    ...{ created_at: space.createdAt, dissolved_at: space.dissolvedAt },
  };
}
