import { runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";

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
