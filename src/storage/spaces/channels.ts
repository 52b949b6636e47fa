import { and, asc, eq, isNull, sql } from "drizzle-orm";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { StoredChannel } from "../../domain/spaces/channel.ts";
import type { Override } from "../../domain/spaces/rights.ts";
import { groupQueries } from "../conversations/new-group.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { channelOverrides, conversations, memberships, spaceCategories, spaceMembers } from "../schema.ts";
import { type AuditNote, noteQueries } from "./audit-notes.ts";
import { type ChannelChange, isChannel, mayBeDefault, mayBeFollowed, placeQuery } from "./channel-place.ts";
import type { FirstChannel } from "./spaces.ts";
import { type ReadSpace, whileVersion } from "./versions.ts";

/** How a new channel is stored. */
export interface NewChannelRow extends FirstChannel, Pick<StoredChannel, "categoryId" | "isDefault"> {
  overrides: readonly Override[];
}

/**
 * Adds a channel to a space, behind the others.
 * @param most how many channels it may have
 * @returns its id; null: the space is over, or has too many, or the creator has made it before
 */
export async function insertChannel(
  db: Database,
  space: SpaceId,
  { overrides, categoryId, isDefault, ...channel }: NewChannelRow,
  most: number,
  note?: AuditNote,
): Promise<ConversationId | null> {
  const isOpen = sql`EXISTS (SELECT 1 FROM spaces WHERE id = ${space} AND dissolved_at IS NULL)`;
  const ofSpace = sql`FROM conversations WHERE space_id = ${space} AND dissolved_at IS NULL`;
  const hasRoom = sql`(SELECT count(*) ${ofSpace}) < ${most}`;
  const position = sql`(SELECT coalesce(max(position), -1) + 1 ${ofSpace})`;
  const queries = groupQueries(
    db,
    { ...channel, asked: [] },
    { space: sql`${space}`, position, categoryId, isDefault },
    sql`${isOpen} AND ${hasRoom} AND ${mayBeDefault(space, isDefault)}`,
  );
  const rows = overrides.map(({ roleId, userId, allow, deny }) => [roleId, userId, allow, deny]);
  const overridden = db.insert(channelOverrides).select(
    sql`SELECT c.id, json_extract(o.value, '$[0]'), json_extract(o.value, '$[1]'),
        json_extract(o.value, '$[2]'), json_extract(o.value, '$[3]')
      FROM conversations c, json_each(${JSON.stringify(rows)}) o WHERE c.code = ${channel.code}
        AND (json_extract(o.value, '$[1]') IS NULL OR EXISTS (SELECT 1 FROM space_members m
          WHERE m.space_id = ${space} AND m.user_id = json_extract(o.value, '$[1]')))`,
  );
  const made = sql`(SELECT id FROM conversations WHERE code = ${channel.code})`;
  const notes = noteQueries(db, space, note && { ...note, conversationId: made }, sql`${made} IS NOT NULL`);
  const [inserted] = await queryD1(db.batch([...queries, overridden, ...notes]));
  return inserted[0]?.id ?? null;
}

/** The channels of a space as a user may see them, in their order, and those of a category together. */
export async function findChannels(db: Database, id: SpaceId, userId: UserId): Promise<StoredChannel[]> {
  return queryD1(
    db
      .select({
        id: conversations.id,
        name: conversations.name,
        topic: conversations.introduction,
        ownerId: conversations.ownerId,
        avatar: conversations.avatar,
        announcement: conversations.announcement,
        customFields: conversations.customFields,
        slowModeS: conversations.slowModeS,
        muteAll: conversations.muteAll,
        version: conversations.version,
        createdAt: conversations.createdAt,
        categoryId: spaceCategories.id,
        isDefault: conversations.isDefault,
        isFollowed: sql`${memberships.userId} IS NOT NULL`.mapWith(Boolean),
      })
      .from(conversations)
      .leftJoin(spaceCategories, eq(spaceCategories.id, conversations.categoryId))
      .leftJoin(
        memberships,
        and(
          eq(memberships.conversationId, conversations.id),
          eq(memberships.userId, userId),
          eq(memberships.state, "active"),
        ),
      )
      .where(and(eq(conversations.spaceId, id), isNull(conversations.dissolvedAt)))
      // SQLite has null first.
      .orderBy(
        asc(spaceCategories.position),
        asc(spaceCategories.id),
        asc(conversations.position),
        asc(conversations.id),
      ),
  );
}

/**
 * Puts a channel into a category, and has newcomers follow it, or not.
 * @returns whether it is so, else they follow too many; null: the space is another one by now
 */
export async function updateChannel(
  db: Database,
  read: ReadSpace,
  id: ConversationId,
  place: ChannelChange,
): Promise<boolean | null> {
  const { first, isSame } = whileVersion(db, read);
  const condition = sql`${isSame} AND ${mayBeFollowed(read.id, id, place)}`;
  const notes = noteQueries(db, read.id, place.note);
  const may = db
    .select({ id: conversations.id })
    .from(conversations)
    .where(and(isChannel(read.id, id), condition));
  const [rows, found] = await queryD1(
    db.batch([first, may, placeQuery(db, read.id, id, place, condition), ...notes]),
  );
  return rows.length > 0 ? found.length > 0 : null;
}

/** The channels of all spaces that a user follows. */
export async function listAllFollowed(db: Database, userId: UserId): Promise<ConversationId[]> {
  const found = await queryD1(
    db
      .select({ id: conversations.id })
      .from(spaceMembers)
      .innerJoin(conversations, eq(conversations.spaceId, spaceMembers.spaceId))
      .innerJoin(
        memberships,
        and(eq(memberships.conversationId, conversations.id), eq(memberships.userId, spaceMembers.userId)),
      )
      .where(and(eq(spaceMembers.userId, userId), eq(memberships.state, "active"))),
  );
  return found.map((channel) => channel.id);
}

/** The channels of a space that a user follows. */
export async function listFollowed(db: Database, id: SpaceId, userId: UserId): Promise<ConversationId[]> {
  return (await findChannels(db, id, userId)).flatMap((channel) => (channel.isFollowed ? channel.id : []));
}
