import { and, eq, isNull, or, sql } from "drizzle-orm";
import { z } from "zod";
import { readOwnId } from "../../domain/data/own-ids.ts";
import { type CategoryId, ClientSpaceId, type SpaceId, type UserId } from "../../domain/ids.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { RoleId } from "../../domain/spaces/role.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import {
  NEW_SPACE_MEMBER,
  NEW_VERSION,
  spaceCategories,
  spaceMemberRoles,
  spaceMembers,
  spaceMutes,
  spaceRoles,
  spaces,
  users,
} from "../schema.ts";
import { fromVersion, type ReadSpace } from "../spaces/versions.ts";
import { findExportedCategories } from "./exported-spaces.ts";

/** A space that an import or a backend names. */
export interface NamedSpace extends ReadSpace {
  externalId: ExternalId | null;
  ownerId: UserId;
  /** null: it is not dissolved */
  dissolvedAt: number | null;
  memberCount: number;
}

const NAMED = {
  id: spaces.id,
  version: spaces.version,
  externalId: spaces.externalId,
  ownerId: spaces.ownerId,
  dissolvedAt: spaces.dissolvedAt,
  memberCount: spaces.memberCount,
};

/** The space with this id; null: there is none. */
export async function findSpaceById(db: Database, id: SpaceId): Promise<NamedSpace | null> {
  const [found] = await queryD1(db.select(NAMED).from(spaces).where(eq(spaces.id, id)));
  return found ?? null;
}

/** The spaces with these external ids, dissolved ones too. Unknown ids are missing. */
export async function findImportedSpaces(
  db: Database,
  externalIds: readonly ExternalId[],
): Promise<Map<ExternalId, NamedSpace>> {
  const own = externalIds.flatMap((name) => {
    const read = readOwnId(name);
    return read?.kind === "space" ? [{ name, ...read }] : [];
  });
  const ids = own.map(({ id }) => id);
  const isNamed = and(sql`external_id IS NOT NULL`, isAmong(spaces.externalId, externalIds));
  const rows = await queryD1(
    db
      .select({ ...NAMED, createdAt: spaces.createdAt })
      .from(spaces)
      .where(or(isNamed, isAmong(spaces.id, ids))),
  );
  const found = new Map<ExternalId, NamedSpace>();
  for (const { createdAt, ...space } of rows) {
    const alias = own.find((one) => one.id === space.id && one.createdAt === createdAt)?.name;
    const name = space.externalId ?? alias;
    if (name !== undefined) found.set(name, space);
  }
  return found;
}

/**
 * Makes a space with its owner as the one member, and without channels. Of concurrent calls one makes it.
 * @returns null: the external id is taken
 */
export async function insertNamedSpace(
  db: Database,
  space: Pick<
    typeof spaces.$inferInsert,
    "name" | "avatar" | "description" | "everyone" | "discoverable" | "metadata" | "slowModeS"
  > & {
    externalId: ExternalId;
    ownerId: UserId;
    createdAt: number;
    dissolvedAt: number | null;
  },
): Promise<SpaceId | null> {
  const { externalId, ownerId, createdAt, dissolvedAt } = space;
  const isIt = eq(spaces.externalId, externalId);
  const [made] = await queryD1(
    db.batch([
      db
        .insert(spaces)
        .values({ ...space, clientSpaceId: ClientSpaceId.parse("-"), memberCount: 0, version: NEW_VERSION })
        .onConflictDoNothing()
        .returning({ id: spaces.id }),
      ...(dissolvedAt === null
        ? [
            db
              .insert(spaceMembers)
              .select(
                sql`SELECT id, ${ownerId}, ${createdAt}, ${NEW_SPACE_MEMBER} FROM spaces WHERE external_id = ${externalId} AND owner_id = ${ownerId}`,
              )
              .onConflictDoNothing(),
            db.update(spaces).set({ memberCount }).where(isIt),
          ]
        : []),
    ]),
  );
  return made[0]?.id ?? null;
}

/** The number of members of a row of `spaces`, counted. */
const memberCount = sql`(SELECT count(*) FROM space_members m WHERE m.space_id = spaces.id)`;

/** A role as a record or a backend has it. */
export type NamedRole = Pick<
  typeof spaceRoles.$inferSelect,
  "externalId" | "name" | "color" | "permissions" | "mentionable" | "hoist"
> & {
  /** undefined: below those that are there */
  position: number | undefined;
};

/** The roles of spaces by their external ids. */
export async function findNamedRoles(
  db: Database,
  id: SpaceId,
): Promise<Map<ExternalId, { id: RoleId; permissions: number }>> {
  const { externalId, permissions } = spaceRoles;
  const rows = await queryD1(
    db
      .select({ id: spaceRoles.id, externalId, permissions })
      .from(spaceRoles)
      .where(eq(spaceRoles.spaceId, id)),
  );
  return new Map(rows.map((row) => [row.externalId, row]));
}

/**
 * Adds a role that nobody has yet, unless the space has one with its external id.
 * @param most how many roles a space has
 * @returns its id; null: it is there, or there are too many
 */
export async function insertNamedRole(
  db: Database,
  id: SpaceId,
  { externalId, name, color, permissions, position, mentionable, hoist }: NamedRole,
  most: number,
): Promise<RoleId | null> {
  const { first, isNext } = fromVersion(
    db,
    { id },
    sql`(SELECT count(*) FROM space_roles WHERE space_id = ${id}) < ${most}
      AND NOT EXISTS (SELECT 1 FROM space_roles WHERE space_id = ${id} AND external_id = ${externalId})`,
  );
  const shifted = db
    .update(spaceRoles)
    .set({ position: sql`${spaceRoles.position} + 1` })
    .where(and(eq(spaceRoles.spaceId, id), isNext, position === undefined ? undefined : sql`FALSE`));
  const made = db
    .insert(spaceRoles)
    .select(
      sql`SELECT NULL, ${id}, ${name}, ${color}, ${position ?? 1}, ${permissions}, ${Number(mentionable)},
        ${Number(hoist)}, ${externalId} WHERE ${isNext}`,
    )
    .returning({ id: spaceRoles.id });
  const [, , [role]] = await queryD1(db.batch([first, shifted, made]));
  return role?.id ?? null;
}

/** The categories of a space by their external ids. */
export async function findNamedCategories(
  db: Database,
  id: SpaceId,
): Promise<ReadonlyMap<ExternalId, CategoryId>> {
  const categories = await findExportedCategories(db, id);
  return new Map(categories.map((category) => [category.externalId, category.id]));
}

/**
 * Adds a category. @param position undefined: behind those that are there
 * @param most how many categories a space has
 * @returns false: it is there, or there are too many
 */
export async function insertNamedCategory(
  db: Database,
  id: SpaceId,
  { externalId, name, position }: { externalId: ExternalId; name: string; position: number | undefined },
  most: number,
): Promise<boolean> {
  const ofSpace = sql`FROM space_categories WHERE space_id = ${id}`;
  const made = db
    .insert(spaceCategories)
    .select(
      sql`SELECT NULL, ${id}, ${name}, ${position ?? sql`(SELECT coalesce(max(position), -1) + 1 ${ofSpace})`}, ${externalId}
        WHERE EXISTS (SELECT 1 FROM spaces WHERE id = ${id} AND dissolved_at IS NULL)
          AND (SELECT count(*) ${ofSpace}) < ${most}
          AND NOT EXISTS (SELECT 1 ${ofSpace} AND external_id = ${externalId})`,
    )
    .returning({ id: spaceCategories.id });
  return (await queryD1(made)).length > 0;
}

/** Users as the members of a space are looked up. */
export interface NamedMemberState {
  userId: UserId;
  isMember: boolean;
  /** they have left the space, or were removed at some time */
  isFormer: boolean;
  isBanned: boolean;
  mutedUntil: number;
  nameCard: string;
  roleIds: RoleId[];
}

const RoleIds = z.array(RoleId);

/** What users are in a space, without deleted ones. */
export async function findMemberStates(
  db: Database,
  id: SpaceId,
  userIds: readonly UserId[],
): Promise<NamedMemberState[]> {
  const of = sql`space_id = ${id} AND user_id = users.id`;
  return queryD1(
    db
      .select({
        userId: users.id,
        isMember: sql`EXISTS (SELECT 1 FROM space_members WHERE ${of})`.mapWith(Boolean),
        isFormer: sql`EXISTS (SELECT 1 FROM former_space_members WHERE ${of})`.mapWith(Boolean),
        isBanned: sql`EXISTS (SELECT 1 FROM space_bans WHERE ${of})`.mapWith(Boolean),
        mutedUntil: sql`coalesce((SELECT until FROM space_mutes WHERE ${of}), 0)`.mapWith(Number),
        nameCard: sql`coalesce((SELECT name_card FROM space_members WHERE ${of}), '')`.mapWith(String),
        roleIds: sql`(SELECT json_group_array(role_id) FROM space_member_roles WHERE ${of})`.mapWith(
          (ids: unknown) => RoleIds.parse(JSON.parse(z.string().parse(ids))),
        ),
      })
      .from(users)
      .where(and(isAmong(users.id, userIds), isNull(users.deletedAt))),
  );
}

/** A change of members. */
export interface NamedMemberChange {
  userId: UserId;
  joinedAt: number;
  /** all roles of the member; null: as they are */
  roleIds: readonly RoleId[] | null;
  /** null: as it is */
  mutedUntil: number | null;
  /** null: as it is, or none of a new member */
  nameCard: string | null;
}

/**
 * Makes users members, or changes their roles, mutes and name cards. One batch.
 * @param read the space as it was when the changes were decided
 * @param added how many of them are new, `most` how many members the space takes: others may have joined
 * @returns false: the space is another one by now, or too full, and nothing is stored
 */
export async function storeMembers(
  db: Database,
  read: ReadSpace,
  changes: readonly NamedMemberChange[],
  { added, most }: { added: number; most: number },
): Promise<boolean> {
  const { id } = read;
  const hasRoom = sql`(${added} = 0 OR ${spaces.memberCount} + ${added} <= ${most})`;
  const { first, isNext } = fromVersion(db, read, hasRoom);
  const rows = JSON.stringify(changes.map(({ userId, joinedAt }) => [userId, joinedAt]));
  const isLive = sql`u.id = json_extract(m.value, '$[0]') AND u.deleted_at IS NULL`;
  const set = changes.flatMap(({ userId, roleIds }) => (roleIds === null ? [] : userId));
  const given = changes.flatMap(({ userId, roleIds }) => (roleIds ?? []).map((roleId) => [userId, roleId]));
  const muted = changes.flatMap(({ userId, mutedUntil }) =>
    mutedUntil === null ? [] : [[userId, mutedUntil]],
  );
  const named = changes.flatMap(({ userId, nameCard }) => (nameCard === null ? [] : [[userId, nameCard]]));
  const isIn = sql`EXISTS (SELECT 1 FROM space_members s WHERE s.space_id = ${id} AND s.user_id = u.id)`;
  const [stored] = await queryD1(
    db.batch([
      first,
      db
        .insert(spaceMembers)
        .select(
          sql`SELECT ${id}, u.id, json_extract(m.value, '$[1]'), ${NEW_SPACE_MEMBER} FROM json_each(${rows}) m JOIN users u ON ${isLive}
            WHERE ${isNext}`,
        )
        .onConflictDoNothing(),
      // Right behind the statement that adds them.
      db
        .update(spaces)
        .set({ memberCount: sql`${spaces.memberCount} + changes()` })
        .where(and(eq(spaces.id, id), isNext)),
      db
        .delete(spaceMemberRoles)
        .where(and(eq(spaceMemberRoles.spaceId, id), isAmong(spaceMemberRoles.userId, set), isNext)),
      db
        .insert(spaceMemberRoles)
        .select(
          sql`SELECT ${id}, u.id, r.id FROM json_each(${JSON.stringify(given)}) m JOIN users u ON ${isLive}
            JOIN space_roles r ON r.id = json_extract(m.value, '$[1]') AND r.space_id = ${id}
            WHERE ${isIn} AND ${isNext}`,
        )
        .onConflictDoNothing(),
      db
        .insert(spaceMutes)
        .select(
          sql`SELECT ${id}, u.id, json_extract(m.value, '$[1]') FROM json_each(${JSON.stringify(muted)}) m
            JOIN users u ON ${isLive} WHERE ${isNext}`,
        )
        .onConflictDoUpdate({
          target: [spaceMutes.spaceId, spaceMutes.userId],
          set: { until: sql`excluded.until` },
        }),
      ...(named.length === 0
        ? []
        : [
            db
              .update(spaceMembers)
              .set({ nameCard: sql`w.name_card` })
              .from(
                sql`(SELECT json_extract(value, '$[0]') AS user_id, json_extract(value, '$[1]') AS name_card
                  FROM json_each(${JSON.stringify(named)})) AS w`,
              )
              .where(and(sql`space_members.user_id = w.user_id`, eq(spaceMembers.spaceId, id), isNext)),
          ]),
    ]),
  );
  return stored.length > 0;
}
