import { z } from "zod";
import type { Credential } from "../../domain/accounts/session.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { AuditAction, AuditEntry, AuditSubject } from "../../domain/moderation/audit.ts";
import type { Staff, StaffRole } from "../../domain/moderation/staff.ts";
import { hiddenFrom } from "../../domain/moderation/staff-rights.ts";
import type { ServerUser } from "../../domain/server/server-user.ts";
import { findBotState } from "../../storage/bots/bots.ts";
import { insertAudit, listAudit, type NewAuditEntry } from "../../storage/moderation/audit-log.ts";
import { countWaiting, findStaffRole, setStaffRole } from "../../storage/moderation/staff.ts";
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

/** Gives a user a role. @param staff the holder of a key, or whose account is the first one */
export async function giveRole(
  core: Core,
  staff: Staff,
  user: Pick<ServerUser, "id" | "role">,
  role: StaffRole,
): Promise<void> {
  if (user.role === role) return;
  const entry = auditEntry(staff, "role_changed", { userId: user.id }, role);
  await setStaffRole(core.db, user.id, role, entry);
}

/** @throws `forbidden` for a role of a bot that a user has made: the user has its token */
export async function requireMayHaveRole(
  core: Core,
  { id }: Pick<ServerUser, "id">,
  role: StaffRole,
): Promise<void> {
  // Whether they are a bot, a backend may have changed. Who has made them, nobody has.
  if (role === "user" || !(await findBotState(core.db, id))?.isMade) return;
  throw new CoreError("forbidden", `Bot ${id} is of a user, who has its token: it gets no role.`);
}

const AuditPosition = z.tuple([z.int()]);

/**
 * A page of the audit log, the newest first, without what others have done or looked at about the caller.
 * @throws `validation_failed` for a cursor that is none
 */
export async function pageOfAudit(
  core: Core,
  staff: Staff,
  { limit, cursor }: PageQuery,
): Promise<Page<AuditEntry>> {
  const [before] = cursor === undefined ? [null] : readCursor(AuditPosition, cursor);
  const found = await listAudit(core.db, before, limit + 1, hiddenFrom(staff, "see_measures"));
  return pageOf(found, limit, ({ id }) => [id]);
}
