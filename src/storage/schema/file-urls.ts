import { sql } from "drizzle-orm";

/**
 * The key of the file that a URL in a column names. A query uses an index on it only with the very same text.
 * drizzle-kit quotes the parts between its commas: correct that in the migration by hand.
 */
export const keyInUrl = (column: string) => sql.raw(`substr(${column}, instr(${column}, '/files/') + 7, 32)`);

/** Whether a column holds the URL of a file: the condition of an index on `keyInUrl`. */
export const isFileUrl = (column: string) => sql.raw(`instr(${column}, '/files/') > 0`);
