import { z } from "zod";
import type { Session } from "../../domain/accounts/session.ts";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Report } from "../../domain/moderation/report.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import { hiddenFrom } from "../../domain/moderation/staff-rights.ts";
import type { ServerUser, Suspension } from "../../domain/server/server-user.ts";
import type { UserRef } from "../../domain/server/user-ref.ts";
import { listLiveSessions } from "../../storage/accounts/sessions.ts";
import { listBotsOf } from "../../storage/bots/bots.ts";
import { listReportsOf } from "../../storage/moderation/reports.ts";
import { findUsersByPrefix, type GroupOfUser, listGroupsOf } from "../../storage/moderation/staff.ts";
import { findLiveServerUsers } from "../../storage/server/server-users.ts";
import type { Core } from "../context.ts";
import { getServerUser, requireServerUser } from "../server/server-users.ts";
import { liftFrom, requireFuture, suspendAccount } from "../server/user-access.ts";
import { audit, requireActing } from "./staff.ts";
import { requireMay } from "./staff-rights.ts";

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
  const items = ids.flatMap((id) => users.get(id) ?? []);
  return { ...found, items: await withoutOwnMeasures(core, staff, items) };
}

/** Users without a suspension of the caller or their bots: a shadow tells nobody that they are in it. */
async function withoutOwnMeasures(core: Core, staff: Staff, users: ServerUser[]): Promise<ServerUser[]> {
  const self = hiddenFrom(staff, "see_measures");
  if (self === null || !users.some(({ suspension }) => suspension !== null)) return users;
  const own = new Set<UserId>([self, ...(await listBotsOf(core.db, self)).map(({ id }) => id)]);
  return users.map((user) => (own.has(user.id) ? { ...user, suspension: null } : user));
}

/**
 * A user with their sessions, their groups, and the reports about them and by them, without reports about the
 * caller. The audit log has that it was read.
 * @throws `not_found`
 */
export async function readModeratedUser(
  core: Core,
  staff: Staff,
  ref: UserRef,
): Promise<{ user: ServerUser; sessions: Session[]; groups: GroupOfUser[]; reports: Report[] }> {
  const found = await getServerUser(core, ref);
  await audit(core, staff, "user_read", { userId: found.id });
  const [user = found] = await withoutOwnMeasures(core, staff, [found]);
  const [sessions, groups, reports] = await Promise.all([
    listLiveSessions(core.db, user.id, Date.now()),
    listGroupsOf(core.db, user.id, GROUPS),
    listReportsOf(core.db, user.id, REPORTS, hiddenFrom(staff, "see_report")),
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
  const { id } = await requireServerUser(core, ref);
  await requireMay(core, staff, "act_on", id);
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
  const { id, suspension } = await requireServerUser(core, ref);
  await requireMay(core, staff, "act_on", id);
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
  const { id } = await requireServerUser(core, ref);
  await requireMay(core, staff, "act_on", id);
  await audit(core, staff, "user_messages_revoked", { userId: id }, reason);
  await core.inboxes.revokeSince(id, { since });
}

/** Who has done something, for the security log. */
export function doneBy({ userId, key }: Staff) {
  return { by: userId, ...(key !== null && { serverKey: key }) };
}
