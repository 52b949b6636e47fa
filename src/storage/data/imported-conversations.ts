import { and, eq, isNull, sql } from "drizzle-orm";
import type { Profile } from "../../domain/conversations/conversation.ts";
import type { CategoryId, ConversationCode, ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import type { Override } from "../../domain/spaces/rights.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { channelOverrides, conversations, memberships } from "../schema.ts";
import { mayBeDefault } from "../spaces/channel-place.ts";

/**
 * Creates a group of elsewhere, without members. Of several concurrent calls one creates it.
 * @returns null: the external id is taken, or the handle was given before
 */
export async function insertImportedGroup(
  db: Database,
  externalId: ExternalId,
  code: ConversationCode,
  profile: Omit<Profile, "kind" | "version" | "changedAt">,
): Promise<ConversationId | null> {
  const values = { ...profile, kind: "group", externalId, code } as const;
  const [made] = await queryD1(
    db.insert(conversations).values(values).onConflictDoNothing().returning({ id: conversations.id }),
  );
  return made?.id ?? null;
}

/** What a channel of elsewhere has in its space. */
interface ImportedPlace {
  overrides: readonly Override[];
  categoryId: CategoryId | null;
  /** undefined: behind those that are there */
  position: number | undefined;
  /** it is none where there are enough */
  isDefault: boolean;
}

/**
 * Creates a channel of elsewhere, without followers. It has its overrides from its first moment on, and
 * allows nothing to users who are not in the space: it would hold once they come.
 * @param most how many channels a space has
 * @returns null: the external id is taken, the space is over, or it has too many channels
 */
export async function insertImportedChannel(
  db: Database,
  { space, externalId, code }: { space: SpaceId; externalId: ExternalId; code: ConversationCode },
  profile: Omit<Profile, "kind" | "version" | "changedAt" | "spaceId">,
  { overrides, categoryId, position, isDefault }: ImportedPlace,
  most: number,
): Promise<ConversationId | null> {
  const isOpen = sql`EXISTS (SELECT 1 FROM spaces WHERE id = ${space} AND dissolved_at IS NULL)
    AND (SELECT count(*) FROM conversations WHERE space_id = ${space} AND dissolved_at IS NULL) < ${most}`;
  const values = { ...profile, kind: "group", externalId, code } as const;
  const rows = overrides.map(({ roleId, userId, allow, deny }) => [roleId, userId, allow, deny]);
  const mayBeAllowed = sql`(json_extract(o.value, '$[1]') IS NULL OR EXISTS (SELECT 1 FROM space_members m
    WHERE m.space_id = ${space} AND m.user_id = json_extract(o.value, '$[1]')))`;
  const isMade = sql`conversations.code = ${code}`;
  const [, , made] = await queryD1(
    db.batch([
      db.insert(conversations).values(values).onConflictDoNothing(),
      db.insert(channelOverrides).select(
        sql`SELECT conversations.id, json_extract(o.value, '$[0]'), json_extract(o.value, '$[1]'),
            json_extract(o.value, '$[2]') * ${mayBeAllowed}, json_extract(o.value, '$[3]')
          FROM conversations, json_each(${JSON.stringify(rows)}) o WHERE ${isMade} AND ${isOpen}
            AND (json_extract(o.value, '$[3]') <> 0 OR ${mayBeAllowed})`,
      ),
      db
        .update(conversations)
        .set({
          ...{ spaceId: space, categoryId },
          position:
            position ??
            sql`(SELECT coalesce(max(position), -1) + 1 FROM conversations WHERE space_id = ${space})`,
          isDefault: sql`${Number(isDefault)} AND ${mayBeDefault(space, isDefault)}`,
        })
        .where(and(isMade, isOpen))
        .returning({ id: conversations.id }),
      db.delete(conversations).where(and(isMade, isNull(conversations.spaceId))),
    ]),
  );
  return made[0]?.id ?? null;
}

/** A direct conversation, and its external id; null: it has none. */
interface FoundDirect {
  id: ConversationId;
  externalId: ExternalId | null;
  created: boolean;
}

/**
 * Finds the direct conversation of two users, or creates it, and gives it the external id, unless it has one.
 * A user whose account is deleted is no member of a new one.
 */
export async function openNamedDirect(
  db: Database,
  [low, high]: [UserId, UserId],
  externalId: ExternalId,
  createdAt: number,
): Promise<FoundDirect | null> {
  const pair = and(eq(conversations.lowUserId, low), eq(conversations.highUserId, high));
  const values = { kind: "direct", lowUserId: low, highUserId: high, createdAt, externalId } as const;
  const isNameless = and(
    pair,
    isNull(conversations.externalId),
    sql`NOT EXISTS (SELECT 1 FROM conversations WHERE external_id IS NOT NULL AND external_id = ${externalId})`,
  );
  const [, made, , [found]] = await queryD1(
    db.batch([
      db.update(conversations).set({ externalId }).where(isNameless),
      db.insert(conversations).values(values).onConflictDoNothing().returning({ id: conversations.id }),
      db
        .insert(memberships)
        .select(
          sql`SELECT c.id, u.id, 'member', 'active', 0, c.created_at, 0, 0, 0, NULL, NULL, '{}', NULL, 0, NULL, NULL, 0, '[]'
            FROM conversations c JOIN users u ON u.id IN (c.low_user_id, c.high_user_id)
            WHERE c.low_user_id = ${low} AND c.high_user_id = ${high} AND u.deleted_at IS NULL`,
        )
        .onConflictDoNothing(),
      db
        .select({ id: conversations.id, externalId: conversations.externalId })
        .from(conversations)
        .where(pair),
    ]),
  );
  return found ? { ...found, created: made.length > 0 } : null;
}
