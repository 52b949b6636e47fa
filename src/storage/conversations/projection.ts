import { and, eq, isNotNull, lt, sql } from "drizzle-orm";
import type { ConversationId } from "../../domain/ids.ts";
import type { ConversationProjection, DeletedUser, ProjectedRequest } from "../../domain/ports.ts";
import { askQuery, deleteRequests } from "../contacts/message-requests.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { conversations, memberships, users } from "../schema.ts";

/**
 * Writes a conversation's projection to D1: its profile and members. A row is replaced iff the projected
 * version is higher, so a late or repeated projection changes nothing.
 * - Preferences of members are not touched. No row is deleted.
 * - A user whose account is deleted does not become a member.
 * - A member who leaves keeps the group's name and avatar of that time.
 * - A known user who is no member gets a row with `state = 'left'` at version 0, below every version of a
 *   member. By this row an account deletion finds the conversation.
 * - `answered` is only ever set: who had a message request for the conversation has accepted it.
 * - The state of a join request has versions of its own.
 * @returns the active members and known users whose accounts are deleted
 */
export async function writeProjection(
  db: Database,
  id: ConversationId,
  { conversation, members, knownUsers, answered, asked, requests }: ConversationProjection,
): Promise<DeletedUser[]> {
  const rows = JSON.stringify([
    ...members.map(({ userId, role, state, joinedAt, version }) => [userId, role, state, joinedAt, version]),
    ...knownUsers.map((userId) => [userId, "member", "left", 0, 0]),
  ]);
  const active = members.filter(({ state }) => state === "active").map(({ userId }) => userId);
  const expectedLive = [...active, ...knownUsers];
  const upsert = db
    .insert(memberships)
    .select(
      sql`SELECT ${id}, u.id, json_extract(j.value, '$[1]'), json_extract(j.value, '$[2]'),
          json_extract(j.value, '$[4]'), json_extract(j.value, '$[3]'), 0, 0, 0,
          iif(json_extract(j.value, '$[2]') = 'left', c.name, NULL),
          iif(json_extract(j.value, '$[2]') = 'left', c.avatar, NULL), '{}', NULL, 0, NULL, NULL, 0, '[]'
        FROM json_each(${rows}) j JOIN users u ON u.id = json_extract(j.value, '$[0]')
          JOIN conversations c ON c.id = ${id}
        WHERE u.deleted_at IS NULL OR json_extract(j.value, '$[2]') = 'left'`,
    )
    .onConflictDoUpdate({
      target: [memberships.conversationId, memberships.userId],
      set: {
        role: sql`excluded.role`,
        state: sql`excluded.state`,
        version: sql`excluded.version`,
        joinedAt: sql`excluded.joined_at`,
        leftName: sql`excluded.left_name`,
        leftAvatar: sql`excluded.left_avatar`,
      },
      setWhere: sql`excluded.version > ${memberships.version}`,
    });
  const deletedUsers = db
    .select({ id: users.id, messagesErased: users.messagesErased })
    .from(users)
    .where(and(isAmong(users.id, expectedLive), isNotNull(users.deletedAt)));
  if (requests) await writeRequests(db, id, requests);
  if (answered) {
    await queryD1(db.update(conversations).set({ answered: true }).where(eq(conversations.id, id)));
    await deleteRequests(db, id);
  }
  if (asked !== undefined) await queryD1(askQuery(db, id, asked, Date.now()));
  if (!conversation) {
    const [, deleted] = await queryD1(db.batch([upsert, deletedUsers]));
    return deleted;
  }
  const { profile, dissolvedAt } = conversation;
  const { name, avatar, introduction, announcement, joinPolicy, discoverable, ownerId } = profile;
  const { threads, muteAll, customFields, metadata, history, mayLeave, version, changedAt } = profile;
  const { retentionDays, legalHold, slowModeS, linkPreviews, viewers } = profile;
  const update = db
    .update(conversations)
    .set({
      ...{ name, avatar, introduction, announcement, joinPolicy, discoverable, ownerId },
      ...{ threads, muteAll, customFields, metadata, history, mayLeave, changedAt, dissolvedAt, version },
      ...{ retentionDays, legalHold, slowModeS, linkPreviews, viewers },
    })
    .where(and(eq(conversations.id, id), lt(conversations.version, version)));
  const [, deleted] = await queryD1(db.batch([upsert, deletedUsers, update]));
  return deleted;
}

/** Writes which users have an open join request. A user without a row gets that of a known user. */
async function writeRequests(db: Database, id: ConversationId, requests: ProjectedRequest[]): Promise<void> {
  const rows = requests.map(({ userId, requestedAt, version }) => [userId, requestedAt, version]);
  await queryD1(
    db
      .insert(memberships)
      .select(
        sql`SELECT c.id, u.id, 'member', 'left', 0, 0, 0, 0, 0, NULL, NULL, '{}',
            json_extract(j.value, '$[1]'), json_extract(j.value, '$[2]'), NULL, NULL, 0, '[]'
          FROM json_each(${JSON.stringify(rows)}) j JOIN users u ON u.id = json_extract(j.value, '$[0]')
            JOIN conversations c ON c.id = ${id}
          WHERE u.deleted_at IS NULL`,
      )
      .onConflictDoUpdate({
        target: [memberships.conversationId, memberships.userId],
        set: { requestedAt: sql`excluded.requested_at`, requestVersion: sql`excluded.request_version` },
        setWhere: sql`excluded.request_version > ${memberships.requestVersion}`,
      }),
  );
}
