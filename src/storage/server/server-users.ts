import { and, asc, eq, isNotNull, isNull, not, type SQL, sql } from "drizzle-orm";
import { changedPerson, type VersionedPerson } from "../../domain/accounts/person.ts";
import type { UserId } from "../../domain/ids.ts";
import { KEYS_VERSION, lookAlikeKeys } from "../../domain/names/look-alike.ts";
import { readMetadata, writeMetadata } from "../../domain/server/metadata.ts";
import type { ServerUser, ServerUserChange, Suspension, UserState } from "../../domain/server/server-user.ts";
import type { ExternalId, UserRef } from "../../domain/server/user-ref.ts";
import { isoDay } from "../../lib/stored-time.ts";
import { emailColumns } from "../accounts/email-changes.ts";
import { isFreeName, keysOfUser, type NameTaken, namesakeQuery } from "../accounts/name-conditions.ts";
import { isSuspended, suspensionOf } from "../accounts/suspension.ts";
import { personQuery } from "../accounts/users.ts";
import { nextProfileTime, PERSON } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong, listed } from "../json-lists.ts";
import { formerUsernames, users } from "../schema.ts";
import { created } from "./created-users.ts";

const SERVER_USER = {
  ...PERSON,
  externalId: users.externalId,
  email: users.email,
  metadata: sql`${users.metadata}`.mapWith(readMetadata).as("read_metadata"),
  bot: users.bot,
  role: users.staffRole,
  suspendedUntil: users.suspendedUntil,
  shadowedUntil: users.shadowedUntil,
  suspensionReason: users.suspensionReason,
  createdAt: users.createdAt,
  deletedAt: users.deletedAt,
  hasPassword: sql`${users.passwordHash} IS NOT NULL`.mapWith(Boolean).as("has_password"),
  lastSeenAt: sql`max(${users.loginAt},
      (SELECT coalesce(max(last_seen_at), 0) FROM sessions WHERE user_id = ${users.id}))`
    .mapWith(Number)
    .as("last_seen"),
};

/** The user whom a backend names, deleted ones included by their id; null for an unknown one. */
export async function findServerUser(db: Database, ref: UserRef, now: number): Promise<ServerUser | null> {
  const [found] = await queryD1(db.select(SERVER_USER).from(users).where(isNamed(ref)));
  return found ? serverUserOf(found, now) : null;
}

/** Whether a user may act, or be acted for; null for an unknown or deleted one. Reads one row. */
export async function findActor(
  db: Database,
  ref: UserRef,
  now: number,
): Promise<{ id: UserId; suspension: Suspension | null } | null> {
  const { id, suspendedUntil, suspensionReason } = users;
  const query = db.select({ id, suspendedUntil, suspensionReason }).from(users);
  const [found] = await queryD1(query.where(and(isNamed(ref), isNull(users.deletedAt))));
  return found ? { id: found.id, suspension: suspensionOf(found, now) } : null;
}

/** The users with these external ids. Unknown ones are left out. One query. */
export async function findServerUsers(
  db: Database,
  externalIds: ExternalId[],
  now: number,
): Promise<ServerUser[]> {
  // IS NOT NULL is the condition of the partial index, in the same words.
  const isNamedSo = and(sql`external_id IS NOT NULL`, isAmong(users.externalId, externalIds));
  const found = await queryD1(db.select(SERVER_USER).from(users).where(isNamedSo));
  return found.map((row) => serverUserOf(row, now));
}

/** The external ids of these users; those without one are missing. One query. */
export async function findExternalIds(db: Database, ids: UserId[]): Promise<Map<UserId, ExternalId>> {
  const { id, externalId } = users;
  const rows = await queryD1(db.select({ id, externalId }).from(users).where(isAmong(users.id, ids)));
  return new Map(rows.flatMap((row) => (row.externalId === null ? [] : [[row.id, row.externalId] as const])));
}

/** These users, without deleted ones. One query. */
export async function findLiveServerUsers(db: Database, ids: UserId[], now: number): Promise<ServerUser[]> {
  const isLive = and(isAmong(users.id, ids), isNull(users.deletedAt));
  const found = await queryD1(db.select(SERVER_USER).from(users).where(isLive));
  return found.map((row) => serverUserOf(row, now));
}

/** Users behind this id, by their ids. @param state null: all but the deleted ones */
export async function listServerUsers(
  db: Database,
  { after, limit, state }: { after: number; limit: number; state: UserState | null },
  now: number,
): Promise<ServerUser[]> {
  const rows = db
    .select(SERVER_USER)
    .from(users)
    .where(and(sql`${users.id} > ${after}`, ...conditionsOf(state, now)))
    .orderBy(asc(users.id))
    .limit(limit);
  return (await queryD1(rows)).map((row) => serverUserOf(row, now));
}

function conditionsOf(state: UserState | null, now: number): SQL[] {
  if (state === "deactivated") return [isNotNull(users.deletedAt)];
  const living = isNull(users.deletedAt);
  if (state === null) return [living];
  return [living, state === "suspended" ? isSuspended(now) : not(isSuspended(now))];
}

/** A new user of a team's backend or issuer. */
export interface NewServerUser {
  externalId: ExternalId;
  username: string;
  change: ServerUserChange;
  /** nickname and avatar are the issuer's */
  profileLocked: boolean;
  createdAt: number;
}

/**
 * Creates an account without a password. Of two concurrent calls for one external id, or for one name, one
 * succeeds.
 * @returns the id; or, where nothing was stored, why the username cannot be had. Another call may have stored
 *   the external id then: look for it first
 */
export async function insertServerUser(db: Database, user: NewServerUser): Promise<UserId | NameTaken> {
  const { externalId, username, change, profileLocked, createdAt } = user;
  const { nickname = "", avatar = "", email = "", metadata = {}, bot = false } = change;
  const [namesakes, [made]] = await queryD1(
    db.batch([
      namesakeQuery(db, username),
      db
        .insert(created)
        .select(
          sql`SELECT ${username}, ${createdAt}, ${nickname}, ${avatar}, ${email}, ${createdAt},
            ${writeMetadata(metadata)}, ${Number(bot)}, ${externalId}, ${Number(profileLocked)},
            ${KEYS_VERSION}
            WHERE ${isFreeName(username, "looks")}`,
        )
        .onConflictDoNothing()
        .returning({ id: users.id }),
      keysOfUser(db, username),
    ]),
  );
  return made?.id ?? (namesakes.length > 0 ? "taken" : "looks_alike");
}

/** What became of a change: `person` is what is shown beside messages, if that has changed. */
export type ServerUserUpdate = { person: VersionedPerson | null } | NameTaken | "changed_meanwhile";

/**
 * Changes a user without a password. A former name stays taken, for this user too.
 * @param user as the caller has read it: `changed_meanwhile` if the name is another one now, if the user has
 *   a password, or if the account is deleted
 */
export async function updateServerUser(
  db: Database,
  user: Pick<ServerUser, "id" | "username">,
  { username, avatar, metadata, ...change }: Omit<ServerUserChange, "role">,
  now: number,
): Promise<ServerUserUpdate> {
  const { id } = user;
  const next = username ?? user.username;
  const set = {
    ...change,
    ...(username !== undefined && { username, keysVersion: KEYS_VERSION }),
    // A new avatar replaces an avatar text, too.
    ...(avatar !== undefined && { avatar, avatarText: "" }),
    ...(metadata && { metadata: writeMetadata(metadata) }),
    // The backend answers for the addresses of its users.
    ...emailColumns(change.email, now, { max: Number.MAX_SAFE_INTEGER, dayMs: 0 }),
    updatedAt: nextProfileTime(now),
  };
  const isSame = and(
    eq(users.id, id),
    eq(users.username, user.username),
    isNull(users.passwordHash),
    isNull(users.deletedAt),
  );
  const [[before], namesakes, [still], [updated]] = await queryD1(
    db.batch([
      personQuery(db, id),
      namesakeQuery(db, next),
      db.select({ id: users.id }).from(users).where(isSame),
      db
        .update(users)
        .set(set)
        .where(and(isSame, next === user.username ? undefined : isFreeToRename(user.username, next)))
        .returning({ ...PERSON, version: users.updatedAt }),
      // Both apply to a user who has the name now, so repeating them changes nothing.
      db
        .insert(formerUsernames)
        .select(
          sql`SELECT ${user.username}, 0 WHERE ${next !== user.username}
            AND EXISTS (SELECT 1 FROM users WHERE id = ${id} AND username = ${next})`,
        )
        .onConflictDoNothing(),
      keysOfUser(db, next),
    ]),
  );
  if (updated) return { person: changedPerson(before, updated, updated.version) };
  if (!still) return "changed_meanwhile";
  return namesakes.length > 0 ? "taken" : "looks_alike";
}

/** No user has the name or had it, and it looks like no name but the one that the user has. */
function isFreeToRename(from: string, to: string): SQL {
  return sql`${isFreeName(to, "spelling")}
    AND NOT EXISTS (SELECT 1 FROM users AS others WHERE others.username = ${to})
    AND NOT EXISTS (SELECT 1 FROM username_keys WHERE key IN (${listed(lookAlikeKeys(to))})
      AND key NOT IN (${listed(lookAlikeKeys(from))}))`;
}

function isNamed(ref: UserRef): SQL | undefined {
  return "id" in ref
    ? eq(users.id, ref.id)
    : and(sql`external_id IS NOT NULL`, eq(users.externalId, ref.externalId));
}

/** The row of a user as a query gives it. */
type Row = Omit<ServerUser, "state" | "suspension" | "lastSeenOn"> & {
  suspendedUntil: number;
  shadowedUntil: number;
  suspensionReason: string;
  deletedAt: number | null;
  lastSeenAt: number;
};

function serverUserOf(row: Row, now: number): ServerUser {
  const { suspendedUntil, shadowedUntil, suspensionReason, deletedAt, lastSeenAt, ...user } = row;
  const suspension = suspensionOf({ suspendedUntil, shadowedUntil, suspensionReason }, now);
  const isSignedOut = suspension !== null && !suspension.shadow;
  return {
    ...user,
    state: deletedAt !== null ? "deactivated" : isSignedOut ? "suspended" : "active",
    suspension,
    lastSeenOn: lastSeenAt === 0 ? null : isoDay(lastSeenAt),
  };
}
