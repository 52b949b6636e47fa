import { and, asc, eq, sql } from "drizzle-orm";
import type { ConversationId, SpaceId } from "../../domain/ids.ts";
import { ExternalId } from "../../domain/server/user-ref.ts";
import type { Override } from "../../domain/spaces/rights.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import {
  channelOverrides,
  conversations,
  spaceCategories,
  spaceMembers,
  spaceRoles,
  spaces,
} from "../schema.ts";
import { MEMBER, OVERRIDE } from "../spaces/rights.ts";

const toExternalId = (value: unknown): ExternalId => ExternalId.parse(value);

const SPACE = {
  id: spaces.id,
  externalId: spaces.externalId,
  name: spaces.name,
  avatar: spaces.avatar,
  description: spaces.description,
  ownerId: spaces.ownerId,
  everyone: spaces.everyone,
  createdAt: spaces.createdAt,
  dissolvedAt: spaces.dissolvedAt,
  discoverable: spaces.discoverable,
  metadata: spaces.metadata,
  slowModeS: spaces.slowModeS,
};

/** Spaces by their ids, dissolved ones too. */
export function listExportedSpaces(db: Database, after: number, limit: number) {
  const query = db.select(SPACE).from(spaces).where(sql`${spaces.id} > ${after}`);
  return queryD1(query.orderBy(asc(spaces.id)).limit(limit));
}

/** These spaces. */
export function findExportedSpaces(db: Database, ids: readonly SpaceId[]) {
  return queryD1(db.select(SPACE).from(spaces).where(isAmong(spaces.id, ids)).orderBy(asc(spaces.id)));
}

/** A space for a file. */
export type ExportedSpace = Awaited<ReturnType<typeof findExportedSpaces>>[number];

/** The roles of a space, the highest first, and its members, in the order in which they came. */
export async function findExportedParts(db: Database, id: SpaceId) {
  const { externalId, name, color, position, permissions, mentionable, hoist } = spaceRoles;
  const { joinedAt, userId } = spaceMembers;
  const [roles, members] = await queryD1(
    db.batch([
      db
        .select({ id: spaceRoles.id, externalId, name, color, position, permissions, mentionable, hoist })
        .from(spaceRoles)
        .where(eq(spaceRoles.spaceId, id))
        .orderBy(sql`${position} DESC`, asc(spaceRoles.id)),
      db
        .select(MEMBER)
        .from(spaceMembers)
        .where(eq(spaceMembers.spaceId, id))
        .orderBy(asc(joinedAt), asc(userId)),
    ]),
  );
  return { roles, members };
}

/** A role for a file. */
export type ExportedRole = Awaited<ReturnType<typeof findExportedParts>>["roles"][number];

/** The categories of a space, in their order. */
export async function findExportedCategories(db: Database, space: SpaceId) {
  const { id, name, position } = spaceCategories;
  const externalId = sql`${spaceCategories.externalId}`.mapWith(toExternalId).as("category_name");
  return queryD1(
    db
      .select({ id, name, position, externalId })
      .from(spaceCategories)
      .where(eq(spaceCategories.spaceId, space))
      .orderBy(asc(position), asc(id)),
  );
}

/** A category for a file. */
export type ExportedCategory = Awaited<ReturnType<typeof findExportedCategories>>[number];

/** Where channels stand, with the external ids of their categories. */
export async function findExportedPlaces(db: Database, ids: readonly ConversationId[]) {
  const { id, categoryId, position, isDefault } = conversations;
  return queryD1(
    db
      .select({ id, position, isDefault, category: spaceCategories.externalId })
      .from(conversations)
      .leftJoin(spaceCategories, eq(spaceCategories.id, categoryId))
      .where(isAmong(id, ids)),
  );
}

/** Where a channel stands, for a file. */
export type ExportedPlace = Omit<Awaited<ReturnType<typeof findExportedPlaces>>[number], "id">;

/** What channels allow and deny, with the external ids of the roles. */
export async function findExportedOverrides(
  db: Database,
  ids: readonly ConversationId[],
): Promise<(Override & { conversationId: ConversationId; role: ExternalId | null })[]> {
  const { conversationId, roleId, userId } = channelOverrides;
  return queryD1(
    db
      .select({ conversationId, ...OVERRIDE, role: spaceRoles.externalId })
      .from(channelOverrides)
      .leftJoin(spaceRoles, and(eq(spaceRoles.id, roleId)))
      .where(isAmong(conversationId, ids))
      .orderBy(asc(conversationId), sql`${roleId} IS NULL`, asc(roleId), asc(userId)),
  );
}
