import { and, asc, eq, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import type { SpaceCode, SpaceInvitation } from "../../domain/spaces/invitation.ts";
import type { RoleId } from "../../domain/spaces/role.ts";
import type { Space } from "../../domain/spaces/space.ts";
import { allLive } from "../contacts/pair-conditions.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { listed } from "../json-lists.ts";
import { NEW_SPACE_MEMBER, spaceInvitations, spaceMemberRoles, spaceMembers, spaces } from "../schema.ts";
import { type AuditNote, noteQueries } from "./audit-notes.ts";
import { hasRoomForSpace, SPACE } from "./rights.ts";

const INVITATION = {
  code: spaceInvitations.code,
  createdBy: spaceInvitations.createdBy,
  createdAt: spaceInvitations.createdAt,
  expiresAt: spaceInvitations.expiresAt,
  maxUses: spaceInvitations.maxUses,
  uses: spaceInvitations.uses,
  roleIds: spaceInvitations.roleIds,
  channelIds: spaceInvitations.channelIds,
};

/** Which of the invitations of a space a page has. */
interface InvitationRange {
  after: { createdAt: number; code: string } | undefined;
  limit: number;
  /** ms since 1970 */
  now: number;
  maker: UserId | null;
}

/** Who comes in by an invitation. */
interface InvitedUser {
  userId: UserId;
  /** names this call */
  use: string;
  /** ms since 1970 */
  now: number;
  /** members of the space */
  most: number;
  /** spaces that the user may be in; null: any number */
  mostSpaces: number | null;
  /** what they are given, by rights that were read in a version of the space; null: no role */
  roles: { given: readonly RoleId[]; version: number } | null;
}

/** The condition: an invitation lets somebody in. */
function isOpen(now: number): SQL {
  return sql`(${spaceInvitations.expiresAt} > ${now}
    AND (${spaceInvitations.maxUses} IS NULL OR ${spaceInvitations.uses} < ${spaceInvitations.maxUses})
    AND EXISTS (SELECT 1 FROM spaces s WHERE s.id = ${spaceInvitations.spaceId} AND s.dissolved_at IS NULL))`;
}

/**
 * Stores an invitation, in place of those of its maker whose time is over.
 * @param most how many of one maker may be open
 * @returns false: too many are open
 */
export async function insertInvitation(
  db: Database,
  spaceId: SpaceId,
  { code, createdBy, createdAt, expiresAt, maxUses, roleIds, channelIds }: SpaceInvitation,
  most: number,
  note: AuditNote,
): Promise<boolean> {
  const isOfMaker = and(eq(spaceInvitations.createdBy, createdBy), eq(spaceInvitations.spaceId, spaceId));
  const count = db
    .select({ count: sql`count(*)` })
    .from(spaceInvitations)
    .where(and(isOfMaker, isOpen(createdAt)));
  const made = db
    .insert(spaceInvitations)
    .select(
      sql`SELECT ${code}, ${spaceId}, ${createdBy}, ${createdAt}, ${expiresAt}, ${maxUses}, 0, '',
        ${JSON.stringify(roleIds)}, ${JSON.stringify(channelIds)} WHERE ${count} < ${most}`,
    )
    .returning({ code: spaceInvitations.code });
  const over = db.delete(spaceInvitations).where(and(isOfMaker, lte(spaceInvitations.expiresAt, createdAt)));
  const [, rows] = await queryD1(db.batch([over, made, ...noteQueries(db, spaceId, note)]));
  return rows.length > 0;
}

/**
 * A page of the open invitations of a space, oldest first.
 * @param after the last one before
 * @param maker whose; null: everybody's
 */
export async function listInvitations(
  db: Database,
  spaceId: SpaceId,
  { after, limit, now, maker }: InvitationRange,
): Promise<SpaceInvitation[]> {
  const { createdAt, code } = spaceInvitations;
  const isBehind = after && sql`(${createdAt}, ${code}) > (${after.createdAt}, ${after.code})`;
  return queryD1(
    db
      .select(INVITATION)
      .from(spaceInvitations)
      .where(and(isOf(spaceId, maker), isOpen(now), isBehind))
      .orderBy(asc(createdAt), asc(code))
      .limit(limit),
  );
}

function isOf(spaceId: SpaceId, maker: UserId | null) {
  const isMade = maker === null ? undefined : eq(spaceInvitations.createdBy, maker);
  return and(eq(spaceInvitations.spaceId, spaceId), isMade);
}

/** Deletes an invitation. @param maker whose it has to be; null: anybody's @returns whether there was one */
export async function deleteInvitation(
  db: Database,
  spaceId: SpaceId,
  code: string,
  maker: UserId | null,
  note: AuditNote,
): Promise<boolean> {
  const isIt = and(isOf(spaceId, maker), sql`${spaceInvitations.code} = ${code}`);
  const deleted = db.delete(spaceInvitations).where(isIt).returning({ code: spaceInvitations.code });
  const [rows] = await queryD1(db.batch([deleted, ...noteQueries(db, spaceId, note)]));
  return rows.length > 0;
}

/** An invitation with its space; null: the code lets nobody in. @param userId who looks; null: anybody */
export async function findInvitation(
  db: Database,
  code: SpaceCode,
  userId: UserId | null,
  now: number,
): Promise<(SpaceInvitation & { space: Space; isMember: boolean; isBanned: boolean }) | null> {
  const isMember = sql`EXISTS (SELECT 1 FROM space_members m WHERE m.space_id = ${spaces.id} AND m.user_id = ${userId})`;
  const isBanned = sql`EXISTS (SELECT 1 FROM space_bans b WHERE b.space_id = ${spaces.id} AND b.user_id = ${userId})`;
  const [found] = await queryD1(
    db
      .select({
        ...INVITATION,
        space: SPACE,
        isMember: isMember.mapWith(Boolean).as("is_member"),
        isBanned: isBanned.mapWith(Boolean).as("is_banned"),
      })
      .from(spaceInvitations)
      .innerJoin(spaces, eq(spaces.id, spaceInvitations.spaceId))
      // To a member it shows the space whether it lets in others or not.
      .where(and(eq(spaceInvitations.code, code), isNull(spaces.dissolvedAt), or(isMember, isOpen(now)))),
  );
  return found ?? null;
}

/**
 * Lets a user in by an invitation, and counts the use. One batch: no use without a member, no member without
 * a use.
 * @returns false, with nothing changed: the code lets nobody in, the space is full or, where roles are given,
 *   another one by now; or the user is a member, or in too many spaces
 */
export async function useInvitation(
  db: Database,
  code: SpaceCode,
  { userId, use, now, most, mostSpaces, roles }: InvitedUser,
): Promise<boolean> {
  const isUsed = sql`i.code = ${code} AND i.last_use = ${use}`;
  const [used] = await queryD1(
    db.batch([
      db
        .update(spaceInvitations)
        .set({ uses: sql`${spaceInvitations.uses} + 1`, lastUse: use })
        .where(
          and(
            eq(spaceInvitations.code, code),
            isOpen(now),
            allLive([userId]),
            hasRoomForSpace(userId, mostSpaces),
            sql`NOT EXISTS (SELECT 1 FROM space_members m
              WHERE m.space_id = ${spaceInvitations.spaceId} AND m.user_id = ${userId})`,
            sql`NOT EXISTS (SELECT 1 FROM space_bans b
              WHERE b.space_id = ${spaceInvitations.spaceId} AND b.user_id = ${userId})`,
            sql`EXISTS (SELECT 1 FROM spaces s WHERE s.id = ${spaceInvitations.spaceId}
              AND s.member_count < ${most} AND ${roles ? sql`s.version = ${roles.version}` : sql`TRUE`})`,
          ),
        )
        .returning({ code: spaceInvitations.code }),
      db
        .insert(spaceMembers)
        .select(
          sql`SELECT i.space_id, ${userId}, ${now}, ${NEW_SPACE_MEMBER} FROM space_invitations i WHERE ${isUsed}`,
        ),
      ...(roles
        ? [
            db.insert(spaceMemberRoles).select(
              sql`SELECT i.space_id, ${userId}, r.id FROM space_invitations i
                JOIN space_roles r ON r.space_id = i.space_id AND r.id IN (${listed(roles.given)}) WHERE ${isUsed}`,
            ),
          ]
        : []),
      db
        .update(spaces)
        .set({ memberCount: sql`${spaces.memberCount} + 1` })
        .where(sql`${spaces.id} = (SELECT i.space_id FROM space_invitations i WHERE ${isUsed})`),
    ]),
  );
  return used.length > 0;
}
