import { and, eq, exists, inArray, isNotNull, isNull, ne, or, sql } from "drizzle-orm";
import { fromElsewhere } from "../../domain/accounts/sign-in.ts";
import type { ConversationId, SessionId, SpaceId, UserId } from "../../domain/ids.ts";
import type { Contact, EndedSession } from "../../domain/ports.ts";
import type { Suspension } from "../../domain/server/server-user.ts";
import { DELETED_PROFILE } from "../columns.ts";
import { onlineContactsQuery } from "../contacts/presence.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { endUploadsQuery } from "../files/resumable-uploads.ts";
import {
  blocks,
  botCommands,
  channelOverrides,
  conversations,
  fileHolds,
  formerSpaceMembers,
  formerUsernames,
  friendGroups,
  friendRejections,
  friendRequests,
  friends,
  heldMessages,
  memberships,
  messageRequests,
  NEW_VERSION,
  passwordAttempts,
  sessions,
  signInPlaces,
  spaceBans,
  spaceInvitations,
  spaceMemberRoles,
  spaceMembers,
  spaceMutes,
  spaces,
  users,
} from "../schema.ts";
import { endAllQuery } from "./sessions.ts";
import { FOR_EVER, NOT_SUSPENDED } from "./suspension.ts";

/** A new password, and the state of the account that it may replace. */
export interface PasswordUpdate {
  userId: UserId;
  /** the stored hash that the current password was checked against; null: the account has none */
  checked: string | null;
  /** the hash of the new password; salted, so no concurrent change produces the same hash */
  next: string;
  /** the caller's session, which stays valid */
  keep: SessionId;
}

/**
 * Sets a password and ends all other sessions, in one batch. Of two concurrent changes the second finds
 * another hash than the one it checked, and changes nothing.
 * @param now milliseconds
 * @returns the sessions that this ended; null if the password was changed, or the account deleted, meanwhile
 */
export async function updatePassword(
  db: Database,
  { userId, checked, next, keep }: PasswordUpdate,
  now: number,
): Promise<EndedSession[] | null> {
  const isUpdated = db.select({ id: users.id }).from(users).where(hasHash(userId, next));
  const otherSessions = and(eq(sessions.userId, userId), ne(sessions.id, keep), isNull(sessions.endedAt));
  const [updated, ended] = await queryD1(
    db.batch([
      db
        .update(users)
        .set({ passwordHash: next })
        .where(hasHash(userId, checked))
        .returning({ id: users.id }),
      db
        .update(sessions)
        .set({ endedAt: now })
        .where(and(otherSessions, exists(isUpdated)))
        .returning({ sessionId: sessions.id, expiresAt: sessions.expiresAt }),
    ]),
  );
  return updated.length > 0 ? ended : null;
}

function hasHash(userId: UserId, hash: string | null) {
  return and(eq(users.id, userId), sql`${users.passwordHash} IS ${hash}`, isNull(users.deletedAt));
}

/** An account that is to be deleted, as the caller read it. */
export interface DeletedAccount {
  userId: UserId;
  /** the stored hash that the password was checked against; null: the account has none; absent: any */
  checked?: string | null;
  /** their messages are deleted, too */
  erasesMessages?: boolean;
}

/** A group or a space of a user: their account is not deleted before they hand it over, or dissolve it. */
export type OwnedPlace = { kind: "group"; id: ConversationId } | { kind: "space"; id: SpaceId };

/** The most contacts that `deleteUser` returns. */
const MAX_CONTACTS = 1_000;

/**
 * Deletes an account, unless its user, or a bot of theirs, owns a group or a space, or the password was
 * changed meanwhile. One batch: a concurrent change sees all of it or nothing.
 * @param now milliseconds
 * @returns the sessions and up to 1,000 online contacts that the account had; or, where it was not deleted,
 *   what the user owns (null: the password was changed, or the account was deleted before)
 */
export async function deleteUser(
  db: Database,
  { userId, checked, erasesMessages = false }: DeletedAccount,
  now: number,
): Promise<
  { deleted: true; sessions: SessionId[]; contacts: Contact[] } | { deleted: false; owned: OwnedPlace | null }
> {
  // Its bots go with it, and nobody else could end their groups.
  const owners = sql`(SELECT ${userId} UNION ALL SELECT id FROM users
    WHERE maker_id IS NOT NULL AND maker_id = ${userId} AND deleted_at IS NULL)`;
  const ownedGroup = db
    .select({ id: conversations.id })
    .from(conversations)
    .where(
      and(
        inArray(conversations.ownerId, owners),
        isNull(conversations.dissolvedAt),
        // A channel goes on without its maker.
        isNull(conversations.spaceId),
      ),
    )
    .limit(1);
  const ownedSpace = db
    .select({ id: spaces.id })
    .from(spaces)
    .where(and(inArray(spaces.ownerId, owners), isNull(spaces.dissolvedAt)))
    .limit(1);
  const isDeletable = and(
    eq(users.id, userId),
    checked === undefined ? undefined : sql`${users.passwordHash} IS ${checked}`,
    isNull(users.deletedAt),
    sql`NOT ${exists(ownedGroup)}`,
    sql`NOT ${exists(ownedSpace)}`,
  );
  // The statements after the update apply to any deleted user, so repeating them changes nothing.
  const isDeleted = exists(
    db
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.id, userId), isNotNull(users.deletedAt))),
  );
  const friendIds = db.select({ id: friends.friendId }).from(friends).where(eq(friends.userId, userId));
  const [contacts, ownedSpaces, ownedGroups, , updated, ended] = await queryD1(
    db.batch([
      // First in the batch: the statements below delete the friendships that this query reads.
      onlineContactsQuery(db, userId, { after: 0, limit: MAX_CONTACTS }),
      ownedSpace,
      ownedGroup,
      // Its keys stay stored. With version 0 the hourly job makes sure of it.
      db
        .insert(formerUsernames)
        .select(sql`SELECT username, 0 FROM users WHERE ${isDeletable}`)
        .onConflictDoNothing(),
      db
        .update(users)
        .set({
          ...{ ...EMPTY_PROFILE, username: `deleted-${userId}`, deletedAt: now },
          messagesErased: erasesMessages,
        })
        .where(isDeletable)
        .returning({ id: users.id }),
      db
        .update(sessions)
        .set({ endedAt: sql`coalesce(${sessions.endedAt}, ${now})`, userAgent: "" })
        .where(and(eq(sessions.userId, userId), isDeleted))
        .returning({ id: sessions.id }),
      db
        .delete(friends)
        .where(and(inArray(friends.userId, friendIds), eq(friends.friendId, userId), isDeleted)),
      db.delete(friends).where(and(eq(friends.userId, userId), isDeleted)),
      db.delete(friendGroups).where(and(eq(friendGroups.userId, userId), isDeleted)),
      db.delete(friendRequests).where(and(eq(friendRequests.userId, userId), isDeleted)),
      db.delete(friendRequests).where(and(eq(friendRequests.fromId, userId), isDeleted)),
      db.delete(friendRejections).where(and(eq(friendRejections.userId, userId), isDeleted)),
      db.delete(friendRejections).where(and(eq(friendRejections.fromId, userId), isDeleted)),
      db.delete(messageRequests).where(and(eq(messageRequests.userId, userId), isDeleted)),
      db.delete(messageRequests).where(and(eq(messageRequests.fromId, userId), isDeleted)),
      db.delete(blocks).where(and(eq(blocks.userId, userId), isDeleted)),
      db.delete(blocks).where(and(eq(blocks.blockedId, userId), isDeleted)),
      db.delete(passwordAttempts).where(and(isAttemptOf(userId), isDeleted)),
      db.delete(fileHolds).where(and(eq(fileHolds.userId, userId), isDeleted)),
      db.delete(botCommands).where(and(eq(botCommands.userId, userId), isDeleted)),
      endUploadsQuery(db, userId, isDeleted),
      db.delete(heldMessages).where(and(eq(heldMessages.senderId, userId), isDeleted)),
      db.delete(signInPlaces).where(and(eq(signInPlaces.userId, userId), isDeleted)),
      db
        .update(spaces)
        .set({ memberCount: sql`${spaces.memberCount} - 1`, version: NEW_VERSION })
        .where(
          and(sql`${spaces.id} IN (SELECT space_id FROM space_members WHERE user_id = ${userId})`, isDeleted),
        ),
      db.delete(spaceInvitations).where(and(eq(spaceInvitations.createdBy, userId), isDeleted)),
      db.delete(formerSpaceMembers).where(and(eq(formerSpaceMembers.userId, userId), isDeleted)),
      db.delete(spaceBans).where(and(eq(spaceBans.userId, userId), isDeleted)),
      db.delete(spaceMutes).where(and(eq(spaceMutes.userId, userId), isDeleted)),
      db.delete(channelOverrides).where(and(eq(channelOverrides.userId, userId), isDeleted)),
      db.delete(spaceMembers).where(and(eq(spaceMembers.userId, userId), isDeleted)),
      db.delete(spaceMemberRoles).where(and(eq(spaceMemberRoles.userId, userId), isDeleted)),
      db
        .update(conversations)
        .set({ clientGroupId: null, creatorId: null })
        .where(and(eq(conversations.creatorId, userId), isNotNull(conversations.clientGroupId), isDeleted)),
      db
        .update(memberships)
        .set({ customFields: {}, requestedAt: null, marks: 0, groups: [] })
        .where(
          and(
            eq(memberships.userId, userId),
            or(
              ne(memberships.customFields, {}),
              isNotNull(memberships.requestedAt),
              ne(memberships.marks, 0),
              ne(memberships.groups, []),
            ),
            isDeleted,
          ),
        ),
    ]),
  );
  if (updated.length === 0) {
    // The channels of a space have its owner.
    const [[space], [group]] = [ownedSpaces, ownedGroups];
    if (space) return { deleted: false, owned: { kind: "space", id: space.id } };
    return { deleted: false, owned: group ? { kind: "group", id: group.id } : null };
  }
  return { deleted: true, sessions: ended.map(({ id }) => id), contacts };
}

/** The profile columns of a deleted account: the values of a new account. */
const EMPTY_PROFILE = {
  ...DELETED_PROFILE,
  passwordHash: null,
  fullName: "",
  alias: "",
  idCardNum: "",
  phone: "",
  province: "",
  city: "",
  avatarText: "",
  emailSetAt: 0,
  emailChanges: 0,
  emailDayAt: 0,
  loginAt: 0,
  externalId: null,
  metadata: "",
  bot: false,
  suspendedUntil: 0,
  shadowedUntil: 0,
  suspensionReason: "",
  profileLocked: false,
} as const;

/** The attempts for an account, from all places. */
function isAttemptOf(userId: UserId) {
  const { subject } = passwordAttempts;
  const all = fromElsewhere(userId);
  // The same without the closing bracket: those of a place follow. `-` is the next character after the comma.
  const open = all.slice(0, -1);
  return or(eq(subject, all), and(sql`${subject} >= ${`${open},`}`, sql`${subject} < ${`${open}-`}`));
}

/**
 * Suspends a user and ends all their sessions, in one batch: a sign-in comes before it, and is ended, or
 * after it, and is refused.
 * @returns the sessions that this ended; null if the account is deleted
 */
export async function suspendUser(
  db: Database,
  id: UserId,
  suspension: Suspension,
  now: number,
): Promise<EndedSession[] | null> {
  const set = columnsOf(suspension);
  const [updated, ended] = await queryD1(
    db.batch([
      db
        .update(users)
        .set(set)
        .where(and(eq(users.id, id), isNull(users.deletedAt)))
        .returning({ id: users.id }),
      endAllQuery(db, id, now),
    ]),
  );
  return updated.length > 0 ? ended : null;
}

/** Has nobody but a user see what they send. @returns false: the account is deleted */
export async function shadowUser(db: Database, id: UserId, suspension: Suspension): Promise<boolean> {
  const isLiving = and(eq(users.id, id), isNull(users.deletedAt));
  const updated = db.update(users).set(columnsOf(suspension)).where(isLiving).returning({ id: users.id });
  return (await queryD1(updated)).length > 0;
}

function columnsOf({ until, reason: suspensionReason, shadow }: Suspension) {
  const end = until ?? FOR_EVER;
  return shadow
    ? { suspendedUntil: NOT_SUSPENDED, shadowedUntil: end, suspensionReason }
    : { suspendedUntil: end, shadowedUntil: NOT_SUSPENDED, suspensionReason };
}

/** Ends the suspension of a user. Idempotent. */
export async function liftSuspension(db: Database, id: UserId): Promise<void> {
  const set = { suspendedUntil: NOT_SUSPENDED, shadowedUntil: NOT_SUSPENDED, suspensionReason: "" };
  await queryD1(db.update(users).set(set).where(eq(users.id, id)));
}
