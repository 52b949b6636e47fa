import { timingSafeEqual } from "node:crypto";
import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Staff, StaffRole } from "../../domain/moderation/staff.ts";
import { SETUP } from "../../domain/settings.ts";
import { listStaff } from "../../storage/moderation/staff.ts";
import type { Core } from "../context.ts";
import { lookAtInvitation } from "../groups/invitations.ts";
import { giveRole } from "../moderation/staff.ts";

/**
 * Asks who may create an account with a password: the settings `REGISTRATION` and `SETUP_CODE`.
 * @param invitation the code of an invitation to a group, or that of the server's first account
 * @returns the role of the new account
 * @throws `forbidden`; `not_found` for an invitation that lets nobody in
 */
export async function admitted(core: Core, invitation: string | undefined): Promise<StaffRole> {
  const { registration, setupCode } = core.settings;
  if (invitation?.startsWith(SETUP)) {
    if (setupCode !== null && isSame(invitation, setupCode) && (await isUnstaffed(core))) return "admin";
    throw refused("This link is of an earlier start of the server, or the first account is there already.");
  }
  if (registration === "closed")
    throw refused("This server creates no accounts with passwords. Ask its operator for an account.");
  if (registration === "open") return "user";
  if (invitation === undefined)
    throw refused("This server creates accounts by invitation. Ask a member of a group for a link.");
  await lookAtInvitation(core, null, invitation);
  return "user";
}

/** Whether the server still waits for its first account: nobody has a role, and there is a code for it. */
export async function awaitsSetup(core: Core): Promise<boolean> {
  return core.settings.setupCode !== null && (await isUnstaffed(core));
}

/** Gives the user of the first account its role. */
export async function giveOwnRole(core: Core, userId: UserId, role: Staff["role"]): Promise<void> {
  await giveRole(core, { role, userId, key: null, from: null }, { id: userId, role: "user" }, role);
}

async function isUnstaffed({ db }: Core): Promise<boolean> {
  return (await listStaff(db, 1, null)).length === 0;
}

function isSame(given: string, known: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(known)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function refused(detail: string): CoreError {
  return new CoreError("forbidden", detail);
}
