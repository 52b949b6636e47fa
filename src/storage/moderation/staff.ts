import { and, asc, desc, eq, gt, gte, isNull, lt, ne } from "drizzle-orm";
import type { Role } from "../../domain/conversations/group-kind.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { StaffRole } from "../../domain/moderation/staff.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { conversations, memberships, users } from "../schema.ts";
import { auditIfChangedQuery, type NewAuditEntry } from "./audit-log.ts";

/** The role of a user; null: there is none, or the account is deleted. Reads one row. */
export async function findStaffRole(db: Database, id: UserId): Promise<StaffRole | null> {
  const query = db.select({ role: users.staffRole }).from(users);
  const [found] = await queryD1(query.where(and(eq(users.id, id), isNull(users.deletedAt))));
  return found?.role ?? null;
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
