import { DrizzleQueryError } from "drizzle-orm";
import { z } from "zod";
import { CoreError } from "../domain/errors.ts";
import { log } from "../lib/logger.ts";

const Flagged = z.union([
  z.object({ retryable: z.literal(true) }),
  z.object({ overloaded: z.literal(true) }),
]);

/**
 * Awaits a query, or a batch of them. The queries of this folder go through here.
 * @throws `unavailable` where D1 could not be reached or did not finish; what D1 says of a statement
 *   itself is a bug and thrown as it is, but without the parameters, which drizzle puts into its own
 *   error: passwords' hashes and names must not reach a log
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
 * D1 tells its failures apart by their text alone: a statement's own end in SQLite's code
 * (`D1_ERROR: no such table: x: SQLITE_ERROR`), those of the service have none.
 */
function isOutage(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (/SQLITE_(BUSY|IOERR|FULL|NOMEM|INTERRUPT)/.test(error.message)) return true;
  if (/SQLITE_[A-Z]/.test(error.message)) return false;
  return error.message.startsWith("D1_ERROR") || Flagged.safeParse(error).success;
}
