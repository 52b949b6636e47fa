import { watchSql } from "./costs.ts";

/** The number of rows that the queries of `work` read, until it resolves. */
export async function rowsRead(sql: SqlStorage, work: () => unknown): Promise<number> {
  const cursors: { rowsRead: number }[] = [];
  watchSql(sql, (_, cursor) => cursors.push(cursor));
  try {
    await work();
  } finally {
    Reflect.deleteProperty(sql, "exec");
  }
  return cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
}
