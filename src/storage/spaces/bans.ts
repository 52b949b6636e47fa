import { and, asc, eq, gt, ne, sql } from "drizzle-orm";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { spaceBans, spaceMembers } from "../schema.ts";
import { endingQueries } from "./members.ts";
import { fromVersion, type ReadSpace, whileVersion } from "./versions.ts";

/** A user who may not come into a space. */
export interface StoredBan {
  /** counts them up */
  id: number;
  userId: UserId;
  bannedBy: UserId;
  reason: string;
  /** ms since 1970 */
  createdAt: number;
}

/** A page of the bans of a space, the oldest first. @param after the id of the last one before */
export async function listSpaceBans(
  db: Database,
  space: SpaceId,
  { after, limit }: { after: number; limit: number },
): Promise<StoredBan[]> {
  const { id, spaceId, userId, bannedBy, reason, createdAt } = spaceBans;
  return queryD1(
    db
      .select({ id, userId, bannedBy, reason, createdAt })
      .from(spaceBans)
      .where(and(eq(spaceId, space), gt(id, after)))
      .orderBy(asc(id))
      .limit(limit),
  );
}

/**
 * Bans a user, and ends their membership if they are a member, in one batch; of a ban that is there only the
 * reason changes.
 * @param most bans of the space
 * @param wasMember whether the user was one as the space was read: a joining makes no version
 * @returns whether it is stored, else there are too many; null: the space is another one by now, or the user
 *   has come into it
 */
export async function insertSpaceBan(
  db: Database,
  read: ReadSpace,
  { userId, bannedBy, reason, createdAt }: Omit<StoredBan, "id">,
  { most, wasMember }: { most: number; wasMember: boolean },
): Promise<boolean | null> {
  const ofSpace = sql`FROM space_bans WHERE space_id = ${read.id}`;
  const hasRoom = sql`((SELECT count(*) ${ofSpace}) < ${most}
    OR EXISTS (SELECT 1 ${ofSpace} AND user_id = ${userId}))`;
  const { spaceId: space, userId: member } = spaceMembers;
  const membership = and(eq(space, read.id), eq(member, userId));
  const isMember = sql`EXISTS (SELECT 1 FROM space_members WHERE space_id = ${read.id} AND user_id = ${userId})`;
  const isAsRead = sql`${hasRoom} AND ${isMember} = ${Number(wasMember)}`;
  const { first, isNext, notes } = fromVersion(db, read, isAsRead, {
    memberCount: sql`member_count - ${Number(wasMember)}`,
  });
  const stored = db
    .insert(spaceBans)
    .select(sql`SELECT NULL, ${read.id}, ${userId}, ${bannedBy}, ${reason}, ${createdAt} WHERE ${isNext}`)
    .onConflictDoUpdate({
      target: [spaceBans.spaceId, spaceBans.userId],
      set: { reason },
      // The same again is not noted.
      setWhere: ne(spaceBans.reason, reason),
    });
  const { first: same } = whileVersion(db, read);
  const found = db.select({ member }).from(spaceMembers).where(membership);
  const [isSame, members, ended] = await queryD1(
    db.batch([same, found, first, stored, ...notes, ...endingQueries(db, read.id, [userId], isNext)]),
  );
  return isSame.length > 0 && members.length === Number(wasMember) ? ended.length > 0 : null;
}

/** Lifts a ban; without one nothing changes. @returns whether there was one; null: as `insertSpaceBan` */
export async function deleteSpaceBan(db: Database, read: ReadSpace, user: UserId): Promise<boolean | null> {
  const { first, isSame, notes } = whileVersion(db, read);
  const isIt = and(eq(spaceBans.spaceId, read.id), eq(spaceBans.userId, user), isSame);
  const [rows, lifted] = await queryD1(
    db.batch([first, db.delete(spaceBans).where(isIt).returning({ id: spaceBans.id }), ...notes]),
  );
  return rows.length > 0 ? lifted.length > 0 : null;
}
