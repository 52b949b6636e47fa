import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { ExtendedProfile, ExtendedProfileChange } from "../../domain/accounts/extended-profile.ts";
import { UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { users } from "../schema.ts";

const PARTICULARS = {
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

/** Creates an account without a password; null if the username is taken, or was that of a deleted account. */
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
  const [found] = await findExtendedProfile(db, [created.id]);
  return found ?? null;
}

/** These users, deleted ones too; unknown ids are missing. */
export function findExtendedProfile(db: Database, ids: UserId[]): Promise<ExtendedProfile[]> {
  const among = sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return queryD1(db.select(PARTICULARS).from(users).where(among));
}

/** The user of this name, by exact match; null for a deleted one. */
export async function findExtendedProfileByName(
  db: Database,
  username: string,
): Promise<ExtendedProfile | null> {
  const named = and(eq(users.username, username), isNull(users.deletedAt));
  const [found] = await queryD1(db.select(PARTICULARS).from(users).where(named));
  return found ?? null;
}

/**
 * Changes the given particulars, and gives all as they then are.
 * @param whose only those of a user without a password
 * @returns null for a deleted user, and for one who is not among those
 */
export async function updateExtendedProfile(
  db: Database,
  id: UserId,
  { avatar, ...change }: ExtendedProfileChange,
  whose: "any" | "passwordless",
): Promise<ExtendedProfile | null> {
  const set = { ...change, ...avatarOf({ avatar }) };
  const living = and(eq(users.id, id), isNull(users.deletedAt));
  const these = whose === "any" ? living : and(living, isNull(users.passwordHash));
  // A change of nothing is one, so that it is refused where others are.
  const given = Object.values(set).some((value) => value !== undefined)
    ? { ...set, updatedAt: Date.now() }
    : { id };
  const updated = await queryD1(db.update(users).set(given).where(these).returning({ id: users.id }));
  if (updated.length === 0) return null;
  const [found] = await findExtendedProfile(db, [id]);
  return found ?? null;
}

/** An avatar that is no URL is kept beside the one that everybody is shown. */
function avatarOf({ avatar }: Pick<ExtendedProfileChange, "avatar">) {
  if (avatar === undefined) return {};
  return isUrl(avatar) ? { avatar, avatarText: "" } : { avatar: "", avatarText: avatar };
}

function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}
