import { and, eq, gt, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Me } from "../../domain/accounts/user.ts";
import type { UserId } from "../../domain/ids.ts";
import { ME } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { friendGroups, friendRequests, friends, users } from "../schema.ts";

/** A friend as a user has them in their list: with their whole profile, and what the user has noted. */
export interface Friend {
  profile: Me;
  /** the account has a password; one without was made by a service */
  hasPassword: boolean;
  /** since when the two are friends (ms since 1970) */
  since: number;
  remark: string;
  /** the names of the user's groups of friends that the friend is in */
  groups: string[];
}

/** A group into which a user sorts friends. */
export interface FriendGroup {
  name: string;
  /** the usernames of those in it */
  members: string[];
}

const hasPassword = sql`${users.passwordHash} IS NOT NULL`.mapWith(Boolean).as("has_password");
const FRIEND = {
  ...ME,
  hasPassword,
  since: friends.createdAt,
  remark: friends.remark,
  groups: friends.groups,
};

function toFriend({ hasPassword, since, remark, groups, ...profile }: Me & Omit<Friend, "profile">): Friend {
  return { profile, hasPassword, since, remark, groups };
}

/** A user's friends with their profiles, by rising id: at most `limit` after the id `after`. */
export async function listFriendsInFull(
  db: Database,
  userId: UserId,
  { after, limit }: { after: UserId | undefined; limit: number },
): Promise<Friend[]> {
  const rows = await queryD1(
    db
      .select(FRIEND)
      .from(friends)
      .innerJoin(users, eq(users.id, friends.friendId))
      .where(and(eq(friends.userId, userId), after && gt(friends.friendId, after), isNull(users.deletedAt)))
      .orderBy(friends.friendId)
      .limit(limit),
  );
  return rows.map(toFriend);
}

/** Those of these users who are friends of a user, with their profiles. One query. */
export async function findFriendsInFull(db: Database, userId: UserId, ids: UserId[]): Promise<Friend[]> {
  const rows = await queryD1(
    db
      .select(FRIEND)
      .from(friends)
      .innerJoin(users, eq(users.id, friends.friendId))
      .where(and(eq(friends.userId, userId), isAmong(friends.friendId, ids), isNull(users.deletedAt))),
  );
  return rows.map(toFriend);
}

/** Sets what a user calls a friend. @returns whether the two are friends */
export async function setRemark(
  db: Database,
  userId: UserId,
  friendId: UserId,
  remark: string,
): Promise<boolean> {
  const isFriend = and(eq(friends.userId, userId), eq(friends.friendId, friendId));
  const set = db.update(friends).set({ remark }).where(isFriend).returning({ id: friends.friendId });
  return (await queryD1(set)).length > 0;
}

const Names = z.array(z.string());

/** The groups of a user's friends, the first that was made first. One query. */
export async function listFriendGroups(db: Database, userId: UserId): Promise<FriendGroup[]> {
  const members = sql`(SELECT json_group_array(u.username) FROM friends f
    JOIN users u ON u.id = f.friend_id AND u.deleted_at IS NULL
    WHERE f.user_id = ${userId} AND EXISTS (
      SELECT 1 FROM json_each(f.group_names) n WHERE n.value = ${friendGroups.name}))`;
  return queryD1(
    db
      .select({
        name: friendGroups.name,
        members: members.mapWith((text: string) => Names.parse(JSON.parse(text))).as("members"),
      })
      .from(friendGroups)
      .where(eq(friendGroups.userId, userId))
      .orderBy(friendGroups.createdAt, friendGroups.name),
  );
}

/**
 * Makes a group of friends.
 * @param max the most groups of a user
 * @param now ms since 1970
 * @returns what came of it
 */
export async function insertFriendGroup(
  db: Database,
  userId: UserId,
  name: string,
  { max, now }: { max: number; now: number },
): Promise<"made" | "exists" | "full"> {
  const [found, made] = await queryD1(
    db.batch([
      db.select({ name: friendGroups.name }).from(friendGroups).where(isGroup(userId, name)),
      db
        .insert(friendGroups)
        .select(
          sql`SELECT ${userId}, ${name}, ${now}
            WHERE (SELECT count(*) FROM friend_groups WHERE user_id = ${userId}) < ${max}`,
        )
        .onConflictDoNothing()
        .returning({ name: friendGroups.name }),
    ]),
  );
  if (found.length > 0) return "exists";
  return made.length > 0 ? "made" : "full";
}

function isGroup(userId: UserId, name: string) {
  return and(eq(friendGroups.userId, userId), eq(friendGroups.name, name));
}

/** The names of a friend's groups without one of them. */
function without(name: string) {
  return sql`(SELECT json_group_array(n.value) FROM json_each(${friends.groups}) n WHERE n.value <> ${name})`;
}

function isIn(name: string) {
  return sql`EXISTS (SELECT 1 FROM json_each(${friends.groups}) n WHERE n.value = ${name})`;
}

/**
 * Puts friends into a group, or takes them out of it. Who is no friend is left out.
 * @returns whether there is such a group
 */
export async function changeFriendGroup(
  db: Database,
  userId: UserId,
  name: string,
  { ids, adds }: { ids: UserId[]; adds: boolean },
): Promise<boolean> {
  const exists = sql`EXISTS (SELECT 1 FROM friend_groups WHERE user_id = ${userId} AND name = ${name})`;
  const groups = adds ? sql`json_insert(${friends.groups}, '$[#]', ${name})` : without(name);
  const [found] = await queryD1(
    db.batch([
      db.select({ name: friendGroups.name }).from(friendGroups).where(isGroup(userId, name)),
      db
        .update(friends)
        .set({ groups })
        .where(
          and(
            eq(friends.userId, userId),
            isAmong(friends.friendId, ids),
            exists,
            adds ? sql`NOT ${isIn(name)}` : isIn(name),
          ),
        ),
    ]),
  );
  return found.length > 0;
}

/** Ends a group of friends, who stay friends. @returns those who were in it; null: there is no such group */
export async function deleteFriendGroup(
  db: Database,
  userId: UserId,
  name: string,
): Promise<UserId[] | null> {
  const [members, deleted] = await queryD1(
    db.batch([
      db
        .update(friends)
        .set({ groups: without(name) })
        .where(and(eq(friends.userId, userId), isIn(name)))
        .returning({ id: friends.friendId }),
      db.delete(friendGroups).where(isGroup(userId, name)).returning({ name: friendGroups.name }),
    ]),
  );
  return deleted.length > 0 ? members.map(({ id }) => id) : null;
}

/** Gives a group of friends another name. @returns what came of it */
export async function renameFriendGroup(
  db: Database,
  userId: UserId,
  name: string,
  newName: string,
): Promise<"renamed" | "exists" | "unknown"> {
  const isFree = sql`NOT EXISTS (SELECT 1 FROM friend_groups t WHERE t.user_id = ${userId} AND t.name = ${newName})`;
  const isThere = sql`EXISTS (SELECT 1 FROM friend_groups t WHERE t.user_id = ${userId} AND t.name = ${name})`;
  const renamed = sql`(SELECT json_group_array(iif(n.value = ${name}, ${newName}, n.value))
    FROM json_each(${friends.groups}) n)`;
  const [found, , changed] = await queryD1(
    db.batch([
      db.select({ name: friendGroups.name }).from(friendGroups).where(isGroup(userId, newName)),
      db
        .update(friends)
        .set({ groups: renamed })
        .where(and(eq(friends.userId, userId), isIn(name), isFree, isThere)),
      db
        .update(friendGroups)
        .set({ name: newName })
        .where(and(isGroup(userId, name), isFree))
        .returning({ name: friendGroups.name }),
    ]),
  );
  if (changed.length > 0) return "renamed";
  return found.length > 0 ? "exists" : "unknown";
}

/** Notes that a user has seen their requests for friendship. @param at ms since 1970 */
export async function markRequestsRead(db: Database, userId: UserId, at: number): Promise<void> {
  const isUser = and(eq(users.id, userId), isNull(users.deletedAt));
  await queryD1(
    db
      .update(users)
      .set({ requestsReadAt: sql`max(${users.requestsReadAt}, ${at})` })
      .where(isUser),
  );
}

const Unread = z.object({ unread: z.int() });

/** The number of requests for friendship that a user has got since they last saw them, up to `max`. */
export async function countUnreadRequests(db: Database, userId: UserId, max: number): Promise<number> {
  const some = sql`SELECT 1 FROM friend_requests WHERE user_id = ${userId}
    AND created_at > (SELECT requests_read_at FROM users WHERE id = ${userId}) LIMIT ${max}`;
  return Unread.parse(await queryD1(db.get(sql`SELECT count(*) AS unread FROM (${some})`))).unread;
}

/** Which requests there are between two users: to `userId`, and from them. One query. */
export async function findRequestsBetween(
  db: Database,
  userId: UserId,
  otherId: UserId,
): Promise<{ incoming: boolean; outgoing: boolean }> {
  const { userId: to, fromId: from } = friendRequests;
  const [incoming, outgoing] = await queryD1(
    db.batch([
      db
        .select({ from })
        .from(friendRequests)
        .where(and(eq(to, userId), eq(from, otherId))),
      db
        .select({ from })
        .from(friendRequests)
        .where(and(eq(to, otherId), eq(from, userId))),
    ]),
  );
  return { incoming: incoming.length > 0, outgoing: outgoing.length > 0 };
}
