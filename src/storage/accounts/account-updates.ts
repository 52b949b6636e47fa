import { and, eq, exists, inArray, isNotNull, isNull, ne, sql } from "drizzle-orm";
import type { ConversationId, SessionId, UserId } from "../../domain/ids.ts";
import type { Contact, EndedSession } from "../../domain/ports.ts";
import { DELETED_PROFILE } from "../columns.ts";
import { onlineContacts } from "../contacts/presence.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import {
  blocks,
  conversations,
  formerUsernames,
  friendRequests,
  friends,
  memberships,
  passwordAttempts,
  sessions,
  users,
} from "../schema.ts";

/** A new password, and what has to be true for it to be taken. */
export interface PasswordUpdate {
  userId: UserId;
  /** the hash which the current password was checked against */
  checked: string | null;
  /** the hash of the new one; salted, so no other change makes the same */
  next: string;
  /** the session that goes on */
  keep: SessionId;
}

/**
 * Sets a password and ends all other sessions, in one batch: of two who change it at once the second
 * finds another hash than he has checked.
 * @returns the sessions that this ended; null if the password is another one meanwhile
 */
export async function updatePassword(
  db: Database,
  { userId, checked, next, keep }: PasswordUpdate,
  now: number,
): Promise<EndedSession[] | null> {
  const is = (hash: string | null) =>
    and(eq(users.id, userId), sql`${users.passwordHash} IS ${hash}`, isNull(users.deletedAt));
  const taken = db.select({ id: users.id }).from(users).where(is(next));
  const others = and(eq(sessions.userId, userId), ne(sessions.id, keep), isNull(sessions.endedAt));
  const [updated, ended] = await queryD1(
    db.batch([
      db.update(users).set({ passwordHash: next }).where(is(checked)).returning({ id: users.id }),
      db
        .update(sessions)
        .set({ endedAt: now })
        .where(and(others, exists(taken)))
        .returning({ sessionId: sessions.id, expiresAt: sessions.expiresAt }),
    ]),
  );
  return updated.length > 0 ? ended : null;
}

/** What is known of an account that is to be deleted. */
export interface DeletedAccount {
  userId: UserId;
  username: string;
  email: string;
  /** the hash which the password was checked against */
  checked: string | null;
}

/** More of them are not given. */
const MAX_CONTACTS = 1_000;

/**
 * Deletes an account, unless its user owns a group or has another password meanwhile; one batch, so that
 * whatever races it finds all of it done or nothing.
 * @returns the sessions and the contacts that it had; or a group that he owns, null if that is not why
 */
export async function deleteUser(
  db: Database,
  { userId, username, email, checked }: DeletedAccount,
  now: number,
): Promise<
  | { deleted: true; sessions: SessionId[]; contacts: Contact[] }
  | { deleted: false; owned: ConversationId | null }
> {
  const owned = db
    .select({ id: conversations.id })
    .from(conversations)
    .where(and(eq(conversations.ownerId, userId), isNull(conversations.dissolvedAt)))
    .limit(1);
  const may = and(
    eq(users.id, userId),
    sql`${users.passwordHash} IS ${checked}`,
    isNull(users.deletedAt),
    sql`NOT ${exists(owned)}`,
  );
  // What follows the first statement holds for every deleted user: done twice it changes nothing.
  const gone = exists(
    db
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.id, userId), isNotNull(users.deletedAt))),
  );
  const myFriends = db.select({ id: friends.friendId }).from(friends).where(eq(friends.userId, userId));
  const [contacts, updated, ended, , , , , , , , , , owns] = await queryD1(
    db.batch([
      // First: what follows leaves nothing to find them by.
      onlineContacts(db, userId, { after: 0, limit: MAX_CONTACTS }),
      db
        .update(users)
        .set({ ...EMPTY, username: `deleted-${userId}`, deletedAt: now })
        .where(may)
        .returning({ id: users.id }),
      db
        .update(sessions)
        .set({ endedAt: sql`coalesce(${sessions.endedAt}, ${now})`, userAgent: "" })
        .where(and(eq(sessions.userId, userId), gone))
        .returning({ id: sessions.id }),
      db.insert(formerUsernames).select(sql`SELECT ${username} WHERE ${gone}`).onConflictDoNothing(),
      db.delete(friends).where(and(inArray(friends.userId, myFriends), eq(friends.friendId, userId), gone)),
      db.delete(friends).where(and(eq(friends.userId, userId), gone)),
      db.delete(friendRequests).where(and(eq(friendRequests.userId, userId), gone)),
      db.delete(friendRequests).where(and(eq(friendRequests.fromId, userId), gone)),
      db.delete(blocks).where(and(eq(blocks.userId, userId), gone)),
      db.delete(blocks).where(and(eq(blocks.blockedId, userId), gone)),
      // They are kept by what was typed as a name.
      db.delete(passwordAttempts).where(and(inArray(passwordAttempts.name, [username, email]), gone)),
      db
        .update(memberships)
        .set({ customFields: {} })
        .where(and(eq(memberships.userId, userId), ne(memberships.customFields, {}), gone)),
      owned,
    ]),
  );
  if (updated.length === 0) return { deleted: false, owned: owns[0]?.id ?? null };
  return { deleted: true, sessions: ended.map(({ id }) => id), contacts };
}

/** What is left of a profile: `friend_policy` as whoever comes new has it, though nobody is asked any more. */
const EMPTY = {
  ...DELETED_PROFILE,
  passwordHash: null,
  fullName: "",
  alias: "",
  idCardNum: "",
  phone: "",
  province: "",
  city: "",
  avatarText: "",
  loginAt: 0,
} as const;
