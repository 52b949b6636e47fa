import { and, eq, gt, or, sql } from "drizzle-orm";
import type { Preferences } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, memberships } from "../schema.ts";

/**
 * Sets a member's own flags.
 * @param includeFormer also where he has left, or where the group is dissolved
 * @returns false if he is not in the conversation, nor was where that is asked
 */
export async function updatePreferences(
  db: Database,
  id: ConversationId,
  userId: UserId,
  change: { [Flag in keyof Preferences]?: boolean | undefined },
  includeFormer = false,
): Promise<boolean> {
  const active = eq(memberships.state, "active");
  // Nobody is in a dissolved group.
  const notDissolved = sql`NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = ${id} AND c.dissolved_at IS NOT NULL)`;
  const mine = and(
    eq(memberships.conversationId, id),
    eq(memberships.userId, userId),
    // Who is known without having been a member stands there as one who has left, at version 0.
    includeFormer ? or(active, gt(memberships.version, 0)) : and(active, notDissolved),
  );
  if (Object.values(change).every((value) => value === undefined)) {
    const [found] = await queryD1(db.select({ role: memberships.role }).from(memberships).where(mine));
    return found !== undefined;
  }
  const updated = await queryD1(
    db.update(memberships).set(change).where(mine).returning({ role: memberships.role }),
  );
  return updated.length > 0;
}

/** Whether there is, or was, such a conversation. */
export async function conversationExists(db: Database, id: ConversationId): Promise<boolean> {
  const same = eq(conversations.id, id);
  const found = await queryD1(db.select({ id: conversations.id }).from(conversations).where(same));
  return found.length > 0;
}
