import { and, eq, isNull, or, sql } from "drizzle-orm";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { Override, OverrideTarget } from "../../domain/spaces/rights.ts";
import { EVERYONE_ROLE, type RoleId } from "../../domain/spaces/role.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { channelOverrides, conversations } from "../schema.ts";
import { OVERRIDE, overridesQuery } from "./rights.ts";
import { fromVersion, type ReadSpace } from "./versions.ts";

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
 * Stores an override of a channel, in place of the one that is there; null removes it.
 * @returns false: the space is another one by now
 */
export async function storeOverride(
  db: Database,
  read: ReadSpace,
  channel: ConversationId,
  target: OverrideTarget,
  rights: Pick<Override, "allow" | "deny"> | null,
): Promise<boolean> {
  const { first, isNext } = fromVersion(db, read);
  const isIt = sql`${roleId} IS ${target.roleId} AND ${userId} IS ${target.userId}`;
  const former = db.delete(channelOverrides).where(and(eq(conversationId, channel), isIt, isNext));
  const stored =
    rights &&
    db
      .insert(channelOverrides)
      .select(
        sql`SELECT ${channel}, ${target.roleId}, ${target.userId}, ${rights.allow}, ${rights.deny} WHERE ${isNext}`,
      );
  const [rows] = await queryD1(db.batch([first, former, ...(stored ? [stored] : [])]));
  return rows.length > 0;
}
