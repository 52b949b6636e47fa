import { lt, sql } from "drizzle-orm";
import { KEYS_VERSION, lookAlikeKeys } from "../../domain/names/look-alike.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong, listed } from "../json-lists.ts";
import { formerUsernames, usernameKeys, users } from "../schema.ts";

/**
 * Stores the keys of names anew whose keys an earlier version computed (`KEYS_VERSION`). Accounts whose names
 * look alike by the new ones all keep them.
 * @param limit names of users, and names of deleted accounts, at most
 * @returns whether any were left to do
 */
export async function fillInUsernameKeys(db: Database, limit: number): Promise<boolean> {
  const [named, former] = await queryD1(
    db.batch([
      db
        .select({ username: users.username })
        .from(users)
        .where(lt(users.keysVersion, KEYS_VERSION))
        .limit(limit),
      db
        .select({ username: formerUsernames.username })
        .from(formerUsernames)
        .where(lt(formerUsernames.keysVersion, KEYS_VERSION))
        .limit(limit),
    ]),
  );
  const names = [...named, ...former].map(({ username }) => username);
  if (names.length === 0) return false;
  const keys = names.flatMap(lookAlikeKeys);
  await queryD1(
    db.batch([
      // The WHERE keeps SQLite from reading ON CONFLICT as the beginning of a join.
      db
        .insert(usernameKeys)
        .select(sql`${listed(keys)} WHERE true`)
        .onConflictDoNothing(),
      db.update(users).set({ keysVersion: KEYS_VERSION }).where(isAmong(users.username, names)),
      db
        .update(formerUsernames)
        .set({ keysVersion: KEYS_VERSION })
        .where(isAmong(formerUsernames.username, names)),
    ]),
  );
  return true;
}
