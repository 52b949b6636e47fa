import { sql } from "drizzle-orm";
import { CoreError } from "../domain/errors.ts";
import type { Database } from "./database.ts";
import { users } from "./schema.ts";

/**
 * Resolves if D1 answers and the migrations were applied.
 * @throws `unavailable` if not
 */
export async function databaseAnswers(db: Database): Promise<void> {
  try {
    await db.select({ one: sql<number>`1` }).from(users).limit(1);
  } catch {
    throw new CoreError("unavailable", "The database does not answer. Were the migrations applied?", {
      retryAfter: 1,
    });
  }
}
