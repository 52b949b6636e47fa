import { eq, type SQL, sql } from "drizzle-orm";
import { lookAlikeKeys } from "../../domain/names/look-alike.ts";
import type { Database } from "../database.ts";
import { listed } from "../json-lists.ts";
import { formerUsernames, usernameKeys, users } from "../schema.ts";

/** Why a username cannot be had: it is another user's, or was, or it looks like another user's. */
export type NameTaken = "taken" | "looks_alike";

/** Which names a new one is compared with: those of equal spelling, or also those that look alike. */
export type NameComparison = "spelling" | "looks";

/**
 * The condition of an insert into `users`: no deleted account had the name and, with `looks`, no name looks
 * like it. The unique index refuses the name of a user.
 */
export function isFreeName(username: string, comparison: NameComparison): SQL {
  const isUnused = sql`NOT EXISTS (SELECT 1 FROM former_usernames WHERE username = ${username})`;
  if (comparison === "spelling") return isUnused;
  return sql`${isUnused} AND NOT EXISTS (SELECT 1 FROM username_keys WHERE key IN (${listed(lookAlikeKeys(username))}))`;
}

/** A query for the statement before that insert: a row if the name is another user's, or was. */
export function namesakeQuery(db: Database, username: string) {
  return db
    .select({ username: users.username })
    .from(users)
    .where(eq(users.username, username))
    .unionAll(
      db
        .select({ username: formerUsernames.username })
        .from(formerUsernames)
        .where(eq(formerUsernames.username, username)),
    );
}

/** The statement after that insert: stores the keys of the name, if a user has it now. */
export function keysOfUser(db: Database, username: string) {
  const isThere = sql`EXISTS (SELECT 1 FROM users WHERE username = ${username})`;
  return db
    .insert(usernameKeys)
    .select(sql`${listed(lookAlikeKeys(username))} WHERE ${isThere}`)
    .onConflictDoNothing();
}
