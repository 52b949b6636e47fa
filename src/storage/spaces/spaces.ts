import { and, asc, desc, eq, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { ClientSpaceId, ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { FIRST_RIGHTS } from "../../domain/spaces/permission.ts";
import type { MemberSpace, Space } from "../../domain/spaces/space.ts";
import { allLive } from "../contacts/pair-conditions.ts";
import { groupQueries, type NewGroup } from "../conversations/new-group.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, NEW_SPACE_MEMBER, NEW_VERSION, spaceMembers, spaces } from "../schema.ts";
import { type AuditNote, noteQueries } from "./audit-notes.ts";
import { hasRoomForSpace, rolesOf, SPACE } from "./rights.ts";
import { fromVersion, type ReadSpace } from "./versions.ts";

/** The columns that say what a member may do. */
const RIGHTS = { everyone: spaces.everyone, version: spaces.version };

/** The fields of a new space. */
export type NewSpace = Pick<
  Space,
  "name" | "avatar" | "description" | "ownerId" | "createdAt" | "discoverable" | "metadata"
> & {
  clientSpaceId: ClientSpaceId;
};

/** The first channel of a space, which is made with it. */
export type FirstChannel = Omit<NewGroup, "asked">;

/** The id of the space that a user has made with a client space id, and of its first channel. */
export interface CreatedSpace {
  id: SpaceId;
  channelId: ConversationId | null;
}

const idOf = ({ ownerId, clientSpaceId }: Pick<NewSpace, "ownerId" | "clientSpaceId">) =>
  sql`(SELECT id FROM spaces WHERE creator_id = ${ownerId} AND client_space_id = ${clientSpaceId})`;

/**
 * Makes a space with its first channel. One batch: of several concurrent calls with a client space id exactly
 * one makes it.
 * @param most spaces that the owner may be in; null: any number
 * @returns false, with nothing made: it was made before, or the owner has no account, or is in too many
 */
export async function insertSpace(
  db: Database,
  space: NewSpace,
  channel: FirstChannel,
  most: number | null,
): Promise<boolean> {
  const { name, avatar, description, ownerId, createdAt, clientSpaceId, discoverable, metadata } = space;
  const [made] = await queryD1(
    db.batch([
      db
        .insert(spaces)
        .select(
          sql`SELECT NULL, ${name}, ${avatar}, ${description}, ${ownerId}, ${ownerId}, ${clientSpaceId}, 1, ${NEW_VERSION},
            ${createdAt}, NULL, ${FIRST_RIGHTS}, NULL, ${Number(discoverable)}, ${metadata}, 0 WHERE ${allLive([ownerId])} AND ${idOf(space)} IS NULL
              AND ${hasRoomForSpace(ownerId, most)}`,
        )
        .returning({ id: spaces.id }),
      db
        .insert(spaceMembers)
        .select(
          sql`SELECT id, ${ownerId}, ${createdAt}, ${NEW_SPACE_MEMBER} FROM spaces WHERE id = ${idOf(space)}`,
        )
        .onConflictDoNothing(),
      ...groupQueries(
        db,
        { ...channel, asked: [] },
        { space: idOf(space), position: sql`0`, categoryId: null, isDefault: true },
        isWithoutChannels(idOf(space)),
      ),
    ]),
  );
  return made.length > 0;
}

function isWithoutChannels(space: SQL): SQL {
  return sql`${space} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM conversations WHERE space_id = ${space})`;
}

/** The space that a user has made with a client space id, dissolved ones left out; null: none. */
export async function findCreatedSpace(
  db: Database,
  ownerId: UserId,
  clientSpaceId: ClientSpaceId,
): Promise<CreatedSpace | null> {
  const [found] = await queryD1(
    db
      .select({ id: spaces.id, channelId: conversations.id })
      .from(spaces)
      .leftJoin(conversations, eq(conversations.spaceId, spaces.id))
      .where(
        and(
          eq(spaces.creatorId, ownerId),
          eq(spaces.clientSpaceId, clientSpaceId),
          isNull(spaces.dissolvedAt),
        ),
      )
      .orderBy(asc(conversations.id))
      .limit(1),
  );
  return found ?? null;
}

/** In how many spaces a user is. */
export async function countSpaces(db: Database, userId: UserId): Promise<number> {
  const [found] = await queryD1(
    db
      .select({ count: sql`count(*)`.mapWith(Number) })
      .from(spaceMembers)
      .innerJoin(spaces, eq(spaces.id, spaceMembers.spaceId))
      .where(isMemberOf(userId)),
  );
  return found?.count ?? 0;
}

/** The condition: a user is in a space that is there. */
function isMemberOf(userId: UserId) {
  return and(eq(spaceMembers.userId, userId), isNull(spaces.dissolvedAt));
}

/** What a row of a member has: the space, and the rights that they have by it. */
const ofMember = (userId: UserId) => ({
  ...{ ...SPACE, ...RIGHTS, roles: rolesOf(userId) },
  notificationsMutedUntil: spaceMembers.notificationsMutedUntil,
});

/** A space of a member; null for others, and where there is none. */
export async function findSpace(db: Database, userId: UserId, id: SpaceId): Promise<MemberSpace | null> {
  const [found] = await queryD1(
    db
      .select(ofMember(userId))
      .from(spaces)
      .innerJoin(spaceMembers, eq(spaceMembers.spaceId, spaces.id))
      .where(and(eq(spaces.id, id), isMemberOf(userId))),
  );
  return found ?? null;
}

/** Behind which space a page of a user's spaces begins. */
export interface SpacePlace {
  /** -1: the user has put it nowhere */
  position: number;
  id: number;
}

/** Where the space of a row stands in the list of the member of the row; -1: nowhere. */
const position = sql`coalesce(${spaceMembers.position}, -1)`.mapWith(Number);

/** A page of the spaces of a user in their order: those that they have put nowhere first, newest first. */
export async function listSpaces(
  db: Database,
  userId: UserId,
  { after, limit }: { after: SpacePlace | undefined; limit: number },
): Promise<(MemberSpace & { position: number })[]> {
  const isBehind = after && sql`(${position}, -${spaces.id}) > (${after.position}, ${-after.id})`;
  return queryD1(
    db
      .select({ ...ofMember(userId), position })
      .from(spaces)
      .innerJoin(spaceMembers, eq(spaceMembers.spaceId, spaces.id))
      .where(and(isMemberOf(userId), isBehind))
      .orderBy(position, desc(spaces.id))
      .limit(limit),
  );
}

/** A page of the spaces of a user, the newest first. @param before the id of the last one before it */
export async function listNewestSpaces(
  db: Database,
  userId: UserId,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<MemberSpace[]> {
  return queryD1(
    db
      .select(ofMember(userId))
      .from(spaces)
      .innerJoin(spaceMembers, eq(spaceMembers.spaceId, spaces.id))
      .where(and(isMemberOf(userId), before === undefined ? undefined : sql`${spaces.id} < ${before}`))
      .orderBy(desc(spaces.id))
      .limit(limit),
  );
}

/**
 * Puts these spaces of a user into their order; others stand nowhere.
 * @returns false, with nothing changed: the user is not in one of them
 */
export async function storeSpaceOrder(
  db: Database,
  userId: UserId,
  ids: readonly SpaceId[],
): Promise<boolean> {
  const order = JSON.stringify(ids);
  const key = sql`(SELECT key FROM json_each(${order}) WHERE value = space_members.space_id)`;
  const areOwn = sql`(SELECT count(*) FROM json_each(${order}) o JOIN space_members m
    ON m.space_id = o.value AND m.user_id = ${userId}) = ${ids.length}`;
  const stored = db
    .update(spaceMembers)
    .set({ position: key })
    .where(and(eq(spaceMembers.userId, userId), areOwn))
    .returning({ id: spaceMembers.spaceId });
  return (await queryD1(stored)).length > 0 || ids.length === 0;
}

/** Changes what a member sets of a space for themself. @returns false: they are not in it */
export async function updateOwnMembership(
  db: Database,
  id: SpaceId,
  userId: UserId,
  change: { nameCard?: string; notificationsMutedUntil?: number },
): Promise<boolean> {
  const isIt = and(eq(spaceMembers.spaceId, id), eq(spaceMembers.userId, userId));
  const changed = db.update(spaceMembers).set(change).where(isIt).returning({ id: spaceMembers.userId });
  return (await queryD1(changed)).length > 0;
}

/** Changes how a space is shown. */
export async function updateSpace(
  db: Database,
  id: SpaceId,
  change: Partial<Pick<Space, "name" | "avatar" | "description" | "discoverable" | "metadata" | "slowModeS">>,
  note: AuditNote,
): Promise<void> {
  if (Object.keys(change).length === 0) return;
  const changed = db.update(spaces).set(change).where(eq(spaces.id, id));
  await queryD1(db.batch([changed, ...noteQueries(db, id, note)]));
}

/** Makes a member the owner. @returns false: the space is another one by now */
export async function storeOwner(db: Database, read: ReadSpace, ownerId: UserId): Promise<boolean> {
  const { first, notes } = fromVersion(db, read, undefined, { ownerId });
  const [rows] = await queryD1(db.batch([first, ...notes]));
  return rows.length > 0;
}

/**
 * Ends a space of its owner.
 * @param ownerId null: of anybody
 * @returns false: the user does not own it, or it is over
 */
export async function dissolveSpace(
  db: Database,
  id: SpaceId,
  ownerId: UserId | null,
  dissolvedAt: number,
): Promise<boolean> {
  const set = { dissolvedAt, version: NEW_VERSION };
  const isOwner = ownerId === null ? undefined : eq(spaces.ownerId, ownerId);
  const isOwn = and(eq(spaces.id, id), isOwner, isNull(spaces.dissolvedAt));
  return (await queryD1(db.update(spaces).set(set).where(isOwn).returning({ id: spaces.id }))).length > 0;
}

/** Whether a user owned a space that is over. */
export async function wasOwner(db: Database, id: SpaceId, userId: UserId): Promise<boolean> {
  const isOver = and(eq(spaces.id, id), eq(spaces.ownerId, userId), isNotNull(spaces.dissolvedAt));
  return (await queryD1(db.select({ id: spaces.id }).from(spaces).where(isOver))).length > 0;
}

/** The space of a channel that is there; null: it is none. */
export async function findSpaceOf(db: Database, id: ConversationId): Promise<SpaceId | null> {
  const isIt = and(eq(conversations.id, id), isNull(conversations.dissolvedAt));
  const [found] = await queryD1(db.select({ id: conversations.spaceId }).from(conversations).where(isIt));
  return found?.id ?? null;
}

/** The channels of a space, in the order in which they were made. */
export async function listChannels(db: Database, id: SpaceId): Promise<ConversationId[]> {
  const found = await queryD1(
    db
      .select({ id: conversations.id })
      .from(conversations)
      .where(and(eq(conversations.spaceId, id), isNull(conversations.dissolvedAt)))
      .orderBy(asc(conversations.id)),
  );
  return found.map((channel) => channel.id);
}
