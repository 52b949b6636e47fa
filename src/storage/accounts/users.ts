import { and, desc, eq, inArray, isNotNull, isNull, or, sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { changedPerson, type Person, type VersionedPerson } from "../../domain/accounts/person.ts";
import type { SignInOrigin } from "../../domain/accounts/sign-in.ts";
import type {
  Account,
  Me,
  OwnProfile,
  ProfileChange,
  User,
  UserWithRelation,
} from "../../domain/accounts/user.ts";
import { UserId } from "../../domain/ids.ts";
import { KEYS_VERSION } from "../../domain/names/look-alike.ts";
import { readMetadata } from "../../domain/server/metadata.ts";
import { DELETED_PROFILE, ME, nextProfileTime, PERSON, userSeenBy, userWithRelationTo } from "../columns.ts";
import { isBlocked } from "../contacts/pair-conditions.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { signInPlaces, users } from "../schema.ts";
import { allowsEmail, type EmailRule, emailColumns } from "./email-changes.ts";
import { isFreeName, keysOfUser, type NameTaken, namesakeQuery } from "./name-conditions.ts";

/** The same with what the team's backend keeps with the user: for the owner alone. */
const OWN_PROFILE = {
  ...ME,
  metadata: sql`${users.metadata}`.mapWith(readMetadata).as("own_metadata"),
  profileLocked: users.profileLocked,
  hasPassword: sql`${users.passwordHash} IS NOT NULL`.mapWith(Boolean).as("has_password"),
};

/** The fields of a new account. */
export interface NewUser {
  username: string;
  passwordHash: string;
  email: string;
  nickname: string;
  createdAt: number;
}

/** The columns of `users` that a registration sets. */
const registered = sqliteTable("users", {
  username: text().notNull(),
  passwordHash: text("password_hash"),
  email: text().notNull(),
  emailSetAt: integer("email_set_at").notNull(),
  nickname: text().notNull(),
  createdAt: integer("created_at").notNull(),
  keysVersion: integer("keys_version").notNull(),
});

/**
 * Creates an account. Of two concurrent registrations of a username, or of two that look alike, one succeeds.
 * @returns the new profile, or why the username cannot be had
 */
export async function insertUser(db: Database, user: NewUser): Promise<Me | NameTaken> {
  const { username, passwordHash, email, nickname, createdAt } = user;
  const [namesakes, [created]] = await queryD1(
    db.batch([
      namesakeQuery(db, username),
      db
        .insert(registered)
        .select(
          sql`SELECT ${username}, ${passwordHash}, ${email}, ${createdAt}, ${nickname}, ${createdAt}, ${KEYS_VERSION}
            WHERE ${isFreeName(username, "looks")}`,
        )
        .onConflictDoNothing()
        .returning({ id: users.id }),
      keysOfUser(db, username),
    ]),
  );
  if (!created) return namesakes.length > 0 ? "taken" : "looks_alike";
  return { ...DELETED_PROFILE, id: created.id, username, email, nickname, createdAt };
}

/** A user as `viewer` sees them; null for an unknown or deleted one. */
export async function findUser(db: Database, id: UserId, viewer: UserId): Promise<UserWithRelation | null> {
  const [found] = await queryD1(db.select(userWithRelationTo(viewer)).from(users).where(living(id)));
  return found ?? null;
}

/** The same of several users, deleted users included. Unknown ids are left out. One query. */
export function findUsersWithRelation(
  db: Database,
  ids: UserId[],
  viewer: UserId,
): Promise<UserWithRelation[]> {
  return queryD1(db.select(userWithRelationTo(viewer)).from(users).where(isAmong(users.id, ids)));
}

/** These users as `viewer` sees them, deleted users included. Unknown ids are left out. One query. */
export function findUsersWithDeleted(db: Database, ids: UserId[], viewer: UserId): Promise<User[]> {
  return queryD1(db.select(userSeenBy(viewer)).from(users).where(isAmong(users.id, ids)));
}

/** The names of these users, deleted ones included. One query. */
export function findNames(
  db: Database,
  ids: readonly UserId[],
): Promise<{ id: UserId; username: string; nickname: string }[]> {
  const { id, username, nickname } = users;
  return queryD1(db.select({ id, username, nickname }).from(users).where(isAmong(id, ids)));
}

/** The profiles of these users. Unknown and deleted users are left out. One query. */
export function findLiveUsers(db: Database, ids: UserId[]): Promise<Person[]> {
  return queryD1(
    db
      .select(PERSON)
      .from(users)
      .where(and(isAmong(users.id, ids), isNull(users.deletedAt))),
  );
}

/** The profile of this username, by exact match; null for an unknown or deleted user. */
export async function findUserByName(db: Database, username: string): Promise<Person | null> {
  const [found] = await queryD1(db.select(PERSON).from(users).where(livingNamed(username)));
  return found ?? null;
}

/** The profiles of these usernames, by exact match. Unknown and deleted users are left out. One query. */
export function findLiveUsersByName(db: Database, usernames: string[]): Promise<Person[]> {
  return queryD1(db.select(PERSON).from(users).where(livingAmong(usernames)));
}

/** The users of these usernames as `viewer` sees them, as `findLiveUsersByName`. One query. */
export function findUsersSeenBy(
  db: Database,
  usernames: string[],
  viewer: UserId,
): Promise<UserWithRelation[]> {
  return queryD1(db.select(userWithRelationTo(viewer)).from(users).where(livingAmong(usernames)));
}

/**
 * The full profiles of these usernames, by exact match, and whether there is a block between each and
 * `viewer`. Unknown and deleted users are left out. One query.
 */
export function findProfilesByName(
  db: Database,
  usernames: string[],
  viewer: UserId,
): Promise<(Me & { hasPassword: boolean; blocked: boolean })[]> {
  return queryD1(
    db
      .select({
        ...ME,
        hasPassword: sql`${users.passwordHash} IS NOT NULL`.mapWith(Boolean).as("has_password"),
        blocked: isBlocked(viewer, users.id).mapWith(Boolean).as("is_blocked"),
      })
      .from(users)
      .where(livingAmong(usernames)),
  );
}

/** The accounts with one e-mail address that a sign-in by it looks at. */
const MAX_NAMESAKES = 100;
/** An id that nobody has. */
const NOBODY = UserId.parse(1);

const ACCOUNT = { ...ME, passwordHash: users.passwordHash };

/** The account of this username, with its password hash; null for an unknown or deleted user. */
export async function findAccount(db: Database, username: string): Promise<Account | null> {
  const [found] = await queryD1(db.select(ACCOUNT).from(users).where(livingNamed(username)));
  return found ? accountOf(found) : null;
}

/** The account of a user, with its password hash; null for an unknown or deleted user. */
export async function findAccountById(db: Database, id: UserId): Promise<Account | null> {
  const [found] = await queryD1(db.select(ACCOUNT).from(users).where(living(id)));
  return found ? accountOf(found) : null;
}

/** The accounts that a name may mean at a sign-in. Each may be null. */
export interface NamedAccounts {
  /** the account of this username */
  named: Account | null;
  /** of the accounts with this e-mail address the one that set it first */
  firstByEmail: Account | null;
  /** of the accounts with this e-mail address the one that signed in last from here, or by `former` */
  lastFromHere: Account | null;
}

/**
 * The accounts of this username, and with this e-mail address and a password. All queries always run, so that
 * the time does not reveal which accounts exist.
 */
export async function findAccountsByNameOrEmail(
  db: Database,
  name: string,
  { place, former }: SignInOrigin,
): Promise<NamedAccounts> {
  const { id, email, emailSetAt, passwordHash, deletedAt } = users;
  // `email <> ''` is the condition of the partial index `users_email`, in the same words.
  const hasAddress = and(sql`email <> ''`, eq(email, name), isNotNull(passwordHash), isNull(deletedAt));
  // Any number of accounts may have an address: those that set it first are looked at.
  const firstToSet = db
    .select({ id })
    .from(users)
    .where(hasAddress)
    .orderBy(emailSetAt, id)
    .limit(MAX_NAMESAKES);
  const isFormer = eq(id, former?.userId ?? NOBODY);
  const isFromHere = and(eq(signInPlaces.userId, id), eq(signInPlaces.place, place));
  const [[named], [first], [last]] = await queryD1(
    db.batch([
      db.select(ACCOUNT).from(users).where(livingNamed(name)),
      db.select(ACCOUNT).from(users).where(hasAddress).orderBy(emailSetAt, id).limit(1),
      db
        .select(ACCOUNT)
        .from(users)
        .leftJoin(signInPlaces, isFromHere)
        .where(and(inArray(id, firstToSet), or(isFormer, isNotNull(signInPlaces.place))))
        .orderBy(desc(isFormer), desc(signInPlaces.lastAt))
        .limit(1),
    ]),
  );
  return {
    named: named ? accountOf(named) : null,
    firstByEmail: first ? accountOf(first) : null,
    lastFromHere: last ? accountOf(last) : null,
  };
}

function accountOf({ passwordHash, ...user }: Me & { passwordHash: string | null }): Account {
  return { user, passwordHash };
}

/** The full profile of a user, as its owner reads it; null for an unknown or deleted user. */
export async function findMe(db: Database, id: UserId): Promise<OwnProfile | null> {
  const [found] = await queryD1(db.select(OWN_PROFILE).from(users).where(living(id)));
  return found ?? null;
}

/** A changed profile. `person`: what is shown beside messages, if that has changed. */
export interface ChangedProfile<Whole> {
  whole: Whole;
  person: VersionedPerson | null;
}

/** A user's profile beside messages as it is now, for a batch that changes it. */
export function personQuery(db: Database, id: UserId) {
  return db.select(PERSON).from(users).where(living(id));
}

/**
 * Changes the given fields of a profile.
 * @returns the profile after the change; null for an unknown or deleted user, and if the e-mail address was
 *   changed too often
 * @param rule how often it may be changed
 */
export async function updateProfile(
  db: Database,
  id: UserId,
  change: ProfileChange,
  rule: EmailRule,
): Promise<ChangedProfile<OwnProfile> | null> {
  if (Object.keys(change).length === 0) {
    const whole = await findMe(db, id);
    return whole && { whole, person: null };
  }
  // A new avatar replaces an avatar text, too: the text counts only where there is no URL.
  const columns = change.avatar === undefined ? change : { ...change, avatarText: "" };
  const now = Date.now();
  const { email } = change;
  const set = { ...columns, ...emailColumns(email, now, rule), updatedAt: nextProfileTime(now) };
  const [[before], [updated]] = await queryD1(
    db.batch([
      personQuery(db, id),
      db
        .update(users)
        .set(set)
        .where(and(living(id), allowsEmail(email, now, rule)))
        .returning(OWN_PROFILE),
    ]),
  );
  return updated ? { whole: updated, person: changedPerson(before, updated, updated.updatedAt) } : null;
}

/**
 * When the account was deleted (milliseconds; null: it is not), and whether with the messages; null for an
 * unknown user. Deleted users keep a row.
 */
export async function findAccountState(
  db: Database,
  id: UserId,
): Promise<{ createdAt: number; deletedAt: number | null; messagesErased: boolean } | null> {
  const { createdAt, deletedAt, messagesErased } = users;
  const query = db.select({ createdAt, deletedAt, messagesErased }).from(users);
  const [found] = await queryD1(query.where(eq(users.id, id)));
  return found ?? null;
}

function living(id: UserId) {
  return and(eq(users.id, id), isNull(users.deletedAt));
}

function livingAmong(usernames: string[]) {
  return and(isAmong(users.username, usernames), isNull(users.deletedAt));
}

function livingNamed(username: string) {
  return and(eq(users.username, username), isNull(users.deletedAt));
}
