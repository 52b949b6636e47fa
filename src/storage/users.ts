import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { UserId } from "../core/ids.ts";
import type { Account, Me, ProfileChange, User } from "../core/users.ts";
import { USER } from "./columns.ts";
import type { Database } from "./database.ts";
import { fromD1 } from "./outage.ts";
import { users } from "./schema.ts";

const ME = {
  ...USER,
  email: users.email,
  gender: users.gender,
  birthday: users.birthday,
  location: users.location,
  language: users.language,
  signature: users.signature,
  friendPolicy: users.friendPolicy,
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
export async function insertUser(db: Database, user: NewUser): Promise<User | null> {
  const { username, passwordHash, email, nickname, createdAt } = user;
  const rows = await fromD1(
    db.all(sql`
      INSERT INTO users (username, password_hash, email, nickname, created_at)
      SELECT ${username}, ${passwordHash}, ${email}, ${nickname}, ${createdAt}
      WHERE NOT EXISTS (SELECT 1 FROM former_usernames WHERE username = ${username})
      ON CONFLICT (username) DO NOTHING RETURNING id`),
  );
  const [created] = z.array(Inserted).parse(rows);
  return created ? { id: created.id, username, nickname, avatar: "", online: false } : null;
}

/** A user as others see him; null for a deleted one. */
export async function findUser(db: Database, id: UserId): Promise<User | null> {
  const [found] = await fromD1(db.select(USER).from(users).where(living(id)));
  return found ?? null;
}

/** These users as others see them, deleted ones too; unknown ids are missing. */
export function findUsers(db: Database, ids: UserId[]): Promise<User[]> {
  const among = sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return fromD1(db.select(USER).from(users).where(among));
}

/** Those of these users who have an account. */
export function findAccounts(db: Database, ids: UserId[]): Promise<User[]> {
  const among = sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return fromD1(
    db
      .select(USER)
      .from(users)
      .where(and(among, isNull(users.deletedAt))),
  );
}

/** The user of this name, by exact match; null for a deleted one. */
export async function findUserByName(db: Database, username: string): Promise<User | null> {
  const [found] = await fromD1(db.select(USER).from(users).where(livingNamed(username)));
  return found ?? null;
}

/** What a password is checked against. */
export async function findAccount(db: Database, username: string): Promise<Account | null> {
  const query = db.select({ ...USER, passwordHash: users.passwordHash }).from(users);
  const [found] = await fromD1(query.where(livingNamed(username)));
  if (!found) return null;
  const { passwordHash, ...user } = found;
  return { user, passwordHash };
}

/** A user as he sees himself; null for a deleted one. */
export async function findMe(db: Database, id: UserId): Promise<Me | null> {
  const [found] = await fromD1(db.select(ME).from(users).where(living(id)));
  return found ?? null;
}

/** Changes the given fields of a profile and gives the whole as it then is. */
export async function updateProfile(db: Database, id: UserId, change: ProfileChange): Promise<Me | null> {
  if (Object.keys(change).length === 0) return findMe(db, id);
  const [updated] = await fromD1(db.update(users).set(change).where(living(id)).returning(ME));
  return updated ?? null;
}

/** Whether there is, or was, such a user; a deleted one keeps his row. */
export async function findLife(db: Database, id: UserId): Promise<{ deletedAt: number | null } | null> {
  const query = db.select({ deletedAt: users.deletedAt }).from(users);
  const [found] = await fromD1(query.where(eq(users.id, id)));
  return found ?? null;
}

function living(id: UserId) {
  return and(eq(users.id, id), isNull(users.deletedAt));
}

function livingNamed(username: string) {
  return and(eq(users.username, username), isNull(users.deletedAt));
}
