import { and, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { ProfileFields } from "../../domain/accounts/user.ts";
import { Admitted } from "../../domain/contacts/consent.ts";
import type { UserId } from "../../domain/ids.ts";
import { KEYS_VERSION, lookAlikeKeys } from "../../domain/names/look-alike.ts";
import type { Metadata } from "../../domain/server/metadata.ts";
import { writeMetadata } from "../../domain/server/metadata.ts";
import type { Suspension } from "../../domain/server/server-user.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { FOR_EVER, NOT_SUSPENDED } from "../accounts/suspension.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { blocks, formerUsernames, friends, importedUsers, usernameKeys, users } from "../schema.ts";
import { created } from "../server/created-users.ts";

const { gender, birthday, location, language, signature, friendPolicy } = ProfileFields.shape;
const ImportedProfile = z
  .object({ gender, birthday, location, language, signature, friendPolicy })
  .extend({ whoMayWrite: Admitted, whoMayAdd: Admitted })
  .partial();
type ImportedProfile = z.infer<typeof ImportedProfile>;

/** A user of elsewhere. */
export interface NewImportedUser {
  externalId: ExternalId;
  username: string;
  nickname: string;
  avatar: string;
  email: string;
  metadata: Metadata;
  bot: boolean;
  createdAt: number;
  /** what users say of themselves */
  profile: ImportedProfile;
  /** null: they may sign in, and others hear them */
  suspension: Suspension | null;
}

/** Those of these names that are taken, or look like one that is. One call. */
export async function findTakenNames(db: Database, names: string[]): Promise<Set<string>> {
  const keysOf = new Map(names.map((name) => [name, lookAlikeKeys(name)]));
  const [keys, living, former] = await queryD1(
    db.batch([
      db
        .select()
        .from(usernameKeys)
        .where(isAmong(usernameKeys.key, [...keysOf.values()].flat())),
      db.select({ username: users.username }).from(users).where(isAmong(users.username, names)),
      db
        .select({ username: formerUsernames.username })
        .from(formerUsernames)
        .where(isAmong(formerUsernames.username, names)),
    ]),
  );
  const takenKeys = new Set(keys.map(({ key }) => key));
  const taken = new Set([...living, ...former].map(({ username }) => username));
  return new Set(
    names.filter((name) => taken.has(name) || keysOf.get(name)?.some((key) => takenKeys.has(key))),
  );
}

/**
 * Creates accounts without a password. One whose external id or username another call has taken meanwhile is
 * left out. Two statements for any number.
 * @returns the ids of those that were made
 */
export async function insertImportedUsers(
  db: Database,
  list: NewImportedUser[],
): Promise<{ id: UserId; externalId: ExternalId | null }[]> {
  const rows = list.map(({ metadata, bot, ...user }) => ({
    ...user,
    metadata: writeMetadata(metadata),
    bot: Number(bot),
  }));
  const keys = list.flatMap(({ username }) => lookAlikeKeys(username).map((key) => [key, username]));
  const [made] = await queryD1(
    db.batch([
      db
        .insert(created)
        .select(
          sql`SELECT value ->> 'username', value ->> 'createdAt', value ->> 'nickname', value ->> 'avatar',
              value ->> 'email', value ->> 'createdAt', value ->> 'metadata', value ->> 'bot',
              value ->> 'externalId', 0, ${KEYS_VERSION}
            FROM json_each(${JSON.stringify(rows)}) WHERE TRUE`,
        )
        .onConflictDoNothing()
        .returning({ id: users.id, externalId: users.externalId }),
      db
        .insert(usernameKeys)
        .select(
          sql`SELECT value ->> 0 FROM json_each(${JSON.stringify(keys)})
            WHERE EXISTS (SELECT 1 FROM users WHERE username = value ->> 1)`,
        )
        .onConflictDoNothing(),
      // With the insert: nobody signs in before.
      ...suspensions(db, list),
    ]),
  );
  if (list.some(({ profile }) => Object.keys(profile).length > 0)) await updateProfiles(db, list);
  return made;
}

/** Suspends users who are just made, those who are suspended elsewhere. */
function suspensions(db: Database, list: NewImportedUser[]) {
  const rows = list.flatMap(({ externalId, username, suspension }) => {
    if (suspension === null) return [];
    const { until, shadow, reason } = suspension;
    const end = until ?? FOR_EVER;
    const ends = { suspended: shadow ? NOT_SUSPENDED : end, shadowed: shadow ? end : NOT_SUSPENDED };
    return [{ externalId, username, ...ends, reason }];
  });
  if (rows.length === 0) return [];
  const field = (name: keyof (typeof rows)[number]) => sql`v.value ->> ${`$.${name}`}`;
  return [
    db
      .update(users)
      .set({
        suspendedUntil: field("suspended"),
        shadowedUntil: field("shadowed"),
        suspensionReason: field("reason"),
      })
      .from(sql`json_each(${JSON.stringify(rows)}) v`)
      .where(sql`${users.externalId} IS NOT NULL AND ${users.externalId} = ${field("externalId")}
        AND ${users.username} = ${field("username")}`),
  ];
}

/** Stores what users say of themselves who were just made: others have another name, or another id. */
async function updateProfiles(db: Database, list: NewImportedUser[]): Promise<void> {
  const field = (name: keyof ImportedProfile) => sql`v.value ->> ${`$.profile.${name}`}`;
  await queryD1(
    db.run(sql`UPDATE users SET gender = coalesce(${field("gender")}, ''),
        birthday = coalesce(${field("birthday")}, ''), location = coalesce(${field("location")}, ''),
        language = coalesce(${field("language")}, ''), signature = coalesce(${field("signature")}, ''),
        friend_policy = coalesce(${field("friendPolicy")}, friend_policy),
        who_may_write = ${field("whoMayWrite")}, who_may_add = ${field("whoMayAdd")}
      FROM json_each(${JSON.stringify(list)}) v
      WHERE users.external_id IS NOT NULL AND users.external_id = v.value ->> '$.externalId'
        AND users.username = v.value ->> '$.username'`),
  );
}

/**
 * Creates the rows of users whose accounts were deleted elsewhere: messages need a sender. Idempotent.
 * @param list with usernames that nobody has, which the rows do not keep
 */
export async function insertDeletedUsers(
  db: Database,
  list: { externalId: ExternalId; username: string; createdAt: number }[],
  now: number,
): Promise<void> {
  const rows = JSON.stringify(list);
  const names = list.map(({ username }) => username);
  await queryD1(
    db.batch([
      db
        .insert(created)
        .select(
          sql`SELECT value ->> 'username', value ->> 'createdAt', '', '', '', 0, '', 0, NULL, 0, ${KEYS_VERSION}
            FROM json_each(${rows})
            WHERE NOT EXISTS (SELECT 1 FROM imported_users WHERE external_id = value ->> 'externalId')`,
        )
        .onConflictDoNothing(),
      db
        .insert(importedUsers)
        .select(
          sql`SELECT value ->> 'externalId', users.id FROM json_each(${rows})
            JOIN users ON users.username = value ->> 'username'`,
        )
        .onConflictDoNothing(),
      db
        .update(users)
        .set({ username: sql`'deleted-' || ${users.id}`, deletedAt: now })
        .where(and(isAmong(users.username, names), isNull(users.deletedAt))),
    ]),
  );
}

/** Stores friendships and blocks. Idempotent. */
export async function insertRelations(
  db: Database,
  friendships: [UserId, UserId][],
  blockings: [UserId, UserId][],
  now: number,
): Promise<void> {
  const both = friendships.flatMap(([one, other]) => [
    [one, other],
    [other, one],
  ]);
  await queryD1(
    db.batch([
      db
        .insert(friends)
        .select(
          sql`SELECT value ->> 0, value ->> 1, ${now}, '', '[]' FROM json_each(${JSON.stringify(both)}) WHERE TRUE`,
        )
        .onConflictDoNothing(),
      db
        .insert(blocks)
        .select(
          sql`SELECT value ->> 0, value ->> 1, ${now} FROM json_each(${JSON.stringify(blockings)}) WHERE TRUE`,
        )
        .onConflictDoNothing(),
    ]),
  );
}
