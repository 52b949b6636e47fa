import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { z } from "zod";
import { UserId } from "../../src/core/ids.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { liveSessions } from "../../src/storage/sessions.ts";

const db = openDatabase(env.DB);
const USER = UserId.parse(100_000);

/**
 * Every query of src/storage whose rows grow with use, as the use-cases run it. A query that reads a
 * list is added here when it is written.
 */
const QUERIES: Record<string, { toSQL(): { sql: string; params: unknown[] } }> = {
  liveSessions: liveSessions(db, USER, 0),
};

const Plan = z.array(z.object({ detail: z.string() }));

test.each(Object.entries(QUERIES))("%s reads no whole table", async (_, query) => {
  const { sql, params } = query.toSQL();
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...params)
    .all();
  const steps = Plan.parse(results).map(({ detail }) => detail);
  expect(steps.length).toBeGreaterThan(0);
  // `SCAN x` reads all of x; `SCAN (subquery…)` and `SCAN json_each` read what was narrowed before.
  expect(steps.filter((step) => /^SCAN (?!\(|json_each|[0-9]|CONSTANT)/.test(step))).toEqual([]);
});
