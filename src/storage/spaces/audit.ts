import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ConversationId, SpaceId } from "../../domain/ids.ts";
import type { SpaceAuditEntry } from "../../domain/spaces/audit.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { spaceAudit } from "../schema.ts";
import { type AuditNote, noteQueries } from "./audit-notes.ts";

/** Notes what the object of a channel has stored. */
export async function noteChannel(db: Database, spaceId: SpaceId, note: AuditNote): Promise<void> {
  for (const query of noteQueries(db, spaceId, note, sql`TRUE`)) await queryD1(query);
}

/** Notes the end of a conversation, with its name, if it was a channel. @returns its space; null: none */
export async function noteChannelEnd(
  db: Database,
  id: ConversationId,
  { by, at, action }: Pick<AuditNote, "by" | "at" | "action">,
): Promise<SpaceId | null> {
  const [noted] = await queryD1(
    db
      .insert(spaceAudit)
      .select(
        sql`SELECT NULL, c.space_id, ${at}, ${by}, ${action}, NULL, NULL, c.id, NULL, json_object('name', c.name),
          NULL FROM conversations c WHERE c.id = ${id} AND c.space_id IS NOT NULL`,
      )
      .returning({ spaceId: spaceAudit.spaceId }),
  );
  return noted?.spaceId ?? null;
}

/**
 * A page of the audit log of a space, the newest first.
 * @param before the id of the last one before it
 */
export async function listNotes(
  db: Database,
  id: SpaceId,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<SpaceAuditEntry[]> {
  const { spaceId, conversationId, categoryId } = spaceAudit;
  return queryD1(
    db
      .select({
        ...{ id: spaceAudit.id, at: spaceAudit.at, by: spaceAudit.by, action: spaceAudit.action },
        ...{ userId: spaceAudit.userId, roleId: spaceAudit.roleId, conversationId, categoryId },
        ...{ before: spaceAudit.before, after: spaceAudit.after },
      })
      .from(spaceAudit)
      .where(and(eq(spaceId, id), before === undefined ? undefined : lt(spaceAudit.id, before)))
      .orderBy(desc(spaceAudit.id))
      .limit(limit),
  );
}
