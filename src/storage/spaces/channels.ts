import { and, asc, eq, isNull, sql } from "drizzle-orm";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { StoredChannel } from "../../domain/spaces/channel.ts";
import { groupQueries } from "../conversations/new-group.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, memberships } from "../schema.ts";
import type { FirstChannel } from "./spaces.ts";

/** Adds a channel to a space. @returns its id; null: the space is over, or has too many channels */
export async function insertChannel(
  db: Database,
  space: SpaceId,
  channel: FirstChannel,
  most: number,
): Promise<ConversationId | null> {
  const isOpen = sql`EXISTS (SELECT 1 FROM spaces WHERE id = ${space} AND dissolved_at IS NULL)`;
  const count = sql`(SELECT count(*) FROM conversations WHERE space_id = ${space} AND dissolved_at IS NULL)`;
  const queries = groupQueries(
    db,
    { ...channel, asked: [], space: sql`${space}` },
    sql`${isOpen} AND ${count} < ${most}`,
  );
  const [inserted] = await queryD1(db.batch(queries));
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
