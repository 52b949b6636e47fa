import type { Credential } from "../../domain/accounts/session.ts";
import { CoreError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { AuditAction, AuditSubject } from "../../domain/moderation/audit.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import { hiddenFrom } from "../../domain/moderation/staff-rights.ts";
import { insertAudit, type NewAuditEntry } from "../../storage/moderation/audit-log.ts";
import { countWaiting, findStaffRole } from "../../storage/moderation/staff.ts";
import type { Core } from "../context.ts";

/**
 * Makes the caller of moderation from a user. The role is read for each call, so that it holds at once.
 * @param from the address block of the call; null: unknown
 * @throws `forbidden` for a user without a role, and in a session that does not carry it
 */
export async function staffOf(core: Core, caller: Credential, from: string | null): Promise<Staff> {
  const { role = "user", isCarried = false } = (await findStaffRole(core.db, caller)) ?? {};
  if (role === "user")
    throw new CoreError("forbidden", "This call is for moderators: you have no such role.");
  if (!isCarried)
    throw new CoreError(
      "forbidden",
      "This session has no role: a service has opened it that may give none. Sign in yourself, or have your backend open one by a key with the scope `moderate`.",
    );
  return { role, userId: caller.userId, key: null, from };
}

/**
 * Checks that a session of a user may decide about their account.
 * @throws `forbidden` for a user with a role in a session that does not carry it
 */
export async function requireOwnStanding(core: Core, caller: Credential): Promise<void> {
  const found = await findStaffRole(core.db, caller);
  if (found && found.role !== "user" && !found.isCarried)
    throw new CoreError(
      "forbidden",
      "You have a role, and a service has opened this session that may give none: it deletes no such account.",
    );
}

/** What waits for staff, without what the caller may not see, each counted up to `LIMITS.countedForStaff`. */
export function countWork(core: Core, staff: Staff): Promise<{ openReports: number; heldMessages: number }> {
  return countWaiting(core.db, LIMITS.countedForStaff, {
    reports: hiddenFrom(staff, "see_report"),
    held: hiddenFrom(staff, "see_held"),
  });
}

/** @throws `forbidden` for an auditor */
export function requireActing({ role }: Staff): void {
  if (role === "auditor") throw new CoreError("forbidden", "An auditor reads, and changes nothing.");
}

/** An entry of the audit log, for a batch with what it is about. */
export function auditEntry(
  staff: Staff,
  action: AuditAction,
  subject: AuditSubject,
  reason = "",
): NewAuditEntry {
  return { staff, action, subject, reason, at: Date.now() };
}

/**
 * Notes in the audit log what staff is about to do or to look at. It comes first: what is done has its row,
 * also after a crash between the two.
 */
export async function audit(core: Core, ...entry: Parameters<typeof auditEntry>): Promise<void> {
  await insertAudit(core.db, auditEntry(...entry));
}
