import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { TablePlace } from "../../../src/domain/backup/parts.ts";
import { readDatabase } from "../../../src/storage/backup/database-rows.ts";
import { openDatabase } from "../../../src/storage/database.ts";

test("a backup has hooks before what they are told of, so that a restore, from the end on, tells them of nothing", async () => {
  const order: string[] = [];
  for (let place: TablePlace | null = { table: "hooks", key: null }; place; ) {
    order.push(place.table);
    place = (await readDatabase(openDatabase(env.DB), place)).next;
  }
  expect(order).toEqual(expect.arrayContaining(["hooks", "reports", "users"]));
});
