import { eq, max, sql } from "drizzle-orm";
import { ModerationRules } from "../../domain/moderation/rules/rule.ts";
import type { StoredRules } from "../../domain/moderation/rules/shared.ts";
import { isShadowed } from "../accounts/suspension.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { moderationRules, users } from "../schema.ts";
import { auditQuery, type NewAuditEntry } from "./audit-log.ts";

/** The id of the one row. */
const ID = 1;

/** The most users whom a shadow holds at once: each isolate has them in memory. */
const MAX_SHADOWED = 10_000;

/** The rules that messages are checked by. @see FindRules */
export async function findRules(db: Database, known: number | null): Promise<StoredRules> {
  const { version } = moderationRules;
  const rules = sql<
    string | null
  >`CASE WHEN ${version} IS ${known} THEN NULL ELSE ${moderationRules.rules} END`;
  const [[found], rows, [last]] = await queryD1(
    db.batch([
      db.select({ version, rules }).from(moderationRules).where(eq(moderationRules.id, ID)),
      db.select({ id: users.id }).from(users).where(isShadowed(Date.now())).limit(MAX_SHADOWED),
      db.select({ id: max(users.id) }).from(users),
    ]),
  );
  const shadowed = rows.map(({ id }) => id);
  const newest = last?.id ?? 0;
  if (!found) return { version: 0, rules: known === 0 ? null : [], shadowed, newest };
  return {
    version: found.version,
    ...{ shadowed, newest },
    rules: found.rules === null ? null : ModerationRules.parse(JSON.parse(found.rules)),
  };
}

/**
 * Replaces the rules, and notes it in the audit log.
 * @param known the version that they replace; undefined: whichever there is
 * @returns their version; null: the present one is another than `known`, and stays
 */
export async function storeRules(
  db: Database,
  rules: ModerationRules,
  known: number | undefined,
  entry: NewAuditEntry,
): Promise<number | null> {
  const { id, version } = moderationRules;
  const text = JSON.stringify(rules);
  const present = sql`COALESCE((SELECT ${version} FROM ${moderationRules} WHERE ${id} = ${ID}), 0)`;
  const [, stored] = await queryD1(
    db.batch([
      auditQuery(db, entry),
      db
        .insert(moderationRules)
        .select(sql`SELECT ${ID}, ${text}, 1 WHERE ${known ?? null} IS NULL OR ${present} = ${known ?? null}`)
        .onConflictDoUpdate({ target: id, set: { rules: text, version: sql`${version} + 1` } })
        .returning({ version }),
    ]),
  );
  return stored[0]?.version ?? null;
}
