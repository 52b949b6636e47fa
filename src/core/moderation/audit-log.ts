import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { AuditEntry } from "../../domain/moderation/audit.ts";
import { listAudit } from "../../storage/moderation/audit-log.ts";
import type { Core } from "../context.ts";

const Position = z.tuple([z.int()]);

/** A page of the audit log, the newest first. @throws `validation_failed` for a cursor that is none */
export async function pageOfAudit(core: Core, { limit, cursor }: PageQuery): Promise<Page<AuditEntry>> {
  const [before] = cursor === undefined ? [null] : readCursor(Position, cursor);
  return pageOf(await listAudit(core.db, before, limit + 1), limit, ({ id }) => [id]);
}
