import { z } from "zod";
import type { Session } from "../../domain/accounts/session.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { Report } from "../../domain/moderation/report.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import type { ServerUser, Suspension } from "../../domain/server/server-user.ts";
import type { UserRef } from "../../domain/server/user-ref.ts";
import { listLiveSessions } from "../../storage/accounts/sessions.ts";
import { listReportsOf } from "../../storage/moderation/reports.ts";
import { findUsersByPrefix, type GroupOfUser, listGroupsOf } from "../../storage/moderation/staff.ts";
import { findLiveServerUsers } from "../../storage/server/server-users.ts";
import type { Core } from "../context.ts";
import { getServerUser, requireServerUser } from "../server/server-users.ts";
import { liftFrom, requireFuture, suspendAccount } from "../server/user-access.ts";
import { audit, requireActing, requireBelow } from "./staff.ts";

/** The reports beside a user. */
const REPORTS = 50;
/** The groups beside a user. */
const GROUPS = 100;

const Behind = z.tuple([z.string()]);

/**
 * A page of the users whose usernames begin with a text. The audit log has that somebody has searched.
 * @throws `validation_failed` for a cursor that is none
 */
export async function searchUsers(
  core: Core,
  staff: Staff,
  { q, limit, cursor }: PageQuery & { q: string },
): Promise<Page<ServerUser>> {
  const [after] = cursor === undefined ? [null] : readCursor(Behind, cursor);
  await audit(core, staff, "users_searched", {});
  const found = pageOf(await findUsersByPrefix(core.db, q, after, limit + 1), limit, ({ username }) => [
    username,
  ]);
  const ids = found.items.map(({ id }) => id);
  const users = new Map((await findLiveServerUsers(core.db, ids, Date.now())).map((user) => [user.id, user]));
  return { ...found, items: ids.flatMap((id) => users.get(id) ?? []) };
}

/**
 * A user with their sessions, their groups, and the reports about them and by them. The audit log has that it
 * was read.
 * @throws `not_found`
 */
export async function readModeratedUser(
  core: Core,
  staff: Staff,
  ref: UserRef,
): Promise<{ user: ServerUser; sessions: Session[]; groups: GroupOfUser[]; reports: Report[] }> {
  const user = await getServerUser(core, ref);
  await audit(core, staff, "user_read", { userId: user.id });
  const [sessions, groups, reports] = await Promise.all([
    listLiveSessions(core.db, user.id, Date.now()),
    listGroupsOf(core.db, user.id, GROUPS),
    listReportsOf(core.db, user.id, REPORTS),
  ]);
  return { user, sessions, groups, reports };
}

/**
 * Suspends a user: as `suspend` of a team's backend.
 * @throws `not_found`; `forbidden` for an auditor, and for a user on whom the caller may not act;
 *   `validation_failed` for an end in the past
 */
export async function suspendAsStaff(
  core: Core,
  staff: Staff,
  ref: UserRef,
  suspension: Suspension,
): Promise<void> {
  requireActing(staff);
  requireFuture(suspension);
  const { id, role } = await requireServerUser(core, ref);
  requireBelow(staff, role);
  await audit(core, staff, "user_suspended", { userId: id }, suspension.reason);
  await suspendAccount(core, id, suspension, doneBy(staff));
}

/** Ends a suspension. Idempotent. @throws `not_found`; `forbidden` as `suspendAsStaff` */
export async function endSuspensionAsStaff(
  core: Core,
  staff: Staff,
  ref: UserRef,
  reason: string,
): Promise<void> {
  requireActing(staff);
  const { id, role, suspension } = await requireServerUser(core, ref);
  requireBelow(staff, role);
  if (!suspension) return;
  await audit(core, staff, "suspension_lifted", { userId: id }, reason);
  await liftFrom(core, id, doneBy(staff));
}

/**
 * Revokes what a user has sent since a time, in each conversation that they ever were in. The inbox of the
 * user goes on with it behind the answer, also after a crash.
 * @param since ms since 1970
 * @throws `not_found`; `forbidden` as `suspendAsStaff`
 */
export async function revokeMessagesOf(
  core: Core,
  staff: Staff,
  ref: UserRef,
  since: number,
  reason: string,
): Promise<void> {
  requireActing(staff);
  const { id, role } = await requireServerUser(core, ref);
  requireBelow(staff, role);
  await audit(core, staff, "user_messages_revoked", { userId: id }, reason);
  await core.inboxes.revokeSince(id, { since });
}

/** Who has done something, for the security log. */
export function doneBy({ userId, key }: Staff) {
  return { by: userId, ...(key !== null && { serverKey: key }) };
}
