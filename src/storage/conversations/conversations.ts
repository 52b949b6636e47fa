import { and, eq, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../../domain/accounts/person.ts";
import { ConversationKind, type ConversationRecord } from "../../domain/conversations/conversation.ts";
import { JoinPolicy, PolicyName, Role } from "../../domain/conversations/group-kind.ts";
import { CustomFields } from "../../domain/custom-fields.ts";
import { ConversationCode, ConversationId, Handle, UserId } from "../../domain/ids.ts";
import type { ConversationWithKind } from "../../domain/ports.ts";
import { PERSON } from "../columns.ts";
import { allLive, areFriends, isBlocked } from "../contacts/pair-conditions.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, memberships, users } from "../schema.ts";

/**
 * Opens the direct conversation of two users, or finds the one they have: one batch, so that of
 * several who race exactly one creates it, and none is opened with somebody who is just being deleted.
 * @param how `friendsOnly`: it is created only for friends, and only friends may write there ever after
 * @returns null if there is none, and one of the two has no account, or they are to be friends and are not
 */
export async function openDirect(
  db: Database,
  [low, high]: [UserId, UserId],
  createdAt: number,
  { friendsOnly, name = "" }: { friendsOnly: boolean; name?: string | undefined },
): Promise<{ id: ConversationId; created: boolean } | null> {
  const pair = and(eq(conversations.lowUserId, low), eq(conversations.highUserId, high));
  const allowed = friendsOnly
    ? sql`${allLive([low, high])} AND ${areFriends(low, high)}`
    : allLive([low, high]);
  const [inserted, , found] = await queryD1(
    db.batch([
      db
        .insert(conversations)
        .select(
          sql`SELECT NULL, 'direct', ${low}, ${high}, ${name}, '', '', '', 'approval', NULL, ${createdAt},
            'group', ${friendsOnly ? 1 : 0}, 0, NULL, NULL, NULL, 0, NULL, '{}', NULL WHERE ${allowed}`,
        )
        .onConflictDoNothing()
        .returning({ id: conversations.id }),
      db
        .insert(memberships)
        .select(
          sql`SELECT c.id, u.value, 'member', 'active', 0, c.created_at, 0, 0, 0, NULL, NULL, '{}'
            FROM conversations c, json_each(${JSON.stringify([low, high])}) u
            WHERE c.low_user_id = ${low} AND c.high_user_id = ${high}`,
        )
        .onConflictDoNothing(),
      db.select({ id: conversations.id }).from(conversations).where(pair),
    ]),
  );
  const [conversation] = found;
  return conversation ? { id: conversation.id, created: inserted.length > 0 } : null;
}

/** Today's profiles, of deleted users what is left of them; unknown ids are missing. One query for all. */
export function findPeople(db: Database, ids: UserId[]): Promise<Person[]> {
  const among = sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return queryD1(db.select(PERSON).from(users).where(among));
}

/** Of what kind these conversations are; unknown ids are missing. One query for all. */
export function findKinds(db: Database, ids: ConversationId[]): Promise<ConversationWithKind[]> {
  const among = sql`${conversations.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return queryD1(
    db.select({ id: conversations.id, kind: conversations.kind }).from(conversations).where(among),
  );
}

const booleanColumn = z.number().transform((value) => value === 1);
const name = z.string().nullable();
const CustomFieldsJson = z
  .string()
  .transform((text) => JSON.parse(text))
  .pipe(CustomFields);
const ListedRow = z.object({
  id: ConversationId,
  code: ConversationCode,
  user_id: UserId,
  kind: ConversationKind,
  name: z.string(),
  avatar: z.string(),
  introduction: z.string(),
  announcement: z.string(),
  join_policy: JoinPolicy,
  policy: PolicyName,
  owner_id: UserId.nullable(),
  created_at: z.number(),
  handle: Handle.nullable(),
  mute_all: booleanColumn,
  max_members: z.number().nullable(),
  custom_fields: CustomFieldsJson,
  version: z.number(),
  changed_at: z.number().nullable(),
  role: Role,
  joined_at: z.number(),
  sticky: booleanColumn,
  silent: booleanColumn,
  validation: booleanColumn,
  peer_id: UserId.nullable(),
  peer_username: name,
  peer_nickname: name,
  peer_avatar: name,
  peer_online: booleanColumn.nullable(),
  disabled: booleanColumn,
  sender_id: UserId.nullable(),
  sender_username: name,
  sender_nickname: name,
  sender_avatar: name,
  owner_username: name,
  owner_nickname: name,
  owner_avatar: name,
  named: z
    .string()
    .transform((text) => JSON.parse(text))
    .pipe(z.array(z.object({ id: UserId, username: z.string(), nickname: z.string(), avatar: z.string() }))),
});

/**
 * What D1 knows of these conversations of one user, in one query whatever their number.
 * @param wanted each conversation with the sender whose profile is wanted beside it, and of whom else it is
 * @param includeFormer those too which he has left, or which are dissolved
 */
export async function findListed(
  db: Database,
  userId: UserId,
  wanted: { id: ConversationId; senderId: UserId | null; namedIds?: UserId[] }[],
  includeFormer = false,
): Promise<Map<ConversationId, ConversationRecord>> {
  const rows = await allListed(
    db,
    wanted.map(({ id, senderId, namedIds }) => [id, userId, senderId, namedIds]),
    includeFormer,
  );
  return new Map(rows.map((row) => [row.id, listed(row)]));
}

/** What D1 knows of one conversation for each of these members, in one query whatever their number. */
export async function findListedFor(
  db: Database,
  id: ConversationId,
  userIds: UserId[],
): Promise<Map<UserId, ConversationRecord>> {
  const rows = await allListed(
    db,
    userIds.map((userId) => [id, userId, null]),
  );
  return new Map(rows.map((row) => [row.user_id, listed(row)]));
}

/** Columns have names of their own: D1 gives rows as objects. */
async function allListed(
  db: Database,
  wanted: [ConversationId, UserId, sender: UserId | null, named?: UserId[] | undefined][],
  includeFormer = false,
) {
  const pair = [sql`c.low_user_id`, sql`c.high_user_id`] as const;
  // Who is known without having been a member stands there as one who has left, at version 0.
  const shown = includeFormer
    ? sql`m.state = 'active' OR m.version > 0`
    : sql`m.state = 'active' AND c.dissolved_at IS NULL`;
  const query = sql`
    SELECT c.id, c.code, m.user_id, c.kind, ${asLeft(sql`m.left_name`, sql`c.name`)} AS name,
      ${asLeft(sql`m.left_avatar`, sql`c.avatar`)} AS avatar, c.introduction, c.announcement, c.join_policy, c.policy, c.owner_id,
      c.created_at, c.handle, c.mute_all, c.max_members, c.custom_fields, c.version, c.changed_at,
      m.role, m.joined_at, m.sticky, m.silent, m.validation,
      p.id AS peer_id, p.username AS peer_username, p.nickname AS peer_nickname,
      p.avatar AS peer_avatar, p.online AS peer_online,
      m.state <> 'active' OR c.dissolved_at IS NOT NULL OR (c.kind = 'direct' AND (
        p.id IS NULL OR p.deleted_at IS NOT NULL OR ${isBlocked(...pair)}
        OR (c.friends_only AND NOT ${areFriends(...pair)}))) AS disabled,
      s.id AS sender_id, s.username AS sender_username, s.nickname AS sender_nickname,
      s.avatar AS sender_avatar, o.username AS owner_username, o.nickname AS owner_nickname,
      o.avatar AS owner_avatar,
      (SELECT json_group_array(json_object(
          'id', u.id, 'username', u.username, 'nickname', u.nickname, 'avatar', u.avatar))
        FROM json_each(w.value, '$[3]') n JOIN users u ON u.id = n.value) AS named
    FROM json_each(${JSON.stringify(wanted)}) w
    JOIN memberships m
      ON m.conversation_id = json_extract(w.value, '$[0]') AND m.user_id = json_extract(w.value, '$[1]')
    JOIN conversations c ON c.id = m.conversation_id
    LEFT JOIN users p ON p.id = iif(c.low_user_id = m.user_id, c.high_user_id, c.low_user_id)
    LEFT JOIN users s ON s.id = json_extract(w.value, '$[2]')
    LEFT JOIN users o ON o.id = c.owner_id
    WHERE ${shown}`;
  return (await queryD1(db.all(query))).map((row) => ListedRow.parse(row));
}

/** What becomes of a group later is not for who has left it. */
function asLeft(then: SQL, now: SQL): SQL {
  return sql`iif(m.state = 'left', coalesce(${then}, ${now}), ${now})`;
}

function listed(row: z.infer<typeof ListedRow>): ConversationRecord {
  return {
    id: row.id,
    code: row.code,
    profile: {
      kind: row.kind,
      name: row.name,
      avatar: row.avatar,
      introduction: row.introduction,
      announcement: row.announcement,
      joinPolicy: row.join_policy,
      policy: row.policy,
      ownerId: row.owner_id,
      createdAt: row.created_at,
      handle: row.handle,
      muteAll: row.mute_all,
      maxMembers: row.max_members,
      customFields: row.custom_fields,
      version: row.version,
      changedAt: row.changed_at ?? row.created_at,
    },
    role: row.role,
    joinedAt: row.joined_at,
    preferences: { pinned: row.sticky, silent: row.silent, validation: row.validation },
    peer:
      row.peer_id === null ? null : { ...person(row, "peer", row.peer_id), online: row.peer_online ?? false },
    owner: row.owner_id === null ? null : person(row, "owner", row.owner_id),
    disabled: row.disabled,
    sender: row.sender_id === null ? null : person(row, "sender", row.sender_id),
    people: row.named,
  };
}

function person(row: z.infer<typeof ListedRow>, who: "peer" | "owner" | "sender", id: UserId): Person {
  return {
    id,
    username: row[`${who}_username`] ?? "",
    nickname: row[`${who}_nickname`] ?? "",
    avatar: row[`${who}_avatar`] ?? "",
  };
}
