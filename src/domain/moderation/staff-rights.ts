import type { UserId } from "../ids.ts";
import type { Staff, StaffRole } from "./staff.ts";

/** What somebody is to a user with a role. The bots of a user are the user themself. */
type Relation = "self" | "lower" | "equal" | "higher";

/** `admins`: a moderator may not, an admin may. */
type Right = Record<Relation, boolean | "admins">;

const BELOW = { self: false, lower: true, equal: false, higher: false } as const;
const OTHERS = { self: false, lower: true, equal: true, higher: true } as const;

/**
 * What staff may do about whom. The holder of a key with the scope `moderate` may do all of it. That an
 * auditor changes nothing comes on top.
 */
const STAFF_RIGHTS = {
  /** suspend a user, end that, revoke their messages, and dissolve a group that they own */
  act_on: BELOW,
  /** accept or refuse a message of a user that a rule has found */
  decide_held: BELOW,
  /** see such a message in lists and counts, with the rules that have found it */
  see_held: OTHERS,
  /** see a report about a user, with who made it, in lists and counts, and be told that there is one */
  see_report: OTHERS,
  /** take or resolve a report about a user: somebody must decide about admins */
  decide_report: { self: false, lower: true, equal: "admins", higher: false },
  /** read a conversation because of a report that a user has made */
  read_by_report_of: OTHERS,
  /** see a suspension, and what the audit log has of a user that others have done or looked at */
  see_measures: OTHERS,
} as const satisfies Record<string, Right>;

export type StaffRight = keyof typeof STAFF_RIGHTS;

/** Whom something is about. */
export interface Subject {
  /** the user; of a bot that a user has made its maker */
  personId: UserId;
  /** the highest role of the user, and of the maker */
  role: StaffRole;
}

const RANKS: Record<StaffRole, number> = { user: 0, auditor: 1, moderator: 1, admin: 2 };

/** The higher of two roles. */
export function higherRole(one: StaffRole, other: StaffRole): StaffRole {
  return RANKS[other] > RANKS[one] ? other : one;
}

/** Whether staff may do something about somebody. @param subject null: it is about no user */
export function mayDo(staff: Staff, right: StaffRight, subject: Subject | null): boolean {
  if (staff.userId === null || subject === null) return true;
  const granted = STAFF_RIGHTS[right][relationOf(staff.userId, staff.role, subject)];
  return granted === "admins" ? staff.role === "admin" : granted;
}

function relationOf(userId: UserId, role: StaffRole, subject: Subject): Relation {
  if (subject.personId === userId) return "self";
  const difference = RANKS[subject.role] - RANKS[role];
  return difference < 0 ? "lower" : difference === 0 ? "equal" : "higher";
}

/** Rights that everybody has but about themselves: the condition of a list for staff says no more. */
type ListRight = {
  [Name in StaffRight]: (typeof STAFF_RIGHTS)[Name] extends typeof OTHERS ? Name : never;
}[StaffRight];

/**
 * The user about whom a list for staff has nothing.
 * @returns null: it has everything
 */
export function hiddenFrom({ userId }: Staff, right: ListRight): UserId | null {
  return STAFF_RIGHTS[right].self ? null : userId;
}
