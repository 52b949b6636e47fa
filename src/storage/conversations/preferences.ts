import { and, eq, gt, isNull, or, type SQL, sql } from "drizzle-orm";
import { FOR_EVER, type NewestCounted, type SpaceArchiveState } from "../../domain/conversations/archive.ts";
import type { ListPreferences, PreferencesChange } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { LIST_PREFERENCES, MUTED_UNTIL } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { conversations, memberships, spaceMembers } from "../schema.ts";

/**
 * Sets a member's own preferences. Absent ones keep their value. One statement, so that concurrent changes
 * have an order. A new mute leaves an archived conversation where it is, and one that is back in the list
 * too.
 * @param newest the newest countable message as the change began. A later one counts as having come after it
 * @param includeFormer also for a member who has left, and in a dissolved group
 * @returns what the inbox is to copy; null if the user is no member, or, with `includeFormer`, has never been
 *   one
 */
export async function updatePreferences(
  db: Database,
  id: ConversationId,
  userId: UserId,
  change: PreferencesChange,
  newest: NewestCounted,
  includeFormer = false,
): Promise<ListPreferences | null> {
  const active = eq(memberships.state, "active");
  // A dissolved group has no members, though their rows stay active.
  const notDissolved = sql`NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = ${id} AND c.dissolved_at IS NOT NULL)`;
  const isIncluded = and(
    eq(memberships.conversationId, id),
    eq(memberships.userId, userId),
    // A known user who has never been a member has a row with `state = 'left'` and version 0.
    includeFormer ? or(active, gt(memberships.version, 0)) : and(active, notDissolved),
  );
  if (Object.values(change).every((value) => value === undefined)) {
    const [found] = await queryD1(db.select(LIST_PREFERENCES).from(memberships).where(isIncluded));
    return found ?? null;
  }
  const { pinned, validation } = change;
  const set = { pinned, validation, ...muteOf(change), archivedCount: archivedCountOf(change, newest) };
  const [updated] = await queryD1(
    db.update(memberships).set(set).where(isIncluded).returning(LIST_PREFERENCES),
  );
  return updated ?? null;
}

function muteOf({ silent, mutedUntil = toMutedUntil(silent) }: PreferencesChange) {
  return mutedUntil === undefined ? {} : { silent: mutedUntil !== 0, mutedUntil };
}

function toMutedUntil(silent: boolean | undefined): number | undefined {
  return silent === undefined ? undefined : silent ? FOR_EVER : 0;
}

/** The new `archived_count`; undefined: unchanged. */
function archivedCountOf(
  { archived, silent, mutedUntil }: PreferencesChange,
  { count, at }: NewestCounted,
): number | SQL | null | undefined {
  if (archived !== undefined) return archived ? count : null;
  if (silent === undefined && mutedUntil === undefined) return undefined;
  // By the mute until now: what came under it is what the conversation is archived with from now on.
  const stays = sql`${count} <= archived_count OR ${MUTED_UNTIL} = ${FOR_EVER} OR ${at} < ${MUTED_UNTIL}`;
  return sql`CASE WHEN archived_count IS NULL THEN NULL WHEN ${stays} THEN max(archived_count, ${count}) END`;
}

/**
 * Of each of these conversations, until when a user has muted it and whether they have archived it, and the
 * space of which it is a channel, with until when they have muted that. Those that their list leaves out are
 * missing: the user is no member, or the group is dissolved. One query at most.
 */
export async function findArchiveStates(
  db: Database,
  userId: UserId,
  ids: ConversationId[],
): Promise<Map<ConversationId, SpaceArchiveState>> {
  if (ids.length === 0) return new Map();
  const own = and(eq(memberships.userId, userId), eq(memberships.state, "active"));
  const rows = await queryD1(
    db
      .select({
        ...{ id: memberships.conversationId, spaceId: conversations.spaceId, ...LIST_PREFERENCES },
        spaceMutedUntil: sql`coalesce(${spaceMembers.notificationsMutedUntil}, 0)`.mapWith(Number),
      })
      .from(memberships)
      .innerJoin(conversations, eq(conversations.id, memberships.conversationId))
      .leftJoin(
        spaceMembers,
        and(eq(spaceMembers.spaceId, conversations.spaceId), eq(spaceMembers.userId, userId)),
      )
      .where(and(isAmong(memberships.conversationId, ids), own, isNull(conversations.dissolvedAt))),
  );
  return new Map(rows.map(({ id, ...state }) => [id, state]));
}

/** Whether there is a conversation with this id, dissolved ones too; channels are there for readers alone. */
export async function conversationExists(db: Database, id: ConversationId): Promise<boolean> {
  const hasId = and(eq(conversations.id, id), isNull(conversations.spaceId));
  const found = await queryD1(db.select({ id: conversations.id }).from(conversations).where(hasId));
  return found.length > 0;
}
