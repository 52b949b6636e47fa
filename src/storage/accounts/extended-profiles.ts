import { and, eq, isNull, sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import {
  type ExtendedProfile,
  type ExtendedProfileChange,
  nameOf,
  publicOf,
} from "../../domain/accounts/extended-profile.ts";
import { changedPerson } from "../../domain/accounts/person.ts";
import type { UserId } from "../../domain/ids.ts";
import { KEYS_VERSION } from "../../domain/names/look-alike.ts";
import { nextProfileTime, PERSON } from "../columns.ts";
import { isBlocked } from "../contacts/pair-conditions.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { users } from "../schema.ts";
import { allowsEmail, type EmailRule, emailColumns } from "./email-changes.ts";
import {
  isFreeName,
  keysOfUser,
  type NameComparison,
  type NameTaken,
  namesakeQuery,
} from "./name-conditions.ts";
import { type ChangedProfile, personQuery } from "./users.ts";

/** The columns of an `ExtendedProfile`; `avatar` is the text that is no URL, where one is stored. */
const EXTENDED_PROFILE = {
  id: users.id,
  username: users.username,
  fullName: users.fullName,
  nickname: users.nickname,
  alias: users.alias,
  gender: users.gender,
  birthday: users.birthday,
  idCardNum: users.idCardNum,
  phone: users.phone,
  email: users.email,
  province: users.province,
  city: users.city,
  avatar: sql<string>`iif(${users.avatarText} = '', ${users.avatar}, ${users.avatarText})`.as("avatar_shown"),
  signature: users.signature,
  loginAt: users.loginAt,
  createdAt: users.createdAt,
  hasPassword: sql`${users.passwordHash} IS NOT NULL`.mapWith(Boolean).as("has_password"),
};

/** The columns of `users` that a provisioning sets. */
const provisioned = sqliteTable("users", {
  username: text().notNull(),
  createdAt: integer("created_at").notNull(),
  fullName: text("full_name").notNull(),
  nickname: text().notNull(),
  alias: text().notNull(),
  gender: text().notNull(),
  birthday: text().notNull(),
  idCardNum: text("id_card_num").notNull(),
  phone: text().notNull(),
  email: text().notNull(),
  province: text().notNull(),
  city: text().notNull(),
  avatar: text().notNull(),
  avatarText: text("avatar_text").notNull(),
  signature: text().notNull(),
  keysVersion: integer("keys_version").notNull(),
});

/**
 * Creates an account without a password.
 * @param comparison the names that the username must differ from
 * @returns the new profile, or why the username cannot be had
 */
export async function insertProvisioned(
  db: Database,
  { username, createdAt, ...change }: { username: string; createdAt: number } & ExtendedProfileChange,
  comparison: NameComparison,
): Promise<ExtendedProfile | NameTaken> {
  const [namesakes, [created]] = await queryD1(
    db.batch([
      namesakeQuery(db, username),
      db
        .insert(provisioned)
        .select(
          sql`SELECT ${username}, ${createdAt}, ${change.fullName ?? ""}, ${change.nickname ?? ""},
            ${change.alias ?? ""}, ${change.gender ?? ""}, ${change.birthday ?? ""}, ${change.idCardNum ?? ""},
            ${change.phone ?? ""}, ${change.email ?? ""}, ${change.province ?? ""}, ${change.city ?? ""},
            ${avatarOf(change).avatar ?? ""}, ${avatarOf(change).avatarText ?? ""}, ${change.signature ?? ""},
            ${KEYS_VERSION} WHERE ${isFreeName(username, comparison)}`,
        )
        .onConflictDoNothing()
        .returning({ id: users.id }),
      keysOfUser(db, username),
    ]),
  );
  const [found] = created ? await findExtendedProfiles(db, [created.id]) : [];
  if (found) return found;
  return namesakes.length > 0 ? "taken" : "looks_alike";
}

/** The extended profiles of these users, deleted users included. Unknown ids are left out. One query. */
function findExtendedProfiles(db: Database, ids: UserId[]): Promise<ExtendedProfile[]> {
  return queryD1(db.select(EXTENDED_PROFILE).from(users).where(isAmong(users.id, ids)));
}

/**
 * The extended profiles of these users as `viewer` sees them, as `findExtendedProfiles`: across a block only
 * the names and the avatar, of others the public fields. One query.
 */
export async function findExtendedProfilesSeenBy(
  db: Database,
  ids: UserId[],
  viewer: UserId,
): Promise<ExtendedProfile[]> {
  const isAcross = isBlocked(viewer, users.id).mapWith(Boolean).as("is_blocked");
  const found = await queryD1(
    db
      .select({ ...EXTENDED_PROFILE, blocked: isAcross })
      .from(users)
      .where(isAmong(users.id, ids)),
  );
  return found.map(({ blocked, ...user }) => (blocked ? nameOf(user) : publicOf(user)));
}

/** The extended profile of this username, by exact match; null for an unknown or deleted user. */
export async function findExtendedProfileByName(
  db: Database,
  username: string,
): Promise<ExtendedProfile | null> {
  const hasName = and(eq(users.username, username), isNull(users.deletedAt));
  const [found] = await queryD1(db.select(EXTENDED_PROFILE).from(users).where(hasName));
  return found ?? null;
}

/**
 * Changes the given fields of an extended profile. Absent fields keep their value.
 * @param whose `passwordless`: only if the account has no password; `any`: whether it has one or not
 * @param rule how often the e-mail address may be changed
 * @returns the profile after the change; null for an unknown or deleted user, for an account that
 *   `whose` rules out, and if the e-mail address was changed too often
 */
export async function updateExtendedProfile(
  db: Database,
  id: UserId,
  { avatar, ...change }: ExtendedProfileChange,
  whose: "any" | "passwordless",
  rule: EmailRule,
): Promise<ChangedProfile<ExtendedProfile> | null> {
  const now = Date.now();
  const { email } = change;
  const set = { ...change, ...avatarOf({ avatar }), ...emailColumns(email, now, rule) };
  const isLiving = and(eq(users.id, id), isNull(users.deletedAt), allowsEmail(email, now, rule));
  const changeable = whose === "any" ? isLiving : and(isLiving, isNull(users.passwordHash));
  // An empty change runs an UPDATE too, so that it is refused for the same users as any other change.
  const assigned = Object.values(set).some((value) => value !== undefined)
    ? { ...set, updatedAt: nextProfileTime(now) }
    : { id };
  const [[before], [updated]] = await queryD1(
    db.batch([
      personQuery(db, id),
      db
        .update(users)
        .set(assigned)
        .where(changeable)
        .returning({ ...PERSON, version: users.updatedAt }),
    ]),
  );
  if (!updated) return null;
  const [whole] = await findExtendedProfiles(db, [id]);
  return whole ? { whole, person: changedPerson(before, updated, updated.version) } : null;
}

/**
 * The columns for an avatar. `avatar` holds a URL, which every API shows. A text that is no URL goes into
 * `avatar_text`, which only extended profiles show.
 */
function avatarOf({ avatar }: Pick<ExtendedProfileChange, "avatar">) {
  if (avatar === undefined) return {};
  return isUrl(avatar) ? { avatar, avatarText: "" } : { avatar: "", avatarText: avatar };
}

function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}
