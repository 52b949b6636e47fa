import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { ExtendedProfile, ExtendedProfileChange } from "../../domain/accounts/extended-profile.ts";
import { UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { users } from "../schema.ts";

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

const Inserted = z.object({ id: UserId });

/**
 * Creates an account without a password.
 * @returns the new profile; null if the username is taken, or was the name of a deleted account
 */
export async function insertProvisioned(
  db: Database,
  { username, createdAt, ...change }: { username: string; createdAt: number } & ExtendedProfileChange,
): Promise<ExtendedProfile | null> {
  const rows = await queryD1(
    db.all(sql`
      INSERT INTO users (username, created_at, full_name, nickname, alias, gender, birthday, id_card_num, phone, email,
        province, city, avatar, avatar_text, signature)
      SELECT ${username}, ${createdAt}, ${change.fullName ?? ""}, ${change.nickname ?? ""}, ${change.alias ?? ""},
        ${change.gender ?? ""}, ${change.birthday ?? ""}, ${change.idCardNum ?? ""}, ${change.phone ?? ""},
        ${change.email ?? ""}, ${change.province ?? ""}, ${change.city ?? ""}, ${avatarOf(change).avatar ?? ""},
        ${avatarOf(change).avatarText ?? ""}, ${change.signature ?? ""}
      WHERE NOT EXISTS (SELECT 1 FROM former_usernames WHERE username = ${username})
      ON CONFLICT (username) DO NOTHING RETURNING id`),
  );
  const [created] = z.array(Inserted).parse(rows);
  if (!created) return null;
  const [found] = await findExtendedProfiles(db, [created.id]);
  return found ?? null;
}

/** The extended profiles of these users, deleted users included. Unknown ids are left out. One query. */
export function findExtendedProfiles(db: Database, ids: UserId[]): Promise<ExtendedProfile[]> {
  const among = sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return queryD1(db.select(EXTENDED_PROFILE).from(users).where(among));
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
 * @returns the whole profile after the change; null for an unknown or deleted user, and for an account that
 *   `whose` rules out
 */
export async function updateExtendedProfile(
  db: Database,
  id: UserId,
  { avatar, ...change }: ExtendedProfileChange,
  whose: "any" | "passwordless",
): Promise<ExtendedProfile | null> {
  const set = { ...change, ...avatarOf({ avatar }) };
  const isLiving = and(eq(users.id, id), isNull(users.deletedAt));
  const changeable = whose === "any" ? isLiving : and(isLiving, isNull(users.passwordHash));
  // An empty change runs an UPDATE too, so that it is refused for the same users as any other change.
  const assigned = Object.values(set).some((value) => value !== undefined)
    ? { ...set, updatedAt: Date.now() }
    : { id };
  const updated = await queryD1(db.update(users).set(assigned).where(changeable).returning({ id: users.id }));
  if (updated.length === 0) return null;
  const [found] = await findExtendedProfiles(db, [id]);
  return found ?? null;
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
