import { and, eq, isNull, or, sql } from "drizzle-orm";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { bitsOf } from "../../domain/spaces/permission.ts";
import type { Override, OverrideTarget } from "../../domain/spaces/rights.ts";
import { EVERYONE_ROLE, type RoleId } from "../../domain/spaces/role.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong, listed } from "../json-lists.ts";
import { channelOverrides, conversations } from "../schema.ts";
import { type AuditNote, noteQueries } from "./audit-notes.ts";
import { type ChannelChange, mayBeFollowed, placeQuery } from "./channel-place.ts";
import { OVERRIDE, overridesQuery } from "./rights.ts";
import { fromVersion, type ReadSpace, whileVersion } from "./versions.ts";

const { conversationId, roleId, userId } = channelOverrides;

/** The overrides of a channel: those of roles first. */
export async function listOverrides(db: Database, id: ConversationId): Promise<Override[]> {
  return queryD1(overridesQuery(db, id));
}

/** The overrides of all channels of a space that concern a member with these roles. */
export async function findOverridesOf(
  db: Database,
  space: SpaceId,
  member: { userId: UserId; roleIds: readonly RoleId[] },
): Promise<(Override & { conversationId: ConversationId })[]> {
  const roles = JSON.stringify([EVERYONE_ROLE, ...member.roleIds]);
  return queryD1(
    db
      .select({ conversationId, ...OVERRIDE })
      .from(channelOverrides)
      .innerJoin(conversations, eq(conversations.id, conversationId))
      .where(
        and(
          eq(conversations.spaceId, space),
          isNull(conversations.dissolvedAt),
          or(sql`${roleId} IN (SELECT value FROM json_each(${roles}))`, eq(userId, member.userId)),
        ),
      ),
  );
}

/**
 * Ends what a channel allows to users, and denies `read` to some of them; what it denies besides stays.
 * @param who `denied`: those of the users who read it by other rights
 * @returns false: the space is another one by now
 */
export async function keepOutside(
  db: Database,
  read: ReadSpace,
  channel: ConversationId,
  { users, denied }: { users: readonly UserId[]; denied: readonly UserId[] },
): Promise<boolean> {
  const { first, isNext } = fromVersion(db, read);
  const isTheirs = and(eq(conversationId, channel), isAmong(userId, users), isNext);
  const toRead = bitsOf(["read"]);
  const deny = sql`deny | CASE WHEN user_id IN (${listed(denied)}) THEN ${toRead} ELSE 0 END`;
  const [rows] = await queryD1(
    db.batch([
      first,
      db.update(channelOverrides).set({ allow: 0, deny }).where(isTheirs),
      db.delete(channelOverrides).where(and(isTheirs, eq(channelOverrides.deny, 0))),
      db.insert(channelOverrides).select(
        sql`SELECT ${channel}, NULL, d.value, 0, ${toRead} FROM json_each(${JSON.stringify(denied)}) d
          WHERE ${isNext} AND NOT EXISTS
            (SELECT 1 FROM channel_overrides o WHERE o.conversation_id = ${channel} AND o.user_id = d.value)`,
      ),
    ]),
  );
  return rows.length > 0;
}

/** What a channel changes of the rights of somebody; null: nothing any more. */
export type OverrideChange = OverrideTarget & { rights: Pick<Override, "allow" | "deny"> | null };

/**
 * Stores overrides of a channel, each in place of the one that is there.
 * @param place what else changes of the channel, in the same batch
 * @returns whether it is stored, else newcomers follow too many channels; null: the space is another one by
 *   now
 */
export async function storeOverrides(
  db: Database,
  read: ReadSpace,
  channel: ConversationId,
  changes: readonly (OverrideChange & { note?: AuditNote })[],
  place: ChannelChange = {},
): Promise<boolean | null> {
  const { first: same } = whileVersion(db, read);
  const { first, isNext } = fromVersion(db, read, mayBeFollowed(read.id, channel, place));
  const queries = changes.flatMap((change) => {
    const isIt = sql`${roleId} IS ${change.roleId} AND ${userId} IS ${change.userId}`;
    const former = db.delete(channelOverrides).where(and(eq(conversationId, channel), isIt, isNext));
    const notes = noteQueries(db, read.id, change.note);
    if (change.rights === null) return [former, ...notes];
    const { allow, deny } = change.rights;
    const row = sql`SELECT ${channel}, ${change.roleId}, ${change.userId}, ${allow}, ${deny} WHERE ${isNext}`;
    return [former, db.insert(channelOverrides).select(row), ...notes];
  });
  const isPlaced = place.categoryId !== undefined || place.isDefault !== undefined;
  const placed = isPlaced
    ? [placeQuery(db, read.id, channel, place, isNext), ...noteQueries(db, read.id, place.note)]
    : [];
  const [isSame, rows] = await queryD1(db.batch([same, first, ...queries, ...placed]));
  return isSame.length > 0 ? rows.length > 0 : null;
}
