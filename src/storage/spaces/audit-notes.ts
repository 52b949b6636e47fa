import { type SQL, sql } from "drizzle-orm";
import type { CategoryId, ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { AuditFields, SpaceAction } from "../../domain/spaces/audit.ts";
import type { RoleId } from "../../domain/spaces/role.ts";
import type { Database } from "../database.ts";
import { spaceAudit } from "../schema.ts";

/** What the audit log is to say of a change. */
export interface AuditNote {
  by: UserId;
  /** ms since 1970 */
  at: number;
  action: SpaceAction;
  userId?: UserId | null;
  /** `NEW_ROW`: that which the statement before has inserted */
  roleId?: RoleId | SQL;
  conversationId?: ConversationId | SQL;
  categoryId?: CategoryId | SQL;
  before?: AuditFields;
  after?: AuditFields;
}

/** What the audit log is to say of something that is done now. */
export function noteOf(
  by: UserId,
  action: SpaceAction,
  of: Omit<AuditNote, "by" | "at" | "action"> = {},
): AuditNote {
  return { by, at: Date.now(), action, ...of };
}

/** The id of the row that the statement before has inserted. */
export const NEW_ROW = sql`last_insert_rowid()`;

/** The statement before has changed something. */
const HAS_CHANGED = sql`changes() > 0`;

/**
 * The statement that notes a change in the audit log, in the batch of the change and right behind it: nothing
 * is noted that was not done, and a repeat that changes nothing is not noted.
 * @param note undefined: none
 * @param condition when it is noted, where the statement before does not say so
 */
export function noteQueries(
  db: Database,
  spaceId: SpaceId,
  note: AuditNote | undefined,
  condition: SQL = HAS_CHANGED,
) {
  if (!note) return [];
  const { by, at, action, userId, roleId, conversationId, categoryId, before, after } = note;
  const json = (fields: AuditFields | undefined) => (fields ? JSON.stringify(fields) : null);
  return [
    db.insert(spaceAudit).select(
      sql`SELECT NULL, ${spaceId}, ${at}, ${by}, ${action}, ${userId ?? null}, ${roleId ?? null},
          ${conversationId ?? null}, ${categoryId ?? null}, ${json(before)}, ${json(after)} WHERE ${condition}`,
    ),
  ];
}
