import { and, desc, lt, sql } from "drizzle-orm";
import type { UserId } from "../../domain/ids.ts";
import type { AuditAction, AuditEntry, AuditSubject } from "../../domain/moderation/audit.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { auditLog } from "../schema.ts";
import { isOfOthers } from "./subject-conditions.ts";

/** What staff is about to do, or to look at. */
export interface NewAuditEntry {
  staff: Pick<Staff, "userId" | "key" | "from">;
  action: AuditAction;
  subject: AuditSubject;
  reason: string;
  /** ms since 1970 */
  at: number;
}

/** The statement that adds an entry: one of a batch, with what it is about. */
export function auditQuery(db: Database, { staff, action, subject, reason, at }: NewAuditEntry) {
  const { userId: byUser, key: byKey, from } = staff;
  return db.insert(auditLog).values({ at, byUser, byKey, from, action, ...subject, reason });
}

/**
 * The same, if the statement before it in the batch has changed a row. Its subject names no message.
 */
export function auditIfChangedQuery(db: Database, { staff, action, subject, reason, at }: NewAuditEntry) {
  const { userId = null, conversationId = null, reportId = null } = subject;
  return db.insert(auditLog).select(
    sql`SELECT NULL, ${at}, ${staff.userId}, ${staff.key}, ${staff.from}, ${action},
      ${userId}, ${conversationId}, NULL, ${reportId}, ${reason} WHERE changes() > 0`,
  );
}

/** Adds an entry. */
export async function insertAudit(db: Database, entry: NewAuditEntry): Promise<void> {
  await queryD1(auditQuery(db, entry));
}

/**
 * Entries, the newest first.
 * @param before an id; null: from the newest on
 * @param hiddenFrom without what others have done about this user; null: all
 */
export async function listAudit(
  db: Database,
  before: number | null,
  limit: number,
  hiddenFrom: UserId | null,
): Promise<AuditEntry[]> {
  const rows = await queryD1(
    db
      .select()
      .from(auditLog)
      .where(and(before === null ? undefined : lt(auditLog.id, before), isOfOthers(hiddenFrom)))
      .orderBy(desc(auditLog.id))
      .limit(limit),
  );
  return rows.map(({ byUser, byKey, userId, conversationId, seq, reportId, ...entry }) => ({
    ...entry,
    userId: byUser,
    key: byKey,
    subject: {
      ...(userId !== null && { userId }),
      ...(conversationId !== null && { conversationId }),
      ...(seq !== null && { seq }),
      ...(reportId !== null && { reportId }),
    },
  }));
}
