import { and, eq, isNull, sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { User } from "../../domain/accounts/user.ts";
import type { UserId } from "../../domain/ids.ts";
import { KEYS_VERSION } from "../../domain/names/look-alike.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { isFreeName, keysOfUser } from "../accounts/name-conditions.ts";
import { USER } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { users } from "../schema.ts";

/** A user of a team's backend or issuer. */
export interface ProvisionedUser extends User {
  /** nickname and avatar are the issuer's: the user does not change them */
  profileLocked: boolean;
  /** until when they may not sign in, in ms; 0: they may, -1: for ever */
  suspendedUntil: number;
}

const PROVISIONED = {
  ...USER,
  profileLocked: users.profileLocked,
  suspendedUntil: users.suspendedUntil,
};

/** The user of this external id; null for an unknown or deleted one. Reads one row. */
export async function findByExternalId(
  db: Database,
  externalId: ExternalId,
): Promise<ProvisionedUser | null> {
  // `external_id IS NOT NULL` is the condition of the partial index.
  const hasId = and(eq(users.externalId, externalId), sql`external_id IS NOT NULL`, isNull(users.deletedAt));
  const [found] = await queryD1(db.select(PROVISIONED).from(users).where(hasId));
  return found ?? null;
}

/** The fields of a new user of a team's backend or issuer. */
export interface NewProvisionedUser {
  externalId: ExternalId;
  username: string;
  nickname: string;
  avatar: string;
  profileLocked: boolean;
  createdAt: number;
}

/** The columns of `users` that it sets. */
const provisioned = sqliteTable("users", {
  externalId: text("external_id").notNull(),
  username: text().notNull(),
  nickname: text().notNull(),
  avatar: text().notNull(),
  profileLocked: integer("profile_locked", { mode: "boolean" }).notNull(),
  createdAt: integer("created_at").notNull(),
  keysVersion: integer("keys_version").notNull(),
});

/**
 * Creates a user without a password. Of two at once with one external id, or one username, one succeeds.
 * @returns the new id; null: the external id is another user's, or the username is, was, or looks like one
 */
export async function insertByExternalId(db: Database, user: NewProvisionedUser): Promise<UserId | null> {
  const { externalId, username, nickname, avatar, profileLocked, createdAt } = user;
  const [[created]] = await queryD1(
    db.batch([
      db
        .insert(provisioned)
        .select(
          sql`SELECT ${externalId}, ${username}, ${nickname}, ${avatar}, ${profileLocked ? 1 : 0}, ${createdAt},
            ${KEYS_VERSION} WHERE ${isFreeName(username, "looks")}`,
        )
        .onConflictDoNothing()
        .returning({ id: users.id }),
      keysOfUser(db, username),
    ]),
  );
  return created?.id ?? null;
}

/** Notes whether nickname and avatar of a user are their issuer's. */
export async function setProfileLocked(db: Database, id: UserId, profileLocked: boolean): Promise<void> {
  await queryD1(db.update(users).set({ profileLocked }).where(eq(users.id, id)));
}

/** Whether nickname and avatar of a user are their issuer's. */
export async function isProfileLocked(db: Database, id: UserId): Promise<boolean> {
  const query = db.select({ locked: users.profileLocked }).from(users).where(eq(users.id, id));
  const [found] = await queryD1(query);
  return found?.locked ?? false;
}
