import { and, isNull, sql } from "drizzle-orm";
import type { Person } from "../../domain/accounts/person.ts";
import type { UserId } from "../../domain/ids.ts";
import { KEYS_VERSION, lookAlikeKeys } from "../../domain/names/look-alike.ts";
import type { ExternalId, UserRef } from "../../domain/server/user-ref.ts";
import { PERSON } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { usernameKeys, users } from "../schema.ts";
import { created } from "./created-users.ts";

/** A user, and the id that the team's backend has for them. */
export type NamedUser = Person & { externalId: ExternalId | null };

/** The users whom refs name, in any order. Unknown and deleted ones are left out. Two queries. */
export async function findNamedUsers(db: Database, refs: readonly UserRef[]): Promise<NamedUser[]> {
  const ids = refs.flatMap((ref) => ("id" in ref ? [ref.id] : []));
  const externalIds = refs.flatMap((ref) => ("externalId" in ref ? [ref.externalId] : []));
  const query = () => db.select({ ...PERSON, externalId: users.externalId }).from(users);
  const living = isNull(users.deletedAt);
  const [byId, byExternalId] = await queryD1(
    db.batch([
      query().where(and(isAmong(users.id, ids), living)),
      // IS NOT NULL is the condition of the partial index, in the same words.
      query().where(and(sql`external_id IS NOT NULL`, isAmong(users.externalId, externalIds), living)),
    ]),
  );
  return [...byId, ...byExternalId];
}

/**
 * Creates accounts without a password that have nothing but their external ids and made-up usernames. One
 * that is there already, as another call was first, stays as it is. Two statements for any number.
 * @returns the ids of those that were made
 */
export async function insertNamedUsers(
  db: Database,
  list: { externalId: ExternalId; username: string }[],
  now: number,
): Promise<UserId[]> {
  const rows = list.map(({ externalId, username }) => [username, externalId]);
  const keys = list.flatMap(({ username }) => lookAlikeKeys(username).map((key) => [key, username]));
  const [made] = await queryD1(
    db.batch([
      db
        .insert(created)
        .select(
          sql`SELECT value ->> 0, ${now}, '', '', '', ${now}, '', 0, value ->> 1, 0, ${KEYS_VERSION}
            FROM json_each(${JSON.stringify(rows)}) WHERE TRUE`,
        )
        .onConflictDoNothing()
        .returning({ id: users.id }),
      db
        .insert(usernameKeys)
        .select(
          sql`SELECT value ->> 0 FROM json_each(${JSON.stringify(keys)})
            WHERE EXISTS (SELECT 1 FROM users WHERE username = value ->> 1)`,
        )
        .onConflictDoNothing(),
    ]),
  );
  return made.map(({ id }) => id);
}
