import { and, eq, isNull } from "drizzle-orm";
import type { UserId } from "../../domain/ids.ts";
import type { StaffRole } from "../../domain/moderation/staff.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { users } from "../schema.ts";
import { auditQuery, type NewAuditEntry } from "./audit-log.ts";

/** The role of a user; null: there is none, or the account is deleted. Reads one row. */
export async function findStaffRole(db: Database, id: UserId): Promise<StaffRole | null> {
  const query = db.select({ role: users.staffRole }).from(users);
  const [found] = await queryD1(query.where(and(eq(users.id, id), isNull(users.deletedAt))));
  return found?.role ?? null;
}

/** Gives a user a role, and notes it in the audit log, or neither. */
export async function setStaffRole(
  db: Database,
  id: UserId,
  role: StaffRole,
  entry: NewAuditEntry,
): Promise<void> {
  await queryD1(
    db.batch([
      auditQuery(db, entry),
      db
        .update(users)
        .set({ staffRole: role })
        .where(and(eq(users.id, id), isNull(users.deletedAt))),
    ]),
  );
}
