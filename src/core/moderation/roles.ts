import { CoreError } from "../../domain/errors.ts";
import type { Staff, StaffRole } from "../../domain/moderation/staff.ts";
import type { ServerUser } from "../../domain/server/server-user.ts";
import { findBotState } from "../../storage/bots/bots.ts";
import { setStaffRole } from "../../storage/moderation/staff.ts";
import type { Core } from "../context.ts";
import { auditEntry } from "./staff.ts";

/** Gives a user a role. @param staff the holder of a key */
export async function giveRole(core: Core, staff: Staff, user: ServerUser, role: StaffRole): Promise<void> {
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
