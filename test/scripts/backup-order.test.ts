import { expect, test } from "vitest";
import { inImportOrder } from "../../scripts/backup/order.ts";

test("tables come first, then rows after those that they refer to, then counters and indexes", () => {
  const dump = `PRAGMA defer_foreign_keys=TRUE;
    CREATE TABLE \`blocks\` (\`user_id\` integer, FOREIGN KEY (\`user_id\`) REFERENCES \`users\`(\`id\`));
    INSERT INTO "blocks" ("user_id") VALUES(1);
    CREATE TABLE "users" ("id" integer PRIMARY KEY AUTOINCREMENT, "name" text);
    INSERT INTO "users" ("id","name") VALUES(1,'a; ''b'' INSERT INTO "blocks"');
    DELETE FROM sqlite_sequence;
    INSERT INTO sqlite_sequence ("name","seq") VALUES('users',1);
    CREATE INDEX blocked ON blocks (user_id);`;
  const statements = inImportOrder(dump).trim().split(";\n");
  expect(statements.map((statement) => statement.trim().slice(0, 25))).toEqual([
    "CREATE TABLE `blocks` (`u",
    'CREATE TABLE "users" ("id',
    'INSERT INTO "users" ("id"',
    'INSERT INTO "blocks" ("us',
    "DELETE FROM sqlite_sequen",
    "INSERT INTO sqlite_sequen",
    "CREATE INDEX blocked ON b",
  ]);
  expect(statements[2]).toContain(`'a; ''b'' INSERT INTO "blocks"'`);
});

test("foreign keys in a circle have no order", () => {
  const dump = `CREATE TABLE a (b integer REFERENCES b(id));
    CREATE TABLE b (a integer REFERENCES a(id));`;
  expect(() => inImportOrder(dump)).toThrow("circle");
});
