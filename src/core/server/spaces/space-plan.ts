import { CoreError, invalid } from "../../../domain/errors.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { type Metadata, writeMetadata } from "../../../domain/server/metadata.ts";
import type { ServerChannel, ServerRole, ServerSpace } from "../../../domain/server/server-space.ts";
import type { ExternalId, UserRef } from "../../../domain/server/user-ref.ts";
import { type ChannelLook, lookOf, withLook } from "../../../domain/spaces/channel.ts";
import { bitsOf, type PermissionBits } from "../../../domain/spaces/permission.ts";
import type { Override } from "../../../domain/spaces/rights.ts";
import { EVERYONE_ROLE } from "../../../domain/spaces/role.ts";
import type { SpaceRights } from "../../../storage/server/server-spaces.ts";
import type { RoleFields } from "../../../storage/spaces/roles.ts";

/** A role as a backend wants it; what is absent stays. */
type RoleInput = { externalId: ExternalId } & {
  [Field in keyof RoleFields]?: RoleFields[Field] | undefined;
};

/** A channel as a backend wants it; what is absent stays. */
export type ChannelInput = { externalId: ExternalId } & {
  [Field in keyof ChannelFields]?: ChannelFields[Field] | undefined;
};

/** A category as a backend wants it; what is absent stays. */
interface CategoryInput {
  externalId: ExternalId;
  name?: string | undefined;
}

interface ChannelFields extends ChannelLook {
  name: string;
  topic: string;
  isDefault: boolean;
  /** the roles that read it while it is private; others that do go on */
  roles: readonly ExternalId[];
  /** null: none */
  category: ExternalId | null;
}

/** A space as a backend wants it; what is absent stays, or is empty in a new space. */
export interface SpaceInput {
  name?: string | undefined;
  avatar?: string | undefined;
  description?: string | undefined;
  /** whether the directory shows it */
  discoverable?: boolean | undefined;
  metadata?: Metadata | undefined;
  slowModeS?: number | undefined;
  /** what every member may do */
  everyone?: PermissionBits | undefined;
  owner?: UserRef | undefined;
  /** highest first, where they are new */
  roles: readonly RoleInput[];
  /** in their order, where they are new */
  categories: readonly CategoryInput[];
  channels: readonly ChannelInput[];
  members: UserRef[];
}

const READ = bitsOf(["read"]);
const NOTHING = { allow: 0, deny: 0 };

/**
 * Requires that a space can be as a backend wants it.
 * @param space null: it is to be made
 * @throws `validation_failed` for a new thing without a name, and for a role that the space does not have;
 *   `conflict` for too many
 */
export function requireSound(
  space: ServerSpace | null,
  { name, roles, categories, channels }: SpaceInput,
): void {
  const roleOf = byName(space?.roles ?? []);
  const channelOf = byName(space?.channels ?? []);
  if (!space && name === undefined) throw invalid("body.name", "must be there in a new space");
  for (const [at, role] of roles.entries())
    if (role.name === undefined && !roleOf.has(role.externalId))
      throw invalid(`body.roles.${at}.name`, "must be there in a new role");
  const categoryOf = byName(space?.categories ?? []);
  for (const [at, category] of categories.entries())
    if (category.name === undefined && !categoryOf.has(category.externalId))
      throw invalid(`body.categories.${at}.name`, "must be there in a new category");
  const places = new Set([...categoryOf.keys(), ...categories.map((category) => category.externalId)]);
  const known = new Set([...roleOf.keys(), ...roles.map((role) => role.externalId)]);
  for (const [at, channel] of channels.entries()) {
    if (channel.name === undefined && !channelOf.has(channel.externalId))
      throw invalid(`body.channels.${at}.name`, "must be there in a new channel");
    if (channel.roles?.some((role) => !known.has(role)))
      throw invalid(`body.channels.${at}.role_ids`, "must name roles of the space, by their external ids");
    if (channel.category && !places.has(channel.category))
      throw invalid(`body.channels.${at}.category`, "must name a category of the space, by its external id");
  }
  const newRoles = roles.filter((role) => !roleOf.has(role.externalId));
  const newChannels = channels.filter((one) => !channelOf.has(one.externalId));
  requireAtMost(LIMITS.roles, (space?.roles.length ?? 0) + newRoles.length, "roles besides `everyone`");
  requireAtMost(LIMITS.channels, (space?.channels.length ?? 0) + newChannels.length, "channels");
  const newCategories = categories.filter((one) => !categoryOf.has(one.externalId));
  requireAtMost(LIMITS.categories, (space?.categories.length ?? 0) + newCategories.length, "categories");
  const defaults = new Set((space?.channels ?? []).flatMap((one) => (one.isDefault ? nameOf(one) : [])));
  for (const { externalId, isDefault } of channels)
    if (isDefault !== undefined) defaults[isDefault ? "add" : "delete"](externalId);
  requireAtMost(LIMITS.defaultChannels, defaults.size, "channels that newcomers follow");
}

function requireAtMost(most: number, count: number, what: string): void {
  if (count > most) throw new CoreError("conflict", `A space has at most ${most} ${what}.`);
}

/** What a channel is named by here: channels that a backend has not made have their ids alone. */
function nameOf({ id, externalId }: ServerChannel): string {
  return externalId ?? String(id);
}

/** Things of a space by their external ids. */
export function byName<Thing extends { externalId: ExternalId | null }>(
  things: readonly Thing[],
): Map<ExternalId, Thing> {
  return new Map(things.flatMap((one) => (one.externalId === null ? [] : [[one.externalId, one]])));
}

/**
 * What of the rights in a space is to change, without its owner and its new channels.
 * @returns null: nothing
 * @throws `conflict` for a channel with too many overrides
 */
export function rightsOf(space: ServerSpace, input: SpaceInput): SpaceRights | null {
  const { name, avatar, description, everyone, discoverable, slowModeS } = input;
  const metadata = input.metadata && writeMetadata(input.metadata);
  const set = {
    ...(name !== undefined && name !== space.name && { name }),
    ...(avatar !== undefined && avatar !== space.avatar && { avatar }),
    ...(description !== undefined && description !== space.description && { description }),
    ...(discoverable !== undefined && discoverable !== space.discoverable && { discoverable }),
    ...(metadata !== undefined && metadata !== space.metadata && { metadata }),
    ...(slowModeS !== undefined && slowModeS !== space.slowModeS && { slowModeS }),
    ...(everyone !== undefined && everyone !== space.everyone && { everyone }),
  };
  const roleOf = byName(space.roles);
  const rights = {
    space: set,
    newRoles: input.roles.flatMap((role) => (roleOf.has(role.externalId) ? [] : newRole(role))),
    roles: input.roles.flatMap((role) => changedRole(roleOf.get(role.externalId), role) ?? []),
    ...channelRights(space, input.channels),
    ...categoriesOf(space, input),
  };
  const { space: _, ...lists } = rights;
  const changes = [Object.keys(set), ...Object.values(lists)];
  return changes.every((list) => list.length === 0) ? null : rights;
}

/** What of the categories, and of the places of channels that are there, is to change. */
function categoriesOf(space: ServerSpace, { categories, channels }: SpaceInput) {
  const categoryOf = byName(space.categories);
  const channelOf = byName(space.channels);
  return {
    newCategories: categories.flatMap(({ externalId, name = "" }) =>
      categoryOf.has(externalId) ? [] : [{ externalId, name }],
    ),
    categories: categories.flatMap(({ externalId, name }) => {
      const category = categoryOf.get(externalId);
      return category && name !== undefined && name !== category.name ? [{ id: category.id, name }] : [];
    }),
    places: channels.flatMap(({ externalId, category }) => {
      const channel = channelOf.get(externalId);
      if (!channel || category === undefined) return [];
      const wanted = category === null ? null : categoryOf.get(category)?.id;
      return wanted === channel.categoryId ? [] : [{ channel: channel.id, category }];
    }),
  };
}

function newRole({ externalId, name = "", ...fields }: RoleInput) {
  const { color = null, permissions = 0, mentionable = false, hoist = false } = fields;
  return { externalId, name, color, permissions, mentionable, hoist };
}

/** The role as it is to be; null: it is so, or it is new. */
function changedRole(role: ServerRole | undefined, wanted: RoleInput) {
  if (!role) return null;
  const { id, name, color, permissions, mentionable, hoist } = role;
  const after = {
    id,
    name: wanted.name ?? name,
    color: wanted.color === undefined ? color : wanted.color,
    permissions: wanted.permissions ?? permissions,
    mentionable: wanted.mentionable ?? mentionable,
    hoist: wanted.hoist ?? hoist,
  };
  const isSame =
    after.name === name &&
    after.color === color &&
    after.permissions === permissions &&
    after.mentionable === mentionable &&
    after.hoist === hoist;
  return isSame ? null : after;
}

/** What of the overrides and the defaults of channels that are there is to change. */
function channelRights(space: ServerSpace, inputs: readonly ChannelInput[]) {
  const channelOf = byName(space.channels);
  const roleOf = byName(space.roles);
  const overrides: { channel: ServerChannel["id"]; role: ExternalId | null; allow: number; deny: number }[] =
    [];
  const defaults: { channel: ServerChannel["id"]; isDefault: boolean }[] = [];
  for (const { externalId, visibility, kind, roles = [], isDefault } of inputs) {
    const channel = channelOf.get(externalId);
    if (!channel) continue;
    const { id, overrides: stored } = channel;
    if (isDefault !== undefined && isDefault !== channel.isDefault) defaults.push({ channel: id, isDefault });
    const before = stored.find((one) => one.roleId === EVERYONE_ROLE) ?? NOTHING;
    const after = withLook(before, { visibility, kind });
    const changed: Omit<(typeof overrides)[number], "channel">[] = [];
    if (after.allow !== before.allow || after.deny !== before.deny) changed.push({ role: null, ...after });
    const isPrivate = (after.deny & READ) !== 0;
    for (const role of isPrivate ? new Set(roles) : []) {
      const former = overrideOf(stored, roleOf.get(role));
      const given = { allow: former.allow | READ, deny: former.deny & ~READ };
      if (given.allow !== former.allow || given.deny !== former.deny) changed.push({ role, ...given });
    }
    const added = changed.filter(({ role }) =>
      role === null ? before === NOTHING : overrideOf(stored, roleOf.get(role)) === NOTHING,
    );
    if (added.length > 0 && channel.overrideCount + added.length > LIMITS.overrides)
      throw new CoreError("conflict", `A channel has at most ${LIMITS.overrides} overrides.`);
    overrides.push(...changed.map((one) => ({ channel: id, ...one })));
  }
  return { overrides, defaults };
}

function overrideOf(stored: readonly Override[], role: ServerRole | undefined) {
  return stored.find((one) => role !== undefined && one.roleId === role.id) ?? NOTHING;
}

/** The channels that who comes into a space is to follow: the defaults, or the first one that is open. */
export function firstChannels({ channels }: ServerSpace): ServerChannel["id"][] {
  const defaults = channels.filter(({ isDefault }) => isDefault);
  const open = channels.filter(({ overrides }) => lookOf(overrides).visibility === "open");
  return (defaults.length > 0 ? defaults : open.slice(0, 1)).map(({ id }) => id);
}
