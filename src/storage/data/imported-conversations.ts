import { and, eq, isNull, sql } from "drizzle-orm";
import type { Profile } from "../../domain/conversations/conversation.ts";
import type { ConversationCode, ConversationId, UserId } from "../../domain/ids.ts";
import type { ExternalId } from "../../domain/server/user-ref.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, memberships } from "../schema.ts";

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
