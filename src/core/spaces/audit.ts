import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import type { SpaceAuditEntry } from "../../domain/spaces/audit.ts";
import { listNotes } from "../../storage/spaces/audit.ts";
import type { Core } from "../context.ts";
import { getLayout } from "./channels.ts";
import { requirePermission } from "./spaces.ts";

const AuditPosition = z.tuple([z.int().positive(), z.literal("audit")]);

/**
 * A page of what was done in a space, the newest first, for the permission `see_audit`. What was done to a
 * channel is seen by who can read it: once it is over, by the owner.
 * @throws `not_found`, `forbidden`, `validation_failed` for another list's cursor
 */
export async function listAudit(
  core: Core,
  caller: UserId,
  id: SpaceId,
  { limit, cursor }: PageQuery,
): Promise<Page<SpaceAuditEntry>> {
  const space = await requirePermission(core, caller, id, "see_audit", "see its audit log");
  const [before] = cursor === undefined ? [] : readCursor(AuditPosition, cursor);
  const { channels, categories } = await getLayout(core, caller, space);
  const channelIds = channels.map((channel) => channel.id);
  const categoryIds = categories.map((category) => category.id);
  const seen = space.ownerId === caller ? null : { channelIds, categoryIds };
  const found = await listNotes(core.db, id, { before, limit: limit + 1, seen });
  return pageOf(found, limit, (entry) => [entry.id, "audit"]);
}
