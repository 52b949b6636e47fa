import type { Staff, StaffRole } from "../../domain/moderation/staff.ts";
import type { ServerUser } from "../../domain/server/server-user.ts";
import { setStaffRole } from "../../storage/moderation/staff.ts";
import type { Core } from "../context.ts";
import { auditEntry } from "./staff.ts";

/** Gives a user a role. @param staff the holder of a key */
export async function giveRole(core: Core, staff: Staff, user: ServerUser, role: StaffRole): Promise<void> {
  if (user.role === role) return;
  const entry = auditEntry(staff, "role_changed", { userId: user.id }, role);
  await setStaffRole(core.db, user.id, role, entry);
}
