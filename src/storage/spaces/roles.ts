import { and, asc, desc, eq, sql } from "drizzle-orm";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { RoleMentions } from "../../domain/messages/message.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import type { MentionedMembers, RoleId, SpaceRole } from "../../domain/spaces/role.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { channelOverrides, memberships, spaceMemberRoles, spaceRoles, users } from "../schema.ts";
import { fromVersion, type ReadSpace } from "./versions.ts";

/** How a role is shown, and what it gives. */
export type RoleFields = Pick<SpaceRole, "name" | "color" | "permissions" | "mentionable" | "hoist">;

/** The roles of a space, highest first, without `everyone`. */
export async function listRoles(db: Database, spaceId: SpaceId): Promise<SpaceRole[]> {
  const { id, name, color, position, permissions, mentionable, hoist } = spaceRoles;
  const memberCount =
    sql`(SELECT count(*) FROM space_member_roles m WHERE m.role_id = space_roles.id)`.mapWith(Number);
  return queryD1(
    db
      .select({ id, name, color, position, permissions, mentionable, hoist, memberCount })
      .from(spaceRoles)
      .where(eq(spaceRoles.spaceId, spaceId))
      .orderBy(desc(position), asc(id)),
  );
}

/** Adds a role below the others. @returns its id; null: the space is another one by now */
export async function insertRole(
  db: Database,
  read: ReadSpace,
  { name, color, permissions, mentionable, hoist, externalId }: RoleFields & { externalId: ExternalId },
): Promise<RoleId | null> {
  const { first, isNext, notes } = fromVersion(db, read);
  const shifted = db
    .update(spaceRoles)
    .set({ position: sql`${spaceRoles.position} + 1` })
    .where(and(eq(spaceRoles.spaceId, read.id), isNext));
  const made = db
    .insert(spaceRoles)
    .select(
      sql`SELECT NULL, ${read.id}, ${name}, ${color}, 1, ${permissions}, ${Number(mentionable)}, ${Number(hoist)},
        ${externalId} WHERE ${isNext}`,
    )
    .returning({ id: spaceRoles.id });
  const [, , [role]] = await queryD1(db.batch([first, shifted, made, ...notes]));
  return role?.id ?? null;
}

/** Changes a role other than `everyone`. @returns false: the space is another one by now */
export async function updateRole(
  db: Database,
  read: ReadSpace,
  roleId: RoleId,
  change: Partial<RoleFields>,
): Promise<boolean> {
  const { first, isNext, notes } = fromVersion(db, read);
  const isRole = and(eq(spaceRoles.id, roleId), eq(spaceRoles.spaceId, read.id), isNext);
  const [rows] = await queryD1(
    db.batch([
      first,
      ...(Object.keys(change).length === 0 ? [] : [db.update(spaceRoles).set(change).where(isRole)]),
      ...notes,
    ]),
  );
  return rows.length > 0;
}

/** Changes what every member may do. @returns as `updateRole` */
export async function updateEveryone(db: Database, read: ReadSpace, everyone: number): Promise<boolean> {
  const { first, notes } = fromVersion(db, read, undefined, { everyone });
  const [rows] = await queryD1(db.batch([first, ...notes]));
  return rows.length > 0;
}

/** Removes a role from the space, from its members and from its channels. @returns as `updateRole` */
export async function deleteRole(db: Database, read: ReadSpace, roleId: RoleId): Promise<boolean> {
  const { first, isNext, notes } = fromVersion(db, read);
  const isOfSpace = sql`EXISTS (SELECT 1 FROM space_roles WHERE id = ${roleId} AND space_id = ${read.id})`;
  const [rows] = await queryD1(
    db.batch([
      first,
      db.delete(spaceMemberRoles).where(and(eq(spaceMemberRoles.roleId, roleId), isOfSpace, isNext)),
      db.delete(channelOverrides).where(and(eq(channelOverrides.roleId, roleId), isOfSpace, isNext)),
      db.delete(spaceRoles).where(and(eq(spaceRoles.id, roleId), eq(spaceRoles.spaceId, read.id), isNext)),
      ...notes,
    ]),
  );
  return rows.length > 0;
}

/** Puts the roles into an order. @param highestFirst all of them @returns as `updateRole` */
export async function orderRoles(
  db: Database,
  read: ReadSpace,
  highestFirst: readonly RoleId[],
): Promise<boolean> {
  const { first, isNext, notes } = fromVersion(db, read);
  const place = sql`(SELECT key FROM json_each(${JSON.stringify(highestFirst.toReversed())})
    WHERE value = space_roles.id)`;
  const ordered = db
    .update(spaceRoles)
    .set({ position: sql`${place} + 1` })
    .where(and(eq(spaceRoles.spaceId, read.id), isNext));
  const [rows] = await queryD1(db.batch([first, ordered, ...notes]));
  return rows.length > 0;
}

/** Gives a member a role, or takes it. @returns as `updateRole` */
export async function storeMemberRole(
  db: Database,
  read: ReadSpace,
  { userId, roleId, isGiven }: { userId: UserId; roleId: RoleId; isGiven: boolean },
): Promise<boolean> {
  const { first, isNext, notes } = fromVersion(db, read);
  const change = isGiven
    ? db
        .insert(spaceMemberRoles)
        .select(sql`SELECT ${read.id}, ${userId}, ${roleId} WHERE ${isNext}`)
        .onConflictDoNothing()
    : db
        .delete(spaceMemberRoles)
        .where(
          and(
            eq(spaceMemberRoles.spaceId, read.id),
            eq(spaceMemberRoles.userId, userId),
            eq(spaceMemberRoles.roleId, roleId),
            isNext,
          ),
        );
  const [rows] = await queryD1(db.batch([first, change, ...notes]));
  return rows.length > 0;
}

/**
 * Whom mentions of roles, and of followers who are online, reach in a channel.
 * @param most of those with the roles, and of those who are online
 */
export async function findMentionedMembers(
  db: Database,
  channel: { spaceId: SpaceId; id: ConversationId },
  { roles, here }: RoleMentions,
  most: number,
): Promise<MentionedMembers> {
  const { id, spaceId, mentionable } = spaceRoles;
  const { userId, roleId } = spaceMemberRoles;
  const [found, members, online] = await Promise.all([
    queryD1(
      db
        .select({ id, mentionable })
        .from(spaceRoles)
        .where(and(eq(spaceId, channel.spaceId), isAmong(id, roles))),
    ),
    queryD1(
      db
        .selectDistinct({ userId })
        .from(spaceMemberRoles)
        .where(and(eq(spaceMemberRoles.spaceId, channel.spaceId), isAmong(roleId, roles)))
        .limit(most + 1),
    ),
    here ? listOnlineFollowers(db, channel.id, most) : [],
  ]);
  return { roles: found, byRoles: members.map((member) => member.userId), here: online };
}

async function listOnlineFollowers(db: Database, id: ConversationId, limit: number): Promise<UserId[]> {
  const { conversationId, userId, state } = memberships;
  const online = db
    .select({ userId })
    .from(memberships)
    .innerJoin(users, and(eq(users.id, userId), eq(users.online, true)))
    .where(and(eq(conversationId, id), eq(state, "active")))
    .limit(limit);
  return (await queryD1(online)).map((follower) => follower.userId);
}
