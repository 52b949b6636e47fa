import { and, eq, or, type SQL, sql } from "drizzle-orm";
import type { ConversationId, SpaceId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { StoredChannel } from "../../domain/spaces/channel.ts";
import type { Database } from "../database.ts";
import { conversations } from "../schema.ts";
import type { AuditNote } from "./audit-notes.ts";

/** Where a channel is shown, and whether newcomers follow it; absent fields are unchanged. */
export type ChannelChange = {
  [Field in "categoryId" | "isDefault"]?: StoredChannel[Field] | undefined;
} & { note?: AuditNote };

/** The condition: one channel more may be followed by newcomers, if it is to be. */
export function mayBeDefault(space: SpaceId, isDefault: boolean | undefined): SQL {
  return isDefault
    ? sql`(SELECT count(*) FROM conversations WHERE space_id = ${space} AND dissolved_at IS NULL
        AND is_default) < ${LIMITS.defaultChannels}`
    : sql`TRUE`;
}

/** The same of a channel that is there, and may be one of them. */
export function mayBeFollowed(space: SpaceId, id: ConversationId, { isDefault }: ChannelChange): SQL {
  return sql`(EXISTS (SELECT 1 FROM conversations WHERE id = ${id} AND is_default)
    OR ${mayBeDefault(space, isDefault)})`;
}

/** The condition of a row of conversations: it is this channel of the space. */
export function isChannel(space: SpaceId, id: ConversationId): SQL | undefined {
  return and(eq(conversations.id, id), eq(conversations.spaceId, space));
}

/** The statement that stores that, where one of the fields is there. What is so already is no change. */
export function placeQuery(
  db: Database,
  space: SpaceId,
  id: ConversationId,
  { categoryId, isDefault }: ChannelChange,
  condition: SQL,
) {
  const differing = [
    ...(categoryId === undefined ? [] : [sql`${conversations.categoryId} IS NOT ${categoryId}`]),
    ...(isDefault === undefined ? [] : [sql`${conversations.isDefault} IS NOT ${isDefault}`]),
  ];
  return db
    .update(conversations)
    .set({ ...(categoryId !== undefined && { categoryId }), ...(isDefault !== undefined && { isDefault }) })
    .where(and(isChannel(space, id), condition, or(...differing)));
}
