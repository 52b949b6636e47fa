import { and, eq, isNull, sql } from "drizzle-orm";
import type { ProfileShown, User } from "../../domain/accounts/user.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
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

/** Notes whether nickname and avatar of a user are their issuer's. */
export async function setProfileLocked(db: Database, id: UserId, profileLocked: boolean): Promise<void> {
  await queryD1(db.update(users).set({ profileLocked }).where(eq(users.id, id)));
}

/** How a user is shown, and what decides who may change it. */
export interface ProfileRights {
  profileLocked: boolean;
  hasPassword: boolean;
  shown: ProfileShown;
}

/** The same of a user; null for an unknown one. Reads one row. */
export async function findProfileRights(db: Database, id: UserId): Promise<ProfileRights | null> {
  const { profileLocked, nickname, avatar, avatarText, fullName, alias } = users;
  const hasPassword = sql`${users.passwordHash} IS NOT NULL`.mapWith(Boolean).as("has_password");
  const columns = { profileLocked, hasPassword, nickname, avatar, avatarText, fullName, alias };
  const [found] = await queryD1(db.select(columns).from(users).where(eq(users.id, id)));
  if (!found) return null;
  const avatarShown = found.avatar || found.avatarText;
  return {
    ...{ profileLocked: found.profileLocked, hasPassword: found.hasPassword },
    shown: {
      ...{ nickname: found.nickname, avatar: avatarShown, fullName: found.fullName, alias: found.alias },
    },
  };
}
