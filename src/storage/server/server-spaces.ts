import { and, asc, desc, eq, isNull, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { CategoryId, ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { HookSpace } from "../../domain/server/hook.ts";
import type {
  NamedPlace,
  ServerRole,
  ServerSpace,
  ServerSpaceMember,
} from "../../domain/server/server-space.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import type { Override } from "../../domain/spaces/rights.ts";
import { EVERYONE_ROLE, RoleId } from "../../domain/spaces/role.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong, listed } from "../json-lists.ts";
import {
  channelOverrides,
  conversations,
  spaceCategories,
  spaceMembers,
  spaceRoles,
  spaces,
  users,
} from "../schema.ts";
import { endingQueries, type SpaceMemberPlace } from "../spaces/members.ts";
import { MEMBER } from "../spaces/rights.ts";
import type { RoleFields } from "../spaces/roles.ts";
import { fromVersion, type ReadSpace, type SpaceSet } from "../spaces/versions.ts";

const Rights = z.array(z.tuple([RoleId, z.int(), z.int()]));

/** The overrides that the channel of a row has of roles. */
const ofRoles = sql`(SELECT json_group_array(json_array(o.role_id, o.allow, o.deny)) FROM channel_overrides o
  WHERE o.conversation_id = conversations.id AND o.role_id IS NOT NULL)`.mapWith(
  (rows: unknown): Override[] =>
    Rights.parse(JSON.parse(z.string().parse(rows))).map(([roleId, allow, deny]) => ({
      ...{ roleId, userId: null, allow, deny },
    })),
);

/** The columns of a category. */
const CATEGORY = {
  id: spaceCategories.id,
  externalId: spaceCategories.externalId,
  name: spaceCategories.name,
};

/** The columns of a role. */
const ROLE = {
  ...{ id: spaceRoles.id, externalId: spaceRoles.externalId, name: spaceRoles.name },
  ...{ color: spaceRoles.color, position: spaceRoles.position, permissions: spaceRoles.permissions },
  ...{ mentionable: spaceRoles.mentionable, hoist: spaceRoles.hoist },
  memberCount: sql`(SELECT count(*) FROM space_member_roles m WHERE m.role_id = space_roles.id)`.mapWith(
    Number,
  ),
};

/** A space with its roles, categories and channels, dissolved ones too; null: there is none. */
export async function readServerSpace(db: Database, id: SpaceId): Promise<ServerSpace | null> {
  const [[space], roles, categories, channels] = await queryD1(
    db.batch([
      db.select().from(spaces).where(eq(spaces.id, id)),
      db
        .select(ROLE)
        .from(spaceRoles)
        .where(eq(spaceRoles.spaceId, id))
        .orderBy(desc(spaceRoles.position), asc(spaceRoles.id)),
      db
        .select(CATEGORY)
        .from(spaceCategories)
        .where(eq(spaceCategories.spaceId, id))
        .orderBy(asc(spaceCategories.position), asc(spaceCategories.id)),
      db
        .select({
          ...{ id: conversations.id, externalId: conversations.externalId, name: conversations.name },
          categoryId: conversations.categoryId,
          ...{ topic: conversations.introduction, isDefault: conversations.isDefault, overrides: ofRoles },
          overrideCount:
            sql`(SELECT count(*) FROM channel_overrides o WHERE o.conversation_id = conversations.id)`.mapWith(
              Number,
            ),
        })
        .from(conversations)
        .where(and(eq(conversations.spaceId, id), isNull(conversations.dissolvedAt)))
        // SQLite has null first: channels without a category come before the others.
        .orderBy(
          sql`(SELECT position FROM ${spaceCategories} c WHERE c.id = conversations.category_id)`,
          asc(conversations.categoryId),
          asc(conversations.position),
          asc(conversations.id),
        ),
    ]),
  );
  return space ? { ...space, roles, categories, channels } : null;
}

/** What has these external ids. Unknown ids are missing. */
export async function findNamedPlaces(
  db: Database,
  externalIds: readonly ExternalId[],
): Promise<NamedPlace[]> {
  const { id, externalId, spaceId, dissolvedAt } = conversations;
  const isNamed = and(sql`external_id IS NOT NULL`, isAmong(externalId, externalIds));
  const found = await queryD1(
    db.select({ id, externalId, spaceId, dissolvedAt }).from(conversations).where(isNamed),
  );
  return found.flatMap(({ externalId: name, dissolvedAt: end, ...place }) =>
    name === null ? [] : [{ ...place, externalId: name, isDissolved: end !== null }],
  );
}

/** A change of what a space is and allows. */
export interface SpaceRights {
  space: SpaceSet;
  /** highest first: they are below those that are there */
  newRoles: readonly (RoleFields & { externalId: ExternalId })[];
  /** those that change */
  roles: readonly (RoleFields & { id: RoleId })[];
  /** what channels allow and deny to roles, each in place of what is there; null: to `everyone` */
  overrides: readonly { channel: ConversationId; role: ExternalId | null; allow: number; deny: number }[];
  defaults: readonly { channel: ConversationId; isDefault: boolean }[];
  /** in their order: they are behind those that are there */
  newCategories: readonly { externalId: ExternalId; name: string }[];
  /** those that get another name */
  categories: readonly { id: CategoryId; name: string }[];
  /** the categories of channels; null: none */
  places: readonly { channel: ConversationId; category: ExternalId | null }[];
}

/**
 * Stores such a change, in one batch.
 * @param read the space as it was when the change was decided
 * @returns false: it is another one by now, and nothing is stored
 */
export async function storeRights(
  db: Database,
  read: ReadSpace,
  { space, newRoles, roles, overrides, defaults, newCategories, categories, places }: SpaceRights,
): Promise<boolean> {
  const { id } = read;
  const { first, isNext } = fromVersion(db, read, undefined, space);
  const added = JSON.stringify(newRoles.map((role) => [role.externalId, ...looksOf(role)]));
  const changed = JSON.stringify(roles.map((role) => [role.id, ...looksOf(role)]));
  const rows = JSON.stringify(
    overrides.map(({ channel, role, allow, deny }) => [channel, role, allow, deny]),
  );
  const flags = JSON.stringify(defaults.map(({ channel, isDefault }) => [channel, Number(isDefault)]));
  const wanted = (
    json: string,
  ) => sql`(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS name,
    json_extract(value, '$[2]') AS color, json_extract(value, '$[3]') AS permissions,
    json_extract(value, '$[4]') AS mentionable, json_extract(value, '$[5]') AS hoist, key FROM json_each(${json})) AS w`;
  // The new roles are there by then.
  const ruled = sql`(SELECT c.id AS conversation_id, CASE WHEN json_extract(o.value, '$[1]') IS NULL
      THEN ${EVERYONE_ROLE} ELSE r.id END AS role_id, json_extract(o.value, '$[2]') AS allow,
      json_extract(o.value, '$[3]') AS deny
    FROM json_each(${rows}) o JOIN conversations c ON c.id = json_extract(o.value, '$[0]') AND c.space_id = ${id}
    LEFT JOIN space_roles r ON r.space_id = ${id} AND r.external_id = json_extract(o.value, '$[1]'))`;
  const [stored] = await queryD1(
    db.batch([
      first,
      db
        .update(spaceRoles)
        .set({ position: sql`${spaceRoles.position} + ${newRoles.length}` })
        .where(and(eq(spaceRoles.spaceId, id), isNext, newRoles.length === 0 ? sql`FALSE` : undefined)),
      db.insert(spaceRoles).select(
        sql`SELECT NULL, ${id}, w.name, w.color, ${newRoles.length} - w.key, w.permissions, w.mentionable, w.hoist, w.id
          FROM ${wanted(added)} WHERE ${isNext}`,
      ),
      db
        .update(spaceRoles)
        .set({
          ...{ name: sql`w.name`, color: sql`w.color`, permissions: sql`w.permissions` },
          ...{ mentionable: sql`w.mentionable`, hoist: sql`w.hoist` },
        })
        .from(wanted(changed))
        .where(and(sql`space_roles.id = w.id`, eq(spaceRoles.spaceId, id), isNext)),
      db
        .delete(channelOverrides)
        .where(
          and(sql`(conversation_id, role_id) IN (SELECT conversation_id, role_id FROM ${ruled})`, isNext),
        ),
      db.insert(channelOverrides).select(
        sql`SELECT conversation_id, role_id, NULL, allow, deny FROM ${ruled}
          WHERE role_id IS NOT NULL AND (allow <> 0 OR deny <> 0) AND ${isNext}`,
      ),
      db
        .update(conversations)
        .set({ isDefault: sql`w.is_default` })
        .from(
          sql`(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS is_default
            FROM json_each(${flags})) AS w`,
        )
        .where(and(sql`conversations.id = w.id`, eq(conversations.spaceId, id), isNext)),
      ...categoryQueries(db, id, { newCategories, categories, places }, isNext),
    ]),
  );
  return stored.length > 0;
}

/** The statements that store categories, and which channels are in them. */
function categoryQueries(
  db: Database,
  id: SpaceId,
  { newCategories, categories, places }: Pick<SpaceRights, "newCategories" | "categories" | "places">,
  condition: SQL,
) {
  const pairs = (
    list: readonly (readonly [number | string, string | null])[],
  ) => sql`(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS named, key
    FROM json_each(${JSON.stringify(list)})) AS w`;
  const added = pairs(newCategories.map(({ externalId, name }) => [externalId, name]));
  const renamed = pairs(categories.map((category) => [category.id, category.name]));
  const placed = pairs(places.map(({ channel, category }) => [channel, category]));
  return [
    db.insert(spaceCategories).select(
      sql`SELECT NULL, ${id}, w.named, w.key + 1 + (SELECT coalesce(max(position), -1)
          FROM space_categories WHERE space_id = ${id}), w.id FROM ${added} WHERE ${condition}`,
    ),
    db
      .update(spaceCategories)
      .set({ name: sql`w.named` })
      .from(renamed)
      .where(and(sql`space_categories.id = w.id`, eq(spaceCategories.spaceId, id), condition)),
    db
      .update(conversations)
      .set({
        categoryId: sql`(SELECT c.id FROM space_categories c WHERE c.space_id = ${id} AND c.external_id = w.named)`,
      })
      .from(placed)
      .where(and(sql`conversations.id = w.id`, eq(conversations.spaceId, id), condition)),
  ] as const;
}

function looksOf({ name, color, permissions, mentionable, hoist }: RoleFields) {
  return [name, color, permissions, Number(mentionable), Number(hoist)];
}

/** A page of the members of a space, in the order in which they came. */
export async function listServerMembers(
  db: Database,
  id: SpaceId,
  { after, limit }: { after: SpaceMemberPlace | undefined; limit: number },
): Promise<ServerSpaceMember[]> {
  const { joinedAt, userId, spaceId } = spaceMembers;
  const isBehind = after && sql`(${joinedAt}, ${userId}) > (${after.joinedAt}, ${after.userId})`;
  return queryD1(
    db
      .select({ ...MEMBER, externalId: users.externalId })
      .from(spaceMembers)
      .innerJoin(users, eq(users.id, userId))
      .where(and(eq(spaceId, id), isBehind))
      .orderBy(asc(joinedAt), asc(userId))
      .limit(limit),
  );
}

/**
 * The spaces with these ids, dissolved ones too, and of these members and roles those that are there. One
 * batch.
 */
export async function findHookParts(
  db: Database,
  { spaceIds, members, roleIds }: HookParts,
): Promise<{
  spaces: HookSpace[];
  members: (ServerSpaceMember & { spaceId: SpaceId })[];
  roles: ServerRole[];
}> {
  const pairs = JSON.stringify(members.map(({ spaceId, userId }) => [spaceId, userId]));
  const [found, names, roles, present] = await queryD1(
    db.batch([
      db.select().from(spaces).where(isAmong(spaces.id, spaceIds)),
      db
        .select({ spaceId: spaceRoles.spaceId, id: spaceRoles.id, externalId: spaceRoles.externalId })
        .from(spaceRoles)
        .where(isAmong(spaceRoles.spaceId, spaceIds)),
      db.select(ROLE).from(spaceRoles).where(isAmong(spaceRoles.id, roleIds)),
      db
        .select({ ...MEMBER, spaceId: spaceMembers.spaceId, externalId: users.externalId })
        .from(spaceMembers)
        .innerJoin(users, eq(users.id, spaceMembers.userId))
        .where(
          sql`(space_id, user_id) IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')
            FROM json_each(${pairs}))`,
        ),
    ]),
  );
  const ofSpace = Map.groupBy(names, (role) => role.spaceId);
  const withRoles = found.map((space) => ({
    ...space,
    roles: new Map((ofSpace.get(space.id) ?? []).map((role) => [role.id, role.externalId])),
  }));
  return { spaces: withRoles, members: present, roles };
}

interface HookParts {
  spaceIds: readonly SpaceId[];
  members: readonly { spaceId: SpaceId; userId: UserId }[];
  roleIds: readonly RoleId[];
}

/**
 * Ends memberships, as `deleteSpaceMember` does one.
 * @param read the space as it was when it was decided; the owner is not among the users
 * @returns false: the space is another one by now, and nothing is stored
 */
export async function deleteSpaceMembers(
  db: Database,
  read: ReadSpace,
  userIds: readonly UserId[],
): Promise<boolean> {
  const ending = sql`(SELECT count(*) FROM space_members m WHERE m.space_id = ${read.id}
    AND m.user_id IN (${listed(userIds)}))`;
  const { first, isNext } = fromVersion(db, read, undefined, { memberCount: sql`member_count - ${ending}` });
  const [ended] = await queryD1(db.batch([first, ...endingQueries(db, read.id, userIds, isNext)]));
  return ended.length > 0;
}

/** The channels of a space that any of these users follows. */
export async function listFollowedByAny(
  db: Database,
  id: SpaceId,
  userIds: readonly UserId[],
): Promise<ConversationId[]> {
  const isFollowed = sql`EXISTS (SELECT 1 FROM memberships m WHERE m.conversation_id = conversations.id
    AND m.state = 'active' AND m.user_id IN (${listed(userIds)}))`;
  const found = await queryD1(
    db
      .select({ id: conversations.id })
      .from(conversations)
      .where(and(eq(conversations.spaceId, id), isNull(conversations.dissolvedAt), isFollowed))
      .orderBy(asc(conversations.id)),
  );
  return found.map((channel) => channel.id);
}

/** Those of these users who are in a space, and have never followed a channel of it. */
export async function findUnfollowing(
  db: Database,
  id: SpaceId,
  userIds: readonly UserId[],
): Promise<UserId[]> {
  const { spaceId, userId } = spaceMembers;
  const hasFollowed = sql`EXISTS (SELECT 1 FROM memberships f JOIN conversations c ON c.id = f.conversation_id
    WHERE f.user_id = space_members.user_id AND c.space_id = ${id})`;
  const found = await queryD1(
    db
      .select({ userId })
      .from(spaceMembers)
      .where(and(eq(spaceId, id), isAmong(userId, userIds), sql`NOT ${hasFollowed}`)),
  );
  return found.map((member) => member.userId);
}
