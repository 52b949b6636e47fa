import { DrizzleQueryError } from "drizzle-orm";
import { z } from "zod";
import { CoreError } from "../domain/errors.ts";
import { log } from "../lib/logger.ts";

const Flagged = z.union([
  z.object({ retryable: z.literal(true) }),
  z.object({ overloaded: z.literal(true) }),
]);

/**
 * Awaits a query, or a batch of queries. Every query of this folder goes through here, except the health
 * check.
 * @throws `unavailable` if D1 could not be reached or did not finish. An error in a statement is a bug, and
 *   D1's own error is thrown. Drizzle's wrapper is dropped, since it holds the parameters: password hashes
 *   and names must not reach a log.
 */
export async function queryD1<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    const cause = error instanceof DrizzleQueryError ? error.cause : error;
    if (!isOutage(cause)) throw cause ?? new Error("a query failed without a cause");
    log("warn", "database_unavailable", { message: cause.message });
    throw new CoreError("unavailable", "The database cannot be reached right now. Try again.", {
      retryAfter: 1,
    });
  }
}

/**
 * Whether D1 failed as a service. D1 distinguishes its failures by their text alone: the error of a statement
 * ends in SQLite's code (`D1_ERROR: no such table: x: SQLITE_ERROR`), an error of the service has no code.
 */
function isOutage(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (/SQLITE_(BUSY|IOERR|FULL|NOMEM|INTERRUPT)/.test(error.message)) return true;
  if (/SQLITE_[A-Z]/.test(error.message)) return false;
  return error.message.startsWith("D1_ERROR") || Flagged.safeParse(error).success;
}
