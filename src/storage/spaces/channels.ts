import { and, asc, eq, isNull, sql } from "drizzle-orm";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { StoredChannel } from "../../domain/spaces/channel.ts";
import type { Override } from "../../domain/spaces/rights.ts";
import { groupQueries } from "../conversations/new-group.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { channelOverrides, conversations, memberships } from "../schema.ts";
import type { FirstChannel } from "./spaces.ts";

/** Adds a channel to a space. @returns its id; null: the space is over, or has too many channels */
export async function insertChannel(
  db: Database,
  space: SpaceId,
  { overrides, ...channel }: FirstChannel & { overrides: readonly Override[] },
  most: number,
): Promise<ConversationId | null> {
  const isOpen = sql`EXISTS (SELECT 1 FROM spaces WHERE id = ${space} AND dissolved_at IS NULL)`;
  const count = sql`(SELECT count(*) FROM conversations WHERE space_id = ${space} AND dissolved_at IS NULL)`;
  const queries = groupQueries(
    db,
    { ...channel, asked: [], space: sql`${space}` },
    sql`${isOpen} AND ${count} < ${most}`,
  );
  const rows = overrides.map(({ roleId, userId, allow, deny }) => [roleId, userId, allow, deny]);
  const overridden = db.insert(channelOverrides).select(
    sql`SELECT c.id, json_extract(o.value, '$[0]'), json_extract(o.value, '$[1]'),
        json_extract(o.value, '$[2]'), json_extract(o.value, '$[3]')
      FROM conversations c, json_each(${JSON.stringify(rows)}) o WHERE c.code = ${channel.code}`,
  );
  const [inserted] = await queryD1(db.batch([...queries, overridden]));
  return inserted[0]?.id ?? null;
}

/** The channels of a space as a user may see them, in the order in which they were made. */
export async function findChannels(db: Database, id: SpaceId, userId: UserId): Promise<StoredChannel[]> {
  return queryD1(
    db
      .select({
        id: conversations.id,
        name: conversations.name,
        topic: conversations.introduction,
        createdAt: conversations.createdAt,
        isFollowed: sql`${memberships.userId} IS NOT NULL`.mapWith(Boolean),
      })
      .from(conversations)
      .leftJoin(
        memberships,
        and(
          eq(memberships.conversationId, conversations.id),
          eq(memberships.userId, userId),
          eq(memberships.state, "active"),
        ),
      )
      .where(and(eq(conversations.spaceId, id), isNull(conversations.dissolvedAt)))
      .orderBy(asc(conversations.id)),
  );
}

/** The channels of a space that a user follows. */
export async function listFollowed(db: Database, id: SpaceId, userId: UserId): Promise<ConversationId[]> {
  return (await findChannels(db, id, userId)).flatMap((channel) => (channel.isFollowed ? channel.id : []));
}
