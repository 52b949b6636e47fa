import { type SQL, sql } from "drizzle-orm";
import type { UserId } from "../../domain/ids.ts";
import { auditLog, reports } from "../schema.ts";

/** A user with their bots: a list of ids. It has the condition of the partial index, in the same words. */
function idsOf(person: UserId): SQL {
  return sql`(SELECT ${person} UNION ALL
    SELECT id FROM users WHERE maker_id IS NOT NULL AND maker_id = ${person})`;
}

/** Whether a column of a user is another one than this user and their bots. @param person null: nobody is */
export function isNotOf(userId: SQL, person: UserId | null): SQL | undefined {
  return person === null ? undefined : sql`coalesce(${userId}, 0) NOT IN ${idsOf(person)}`;
}

/**
 * Whom a report is about: the user, or the sender of the message; of a direct conversation the other one; of
 * a group its owner. Null: no user.
 */
export const REPORTED = sql<UserId | null>`coalesce(${reports.userId}, (
  SELECT CASE WHEN c.kind = 'group' THEN c.owner_id
    WHEN c.low_user_id = ${reports.reporterId} THEN c.high_user_id ELSE c.low_user_id END
  FROM conversations c WHERE c.id = ${reports.conversationId}))`;

/**
 * Whether an entry of the audit log is about others than this user: themselves, a report about them, or a
 * direct conversation of theirs. What they have done themselves is theirs to see.
 */
export function isOfOthers(person: UserId | null): SQL | undefined {
  if (person === null) return undefined;
  const ids = idsOf(person);
  return sql`(${auditLog.byUser} IS ${person} OR NOT (
    coalesce(${auditLog.userId}, 0) IN ${ids}
    OR EXISTS (SELECT 1 FROM ${reports} WHERE ${reports.id} = ${auditLog.reportId} AND ${REPORTED} IN ${ids})
    OR EXISTS (SELECT 1 FROM conversations c WHERE c.id = ${auditLog.conversationId}
      AND (c.low_user_id IN ${ids} OR c.high_user_id IN ${ids}))))`;
}
