import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { Preferences } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { conversations, memberships } from "../schema.ts";

/**
 * Sets a member's own preferences: pinned, silent, validation. Absent ones keep their value.
 * @param includeFormer also for a member who has left, and in a dissolved group
 * @returns false if the user is no member, or, with `includeFormer`, has never been one
 */
export async function updatePreferences(
  db: Database,
  id: ConversationId,
  userId: UserId,
  change: { [Flag in keyof Preferences]?: boolean | undefined },
  includeFormer = false,
): Promise<boolean> {
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
    const [found] = await queryD1(db.select({ role: memberships.role }).from(memberships).where(isIncluded));
    return found !== undefined;
  }
  const updated = await queryD1(
    db.update(memberships).set(change).where(isIncluded).returning({ role: memberships.role }),
  );
  return updated.length > 0;
}

/**
 * Whether these conversations are silent for a user. Those that their list leaves out are missing: the user
 * is no member, or the group is dissolved. One query at most.
 */
export async function findSilence(
  db: Database,
  userId: UserId,
  ids: ConversationId[],
): Promise<Map<ConversationId, boolean>> {
  if (ids.length === 0) return new Map();
  const own = and(eq(memberships.userId, userId), eq(memberships.state, "active"));
  const rows = await queryD1(
    db
      .select({ id: memberships.conversationId, silent: memberships.silent })
      .from(memberships)
      .innerJoin(conversations, eq(conversations.id, memberships.conversationId))
      .where(and(isAmong(memberships.conversationId, ids), own, isNull(conversations.dissolvedAt))),
  );
  return new Map(rows.map(({ id, silent }) => [id, silent]));
}

/** Whether there is a conversation with this id, dissolved groups included. */
export async function conversationExists(db: Database, id: ConversationId): Promise<boolean> {
  const hasId = eq(conversations.id, id);
  const found = await queryD1(db.select({ id: conversations.id }).from(conversations).where(hasId));
  return found.length > 0;
}
