import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import { mayDo, type StaffRight } from "../../domain/moderation/staff-rights.ts";
import { findSubject } from "../../storage/moderation/staff.ts";
import type { Core } from "../context.ts";

/** What the refusal of each right says where it is about the caller. */
const ABOUT_SELF: Record<StaffRight, string> = {
  act_on: "It is about you, or a bot or a group of yours: somebody else acts on it.",
  decide_held: "The message is yours: somebody else decides about it.",
  see_held: "The message is yours: somebody else reads it.",
  see_report: "The report is about you: somebody else handles it.",
  decide_report: "The report is about you: somebody else handles it.",
  read_by_report_of: "The report is yours: it opens no conversation to you.",
  see_measures: "It is about you: somebody else reads it.",
};

/**
 * Checks that staff may do something about a user.
 * @param of null: it is about no user
 * @throws `forbidden`
 */
export async function requireMay(
  core: Core,
  staff: Staff,
  right: StaffRight,
  of: UserId | null,
): Promise<void> {
  // A key may do all of it, and needs no look-up.
  if (staff.userId === null || of === null) return;
  const subject = await findSubject(core.db, of);
  if (mayDo(staff, right, subject)) return;
  throw new CoreError(
    "forbidden",
    subject?.personId === staff.userId
      ? ABOUT_SELF[right]
      : `A ${staff.role} may not act on a user with the role ${subject?.role}.`,
  );
}
