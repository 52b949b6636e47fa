import { and, eq, isNull, or, sql } from "drizzle-orm";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { Override, OverrideTarget } from "../../domain/spaces/rights.ts";
import { EVERYONE_ROLE, type RoleId } from "../../domain/spaces/role.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
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

/** What a channel changes of the rights of somebody; null: nothing any more. */
export type OverrideChange = OverrideTarget & { rights: Pick<Override, "allow" | "deny"> | null };

/**
 * Stores overrides of a channel, each in place of the one that is there.
 * @param place what else changes of the channel, in the same batch
 * @returns whether it is stored, else newcomers follow too many channels; null: the space is another one by now
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
