import { sql } from "drizzle-orm";
import { z } from "zod";
import { type ConversationId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";

const Named = z.object({ id: UserId, username: z.string(), nickname: z.string() });

/** A user by name. */
export type Named = z.infer<typeof Named>;

/**
 * The other members of conversations that a user is in, then their friends, without deleted users: each once,
 * in the order of the conversations. One query.
 * @param limits `members`: so many of each conversation; `friends`: so many friends
 */
export async function findPeople(
  db: Database,
  caller: UserId,
  conversationIds: ConversationId[],
  limits: { members: number; friends: number },
): Promise<Named[]> {
  const rows = await queryD1(
    db.all(sql`SELECT users.id, username, nickname FROM (
        SELECT o.value AS id, c.key AS place FROM json_each(${JSON.stringify(conversationIds)}) c
          CROSS JOIN memberships own
            ON own.conversation_id = c.value AND own.user_id = ${caller} AND own.state = 'active'
          CROSS JOIN json_each((SELECT json_group_array(user_id) FROM (
            SELECT user_id FROM memberships WHERE conversation_id = c.value AND state = 'active'
            LIMIT ${limits.members}))) o
        UNION ALL
        SELECT id, ${conversationIds.length} FROM (
          SELECT friend_id AS id FROM friends WHERE user_id = ${caller} LIMIT ${limits.friends}))
      AS found JOIN users ON users.id = found.id AND users.deleted_at IS NULL
      WHERE found.id <> ${caller} GROUP BY found.id ORDER BY min(found.place), username`),
  );
  return z.array(Named).parse(rows);
}
