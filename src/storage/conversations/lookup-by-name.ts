import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../../domain/accounts/person.ts";
import { ConversationId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, users } from "../schema.ts";

/** A user, and the caller's direct conversation with them; null: there is none yet. */
export interface PeerByName {
  peer: Person;
  conversationId: ConversationId | null;
}

const DirectRow = z.object({
  id: UserId,
  username: z.string(),
  nickname: z.string(),
  avatar: z.string(),
  conversation_id: ConversationId.nullable(),
});

/**
 * The users of these usernames, each with the caller's direct conversation with them, by username. Unknown
 * usernames and the caller's own are left out. One query.
 */
export async function findPeersByName(
  db: Database,
  caller: UserId,
  usernames: string[],
): Promise<Map<string, PeerByName>> {
  const query = sql`
    SELECT u.id, u.username, u.nickname, u.avatar, c.id AS conversation_id
    FROM json_each(${JSON.stringify(usernames)}) w
    JOIN users u ON u.username = w.value
    LEFT JOIN conversations c
      ON c.low_user_id = min(u.id, ${caller}) AND c.high_user_id = max(u.id, ${caller})
    WHERE u.id <> ${caller}`;
  const rows = (await queryD1(db.all(query))).map((row) => DirectRow.parse(row));
  return new Map(
    rows.map(({ conversation_id: conversationId, ...peer }) => [peer.username, { peer, conversationId }]),
  );
}

const GroupRow = z.object({ name: z.union([z.string(), z.number()]), id: ConversationId });

/**
 * The numbers of groups by address: their number, or their handle. Unknown addresses are left out. One query.
 */
export async function findGroupIds(
  db: Database,
  names: (ConversationId | string)[],
): Promise<Map<ConversationId | string, ConversationId>> {
  const query = sql`
    SELECT w.value AS name, c.id FROM json_each(${JSON.stringify(names)}) w
      JOIN conversations c ON c.id = w.value WHERE w.type = 'integer' AND c.handle IS NULL
        AND c.kind = 'group'
    UNION ALL
    SELECT w.value AS name, c.id FROM json_each(${JSON.stringify(names)}) w
      JOIN conversations c ON c.handle = w.value WHERE w.type = 'text' AND c.kind = 'group'`;
  const rows = (await queryD1(db.all(query))).map((row) => GroupRow.parse(row));
  return new Map(rows.map(({ name, id }) => [typeof name === "number" ? id : name, id]));
}

/**
 * The user of this username, and their direct conversation with `userId` (null: there is none yet); null for
 * an unknown or deleted user. One query.
 */
export async function findPeerName(
  db: Database,
  userId: UserId,
  username: string,
): Promise<{ id: UserId; conversationId: ConversationId | null } | null> {
  const pair = and(
    eq(conversations.lowUserId, sql`min(${users.id}, ${userId})`),
    eq(conversations.highUserId, sql`max(${users.id}, ${userId})`),
  );
  const [found] = await queryD1(
    db
      .select({ id: users.id, conversationId: conversations.id })
      .from(users)
      .leftJoin(conversations, pair)
      .where(and(eq(users.username, username), isNull(users.deletedAt))),
  );
  return found ?? null;
}
