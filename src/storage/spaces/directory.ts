import { and, desc, isNull, sql } from "drizzle-orm";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import type { Space } from "../../domain/spaces/space.ts";
import { allLive } from "../contacts/pair-conditions.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { NEW_SPACE_MEMBER, spaceMembers, spaces } from "../schema.ts";
import { hasRoomForSpace, SPACE } from "./rights.ts";

/**
 * Spaces that the directory shows, the newest first.
 * @param before the id of the last one before
 */
export async function listDiscoverable(
  db: Database,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<Space[]> {
  const isBehind = before === undefined ? undefined : sql`${spaces.id} < ${before}`;
  return queryD1(
    db
      .select(SPACE)
      .from(spaces)
      .where(and(sql`discoverable`, isNull(spaces.dissolvedAt), isBehind))
      .orderBy(desc(spaces.id))
      .limit(limit),
  );
}

/** What keeps a user from joining a space; null: nothing. */
export interface JoinObstacles {
  isMember: boolean;
  isBanned: boolean;
  isFull: boolean;
}

/**
 * Makes a user a member of a space that the directory shows.
 * @param most members of the space
 * @param mostSpaces that the user may be in; null: any number
 * @returns whether they are one now, and else why; null: the directory does not show it
 */
export async function joinDiscoverable(
  db: Database,
  id: SpaceId,
  { userId, now, most, mostSpaces }: { userId: UserId; now: number; most: number; mostSpaces: number | null },
): Promise<(JoinObstacles & { hasJoined: boolean }) | null> {
  const ofUser = sql`WHERE space_id = ${id} AND user_id = ${userId}`;
  const isMember = sql`EXISTS (SELECT 1 FROM space_members ${ofUser})`;
  const isBanned = sql`EXISTS (SELECT 1 FROM space_bans ${ofUser})`;
  const isFull = sql`member_count >= ${most}`;
  const isOpen = sql`discoverable AND ${allLive([userId])} AND NOT ${isMember} AND NOT ${isBanned} AND NOT ${isFull}`;
  const [before, joined] = await queryD1(
    db.batch([
      db
        .select({
          isMember: isMember.mapWith(Boolean).as("is_member"),
          isBanned: isBanned.mapWith(Boolean).as("is_banned"),
          isFull: isFull.mapWith(Boolean).as("is_full"),
        })
        .from(spaces)
        .where(and(sql`id = ${id}`, sql`discoverable`, isNull(spaces.dissolvedAt))),
      db
        .insert(spaceMembers)
        .select(
          sql`SELECT id, ${userId}, ${now}, ${NEW_SPACE_MEMBER} FROM spaces WHERE id = ${id} AND dissolved_at IS NULL AND ${isOpen} AND ${hasRoomForSpace(userId, mostSpaces)}`,
        )
        .returning({ id: spaceMembers.userId }),
      db.update(spaces).set({ memberCount: sql`member_count + 1` }).where(sql`id = ${id} AND changes() > 0`),
    ]),
  );
  const [found] = before;
  return found ? { ...found, hasJoined: joined.length > 0 } : null;
}
