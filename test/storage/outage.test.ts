import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { openDatabase } from "../../src/storage/database.ts";
import { fromD1 } from "../../src/storage/outage.ts";

const db = openDatabase(env.DB);

test.each([
  "D1_ERROR: Network connection lost.",
  "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
  "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
  "D1_ERROR: database is locked: SQLITE_BUSY",
])("'%s' is an outage", async (message) => {
  const failed = fromD1(Promise.reject(new Error(message)));
  await expect(failed).rejects.toMatchObject({
    name: "CoreError",
    code: "unavailable",
    data: { retryAfter: 1 },
  });
});

test("what the platform marks as worth repeating is an outage", async () => {
  const failed = fromD1(Promise.reject(Object.assign(new Error("reset"), { retryable: true })));
  await expect(failed).rejects.toMatchObject({ code: "unavailable" });
});

test("a statement that is wrong is a bug, told without its parameters", async () => {
  const secret = "a secret parameter";
  const queries: (() => PromiseLike<unknown>)[] = [
    () => db.all(sql`SELECT * FROM nothing WHERE x = ${secret}`),
    () => db.run(sql`INSERT INTO users (username, created_at) VALUES (${secret}, NULL)`),
    () => Promise.reject(new TypeError("not about a database")),
  ];
  for (const query of queries) {
    const error: unknown = await fromD1(query()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toHaveProperty("code");
    expect(error instanceof Error && `${error.message}${error.stack}`).not.toContain(secret);
  }
});
