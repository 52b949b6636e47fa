import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { User } from "../../domain/accounts/user.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { KEYS_VERSION } from "../../domain/names/look-alike.ts";
import { NEW_FOR_EVER } from "../../domain/quotas.ts";
import { isFreeName, keysOfUser, type NameTaken, namesakeQuery } from "../accounts/name-conditions.ts";
import { isSuspended, NOT_SUSPENDED } from "../accounts/suspension.ts";
import { USER } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { users } from "../schema.ts";

/** The columns of `users` that a bot of a user has from the beginning. */
const made = sqliteTable("users", {
  username: text().notNull(),
  nickname: text().notNull(),
  avatar: text().notNull(),
  bot: integer({ mode: "boolean" }).notNull(),
  makerId: integer("maker_id").$type<UserId>(),
  createdAt: integer("created_at").notNull(),
  keysVersion: integer("keys_version").notNull(),
  suspendedUntil: integer("suspended_until").notNull(),
  shadowedUntil: integer("shadowed_until").notNull(),
  suspensionReason: text("suspension_reason").notNull(),
});

/** A new bot of a user. */
export interface NewBot {
  makerId: UserId;
  username: string;
  nickname: string;
  avatar: string;
  createdAt: number;
}

/** Matches the bots of a user. The condition of the partial index, in the same words. */
function isOf(makerId: UserId) {
  return and(sql`maker_id IS NOT NULL`, eq(users.makerId, makerId), isNull(users.deletedAt));
}

/**
 * Creates a bot of a user: of any number of concurrent calls at most so many succeed as there may be. It is
 * born in the shadow of its maker: a suspension that comes at the same time finds the bot, or is copied.
 * @returns the bot, or why there is none: `no_maker`: the account is deleted, or of a bot itself
 */
export async function insertBot(
  db: Database,
  { makerId, username, nickname, avatar, createdAt }: NewBot,
): Promise<User | NameTaken | "too_many" | "no_maker" | "suspended"> {
  const count = sql`(SELECT count(*) FROM users
    WHERE maker_id IS NOT NULL AND maker_id = ${makerId} AND deleted_at IS NULL)`;
  const isPerson = and(eq(users.id, makerId), eq(users.bot, false), isNull(users.deletedAt));
  const [namesakes, [maker], [created]] = await queryD1(
    db.batch([
      namesakeQuery(db, username),
      db
        .select({
          bots: count.mapWith(Number).as("bots"),
          suspended: isSuspended(createdAt).mapWith(Boolean).as("is_suspended"),
        })
        .from(users)
        .where(isPerson),
      db
        .insert(made)
        .select(
          sql`SELECT ${username}, ${nickname}, ${avatar}, 1, ${makerId}, ${createdAt}, ${KEYS_VERSION},
              suspended_until, shadowed_until, suspension_reason
            FROM users WHERE ${isPerson} AND NOT ${isSuspended(createdAt)}
              AND ${isFreeName(username, "looks")} AND ${count} < ${LIMITS.botsOfUser}`,
        )
        .onConflictDoNothing()
        .returning({ id: users.id }),
      keysOfUser(db, username),
    ]),
  );
  if (created) return { id: created.id, username, nickname, avatar, bot: true, online: false };
  if (!maker) return "no_maker";
  if (maker.suspended) return "suspended";
  if (maker.bots >= LIMITS.botsOfUser) return "too_many";
  return namesakes.length > 0 ? "taken" : "looks_alike";
}

/** The bots of a user, the oldest first. */
export function listBotsOf(db: Database, makerId: UserId): Promise<User[]> {
  return queryD1(db.select(USER).from(users).where(isOf(makerId)).orderBy(users.id));
}

/** A bot of a user; null: it is deleted, or not theirs. */
export async function findBotOf(db: Database, makerId: UserId, id: UserId): Promise<User | null> {
  const [found] = await queryD1(
    db
      .select(USER)
      .from(users)
      .where(and(eq(users.id, id), eq(users.makerId, makerId), isNull(users.deletedAt))),
  );
  return found ?? null;
}

/**
 * For whom it counts what a user does: the user, or the maker of a bot, also of a deleted one. Neither the
 * id nor the time ever changes.
 * @returns `registeredAt`: when that account was made (ms since 1970); null: there is no such user
 */
export async function findAccountable(
  db: Database,
  id: UserId,
): Promise<{ id: UserId; registeredAt: number } | null> {
  const [found] = await queryD1(
    db
      .select({ id: users.id, registeredAt: users.createdAt })
      .from(users)
      .where(eq(users.id, accountableFor(id))),
  );
  return found ?? null;
}

/** When an account was made, for what waits in its inbox: see `UserDirectory.registeredAt`. */
export async function findRegisteredAt(db: Database, id: UserId): Promise<number | null> {
  const { createdAt, makerId } = users;
  const [found] = await queryD1(db.select({ createdAt, makerId }).from(users).where(eq(users.id, id)));
  if (!found) return null;
  return found.makerId === null ? found.createdAt : NEW_FOR_EVER;
}

/** The id of whom it counts for, as `findAccountable`. */
export function accountableFor(id: UserId): SQL<UserId> {
  return sql`(SELECT coalesce(maker_id, id) FROM users WHERE id = ${id})`;
}

/** The ids of all users of whom it counts for the same user: that one, and their bots, deleted ones too. */
export function accountedWith(id: UserId): SQL {
  return sql`(SELECT ${accountableFor(id)} UNION ALL SELECT id FROM users
    WHERE maker_id IS NOT NULL AND maker_id = ${accountableFor(id)})`;
}

/** What a user is as a bot: `isMade`: made by another user. */
export async function findBotState(
  db: Database,
  id: UserId,
): Promise<{ isBot: boolean; isMade: boolean } | null> {
  const isMade = sql`${users.makerId} IS NOT NULL`.mapWith(Boolean).as("is_made");
  const columns = { isBot: users.bot, isMade };
  const [found] = await queryD1(
    db
      .select(columns)
      .from(users)
      .where(and(eq(users.id, id), isNull(users.deletedAt))),
  );
  return found ?? null;
}

/** Bots whose makers have deleted their accounts, some of them: a crash has cut their deletion short. */
export async function listOrphanedBots(db: Database, limit: number): Promise<UserId[]> {
  const rows = await queryD1(
    db.all<{ id: UserId }>(sql`SELECT b.id AS id FROM users b CROSS JOIN users m ON m.id = b.maker_id
      WHERE b.maker_id IS NOT NULL AND b.maker_id > 0 AND b.deleted_at IS NULL AND m.deleted_at IS NOT NULL LIMIT ${limit}`),
  );
  return rows.map(({ id }) => id);
}

/** Ends the suspensions that the bots of a user share with them. Call it before theirs is ended. */
export async function liftBotsOf(db: Database, makerId: UserId): Promise<void> {
  const set = { suspendedUntil: NOT_SUSPENDED, shadowedUntil: NOT_SUSPENDED, suspensionReason: "" };
  const isShared = sql`(suspended_until, shadowed_until, suspension_reason) =
    (SELECT suspended_until, shadowed_until, suspension_reason FROM users WHERE id = ${makerId})`;
  await queryD1(
    db
      .update(users)
      .set(set)
      .where(and(isOf(makerId), isShared)),
  );
}
