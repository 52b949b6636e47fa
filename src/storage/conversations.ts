import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { ConversationKind, JoinPolicy, type Listed, type Preferences, Role } from "../core/conversation.ts";
import { ConversationId, UserId } from "../core/ids.ts";
import type { Person } from "../core/message.ts";
import { PolicyName } from "../core/policies.ts";
import type { Created } from "../core/ports.ts";
import type { Database } from "./database.ts";
import { flagsQuery } from "./flags.ts";
import { fromD1 } from "./outage.ts";
import { areFriends, isBlocked } from "./pairs.ts";
import { conversations, memberships, users } from "./schema.ts";

const PERSON = { id: users.id, username: users.username, nickname: users.nickname, avatar: users.avatar };

/** What a new group starts with. */
export interface NewGroup {
  name: string;
  joinPolicy: JoinPolicy;
  policy: PolicyName;
  ownerId: UserId;
  memberIds: UserId[];
  createdAt: number;
}

/**
 * Opens the direct conversation of two users, or finds the one they have: one batch, so that of
 * several who race exactly one creates it, and none is opened with somebody who is just being deleted.
 * @returns null if there is none, and one of the two has no account
 */
export async function openDirect(
  db: Database,
  [low, high]: [UserId, UserId],
  createdAt: number,
): Promise<{ id: ConversationId; created: boolean } | null> {
  const pair = and(eq(conversations.lowUserId, low), eq(conversations.highUserId, high));
  const [inserted, , found] = await fromD1(
    db.batch([
      db
        .insert(conversations)
        .select(
          sql`SELECT NULL, 'direct', ${low}, ${high}, '', '', '', '', 'approval', NULL, ${createdAt},
            'group', 0, 0, NULL WHERE ${allLive([low, high])}`,
        )
        .onConflictDoNothing()
        .returning({ id: conversations.id }),
      db
        .insert(memberships)
        .select(
          sql`SELECT c.id, u.value, 'member', 'active', 0, c.created_at, 0, 0, 0
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

/**
 * Creates a group with its first members, in one batch.
 * @returns null if one of them has no account: nothing is created then
 */
export async function insertGroup(db: Database, group: NewGroup): Promise<ConversationId | null> {
  const { name, joinPolicy, policy, ownerId, memberIds, createdAt } = group;
  const live = allLive(memberIds);
  const [inserted] = await fromD1(
    db.batch([
      db
        .insert(conversations)
        .select(
          sql`SELECT NULL, 'group', NULL, NULL, ${name}, '', '', '', ${joinPolicy}, ${ownerId}, ${createdAt},
            ${policy}, 0, 0, NULL WHERE ${live}`,
        )
        .returning({ id: conversations.id }),
      // The batch is one transaction of D1's only writer: the highest id is the one just given.
      db.insert(memberships).select(
        sql`SELECT (SELECT max(id) FROM conversations), u.value,
            iif(u.value = ${ownerId}, 'owner', 'member'), 'active', 0, ${createdAt}, 0, 0, 0
          FROM json_each(${JSON.stringify(memberIds)}) u WHERE ${live}`,
      ),
    ]),
  );
  const [conversation] = inserted;
  return conversation?.id ?? null;
}

/** Whether all of these have an account. */
function allLive(ids: UserId[]): SQL {
  return sql`NOT EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(ids)}) x LEFT JOIN users ON users.id = x.value
    WHERE users.id IS NULL OR users.deleted_at IS NOT NULL)`;
}

/** Today's profiles, of deleted users what is left of them; unknown ids are missing. One query for all. */
export function findPeople(db: Database, ids: UserId[]): Promise<Person[]> {
  const among = sql`${users.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return fromD1(db.select(PERSON).from(users).where(among));
}

/** A conversation as it was created, with its first members; null if there is none. */
export async function findCreated(db: Database, id: ConversationId): Promise<Created | null> {
  const [profiles, members, flagged] = await fromD1(
    db.batch([
      db
        .select({
          kind: conversations.kind,
          name: conversations.name,
          avatar: conversations.avatar,
          introduction: conversations.introduction,
          announcement: conversations.announcement,
          joinPolicy: conversations.joinPolicy,
          policy: conversations.policy,
          ownerId: conversations.ownerId,
          createdAt: conversations.createdAt,
        })
        .from(conversations)
        .where(eq(conversations.id, id)),
      // Version 0: what the object has changed since is not what it was created with; who only asked to be
      // let in is not active.
      db
        .select({ ...PERSON, role: memberships.role, joinedAt: memberships.joinedAt })
        .from(memberships)
        .innerJoin(users, eq(users.id, memberships.userId))
        .where(
          and(
            eq(memberships.conversationId, id),
            eq(memberships.version, 0),
            eq(memberships.state, "active"),
          ),
        ),
      flagsQuery(db, id),
    ]),
  );
  const [profile] = profiles;
  const [flags] = flagged;
  if (!profile || !flags) return null;
  return {
    profile,
    flags,
    members: members.map(({ role, joinedAt, ...person }) => ({ person, role, joinedAt })),
  };
}

const flag = z.number().transform((value) => value === 1);
const name = z.string().nullable();
const ListedRow = z.object({
  id: ConversationId,
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
  role: Role,
  sticky: flag,
  silent: flag,
  validation: flag,
  peer_id: UserId.nullable(),
  peer_username: name,
  peer_nickname: name,
  peer_avatar: name,
  peer_online: flag.nullable(),
  disabled: flag,
  sender_id: UserId.nullable(),
  sender_username: name,
  sender_nickname: name,
  sender_avatar: name,
});

/**
 * What D1 knows of these conversations of one user, in one query whatever their number.
 * @param wanted each conversation with the sender whose profile is wanted beside it
 */
export async function findListed(
  db: Database,
  userId: UserId,
  wanted: { id: ConversationId; senderId: UserId | null }[],
): Promise<Map<ConversationId, Listed>> {
  const rows = await allListed(
    db,
    wanted.map(({ id, senderId }) => [id, userId, senderId]),
  );
  return new Map(rows.map((row) => [row.id, listed(row)]));
}

/** What D1 knows of one conversation for each of these members, in one query whatever their number. */
export async function findListedFor(
  db: Database,
  id: ConversationId,
  userIds: UserId[],
): Promise<Map<UserId, Listed>> {
  const rows = await allListed(
    db,
    userIds.map((userId) => [id, userId, null]),
  );
  return new Map(rows.map((row) => [row.user_id, listed(row)]));
}

/** Columns have names of their own: D1 gives rows as objects. */
async function allListed(db: Database, wanted: [ConversationId, UserId, sender: UserId | null][]) {
  const pair = [sql`c.low_user_id`, sql`c.high_user_id`] as const;
  const query = sql`
    SELECT c.id, m.user_id, c.kind, c.name, c.avatar, c.introduction, c.announcement, c.join_policy, c.policy, c.owner_id,
      c.created_at, m.role, m.sticky, m.silent, m.validation,
      p.id AS peer_id, p.username AS peer_username, p.nickname AS peer_nickname,
      p.avatar AS peer_avatar, p.online AS peer_online,
      c.kind = 'direct' AND (p.id IS NULL OR p.deleted_at IS NOT NULL OR ${isBlocked(...pair)}
        OR (c.friends_only AND NOT ${areFriends(...pair)})) AS disabled,
      s.id AS sender_id, s.username AS sender_username, s.nickname AS sender_nickname,
      s.avatar AS sender_avatar
    FROM json_each(${JSON.stringify(wanted)}) w
    JOIN memberships m
      ON m.conversation_id = json_extract(w.value, '$[0]') AND m.user_id = json_extract(w.value, '$[1]')
    JOIN conversations c ON c.id = m.conversation_id
    LEFT JOIN users p ON p.id = iif(c.low_user_id = m.user_id, c.high_user_id, c.low_user_id)
    LEFT JOIN users s ON s.id = json_extract(w.value, '$[2]')
    WHERE m.state = 'active' AND c.dissolved_at IS NULL`;
  return (await fromD1(db.all(query))).map((row) => ListedRow.parse(row));
}

function listed(row: z.infer<typeof ListedRow>): Listed {
  return {
    id: row.id,
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
    },
    role: row.role,
    preferences: { sticky: row.sticky, silent: row.silent, validation: row.validation },
    peer:
      row.peer_id === null
        ? null
        : {
            id: row.peer_id,
            username: row.peer_username ?? "",
            nickname: row.peer_nickname ?? "",
            avatar: row.peer_avatar ?? "",
            online: row.peer_online ?? false,
          },
    disabled: row.disabled,
    sender:
      row.sender_id === null
        ? null
        : {
            id: row.sender_id,
            username: row.sender_username ?? "",
            nickname: row.sender_nickname ?? "",
            avatar: row.sender_avatar ?? "",
          },
  };
}

/** Sets a member's own flags. @returns false if he is not in the conversation */
export async function updatePreferences(
  db: Database,
  id: ConversationId,
  userId: UserId,
  change: { [Flag in keyof Preferences]?: boolean | undefined },
): Promise<boolean> {
  const mine = and(
    eq(memberships.conversationId, id),
    eq(memberships.userId, userId),
    eq(memberships.state, "active"),
    // Nobody is in a dissolved group.
    sql`NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = ${id} AND c.dissolved_at IS NOT NULL)`,
  );
  if (Object.values(change).every((value) => value === undefined)) {
    const [found] = await fromD1(db.select({ role: memberships.role }).from(memberships).where(mine));
    return found !== undefined;
  }
  const updated = await fromD1(
    db.update(memberships).set(change).where(mine).returning({ role: memberships.role }),
  );
  return updated.length > 0;
}

/** Projects whether a user has a socket open. */
export async function setOnline(db: Database, id: UserId, online: boolean): Promise<void> {
  await fromD1(
    db
      .update(users)
      .set({ online })
      .where(and(eq(users.id, id), isNull(users.deletedAt))),
  );
}
