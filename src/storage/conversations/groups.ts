import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { Person } from "../../domain/accounts/person.ts";
import type { Profile } from "../../domain/conversations/conversation.ts";
import type { GroupAddress } from "../../domain/conversations/group-address.ts";
import { isDiscoverable, POLICIES } from "../../domain/conversations/group-policies.ts";
import type { ClientGroupId, ConversationId, Handle, SpaceId, UserId } from "../../domain/ids.ts";
import type { CreatedConversation } from "../../domain/ports.ts";
import { PERSON, PROFILE } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, memberships, users } from "../schema.ts";
import { hooksOfAllQuery } from "../server/hooks.ts";
import { directPermissionQuery } from "./direct-permission.ts";
import { groupQueries, type NewGroup } from "./new-group.ts";

/** A group as D1 stores it. */
export interface FoundGroup {
  id: ConversationId;
  profile: Profile;
  owner: Person | null;
  memberCount: number;
  /** the user who asks is a member */
  isMember: boolean;
}

/**
 * Creates a group with its first members. One batch: of several concurrent calls for a handle, for an
 * external id, or for a client group id of one owner, exactly one creates it.
 * @returns its id; null, with nothing created, if a member has no account, or is not as `among` says, or if
 *   the handle, the external id or the client group id was used before
 */
export async function insertGroup(db: Database, group: NewGroup): Promise<ConversationId | null> {
  const [inserted] = await queryD1(db.batch(groupQueries(db, group)));
  return inserted[0]?.id ?? null;
}

/**
 * A conversation as it was created: profile, first members, current direct permission; null if there is none.
 */
export async function findConversationAsCreated(
  db: Database,
  id: ConversationId,
): Promise<CreatedConversation | null> {
  const [profiles, members, permissions, hooks] = await queryD1(
    db.batch([
      db.select(PROFILE).from(conversations).where(eq(conversations.id, id)),
      // Version 0 leaves out every row that the object has projected since. The state leaves out known users
      // who are no members.
      db
        .select({
          ...PERSON,
          role: memberships.role,
          joinedAt: memberships.joinedAt,
          customFields: memberships.customFields,
          isAsked: sql`EXISTS (SELECT 1 FROM message_requests r WHERE r.user_id = ${memberships.userId}
            AND r.conversation_id = ${memberships.conversationId})`
            .mapWith(Boolean)
            .as("is_asked"),
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
      directPermissionQuery(db, id),
      hooksOfAllQuery(db),
    ]),
  );
  const [profile] = profiles;
  const [directPermission] = permissions;
  if (!profile || !directPermission) return null;
  return {
    profile,
    directPermission,
    hooks,
    members: members.map(({ role, joinedAt, customFields, isAsked, ...person }) => {
      return { person, role, joinedAt, customFields, isAsked };
    }),
  };
}

/**
 * A group by its address: its number or its handle; null if there is none, or it is dissolved.
 * @param asker the user who asks
 */
export async function findGroup(
  db: Database,
  asker: UserId,
  address: GroupAddress,
): Promise<FoundGroup | null> {
  const [found] = await queryD1(
    db
      .select({
        id: conversations.id,
        profile: PROFILE,
        owner: PERSON,
        memberCount: sql<number>`(SELECT count(*) FROM memberships m
          WHERE m.conversation_id = ${conversations.id} AND m.state = 'active')`,
        isMember: sql`EXISTS (SELECT 1 FROM memberships m WHERE m.conversation_id = ${conversations.id}
          AND m.user_id = ${asker} AND m.state = 'active')`.mapWith(Boolean),
      })
      .from(conversations)
      .leftJoin(users, eq(users.id, conversations.ownerId))
      .where(and(hasAddress(address), isNull(conversations.dissolvedAt))),
  );
  return found ?? null;
}

/** The number of a group by its address; null as with `findGroup`. */
export async function findGroupId(db: Database, address: GroupAddress): Promise<ConversationId | null> {
  const query = db.select({ id: conversations.id }).from(conversations);
  const [found] = await queryD1(query.where(and(hasAddress(address), isNull(conversations.dissolvedAt))));
  return found?.id ?? null;
}

/** The number of a group by its address, its handle and its space; null as with `findGroup`. */
export async function findGroupIdAndHandle(
  db: Database,
  address: GroupAddress,
): Promise<{ id: ConversationId; handle: Handle | null; spaceId: SpaceId | null } | null> {
  const { id, handle, spaceId } = conversations;
  const query = db.select({ id, handle, spaceId }).from(conversations);
  const [found] = await queryD1(query.where(and(hasAddress(address), isNull(conversations.dissolvedAt))));
  return found ?? null;
}

/**
 * Whether a user may learn that a group exists: by its kind, as it is discoverable, or as they are or were a
 * member. A known user who was never a member has a row with `state = 'left'` and version 0.
 */
export async function mayKnowGroup(db: Database, userId: UserId, id: ConversationId): Promise<boolean> {
  const own = and(eq(memberships.conversationId, conversations.id), eq(memberships.userId, userId));
  const [found] = await queryD1(
    db
      .select({
        ...{ policy: conversations.policy, discoverable: conversations.discoverable },
        spaceId: conversations.spaceId,
        state: memberships.state,
        version: memberships.version,
      })
      .from(conversations)
      .leftJoin(memberships, own)
      .where(eq(conversations.id, id)),
  );
  if (!found) return false;
  if (POLICIES[found.policy].existence === "shown" || isDiscoverable(found)) return true;
  // Who may not read a channel any more learns nothing of it.
  return found.state === "active" || (found.spaceId === null && (found.version ?? 0) > 0);
}

/** The owner of the group with this handle, dissolved groups included; null if the handle was never given. */
export async function findHandleOwner(db: Database, handle: Handle): Promise<UserId | null> {
  const query = db.select({ ownerId: conversations.ownerId }).from(conversations);
  const [found] = await queryD1(query.where(eq(conversations.handle, handle)));
  return found?.ownerId ?? null;
}

/** The group that a user has created with this client group id, dissolved groups included; null: none. */
export async function findCreatedGroup(
  db: Database,
  creatorId: UserId,
  clientGroupId: ClientGroupId,
): Promise<ConversationId | null> {
  const query = db.select({ id: conversations.id }).from(conversations);
  const isCreated = and(
    eq(conversations.creatorId, creatorId),
    eq(conversations.clientGroupId, clientGroupId),
  );
  const [found] = await queryD1(query.where(isCreated));
  return found?.id ?? null;
}

/** The ids of all groups that a user is in, dissolved ones left out. */
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

/**
 * A condition: the row is the group with this address. A group with a handle cannot be addressed by its
 * number.
 */
function hasAddress(address: GroupAddress): SQL | undefined {
  const matches =
    "id" in address
      ? and(eq(conversations.id, address.id), isNull(conversations.handle))
      : sql`${conversations.handle} = ${address.handle}`;
  return and(matches, eq(conversations.kind, "group"));
}
