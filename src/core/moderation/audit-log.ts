import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { AuditEntry } from "../../domain/moderation/audit.ts";
import type { Staff } from "../../domain/moderation/staff.ts";
import { hiddenFrom } from "../../domain/moderation/staff-rights.ts";
import { listAudit } from "../../storage/moderation/audit-log.ts";
import type { Core } from "../context.ts";

const AuditPosition = z.tuple([z.int()]);

/**
 * A page of the audit log, the newest first, without what others have done or looked at about the caller.
 * @throws `validation_failed` for a cursor that is none
 */
export async function pageOfAudit(
  core: Core,
  staff: Staff,
  { limit, cursor }: PageQuery,
): Promise<Page<AuditEntry>> {
  const [before] = cursor === undefined ? [null] : readCursor(AuditPosition, cursor);
  const found = await listAudit(core.db, before, limit + 1, hiddenFrom(staff, "see_measures"));
  return pageOf(found, limit, ({ id }) => [id]);
}
