import { runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";
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

/**
 * Asserts that all statements of an object have ended. SQLite drops no table while one is open.
 * @param after what may have left one open
 */
export async function expectNoOpenStatement(object: DurableObjectStub, after: string): Promise<void> {
  const error = await runInDurableObject(object, (_, { storage }) => {
    try {
      storage.transactionSync(() => {
        storage.sql.exec("CREATE TABLE test_probe (a)");
        storage.sql.exec("DROP TABLE test_probe");
      });
      return null;
    } catch (error) {
      return String(error);
    }
  });
  expect(error, `an open statement after ${after}`).toBeNull();
}
