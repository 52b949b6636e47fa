import { and, eq, isNull, sql } from "drizzle-orm";
import type { UserId } from "../core/ids.ts";
import type { Me, ProfileChange, User } from "../core/users.ts";
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

/** Creates an account; null if the username is taken, also when somebody takes it at the same moment. */
export async function insertUser(db: Database, user: NewUser): Promise<User | null> {
  const insert = db.insert(users).values(user).onConflictDoNothing({ target: users.username });
  const [created] = await fromD1(insert.returning(USER));
  return created ?? null;
}

/** A user as others see him. */
export async function findUser(db: Database, id: UserId): Promise<User | null> {
  const [found] = await fromD1(db.select(USER).from(users).where(eq(users.id, id)));
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

/** The user of this name, by exact match. */
export async function findUserByName(db: Database, username: string): Promise<User | null> {
  const [found] = await fromD1(db.select(USER).from(users).where(eq(users.username, username)));
  return found ?? null;
}

/** What a password is checked against; `passwordHash` is null where the account has none. */
export async function findAccount(
  db: Database,
  username: string,
): Promise<{ user: User; passwordHash: string | null } | null> {
  const query = db.select({ ...USER, passwordHash: users.passwordHash }).from(users);
  const [found] = await fromD1(query.where(eq(users.username, username)));
  if (!found) return null;
  const { passwordHash, ...user } = found;
  return { user, passwordHash };
}

/** A user as he sees himself. */
export async function findMe(db: Database, id: UserId): Promise<Me | null> {
  const [found] = await fromD1(db.select(ME).from(users).where(eq(users.id, id)));
  return found ?? null;
}

/** Changes the given fields of a profile and gives the whole as it then is. */
export async function updateProfile(db: Database, id: UserId, change: ProfileChange): Promise<Me | null> {
  if (Object.keys(change).length === 0) return findMe(db, id);
  const [updated] = await fromD1(db.update(users).set(change).where(eq(users.id, id)).returning(ME));
  return updated ?? null;
}
