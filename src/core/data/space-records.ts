import {
  type ConversationFields,
  EVERYONE_REF,
  type ExportRecord,
  type OverrideRecord,
} from "../../domain/data/records.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { readMetadata } from "../../domain/server/metadata.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { permissionsIn } from "../../domain/spaces/permission.ts";
import type { Override } from "../../domain/spaces/rights.ts";
import { EVERYONE_ROLE, type RoleId } from "../../domain/spaces/role.ts";
import { exportedTime } from "../../domain/time.ts";
import type { ExportedConversation } from "../../storage/data/exported.ts";
import {
  type ExportedCategory,
  type ExportedPlace,
  type ExportedRole,
  type ExportedSpace,
  findExportedCategories,
  findExportedOverrides,
  findExportedParts,
  findExportedPlaces,
  findExportedSpaces,
} from "../../storage/data/exported-spaces.ts";
import type { StoredSpaceMember } from "../../storage/spaces/members.ts";
import type { Core } from "../context.ts";
import { avatarOf } from "./records-of.ts";
import type { ExportRefs, Refs } from "./refs.ts";

/** What makes a conversation a channel, in its record. */
export interface ChannelPart {
  space: ExternalId;
  overrides: OverrideRecord[];
  place: Pick<ConversationFields, "category" | "position" | "default">;
}

/** A space with its roles and members. */
export async function spaceRecords(
  core: Core,
  space: ExportedSpace,
  refs: ExportRefs,
): Promise<ExportRecord[]> {
  const [{ roles, members }, categories] = await Promise.all([
    findExportedParts(core.db, space.id),
    findExportedCategories(core.db, space.id),
  ]);
  const users = [space.ownerId, ...members.map(({ userId }) => userId)];
  await refs.learn([], { users, texts: [space.avatar] });
  const name = refs.space(space);
  const nameOf = new Map(roles.map(({ id, externalId }) => [id, externalId]));
  return [
    spaceRecord(space, refs),
    ...ranked(roles).map((role) => roleRecord(name, role.externalId, role)),
    ...categories.map((category) => categoryRecord(name, category.externalId, category)),
    ...members.map((member) => spaceMemberRecord(name, member, refs, (id) => nameOf.get(id) ?? [])),
  ];
}

/** A space without what belongs to it. */
export function spaceRecord(space: ExportedSpace, refs: Refs): ExportRecord {
  const { name, avatar, description, ownerId, everyone, createdAt, dissolvedAt } = space;
  const { discoverable, metadata, slowModeS } = space;
  return {
    type: "space",
    space: {
      external_id: refs.space(space),
      owner: refs.user(ownerId),
      ...{ name, description, avatar: avatarOf(avatar, refs) },
      everyone: permissionsIn(everyone),
      ...{ discoverable, metadata: readMetadata(metadata), slow_mode_s: slowModeS },
      created_at: exportedTime(createdAt),
      dissolved_at: dissolvedAt && exportedTime(dissolvedAt),
    },
  };
}

/**
 * Roles with positions from 1 on: those here have gaps, and grow with each role that was ever made.
 * @param roles all of a space, the highest first
 */
export function ranked<Role extends { position: number }>(roles: readonly Role[]): Role[] {
  return roles.map((role, index) => ({ ...role, position: roles.length - index }));
}

/** A role. @param name of it in the file */
export function roleRecord(
  space: ExternalId,
  name: ExternalId,
  role: Omit<ExportedRole, "id" | "externalId">,
): ExportRecord {
  const { color, position, mentionable, hoist } = role;
  const permissions = permissionsIn(role.permissions);
  const shown = { name: role.name, color, position, mentionable, hoist };
  return { type: "role", role: { space, external_id: name, ...shown, permissions } };
}

/** A category. @param name of it in the file */
export function categoryRecord(
  space: ExternalId,
  externalId: ExternalId,
  { name, position }: Pick<ExportedCategory, "name" | "position">,
): ExportRecord {
  return { type: "category", category: { space, external_id: externalId, name, position } };
}

/** Where a channel stands. @param category its name in the file */
export function placeOf(
  { position, isDefault }: Pick<ExportedPlace, "position" | "isDefault">,
  category: ExternalId | null,
): ChannelPart["place"] {
  return { category, position, default: isDefault };
}

/** A member. @param nameOf gives the name of a role */
export function spaceMemberRecord(
  space: ExternalId,
  { userId, roleIds, joinedAt, mutedUntil, nameCard }: StoredSpaceMember,
  refs: Refs,
  nameOf: (id: RoleId) => ExternalId | [],
): ExportRecord {
  return {
    type: "space_member",
    space_member: {
      ...{ space, user: refs.user(userId), joined_at: exportedTime(joinedAt) },
      roles: roleIds.flatMap(nameOf),
      ...(mutedUntil > 0 && { muted_until: exportedTime(mutedUntil, LIMITS.muteSeconds * 1_000) }),
      ...(nameCard !== "" && { name_card: nameCard }),
    },
  };
}

/** What is written of the channels among conversations. */
export async function channelParts(
  core: Core,
  list: readonly ExportedConversation[],
  refs: ExportRefs,
): Promise<ReadonlyMap<ConversationId, ChannelPart>> {
  const channels = list.flatMap(({ id, profile: { spaceId } }) => (spaceId === null ? [] : { id, spaceId }));
  if (channels.length === 0) return new Map();
  const ids = channels.map(({ id }) => id);
  const [spaces, overrides, places] = await Promise.all([
    findExportedSpaces(core.db, [...new Set(channels.map(({ spaceId }) => spaceId))]),
    findExportedOverrides(core.db, ids),
    findExportedPlaces(core.db, ids),
  ]);
  await refs.learn([], { users: overrides.flatMap(({ userId }) => userId ?? []) });
  const names = new Map(spaces.map((space) => [space.id, refs.space(space)]));
  const placeById = new Map(places.map((place) => [place.id, place]));
  const byChannel = Map.groupBy(overrides, ({ conversationId }) => conversationId);
  return new Map(
    channels.flatMap(({ id, spaceId }): [ConversationId, ChannelPart][] => {
      const space = names.get(spaceId);
      const own = (byChannel.get(id) ?? []).flatMap((override) =>
        overrideRecord(override, override.role, refs),
      );
      const place = placeById.get(id);
      if (space === undefined || place === undefined) return [];
      return [[id, { space, overrides: own, place: placeOf(place, place.category) }]];
    }),
  );
}

/** @param role its name, if the override is that of a role other than `everyone` */
export function overrideRecord(
  { roleId, userId, allow, deny }: Override,
  role: ExternalId | null,
  refs: Refs,
): OverrideRecord[] {
  const name = roleId === EVERYONE_ROLE ? EVERYONE_REF : role;
  const rights = { allow: permissionsIn(allow), deny: permissionsIn(deny) };
  if (userId !== null) return [{ user: refs.user(userId), ...rights }];
  return name === null ? [] : [{ role: name, ...rights }];
}
