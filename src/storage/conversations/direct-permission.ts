import { eq, sql } from "drizzle-orm";
import type { DirectPermissionState } from "../../domain/conversations/conversation.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { areFriends, isBlocked } from "../contacts/pair-conditions.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations } from "../schema.ts";

/** The current direct permission of the two users of a conversation; null for an unknown conversation. */
export async function findDirectPermission(
  db: Database,
  id: ConversationId,
): Promise<DirectPermissionState | null> {
  const [found] = await queryD1(directPermissionQuery(db, id));
  return found ?? null;
}

/** The query behind `findDirectPermission`, for batches. In a group `blocked` and `friends` are false. */
export function directPermissionQuery(db: Database, id: ConversationId) {
  const pair = [sql`low_user_id`, sql`high_user_id`] as const;
  return db
    .select({
      blocked: isBlocked(...pair)
        .mapWith(Boolean)
        .as("blocked"),
      friends: areFriends(...pair)
        .mapWith(Boolean)
        .as("friends"),
      friendsOnly: conversations.friendsOnly,
    })
    .from(conversations)
    .where(eq(conversations.id, id));
}
