/** So many rows are read at once: few enough that rows with large bodies are little to read in vain. */
export const CHUNK = 32;

/**
 * The rows of a query, for a caller that may stop at any row. A cursor that is left before its last row keeps
 * its statement open until the cursor is garbage. The statement is then compiled anew for each next call, and
 * SQLite cannot start its write-ahead log again: the log grows with every commit. So each chunk is read to
 * its end.
 * @param limit the most rows
 * @param read reads at most `count` rows behind `last`; undefined: the first rows
 * @see https://sqlite.org/wal.html#avoiding_excessively_large_wal_files
 */
export function* inChunks<Row>(
  limit: number,
  read: (count: number, last: Row | undefined) => Row[],
): Generator<Row, void> {
  let last: Row | undefined;
  for (let left = limit; left > 0; left -= CHUNK) {
    const count = Math.min(CHUNK, left);
    const rows = read(count, last);
    yield* rows;
    if (rows.length < count) return;
    last = rows.at(-1);
  }
}
