import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { RoleRights } from "../../domain/spaces/rights.ts";
import { RoleId } from "../../domain/spaces/role.ts";
import type { Database } from "../database.ts";
import { channelOverrides, spaceMembers, spaces } from "../schema.ts";

/** The columns of a space. */
export const SPACE = {
  id: spaces.id,
  name: spaces.name,
  avatar: spaces.avatar,
  description: spaces.description,
  ownerId: spaces.ownerId,
  memberCount: spaces.memberCount,
  createdAt: spaces.createdAt,
  discoverable: spaces.discoverable,
  metadata: spaces.metadata,
  slowModeS: spaces.slowModeS,
};

const Rights = z.array(z.tuple([RoleId, z.int(), z.int()]));

/** The column of the roles that a user has in the space of a row, without `everyone`. */
export function rolesOf(userId: UserId): SQL<RoleRights[]> {
  return sql`(SELECT json_group_array(json_array(r.id, r.position, r.permissions)) FROM space_member_roles m
    JOIN space_roles r ON r.id = m.role_id WHERE m.space_id = ${spaces.id} AND m.user_id = ${userId})`.mapWith(
    (rows: unknown) =>
      Rights.parse(JSON.parse(z.string().parse(rows))).map(([id, position, permissions]) => ({
        ...{ id, position, permissions },
      })),
  );
}

const { conversationId, roleId, userId, allow, deny } = channelOverrides;

/** The columns of an override. */
export const OVERRIDE = { roleId, userId, allow, deny };

/** The query for the overrides of a channel: those of roles first. @param condition which must hold, too */
export function overridesQuery(db: Database, id: ConversationId, condition?: SQL) {
  return db
    .select(OVERRIDE)
    .from(channelOverrides)
    .where(and(eq(conversationId, id), condition))
    .orderBy(sql`${roleId} IS NULL`, asc(roleId), asc(userId));
}

const RoleIds = z.array(RoleId);

/** The roles of the member of a row, highest first. */
const roleIds =
  sql`(SELECT json_group_array(id) FROM (SELECT r.id FROM space_member_roles m JOIN space_roles r ON r.id = m.role_id
    WHERE m.space_id = space_members.space_id AND m.user_id = space_members.user_id ORDER BY r.position DESC))`.mapWith(
    (ids: unknown) => RoleIds.parse(JSON.parse(z.string().parse(ids))),
  );

/** Until when the member of a row may not write (ms since 1970). */
const mutedUntil = sql`coalesce((SELECT until FROM space_mutes m
  WHERE m.space_id = space_members.space_id AND m.user_id = space_members.user_id), 0)`.mapWith(Number);

/** The columns of a member of a space. */
export const MEMBER = {
  ...{ joinedAt: spaceMembers.joinedAt, userId: spaceMembers.userId, mutedUntil, roleIds },
  nameCard: spaceMembers.nameCard,
};

/** The condition: a user is in fewer spaces. @param most null: any number */
export function hasRoomForSpace(userId: UserId, most: number | null) {
  return most === null
    ? sql`TRUE`
    : sql`(SELECT count(*) FROM space_members o JOIN spaces p ON p.id = o.space_id
        WHERE o.user_id = ${userId} AND p.dissolved_at IS NULL) < ${most}`;
}
