import { and, asc, eq, isNull, sql } from "drizzle-orm";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { SpaceLease, SpaceStanding } from "../../domain/spaces/space.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { NEW_VERSION, spaceInvitations, spaceLeases, spaceMembers, spaces, users } from "../schema.ts";

/** Behind which member a page begins. */
export interface SpaceMemberPlace {
  joinedAt: number;
  userId: UserId;
}

/** A page of the members of a space, in the order in which they came. */
export async function listSpaceMembers(
  db: Database,
  id: SpaceId,
  { after, limit }: { after: SpaceMemberPlace | undefined; limit: number },
): Promise<SpaceMemberPlace[]> {
  const { joinedAt, userId, spaceId } = spaceMembers;
  const isBehind = after && sql`(${joinedAt}, ${userId}) > (${after.joinedAt}, ${after.userId})`;
  return queryD1(
    db
      .select({ joinedAt, userId })
      .from(spaceMembers)
      .where(and(eq(spaceId, id), isBehind))
      .orderBy(asc(joinedAt), asc(userId))
      .limit(limit),
  );
}

/** Members of a space who are online, some of them where there are more than `limit`. */
export async function listOnlineMembers(db: Database, id: SpaceId, limit: number): Promise<UserId[]> {
  const online = await queryD1(
    db
      .select({ id: users.id })
      .from(spaceMembers)
      .innerJoin(users, eq(users.id, spaceMembers.userId))
      .where(and(eq(spaceMembers.spaceId, id), eq(users.online, true)))
      .limit(limit),
  );
  return online.map((user) => user.id);
}

/**
 * Ends a membership, and the invitations that the member has made. The owner's does not end.
 * @returns false: the user is no member, or the owner
 */
export async function deleteSpaceMember(db: Database, id: SpaceId, userId: UserId): Promise<boolean> {
  const isEnding = sql`owner_id <> ${userId} AND EXISTS (SELECT 1 FROM space_members m
    WHERE m.space_id = ${id} AND m.user_id = ${userId})`;
  const isNotOwner = sql`NOT EXISTS (SELECT 1 FROM spaces WHERE id = ${id} AND owner_id = ${userId})`;
  const [ended] = await queryD1(
    db.batch([
      db
        .update(spaces)
        .set({ memberCount: sql`${spaces.memberCount} - 1`, version: NEW_VERSION })
        .where(and(eq(spaces.id, id), isEnding))
        .returning({ id: spaces.id }),
      db
        .delete(spaceInvitations)
        .where(and(eq(spaceInvitations.spaceId, id), eq(spaceInvitations.createdBy, userId), isNotOwner)),
      db
        .delete(spaceMembers)
        .where(and(eq(spaceMembers.spaceId, id), eq(spaceMembers.userId, userId), isNotOwner)),
    ]),
  );
  return ended.length > 0;
}

/** Reads what a channel wants to know of its space, and notes until when it relies on that. */
export async function leaseSpace(
  db: Database,
  spaceId: SpaceId,
  { conversationId, until, known }: SpaceLease,
): Promise<SpaceStanding> {
  const isThere = and(eq(spaces.id, spaceId), isNull(spaces.dissolvedAt));
  const [[space], members] = await queryD1(
    db.batch([
      db.select({ version: spaces.version }).from(spaces).where(isThere),
      db
        .select({ userId: spaceMembers.userId })
        .from(spaceMembers)
        .innerJoin(spaces, eq(spaces.id, spaceMembers.spaceId))
        .where(and(isThere, sql`${spaces.version} <> ${known}`)),
      // In the same batch: no change comes between what is read and the lease.
      ...(until === null
        ? []
        : [
            db
              .insert(spaceLeases)
              .values({ conversationId, spaceId, until })
              .onConflictDoUpdate({
                target: spaceLeases.conversationId,
                set: { until: sql`max(until, excluded.until)` },
              }),
          ]),
    ]),
  );
  const { version = -1 } = space ?? {};
  return { version, readers: version === known ? null : members.map(({ userId }) => userId) };
}

/** The channels of a space that rely on what they know of it. */
export async function listLeases(
  db: Database,
  id: SpaceId,
  now: number,
): Promise<{ conversationId: ConversationId; until: number }[]> {
  const { conversationId, spaceId, until } = spaceLeases;
  return queryD1(
    db
      .select({ conversationId, until })
      .from(spaceLeases)
      .where(and(eq(spaceId, id), sql`${until} > ${now}`)),
  );
}
