import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { Person } from "../../domain/accounts/person.ts";
import type { Profile } from "../../domain/conversations/conversation.ts";
import type { GroupAddress } from "../../domain/conversations/group-address.ts";
import type { Role } from "../../domain/conversations/group-kind.ts";
import type { CustomFields } from "../../domain/custom-fields.ts";
import type { ConversationCode, ConversationId, Handle, UserId } from "../../domain/ids.ts";
import type { CreatedConversation } from "../../domain/ports.ts";
import { PERSON } from "../columns.ts";
import { allFriends, allLive } from "../contacts/pair-conditions.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, memberships, users } from "../schema.ts";
import { flagsQuery } from "./direct-flags.ts";

const PROFILE = {
  kind: conversations.kind,
  name: conversations.name,
  avatar: conversations.avatar,
  introduction: conversations.introduction,
  announcement: conversations.announcement,
  joinPolicy: conversations.joinPolicy,
  policy: conversations.policy,
  ownerId: conversations.ownerId,
  createdAt: conversations.createdAt,
  handle: conversations.handle,
  muteAll: conversations.muteAll,
  maxMembers: conversations.maxMembers,
  customFields: conversations.customFields,
  version: conversations.version,
  changedAt: sql<number>`coalesce(${conversations.changedAt}, ${conversations.createdAt})`,
};

/** What a new group starts with. */
export interface NewGroup extends Omit<Profile, "kind" | "muteAll" | "version" | "changedAt" | "ownerId"> {
  ownerId: UserId;
  /** a name of its own, which no conversation has */
  code: ConversationCode;
  /** the owner too */
  members: { userId: UserId; role: Role; customFields: CustomFields }[];
  /** only if all of them are friends of the owner */
  amongFriends: boolean;
}

/** A group as D1 has it. */
export interface FoundGroup {
  id: ConversationId;
  profile: Profile;
  owner: Person | null;
  memberCount: number;
}

/**
 * Creates a group with its first members, in one batch: of several who race for a handle exactly one creates it.
 * @returns null if one of them has no account, or is no friend where all are to be, or the handle was given before:
 *   nothing is created then
 */
export async function insertGroup(db: Database, group: NewGroup): Promise<ConversationId | null> {
  const { name, avatar, introduction, announcement, joinPolicy, policy, ownerId, createdAt } = group;
  const { code, handle, maxMembers, customFields, members } = group;
  const memberIds = members.map(({ userId }) => userId);
  const allowed = group.amongFriends
    ? sql`${allLive(memberIds)} AND ${allFriends(ownerId, memberIds)}`
    : allLive(memberIds);
  const rows = members.map(({ userId, role, customFields }) => [userId, role, JSON.stringify(customFields)]);
  const [inserted] = await queryD1(
    db.batch([
      db
        .insert(conversations)
        .select(
          sql`SELECT NULL, 'group', NULL, NULL, ${name}, ${avatar}, ${introduction}, ${announcement}, ${joinPolicy},
            ${ownerId}, ${createdAt}, ${policy}, 0, 0, NULL, ${code}, ${handle}, 0, ${maxMembers},
            ${JSON.stringify(customFields)}, NULL WHERE ${allowed}`,
        )
        .onConflictDoNothing({ target: conversations.handle })
        .returning({ id: conversations.id }),
      db.insert(memberships).select(
        sql`SELECT c.id, json_extract(m.value, '$[0]'), json_extract(m.value, '$[1]'), 'active', 0, ${createdAt},
            0, 0, 0, NULL, NULL, json_extract(m.value, '$[2]')
          FROM conversations c, json_each(${JSON.stringify(rows)}) m WHERE c.code = ${code}`,
      ),
    ]),
  );
  const [conversation] = inserted;
  return conversation?.id ?? null;
}

/** A conversation as it was created, with its first members; null if there is none. */
export async function findCreated(db: Database, id: ConversationId): Promise<CreatedConversation | null> {
  const [profiles, members, flagged] = await queryD1(
    db.batch([
      db.select(PROFILE).from(conversations).where(eq(conversations.id, id)),
      // Version 0: what the object has changed since is not what it was created with; who only asked to be
      // let in is not active.
      db
        .select({
          ...PERSON,
          role: memberships.role,
          joinedAt: memberships.joinedAt,
          customFields: memberships.customFields,
        })
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
  const [directFlags] = flagged;
  if (!profile || !directFlags) return null;
  return {
    profile,
    flags: directFlags,
    members: members.map(({ role, joinedAt, customFields, ...person }) => {
      return { person, role, joinedAt, customFields };
    }),
  };
}

/** A group by its number, or by the id which it was given; null if there is none, or it is dissolved. */
export async function findGroup(db: Database, name: GroupAddress): Promise<FoundGroup | null> {
  const [found] = await queryD1(
    db
      .select({
        id: conversations.id,
        profile: PROFILE,
        owner: PERSON,
        memberCount: sql<number>`(SELECT count(*) FROM memberships m
          WHERE m.conversation_id = ${conversations.id} AND m.state = 'active')`,
      })
      .from(conversations)
      .leftJoin(users, eq(users.id, conversations.ownerId))
      .where(and(groupAddressed(name), isNull(conversations.dissolvedAt))),
  );
  return found ?? null;
}

/** The number of a group that may be called by the id which it was given; null as with `findGroup`. */
export async function findGroupId(db: Database, name: GroupAddress): Promise<ConversationId | null> {
  const query = db.select({ id: conversations.id }).from(conversations);
  const [found] = await queryD1(query.where(and(groupAddressed(name), isNull(conversations.dissolvedAt))));
  return found?.id ?? null;
}

/** The same by either, with both: what it is called where it is called by its number. */
export async function findGroupPlace(
  db: Database,
  name: GroupAddress,
): Promise<{ id: ConversationId; handle: Handle | null } | null> {
  const query = db.select({ id: conversations.id, handle: conversations.handle }).from(conversations);
  const [found] = await queryD1(query.where(and(groupAddressed(name), isNull(conversations.dissolvedAt))));
  return found ?? null;
}

/** Who has, or had, the group with this id; null: it was given to none. */
export async function findHolder(db: Database, handle: Handle): Promise<UserId | null> {
  const query = db.select({ ownerId: conversations.ownerId }).from(conversations);
  const [found] = await queryD1(query.where(eq(conversations.handle, handle)));
  return found?.ownerId ?? null;
}

/** The groups that a user is in, whatever their number. */
export async function findOwnGroups(db: Database, userId: UserId): Promise<ConversationId[]> {
  const found = await queryD1(
    db
      .select({ id: conversations.id })
      .from(memberships)
      .innerJoin(conversations, eq(conversations.id, memberships.conversationId))
      .where(
        and(
          eq(memberships.userId, userId),
          eq(memberships.state, "active"),
          eq(conversations.kind, "group"),
          isNull(conversations.dissolvedAt),
        ),
      ),
  );
  return found.map(({ id }) => id);
}

/** A group has one name: by its number goes who was given no id. */
function groupAddressed(name: GroupAddress): SQL | undefined {
  const same =
    "id" in name
      ? and(eq(conversations.id, name.id), isNull(conversations.handle))
      : sql`${conversations.handle} = ${name.handle}`;
  return and(same, eq(conversations.kind, "group"));
}
