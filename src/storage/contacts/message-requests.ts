import { and, eq, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Admitted, MessageRequest } from "../../domain/contacts/consent.ts";
import { ConversationId, UserId } from "../../domain/ids.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, messageRequests, users } from "../schema.ts";
import { admits, between, isBlocked } from "./pair-conditions.ts";

/**
 * A query that stores a message request for `userId`, if they want to be asked, and a direct conversation of
 * the two was created at `createdAt` (ms). For the batch that creates it.
 */
export function requestDirectQuery(
  db: Database,
  [low, high]: [UserId, UserId],
  caller: UserId,
  { createdAt, admitted }: { createdAt: number; admitted: Admitted },
) {
  const asked = low === caller ? high : low;
  return db
    .insert(messageRequests)
    .select(
      sql`SELECT u.id, c.id, ${caller}, NULL, 0 FROM users u
        JOIN conversations c ON c.low_user_id = ${low} AND c.high_user_id = ${high}
        WHERE u.id = ${asked} AND c.created_at = ${createdAt} AND c.answered = 0
          AND NOT ${admits(sql`u.id`, caller, users.whoMayWrite, admitted)}`,
    )
    .onConflictDoNothing();
}

const Ids = z.array(z.object({ id: UserId }));

/** Those of these users who want to be asked before the caller adds them to a group. One query. */
export async function findAskingFirst(
  db: Database,
  caller: UserId,
  ids: UserId[],
  admitted: Admitted,
): Promise<UserId[]> {
  const rows = await queryD1(
    db.all(sql`SELECT u.id AS id FROM json_each(${JSON.stringify(ids)}) w JOIN users u ON u.id = w.value
      WHERE u.id <> ${caller} AND NOT ${admits(sql`u.id`, caller, users.whoMayAdd, admitted)}`),
  );
  return Ids.parse(rows).map(({ id }) => id);
}

/**
 * A query that asks users whether they come into a group. Who was asked before is asked anew, unless they
 * ignore it.
 * @param group matches the group, the row `c`
 */
export function requestMembersQuery(
  db: Database,
  group: SQL,
  { fromId, userIds, createdAt }: { fromId: UserId; userIds: UserId[]; createdAt: number },
) {
  return db
    .insert(messageRequests)
    .select(
      sql`SELECT u.id, c.id, ${fromId}, ${createdAt}, 0 FROM conversations c,
          json_each(${JSON.stringify(userIds)}) w JOIN users u ON u.id = w.value
        WHERE ${group} AND u.deleted_at IS NULL`,
    )
    .onConflictDoUpdate({
      target: [messageRequests.userId, messageRequests.conversationId],
      set: { fromId, createdAt },
    });
}

/** Asks users whether they come into a group, as `requestMembersQuery`. */
export async function requestMembers(
  db: Database,
  id: ConversationId,
  asked: Parameters<typeof requestMembersQuery>[2],
): Promise<void> {
  await queryD1(requestMembersQuery(db, sql`c.id = ${id}`, asked));
}

/**
 * The first message of a direct conversation is there: its request is shown from now on.
 * @param createdAt ms since 1970
 */
export function askQuery(db: Database, id: ConversationId, userId: UserId, createdAt: number) {
  const { conversationId, userId: asked } = messageRequests;
  return db
    .update(messageRequests)
    .set({ createdAt })
    .where(and(eq(conversationId, id), eq(asked, userId), sql`${messageRequests.createdAt} IS NULL`));
}

/** Deletes the requests of a conversation: of one user, or of all. Idempotent. */
export async function deleteRequests(db: Database, id: ConversationId, userId?: UserId): Promise<void> {
  const ofUser = userId === undefined ? undefined : eq(messageRequests.userId, userId);
  await queryD1(db.delete(messageRequests).where(and(eq(messageRequests.conversationId, id), ofUser)));
}

/** Has a request shown no more. Idempotent. */
export async function ignoreRequest(db: Database, id: ConversationId, userId: UserId): Promise<void> {
  const { conversationId, userId: asked } = messageRequests;
  await queryD1(
    db
      .update(messageRequests)
      .set({ ignored: true })
      .where(and(eq(conversationId, id), eq(asked, userId))),
  );
}

/** The message requests that either of two users has for their direct conversation, with a message or not. */
export function findDirectRequests(db: Database, one: UserId, other: UserId) {
  const { userId, conversationId, fromId, createdAt } = messageRequests;
  return queryD1(
    db
      .select({ userId, conversationId, fromId, createdAt: sql<number>`coalesce(${createdAt}, 0)` })
      .from(messageRequests)
      .innerJoin(conversations, and(eq(conversations.id, conversationId), eq(conversations.kind, "direct")))
      .where(between(userId, fromId, one, other)),
  );
}

const Row = z.object({
  id: ConversationId,
  from_id: UserId,
  created_at: z.int(),
  kind: z.enum(["direct", "group"]),
  name: z.string(),
  avatar: z.string(),
  members: z.int(),
});

/** Where a page of requests goes on. */
export type RequestPlace = [createdAt: number, id: ConversationId];

/**
 * The open requests of a user, newest first: at most `limit` after the place `after`. With `id` that of this
 * conversation alone, an ignored one too. Requests across a block, and to groups that are gone or that the
 * user is in, are left out.
 */
export async function listMessageRequests(
  db: Database,
  userId: UserId,
  { after, limit, id }: { after?: RequestPlace | undefined; limit: number; id?: ConversationId },
): Promise<MessageRequest[]> {
  const older = after ? sql`AND (r.created_at, r.conversation_id) < (${after[0]}, ${after[1]})` : sql``;
  const only = id === undefined ? sql`AND r.ignored = 0` : sql`AND r.conversation_id = ${id}`;
  const rows = await queryD1(
    db.all(sql`SELECT r.conversation_id AS id, r.from_id, r.created_at, c.kind, c.avatar,
        iif(c.kind = 'group' AND c.name = '', coalesce(nullif(f.nickname, ''), f.username), c.name) AS name,
        iif(c.kind = 'group', (SELECT count(*) FROM memberships m
          WHERE m.conversation_id = c.id AND m.state = 'active'), 0) AS members
      FROM message_requests r JOIN conversations c ON c.id = r.conversation_id
        JOIN users f ON f.id = r.from_id AND f.deleted_at IS NULL
      WHERE r.user_id = ${userId} AND r.created_at IS NOT NULL ${only} ${older}
        AND c.dissolved_at IS NULL AND NOT ${isBlocked(userId, sql`r.from_id`)}
        AND NOT (c.kind = 'group' AND EXISTS (SELECT 1 FROM memberships m
          WHERE m.conversation_id = c.id AND m.user_id = ${userId} AND m.state = 'active'))
      ORDER BY r.created_at DESC, r.conversation_id DESC LIMIT ${limit}`),
  );
  return z
    .array(Row)
    .parse(rows)
    .map(({ id, from_id: fromId, created_at: createdAt, kind, name, avatar, members: memberCount }) => {
      const group = kind === "group" ? { name, avatar, memberCount } : null;
      return { conversationId: id, fromId, group, createdAt };
    });
}
