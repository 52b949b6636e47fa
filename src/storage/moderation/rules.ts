import { eq, sql } from "drizzle-orm";
import { ModerationRules } from "../../domain/moderation/rules/rule.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { moderationRules } from "../schema.ts";
import { auditQuery, type NewAuditEntry } from "./audit-log.ts";

/** The id of the one row. */
const ID = 1;

/**
 * The rules that texts are checked against.
 * @param known the version that the caller has: the rules are null if it is the present one
 */
export async function findRules(
  db: Database,
  known: number | null,
): Promise<{ version: number; rules: ModerationRules | null }> {
  const { version } = moderationRules;
  const rules = sql<
    string | null
  >`CASE WHEN ${version} IS ${known} THEN NULL ELSE ${moderationRules.rules} END`;
  const query = db.select({ version, rules }).from(moderationRules);
  const [found] = await queryD1(query.where(eq(moderationRules.id, ID)));
  if (!found) return { version: 0, rules: known === 0 ? null : [] };
  return {
    version: found.version,
    rules: found.rules === null ? null : ModerationRules.parse(JSON.parse(found.rules)),
  };
}

/** Replaces the rules, and notes it in the audit log, or neither. */
export async function storeRules(db: Database, rules: ModerationRules, entry: NewAuditEntry): Promise<void> {
  const row = { id: ID, rules: JSON.stringify(rules), version: 1 };
  await queryD1(
    db.batch([
      auditQuery(db, entry),
      db
        .insert(moderationRules)
        .values(row)
        .onConflictDoUpdate({
          target: moderationRules.id,
          set: { rules: row.rules, version: sql`${moderationRules.version} + 1` },
        }),
    ]),
  );
}
