import { and, asc, desc, eq, gt, isNull, ne, type SQL, sql } from "drizzle-orm";
import { type ConversationId, type SpaceId, UserId } from "../../domain/ids.ts";
import type { KnownMember } from "../../domain/spaces/rights.ts";
import { EVERYONE_ROLE, type RoleId } from "../../domain/spaces/role.ts";
import type { SpaceLease, SpaceStanding } from "../../domain/spaces/space.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong, listed } from "../json-lists.ts";
import {
  channelOverrides,
  formerSpaceMembers,
  spaceInvitations,
  spaceLeases,
  spaceMemberRoles,
  spaceMembers,
  spaceMutes,
  spaceRoles,
  spaces,
  users,
} from "../schema.ts";
import { MEMBER, overridesQuery } from "./rights.ts";
import { fromVersion, type ReadSpace } from "./versions.ts";

/** The version of a space that is over. */
const OVER = -1;

/** Behind which member a page begins. */
export interface SpaceMemberPlace {
  joinedAt: number;
  userId: UserId;
}

/** A member of a space. */
export interface StoredSpaceMember extends SpaceMemberPlace {
  /** until when they may not write (ms since 1970) */
  mutedUntil: number;
  /** without `everyone` */
  roleIds: RoleId[];
  nameCard: string;
}

/** Members with a role who are read together; where more have it, those who came first are looked through. */
const OF_ROLE = 1_000;

/**
 * A page of the members of a space, in the order in which they came.
 * @param roleId of those with this role
 */
export async function listSpaceMembers(
  db: Database,
  id: SpaceId,
  {
    after,
    limit,
    roleId = EVERYONE_ROLE,
  }: { after: SpaceMemberPlace | undefined; limit: number; roleId?: RoleId | undefined },
): Promise<StoredSpaceMember[]> {
  const { joinedAt, userId, spaceId } = spaceMembers;
  const isBehind = after && sql`(${joinedAt}, ${userId}) > (${after.joinedAt}, ${after.userId})`;
  const page = (further: SQL | undefined) =>
    db
      .select(MEMBER)
      .from(spaceMembers)
      .where(and(eq(spaceId, id), isBehind, further))
      .orderBy(asc(joinedAt), asc(userId))
      .limit(limit);
  if (roleId === EVERYONE_ROLE) return queryD1(page(undefined));
  const hasRole = sql`EXISTS (SELECT 1 FROM space_member_roles m
    WHERE m.space_id = space_members.space_id AND m.user_id = space_members.user_id AND m.role_id = ${roleId})`;
  const ofRole = db
    .select({ userId: spaceMemberRoles.userId })
    .from(spaceMemberRoles)
    // By the index of roles: + keeps SQLite from all roles of all members.
    .where(and(eq(spaceMemberRoles.roleId, roleId), sql`+space_member_roles.space_id = ${id}`))
    .limit(OF_ROLE + 1);
  const holders = (await queryD1(ofRole)).map((holder) => holder.userId);
  if (holders.length > OF_ROLE) return queryD1(page(hasRole));
  return (await findSpaceMembers(db, id, holders)).filter((one) => isAfter(one, after)).slice(0, limit);
}

/** Those of these users who are members of a space, in the order in which they came. One query. */
export async function findSpaceMembers(
  db: Database,
  id: SpaceId,
  userIds: readonly UserId[],
): Promise<StoredSpaceMember[]> {
  const found = await queryD1(
    db
      .select(MEMBER)
      .from(sql`(SELECT value AS user_id FROM json_each(${JSON.stringify(userIds)})) u`)
      // In this order: SQLite would look through all members.
      .crossJoin(spaceMembers)
      .where(and(eq(spaceMembers.spaceId, id), sql`space_members.user_id = u.user_id`)),
  );
  return found.sort((a, b) => a.joinedAt - b.joinedAt || a.userId - b.userId);
}

function isAfter(one: SpaceMemberPlace, place: SpaceMemberPlace | undefined): boolean {
  if (!place) return true;
  return one.joinedAt === place.joinedAt ? one.userId > place.userId : one.joinedAt > place.joinedAt;
}

/** The members of a space with their name cards, in the order in which they came: so many of them at most. */
export async function listMemberCards(
  db: Database,
  id: SpaceId,
  most: number,
): Promise<Pick<StoredSpaceMember, "userId" | "nameCard">[]> {
  const { joinedAt, userId, spaceId, nameCard } = spaceMembers;
  const members = db
    .select({ userId, nameCard })
    .from(spaceMembers)
    .where(eq(spaceId, id))
    .orderBy(asc(joinedAt), asc(userId));
  return queryD1(members.limit(most));
}

/** Those of the members of a space who may not write, at a time (ms since 1970). */
export async function listMuted(db: Database, id: SpaceId, now: number): Promise<UserId[]> {
  const { spaceId, userId, until } = spaceMutes;
  const isMember = sql`EXISTS (SELECT 1 FROM space_members m
    WHERE m.space_id = space_mutes.space_id AND m.user_id = space_mutes.user_id)`;
  const muted = db
    .select({ userId })
    .from(spaceMutes)
    .where(and(eq(spaceId, id), gt(until, now), isMember))
    .orderBy(asc(userId));
  return (await queryD1(muted)).map((member) => member.userId);
}

/** Members of a space who are online, bots first: some of them where there are more than `limit`. */
export async function listOnlineMembers(db: Database, id: SpaceId, limit: number): Promise<UserId[]> {
  const online = await queryD1(
    db
      .select({ id: users.id })
      .from(spaceMembers)
      .innerJoin(users, eq(users.id, spaceMembers.userId))
      .where(and(eq(spaceMembers.spaceId, id), eq(users.online, true)))
      .orderBy(desc(users.bot))
      .limit(limit),
  );
  return online.map((user) => user.id);
}

/** A space of more members is looked through by the bots that are online: all of the deployment. */
const MOST_LOOKED_THROUGH = 2_000;

/** Bots in a space who are online: some of them where there are more than `limit`. */
export async function listOnlineBots(db: Database, id: SpaceId, limit: number): Promise<UserId[]> {
  const bot = { id: users.id };
  const isLarge = sql`(SELECT member_count FROM spaces WHERE id = ${id}) > ${MOST_LOOKED_THROUGH}`;
  const isOnlineBot = sql`${users.bot} = 1 AND ${users.online} = 1`;
  // Of the two one begins from a key that nothing has, and reads no row.
  const ofSmall = sql`${spaceMembers.spaceId} = CASE WHEN ${isLarge} THEN NULL ELSE ${id} END`;
  const ofLarge = sql`${users.id} > CASE WHEN ${isLarge} THEN 0 ELSE ${Number.MAX_SAFE_INTEGER} END`;
  const isIn = and(eq(spaceMembers.spaceId, id), eq(spaceMembers.userId, users.id), isOnlineBot);
  const [small, large] = await queryD1(
    db.batch([
      db.select(bot).from(spaceMembers).innerJoin(users, isIn).where(ofSmall).limit(limit),
      // A cross join keeps the order of the tables: the bots come first, by `users_online_bots`.
      db.select(bot).from(users).crossJoin(spaceMembers).where(and(ofLarge, isIn)).limit(limit),
    ]),
  );
  return [...small, ...large].map((user) => user.id);
}

/** Those of these users who are online. */
export async function findOnlineUsers(db: Database, userIds: readonly UserId[]): Promise<UserId[]> {
  const isIt = and(isAmong(users.id, userIds), eq(users.online, true));
  return (await queryD1(db.select({ id: users.id }).from(users).where(isIt))).map((user) => user.id);
}

/**
 * Ends a membership, with the roles of the member, what channels allow to them, and the invitations that they
 * have made. What is denied to them holds when they come back, as a mute does. The owner's does not end.
 * @param version the one in which it was read that it may end; absent: any
 * @returns false: the user is no member, or the owner, or the space is another one by now
 */
export async function deleteSpaceMember(
  db: Database,
  { id, version, note }: Pick<ReadSpace, "id" | "note"> & { version?: number | undefined },
  userId: UserId,
): Promise<boolean> {
  const isEnding = sql`${spaces.ownerId} <> ${userId} AND EXISTS (SELECT 1 FROM space_members m
    WHERE m.space_id = ${id} AND m.user_id = ${userId})`;
  const { first, isNext, notes } = fromVersion(db, { id, version, note }, isEnding, {
    memberCount: sql`${spaces.memberCount} - 1`,
  });
  const [ended] = await queryD1(db.batch([first, ...notes, ...endingQueries(db, id, [userId], isNext)]));
  return ended.length > 0;
}

/** The statements that end what members have in a space. They belong into one batch. */
export function endingQueries(db: Database, id: SpaceId, userIds: readonly UserId[], isNext: SQL) {
  const isOfMember = and(eq(spaceMembers.spaceId, id), isAmong(spaceMembers.userId, userIds));
  const ofRoles = and(eq(spaceMemberRoles.spaceId, id), isAmong(spaceMemberRoles.userId, userIds));
  const ofChannels = sql`${isAmong(channelOverrides.userId, userIds)} AND ${channelOverrides.conversationId} IN
    (SELECT id FROM conversations WHERE space_id = ${id})`;
  const ofMaker = and(eq(spaceInvitations.spaceId, id), isAmong(spaceInvitations.createdBy, userIds));
  const former = sql`SELECT space_id, user_id FROM space_members WHERE space_id = ${id}
    AND user_id IN (${listed(userIds)}) AND ${isNext}`;
  return [
    db.delete(spaceInvitations).where(and(ofMaker, isNext)),
    db.update(channelOverrides).set({ allow: 0 }).where(and(ofChannels, isNext)),
    db.delete(channelOverrides).where(and(ofChannels, eq(channelOverrides.deny, 0), isNext)),
    db.insert(formerSpaceMembers).select(former).onConflictDoNothing(),
    db.delete(spaceMembers).where(and(isOfMember, isNext)),
    // Behind the membership: hooks are told of no change of a member.
    db.delete(spaceMemberRoles).where(and(ofRoles, isNext)),
  ] as const;
}

/** Has a member not write until a time (ms since 1970). @returns false: the space is another one by now */
export async function muteSpaceMember(
  db: Database,
  read: ReadSpace,
  userId: UserId,
  until: number,
): Promise<boolean> {
  const { first, isNext, notes } = fromVersion(db, read);
  const target = [spaceMutes.spaceId, spaceMutes.userId];
  const isThere = sql`EXISTS (SELECT 1 FROM space_mutes WHERE space_id = ${read.id} AND user_id = ${userId})`;
  const stored = db
    .insert(spaceMutes)
    .select(sql`SELECT ${read.id}, ${userId}, ${until} WHERE ${isNext} AND (${until} > 0 OR ${isThere})`)
    // The same again is not noted.
    .onConflictDoUpdate({ target, set: { until }, setWhere: ne(spaceMutes.until, until) });
  const [rows] = await queryD1(db.batch([first, stored, ...notes]));
  return rows.length > 0;
}

/**
 * Reads what a channel wants to know of its space, and notes until when it relies on that.
 * @param most members of a space that is read whole, so that who comes is known already
 */
export async function leaseSpace(
  db: Database,
  spaceId: SpaceId,
  { conversationId, until, known, asked, followers }: SpaceLease,
  most: number,
): Promise<SpaceStanding> {
  const isThere = and(eq(spaces.id, spaceId), isNull(spaces.dissolvedAt));
  const isOther = sql`EXISTS (SELECT 1 FROM spaces WHERE id = ${spaceId} AND dissolved_at IS NULL AND version <> ${known})`;
  const isSmall = sql`EXISTS (SELECT 1 FROM spaces WHERE id = ${spaceId} AND member_count <= ${most})`;
  const { id, position, permissions } = spaceRoles;
  const { version, slowModeS, ownerId, everyone, memberCount } = spaces;
  const [[space], all, special, following, roles, overrides] = await queryD1(
    db.batch([
      db.select({ version, slowModeS, ownerId, everyone, memberCount }).from(spaces).where(isThere),
      db
        .select(MEMBER)
        .from(spaceMembers)
        .where(and(eq(spaceMembers.spaceId, spaceId), isOther, isSmall)),
      memberQuery(db, spaceId, {
        users: sql`(SELECT value AS user_id FROM json_each(${JSON.stringify(asked)})) u`,
        condition: and(sql`NOT (${isOther} AND ${isSmall})`, IS_SPECIAL),
      }),
      memberQuery(db, spaceId, {
        users: sql`memberships u`,
        condition: and(
          sql`u.conversation_id = ${conversationId} AND u.state = 'active'`,
          followers === "special" ? IS_SPECIAL : followers === "none" ? sql`FALSE` : undefined,
        ),
      }),
      db
        .select({ id, position, permissions })
        .from(spaceRoles)
        .where(and(eq(spaceRoles.spaceId, spaceId), isOther)),
      overridesQuery(db, conversationId, isOther),
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
  if (!space) return { version: OVER, slowModeS: 0, rights: null, members: [], isWhole: true, followers: [] };
  const isAnother = space.version !== known;
  const isWhole = isAnother && space.memberCount <= most;
  return {
    version: space.version,
    slowModeS: space.slowModeS,
    rights: isAnother ? { ...space, roles, overrides } : null,
    members: isWhole ? all : membersAmong(asked, special),
    isWhole,
    followers: following.map(({ isMember, ...member }) => ({
      userId: member.userId,
      member: isMember ? member : null,
    })),
  };
}

/** The condition: a user of `memberQuery` is no member, or has a role or a mute. Few of very many are so. */
const IS_SPECIAL = sql`(space_members.user_id IS NULL
  OR EXISTS (SELECT 1 FROM space_member_roles r
    WHERE r.space_id = space_members.space_id AND r.user_id = space_members.user_id)
  OR EXISTS (SELECT 1 FROM space_mutes t
    WHERE t.space_id = space_members.space_id AND t.user_id = space_members.user_id))`;

/** What users are in a space. @param users the alias `u`, with the column `user_id` */
function memberQuery(
  db: Database,
  id: SpaceId,
  { users: asked, condition }: { users: SQL; condition: SQL | undefined },
) {
  return db
    .select({
      userId: sql`u.user_id`.mapWith((value: unknown) => UserId.parse(value)).as("asked_id"),
      isMember: sql`${spaceMembers.userId} IS NOT NULL`.mapWith(Boolean).as("is_member"),
      mutedUntil: MEMBER.mutedUntil,
      roleIds: MEMBER.roleIds,
    })
    .from(asked)
    .leftJoin(spaceMembers, and(eq(spaceMembers.spaceId, id), sql`space_members.user_id = u.user_id`))
    .where(condition);
}

/** The members among users. @param special those among them who are none, or have a role or a mute */
function membersAmong(
  userIds: readonly UserId[],
  special: readonly (KnownMember & { isMember: boolean })[],
): KnownMember[] {
  const found = new Map(special.map((member) => [member.userId, member]));
  return userIds.flatMap((userId) => {
    const member = found.get(userId);
    if (!member) return { userId, ...PLAIN };
    return member.isMember ? member : [];
  });
}

const PLAIN = { mutedUntil: 0, roleIds: [] };

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
