import { and, asc, eq, sql } from "drizzle-orm";
import type { ConversationId, SpaceId } from "../../domain/ids.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import type { Override } from "../../domain/spaces/rights.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { channelOverrides, spaceMembers, spaceRoles, spaces } from "../schema.ts";
import { MEMBER, OVERRIDE } from "../spaces/rights.ts";

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
