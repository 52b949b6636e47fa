import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Account, Me, ProfileChange, User } from "../../domain/accounts/user.ts";
import { UserId } from "../../domain/ids.ts";
import { DELETED_PROFILE, USER } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { users } from "../schema.ts";

const ME = {
  ...USER,
  email: users.email,
  gender: users.gender,
  birthday: users.birthday,
  location: users.location,
  language: users.language,
  signature: users.signature,
  friendPolicy: users.friendPolicy,
  messageSettings: users.messageSettings,
  adminForbidType: users.adminForbidType,
  level: users.level,
  role: users.role,
  details: users.details,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
};

/** What a new account starts with. */
export interface NewUser {
  username: string;
  passwordHash: string;
  email: string;
  nickname: string;
  createdAt: number;
}

const Inserted = z.object({ id: UserId });

/**
 * Creates an account; null if the username is taken, also when somebody takes it at the same moment, or
 * when it was that of a deleted account.
 */
export async function insertUser(db: Database, user: NewUser): Promise<Me | null> {
  const { username, passwordHash, email, nickname, createdAt } = user;
  const rows = await queryD1(
    db.all(sql`
      INSERT INTO users (username, password_hash, email, nickname, created_at)
      SELECT ${username}, ${passwordHash}, ${email}, ${nickname}, ${createdAt}
      WHERE NOT EXISTS (SELECT 1 FROM former_usernames WHERE username = ${username})
      ON CONFLICT (username) DO NOTHING RETURNING id`),
  );
  const [created] = z.array(Inserted).parse(rows);
  return created ? { ...DELETED_PROFILE, id: created.id, username, email, nickname, createdAt } : null;
}

/** A user as others see him; null for a deleted one. */
export async function findUser(db: Database, id: UserId): Promise<User | null> {
  const [found] = await queryD1(db.select(USER).from(users).where(living(id)));
  return found ?? null;
}

/** These users as others see them, deleted ones too; unknown ids are missing. */
export function findUsers(db: Database, ids: UserId[]): Promise<User[]> {
  const among = sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return queryD1(db.select(USER).from(users).where(among));
}

/** Those of these users who have an account. */
export function findAccounts(db: Database, ids: UserId[]): Promise<User[]> {
  const among = sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return queryD1(
    db
      .select(USER)
      .from(users)
      .where(and(among, isNull(users.deletedAt))),
  );
}

/** The user of this name, by exact match; null for a deleted one. */
export async function findUserByName(db: Database, username: string): Promise<User | null> {
  const [found] = await queryD1(db.select(USER).from(users).where(livingNamed(username)));
  return found ?? null;
}

/** The users of these names, by exact match, but for deleted ones. One query for all. */
export function findAccountsByName(db: Database, usernames: string[]): Promise<User[]> {
  const among = sql`${users.username} IN (SELECT value FROM json_each(${JSON.stringify(usernames)}))`;
  return queryD1(
    db
      .select(USER)
      .from(users)
      .where(and(among, isNull(users.deletedAt))),
  );
}

/** Their profiles, by exact match of their names, but for deleted ones. One query for all. */
export function findProfilesByName(
  db: Database,
  usernames: string[],
): Promise<(Me & { hasPassword: boolean })[]> {
  const among = sql`${users.username} IN (SELECT value FROM json_each(${JSON.stringify(usernames)}))`;
  return queryD1(
    db
      .select({
        ...ME,
        hasPassword: sql`${users.passwordHash} IS NOT NULL`.mapWith(Boolean).as("has_password"),
      })
      .from(users)
      .where(and(among, isNull(users.deletedAt))),
  );
}

const ACCOUNT = { ...ME, passwordHash: users.passwordHash };

/** What a password is checked against. */
export async function findAccount(db: Database, username: string): Promise<Account | null> {
  const [found] = await queryD1(db.select(ACCOUNT).from(users).where(livingNamed(username)));
  return found ? accountOf(found) : null;
}

/**
 * The same by a username, or by an e-mail address where nobody with a password has that name, and exactly one
 * account with a password has that address. It takes as long whoever is found.
 */
export async function findAccountByNameOrEmail(db: Database, name: string): Promise<Account | null> {
  const { email, passwordHash, deletedAt } = users;
  // The first of these is in the words of the index.
  const addressed = and(sql`email <> ''`, eq(email, name), isNotNull(passwordHash), isNull(deletedAt));
  const [[named], found] = await queryD1(
    db.batch([
      db.select(ACCOUNT).from(users).where(livingNamed(name)),
      db.select(ACCOUNT).from(users).where(addressed).limit(2),
    ]),
  );
  if (named && (named.passwordHash !== null || found.length !== 1)) return accountOf(named);
  const [only, second] = found;
  return only && !second ? accountOf(only) : null;
}

function accountOf({ passwordHash, ...user }: Me & { passwordHash: string | null }): Account {
  return { user, passwordHash };
}

/** A user as he sees himself; null for a deleted one. */
export async function findMe(db: Database, id: UserId): Promise<Me | null> {
  const [found] = await queryD1(db.select(ME).from(users).where(living(id)));
  return found ?? null;
}

/** Changes the given fields of a profile and gives the whole as it then is. */
export async function updateProfile(db: Database, id: UserId, change: ProfileChange): Promise<Me | null> {
  if (Object.keys(change).length === 0) return findMe(db, id);
  // What is no URL stands in for one only as long as there is none.
  const shown = change.avatar === undefined ? change : { ...change, avatarText: "" };
  const set = { ...shown, updatedAt: Date.now() };
  const [updated] = await queryD1(db.update(users).set(set).where(living(id)).returning(ME));
  return updated ?? null;
}

/** Whether there is, or was, such a user; a deleted one keeps his row. */
export async function findAccountState(
  db: Database,
  id: UserId,
): Promise<{ deletedAt: number | null } | null> {
  const query = db.select({ deletedAt: users.deletedAt }).from(users);
  const [found] = await queryD1(query.where(eq(users.id, id)));
  return found ?? null;
}

function living(id: UserId) {
  return and(eq(users.id, id), isNull(users.deletedAt));
}

function livingNamed(username: string) {
  return and(eq(users.username, username), isNull(users.deletedAt));
}
