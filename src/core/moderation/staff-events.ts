import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Contacts } from "../../domain/ports.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { Database } from "../../storage/database.ts";
import { listStaff } from "../../storage/moderation/staff.ts";

/**
 * Tells the devices of staff that reports or held messages have changed. The event names nothing: who reads
 * them makes a call, which knows who still has a role. Best effort, and never rejects: D1 has the change.
 * @param subject whom it is about, and who is not told; null: no user
 */
export async function tellStaff(
  { db, inboxes }: { db: Database; inboxes: Contacts },
  subject: UserId | null,
): Promise<void> {
  try {
    const staff = await listStaff(db, LIMITS.staffTold, subject);
    const event = { type: "moderation" } as const;
    await Promise.all(staff.map((id) => inboxes.pushEvent(id, { event })));
  } catch (error) {
    log("warn", "staff_not_told", errorFields(error));
  }
}
