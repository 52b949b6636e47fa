import { and, asc, count, desc, eq, gt, gte, inArray, isNull, lt, ne, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { Credential } from "../../domain/accounts/session.ts";
import type { Role } from "../../domain/conversations/group-kind.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { StaffRole } from "../../domain/moderation/staff.ts";
import { higherRole, type Subject } from "../../domain/moderation/staff-rights.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, HAS_ROLE, heldMessages, memberships, reports, sessions, users } from "../schema.ts";
import { auditIfChangedQuery, type NewAuditEntry } from "./audit-log.ts";
import { isNotOf, REPORTED } from "./subject-conditions.ts";

const ROLES = StaffRole.exclude(["user"]).options;

/**
 * The role of a user, and whether a session of theirs carries it; null: the account is deleted. Reads two
 * rows.
 */
export async function findStaffRole(
  db: Database,
  { userId, sessionId }: Pick<Credential, "userId" | "sessionId">,
): Promise<{ role: StaffRole; isCarried: boolean } | null> {
  const { carriesRole } = sessions;
  const isOf = and(eq(sessions.id, sessionId), eq(sessions.userId, users.id));
  const query = db.select({ role: users.staffRole, carriesRole }).from(users).leftJoin(sessions, isOf);
  const [found] = await queryD1(query.where(and(eq(users.id, userId), isNull(users.deletedAt))));
  return found ? { role: found.role, isCarried: found.carriesRole ?? false } : null;
}

/**
 * Whom something of a user is about; null: there is no such user. A deleted account has no role. Reads two
 * rows.
 */
export async function findSubject(db: Database, id: UserId): Promise<Subject | null> {
  const maker = alias(users, "maker");
  const { id: userId, staffRole: role, makerId, deletedAt } = users;
  const columns = { userId, role, makerId, deletedAt, makersRole: maker.staffRole };
  const query = db.select(columns).from(users).leftJoin(maker, eq(maker.id, makerId));
  const [found] = await queryD1(query.where(eq(userId, id)));
  if (!found) return null;
  const own = found.deletedAt === null ? found.role : "user";
  return { personId: found.makerId ?? found.userId, role: higherRole(own, found.makersRole ?? "user") };
}

/**
 * Some of the users with a role.
 * @param subject a user who is left out, as is the maker of a bot; null: nobody
 */
export async function listStaff(db: Database, limit: number, subject: UserId | null): Promise<UserId[]> {
  const { id, staffRole, deletedAt } = users;
  const person = sql`(SELECT coalesce(maker_id, id) FROM users WHERE id = ${subject})`;
  const isAnother = subject === null ? undefined : sql`${id} IS NOT ${person}`;
  const isStaff = and(HAS_ROLE, inArray(staffRole, ROLES), isNull(deletedAt), isAnother);
  return (await queryD1(db.select({ id }).from(users).where(isStaff).limit(limit))).map((row) => row.id);
}

/**
 * What waits for staff, each counted up to `max`.
 * @param hiddenFrom without reports about this user, and without messages of theirs; null: all
 */
export async function countWaiting(
  db: Database,
  max: number,
  hiddenFrom: { reports: UserId | null; held: UserId | null },
): Promise<{ openReports: number; heldMessages: number }> {
  const isOpen = and(eq(reports.state, "open"), isNotOf(REPORTED, hiddenFrom.reports));
  const open = db.select({ id: reports.id }).from(reports).where(isOpen).limit(max);
  const isHeld = eq(heldMessages.state, "waiting");
  const isWaiting = and(isHeld, isNotOf(sql`${heldMessages.senderId}`, hiddenFrom.held));
  const held = db.select({ id: heldMessages.id }).from(heldMessages).where(isWaiting).limit(max);
  const n = count();
  const [[first], [second]] = await queryD1(
    db.batch([db.select({ n }).from(sql`${open}`), db.select({ n }).from(sql`${held}`)]),
  );
  return { openReports: first?.n ?? 0, heldMessages: second?.n ?? 0 };
}

/** Gives a user another role, and notes it in the audit log, or neither. */
export async function setStaffRole(
  db: Database,
  id: UserId,
  role: StaffRole,
  entry: NewAuditEntry,
): Promise<void> {
  await queryD1(
    db.batch([
      db
        .update(users)
        .set({ staffRole: role })
        .where(and(eq(users.id, id), isNull(users.deletedAt), ne(users.staffRole, role))),
      auditIfChangedQuery(db, entry),
    ]),
  );
}

/** A group as staff is shown it beside a member. */
export interface GroupOfUser {
  id: ConversationId;
  name: string;
  role: Role;
  /** ms since 1970 */
  joinedAt: number;
}

/** The groups that a user is in, the newest first, dissolved ones left out. */
export function listGroupsOf(db: Database, userId: UserId, limit: number): Promise<GroupOfUser[]> {
  const { id, name, kind, dissolvedAt } = conversations;
  const isIn = and(eq(memberships.userId, userId), eq(memberships.state, "active"));
  const rows = db
    .select({ id, name, role: memberships.role, joinedAt: memberships.joinedAt })
    .from(memberships)
    .innerJoin(conversations, eq(id, memberships.conversationId));
  return queryD1(
    rows
      .where(and(isIn, eq(kind, "group"), isNull(dissolvedAt)))
      .orderBy(desc(memberships.conversationId))
      .limit(limit),
  );
}

/**
 * The ids of users whose usernames begin with a text, by their names; deleted accounts have none.
 * @param after a username; null: from the first on
 */
export async function findUsersByPrefix(
  db: Database,
  prefix: string,
  after: string | null,
  limit: number,
): Promise<{ id: UserId; username: string }[]> {
  // No character of a username is behind this one.
  const isIn = and(gte(users.username, prefix), lt(users.username, `${prefix}\u{10ffff}`));
  const isBehind = after === null ? undefined : gt(users.username, after);
  const { id, username } = users;
  const rows = db.select({ id, username }).from(users);
  return queryD1(
    rows
      .where(and(isIn, isBehind, isNull(users.deletedAt)))
      .orderBy(asc(username))
      .limit(limit),
  );
}
