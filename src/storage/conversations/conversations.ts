import { and, eq, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person, VersionedPerson } from "../../domain/accounts/person.ts";
import type { Admitted } from "../../domain/contacts/consent.ts";
import {
  ConversationKind,
  type ConversationRecord,
  TITLE_NAMES,
  titleOf,
} from "../../domain/conversations/conversation.ts";
import { JoinPolicy, PolicyName, Role, Viewing } from "../../domain/conversations/group-kind.ts";
import { CustomFields } from "../../domain/custom-fields.ts";
import { ConversationCode, ConversationId, Handle, SpaceId, UserId } from "../../domain/ids.ts";
import type { StoredContext } from "../../domain/sync/message-context.ts";
import { findExtendedProfilesSeenBy } from "../accounts/extended-profiles.ts";
import { PERSON, VERSIONED_PERSON } from "../columns.ts";
import { requestDirectQuery } from "../contacts/message-requests.ts";
import { allLive, areFriends, isBlocked } from "../contacts/pair-conditions.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { conversations, memberships, users } from "../schema.ts";

/** How `openDirect` opens a conversation. */
interface DirectOpening {
  caller: UserId;
  admitted: Admitted | null;
  friendsOnly: boolean;
  name?: string | undefined;
}

/**
 * Finds the direct conversation of two users, or creates it. One batch: exactly one of several concurrent
 * calls creates it, and none creates it with a user whose account is being deleted. One that exists is looked
 * for first, as an insert that meets a conflict uses up an id.
 * @param createdAt milliseconds
 * @param options `caller`: who opens it; `admitted`: whom the other user lets write, if they have not chosen;
 *   null: anybody, whatever they have chosen. `friendsOnly`: it is created only for friends, and only friends
 *   may write there from then on
 * @returns `isAsked`: the caller has a message request for it; null if there is none and it cannot be
 *   created: one of the two has no account; they are no friends, and `friendsOnly` is set, or the caller is
 *   a bot that another user has made
 */
export async function openDirect(
  db: Database,
  [low, high]: [UserId, UserId],
  createdAt: number,
  { caller, admitted, friendsOnly, name = "" }: DirectOpening,
): Promise<{ id: ConversationId; created: boolean; isAsked: boolean } | null> {
  const pair = and(eq(conversations.lowUserId, low), eq(conversations.highUserId, high));
  const isNew = sql`NOT EXISTS (SELECT 1 FROM conversations
    WHERE low_user_id = ${low} AND high_user_id = ${high})`;
  const mayBegin = sql`(${areFriends(low, high)}
    OR NOT EXISTS (SELECT 1 FROM users
      WHERE id = ${caller} AND maker_id IS NOT NULL AND maker_id NOT IN (${low}, ${high})))`;
  const begins = friendsOnly ? areFriends(low, high) : admitted === null ? sql`1` : mayBegin;
  const allowed = sql`${allLive([low, high])} AND ${begins}`;
  const isAsked = sql`EXISTS (SELECT 1 FROM message_requests r
    WHERE r.user_id = ${caller} AND r.conversation_id = ${conversations.id})`.mapWith(Boolean);
  const [inserted, , found] = await queryD1(
    db.batch([
      db
        .insert(conversations)
        .select(
          sql`SELECT NULL, 'direct', ${low}, ${high}, ${name}, '', '', '', 'approval', NULL, ${createdAt},
            'group', ${friendsOnly ? 1 : 0}, 0, NULL, NULL, NULL, 0, NULL, '{}', NULL, NULL, 0, NULL, NULL, 1,
            NULL, '', NULL, 1, NULL, 0, 0, 1, 'none', NULL, NULL, 0, 0
            WHERE ${isNew} AND ${allowed}`,
        )
        .onConflictDoNothing()
        .returning({ id: conversations.id }),
      db
        .insert(memberships)
        .select(
          sql`SELECT c.id, u.value, 'member', 'active', 0, c.created_at, 0, 0, 0, NULL, NULL, '{}', NULL, 0,
              NULL, NULL, 0, '[]'
            FROM conversations c, json_each(${JSON.stringify([low, high])}) u
            WHERE c.low_user_id = ${low} AND c.high_user_id = ${high}`,
        )
        .onConflictDoNothing(),
      db
        .select({ id: conversations.id, isAsked: isAsked.as("is_asked") })
        .from(conversations)
        .where(pair),
      ...(admitted === null ? [] : [requestDirectQuery(db, [low, high], caller, { createdAt, admitted })]),
    ]),
  );
  const [conversation] = found;
  return conversation ? { ...conversation, created: inserted.length > 0 } : null;
}

/**
 * The current profiles of these users; deleted users have empty ones. Unknown ids are left out. One query.
 */
export function findPeople(db: Database, ids: UserId[]): Promise<Person[]> {
  return queryD1(db.select(PERSON).from(users).where(isAmong(users.id, ids)));
}

/** The same with the versions of the profiles. */
export function findVersionedPeople(db: Database, ids: UserId[]): Promise<VersionedPerson[]> {
  return queryD1(db.select(VERSIONED_PERSON).from(users).where(isAmong(users.id, ids)));
}

/**
 * A row of `listedRows`. `disabled`: the user cannot write there. `named`: the further profiles that were
 * asked for.
 */
const booleanColumn = z.number().transform((value) => value === 1);
const botColumn = booleanColumn.nullable();
const name = z.string().nullable();
const Named = z.object({
  ...{ id: UserId, username: z.string(), nickname: z.string(), avatar: z.string(), bot: booleanColumn },
});
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
  others: z
    .string()
    .transform((text) => JSON.parse(text))
    .pipe(z.array(z.string())),
  avatar: z.string(),
  introduction: z.string(),
  announcement: z.string(),
  join_policy: JoinPolicy,
  discoverable: booleanColumn.nullable(),
  threads: booleanColumn,
  link_previews: booleanColumn,
  policy: PolicyName,
  owner_id: UserId.nullable(),
  created_at: z.number(),
  handle: Handle.nullable(),
  mute_all: booleanColumn,
  max_members: z.number().nullable(),
  custom_fields: CustomFieldsJson,
  metadata: z.string(),
  history: booleanColumn.nullable(),
  may_leave: booleanColumn,
  retention_days: z.number().nullable(),
  legal_hold: booleanColumn,
  slow_mode_s: z.number(),
  viewers: Viewing,
  space_id: SpaceId.nullable(),
  version: z.number(),
  changed_at: z.number().nullable(),
  role: Role,
  joined_at: z.number(),
  pinned: booleanColumn,
  silent: booleanColumn,
  muted_until: z.number().nullable(),
  archived_count: z.number().nullable(),
  validation: booleanColumn,
  marks: z.number(),
  group_names: z
    .string()
    .transform((text) => JSON.parse(text))
    .pipe(z.array(z.string())),
  remark: z.string().nullable(),
  peer_id: UserId.nullable(),
  peer_username: name,
  peer_nickname: name,
  peer_avatar: name,
  peer_bot: botColumn,
  peer_online: booleanColumn.nullable(),
  blocked: booleanColumn,
  disabled: booleanColumn,
  sender_id: UserId.nullable(),
  sender_username: name,
  sender_nickname: name,
  sender_avatar: name,
  sender_bot: botColumn,
  owner_username: name,
  owner_nickname: name,
  owner_avatar: name,
  owner_bot: botColumn,
  named: z
    .string()
    .transform((text) => JSON.parse(text))
    .pipe(z.array(Named)),
});

/**
 * The records of these conversations in the list of one user. One query.
 * @param requests each conversation, with the sender of its preview and further users whose profiles are
 *   added
 * @param includeFormer also conversations that the user has left, and dissolved groups
 * @returns the records by conversation; a conversation that the user is not in is left out
 */
export async function findListRecords(
  db: Database,
  userId: UserId,
  requests: { id: ConversationId; senderId: UserId | null; namedIds?: UserId[] }[],
  includeFormer = false,
): Promise<Map<ConversationId, ConversationRecord>> {
  const rows = await listedRows(
    db,
    requests.map(({ id, senderId, namedIds }) => [id, userId, senderId, namedIds]),
    includeFormer,
  );
  return new Map(rows.map((row) => [row.id, toRecord(row)]));
}

/**
 * The record of one conversation for each of these users, by user; a user who is no member is left out. One
 * query.
 */
export async function findListRecordsOfUsers(
  db: Database,
  id: ConversationId,
  userIds: UserId[],
): Promise<Map<UserId, ConversationRecord>> {
  const rows = await listedRows(
    db,
    userIds.map((userId) => [id, userId, null]),
  );
  return new Map(rows.map((row) => [row.user_id, toRecord(row)]));
}

/**
 * The names of a few other members, those with the lowest ids, and of one more: that there are more. It is
 * evaluated for a group without a name alone.
 */
const OTHERS = sql`(SELECT json_group_array(name) FROM (
  SELECT coalesce(nullif(u.nickname, ''), u.username) AS name
  FROM memberships a JOIN users u ON u.id = a.user_id
  WHERE a.conversation_id = m.conversation_id AND a.state = 'active' AND a.user_id <> m.user_id
  ORDER BY a.user_id LIMIT ${TITLE_NAMES + 1}))`;

/** The query behind both. Every column has an alias of its own, since D1 returns rows as objects. */
async function listedRows(
  db: Database,
  requests: [ConversationId, UserId, sender: UserId | null, named?: UserId[] | undefined][],
  includeFormer = false,
) {
  const pair = [sql`c.low_user_id`, sql`c.high_user_id`] as const;
  // A known user who has never been a member has a row with `state = 'left'` and version 0.
  const isIncluded = includeFormer
    ? sql`m.state = 'active' OR m.version > 0`
    : sql`m.state = 'active' AND c.dissolved_at IS NULL`;
  const query = sql`
    SELECT c.id, c.code, m.user_id, c.kind, ${asLeft(sql`m.left_name`, sql`c.name`)} AS name,
      iif(c.kind = 'group' AND c.name = '' AND m.state = 'active', ${OTHERS}, '[]') AS others,
      ${asLeft(sql`m.left_avatar`, sql`c.avatar`)} AS avatar, c.introduction, c.announcement, c.join_policy,
      c.discoverable, c.threads, c.link_previews, c.policy, c.owner_id,
      c.created_at, c.handle, c.mute_all, c.max_members, c.custom_fields, c.metadata, c.history, c.may_leave,
      c.retention_days, c.legal_hold, c.slow_mode_s, c.viewers, c.space_id,
      c.version, c.changed_at,
      m.role, m.joined_at, m.pinned, m.silent, m.validation, m.muted_until, m.archived_count,
      m.marks, m.group_names,
      (SELECT f.remark FROM friends f WHERE f.user_id = m.user_id AND f.friend_id = p.id) AS remark,
      p.id AS peer_id, p.username AS peer_username, p.nickname AS peer_nickname,
      p.avatar AS peer_avatar, p.bot AS peer_bot,
      p.online AND NOT ${isBlocked(...pair)} AND (c.answered OR ${areFriends(...pair)}) AS peer_online,
      c.kind = 'direct' AND ${isBlocked(...pair)} AS blocked,
      m.state <> 'active' OR c.dissolved_at IS NOT NULL OR (c.kind = 'direct' AND (
        p.id IS NULL OR p.deleted_at IS NOT NULL OR ${isBlocked(...pair)}
        OR (c.friends_only AND NOT ${areFriends(...pair)}))) AS disabled,
      s.id AS sender_id, s.username AS sender_username, s.nickname AS sender_nickname,
      s.avatar AS sender_avatar, s.bot AS sender_bot, o.username AS owner_username, o.nickname AS owner_nickname,
      o.avatar AS owner_avatar, o.bot AS owner_bot,
      (SELECT json_group_array(json_object(
          'id', u.id, 'username', u.username, 'nickname', u.nickname, 'avatar', u.avatar, 'bot', u.bot))
        FROM json_each(w.value, '$[3]') n JOIN users u ON u.id = n.value) AS named
    FROM json_each(${JSON.stringify(requests)}) w
    JOIN memberships m
      ON m.conversation_id = json_extract(w.value, '$[0]') AND m.user_id = json_extract(w.value, '$[1]')
    JOIN conversations c ON c.id = m.conversation_id
    LEFT JOIN users p ON p.id = iif(c.low_user_id = m.user_id, c.high_user_id, c.low_user_id)
    LEFT JOIN users s ON s.id = json_extract(w.value, '$[2]')
    LEFT JOIN users o ON o.id = c.owner_id
    WHERE ${isIncluded}`;
  return (await queryD1(db.all(query))).map((row) => ListedRow.parse(row));
}

/**
 * The value at the time the member left, or the current one. Later changes are hidden from a former member.
 */
function asLeft(then: SQL, now: SQL): SQL {
  return sql`iif(m.state = 'left', coalesce(${then}, ${now}), ${now})`;
}

/** A row as the domain's record. */
function toRecord(row: z.infer<typeof ListedRow>): ConversationRecord {
  const owner = row.owner_id === null ? null : person(row, "owner", row.owner_id);
  return {
    id: row.id,
    code: row.code,
    title: row.kind === "group" ? titleOf(row.name, row.others, owner) : "",
    profile: {
      kind: row.kind,
      name: row.name,
      avatar: row.avatar,
      introduction: row.introduction,
      announcement: row.announcement,
      joinPolicy: row.join_policy,
      discoverable: row.discoverable,
      threads: row.threads,
      linkPreviews: row.link_previews,
      policy: row.policy,
      ownerId: row.owner_id,
      createdAt: row.created_at,
      handle: row.handle,
      muteAll: row.mute_all,
      slowModeS: row.slow_mode_s,
      viewers: row.viewers,
      maxMembers: row.max_members,
      customFields: row.custom_fields,
      metadata: row.metadata,
      history: row.history,
      mayLeave: row.may_leave,
      retentionDays: row.retention_days,
      legalHold: row.legal_hold,
      spaceId: row.space_id,
      version: row.version,
      changedAt: row.changed_at ?? row.created_at,
    },
    role: row.role,
    joinedAt: row.joined_at,
    preferences: {
      ...{ pinned: row.pinned, validation: row.validation, archivedCount: row.archived_count },
      mutedUntil: row.silent ? (row.muted_until ?? 0) : 0,
      ...{ marks: row.marks, groups: row.group_names, remark: row.remark ?? "" },
    },
    peer:
      row.peer_id === null ? null : { ...person(row, "peer", row.peer_id), online: row.peer_online ?? false },
    owner,
    blocked: row.blocked,
    disabled: row.disabled,
    sender: row.sender_id === null ? null : person(row, "sender", row.sender_id),
    people: row.named,
  };
}

/** The profile in the columns with the prefix `prefix`. */
function person(row: z.infer<typeof ListedRow>, prefix: "peer" | "owner" | "sender", id: UserId): Person {
  return {
    id,
    username: row[`${prefix}_username`] ?? "",
    nickname: row[`${prefix}_nickname`] ?? "",
    avatar: row[`${prefix}_avatar`] ?? "",
    bot: row[`${prefix}_bot`] ?? false,
  };
}

/**
 * The stored part of the message context of a conversation: kind, name, the other user's extended
 * profile as the user sees it.
 * @returns null if the user has never been in the conversation
 */
export async function findStoredContext(
  db: Database,
  userId: UserId,
  id: ConversationId,
): Promise<StoredContext | null> {
  const listed = (await findListRecords(db, userId, [{ id, senderId: null }], true)).get(id);
  if (!listed) return null;
  const { code, profile, title, peer } = listed;
  const [found] = peer ? await findExtendedProfilesSeenBy(db, [peer.id], userId) : [];
  const { kind, name: givenName, createdAt } = profile;
  const name = peer ? peer.nickname || peer.username : title;
  return { id, code, kind, name, givenName, createdAt, peer: found ?? null };
}
