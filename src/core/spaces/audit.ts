import { z } from "zod";
import {
  type Page,
  type PageQuery,
  pageAmong,
  pageOf,
  readCursor,
} from "../../domain/conversations/pagination.ts";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import type { SpaceAuditEntry } from "../../domain/spaces/audit.ts";
import { listNotes } from "../../storage/spaces/audit.ts";
import type { Core } from "../context.ts";
import { getLayout } from "./channels.ts";
import { requirePermission } from "./spaces.ts";

/** Lines that a call looks at. */
const LOOKED_AT = 500;

const AuditPosition = z.tuple([z.int().positive(), z.literal("audit")]);

/**
 * A page of what was done in a space, the newest first, for the permission `see_audit`. What was done to a
 * channel is seen by who can read it: once it is over, by the owner. A page may have fewer than `limit`, and
 * a cursor.
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
  const position = (entry: SpaceAuditEntry) => [entry.id, "audit"];
  if (space.ownerId === caller)
    return pageOf(await listNotes(core.db, id, { before, limit: limit + 1 }), limit, position);
  const { channels, categories } = await getLayout(core, caller, space);
  const looked = await listNotes(core.db, id, { before, limit: LOOKED_AT + 1 });
  const isSeen = ({ conversationId, categoryId }: SpaceAuditEntry) =>
    (conversationId === null || channels.some((channel) => channel.id === conversationId)) &&
    (categoryId === null || categories.some((category) => category.id === categoryId));
  return pageAmong(looked, { lookedAt: LOOKED_AT, limit }, isSeen, position);
}
