import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, inject, test } from "vitest";
import { z } from "zod";
import { TIMING } from "../../../src/domain/timing.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { createGroup, send, sendAll } from "../../support/clients/chat.ts";
import { searchAll } from "../../support/clients/wide-search.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { Costs } from "../../support/objects/costs.ts";
import { inboxObject, itemAt } from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";

const TABLE = inject("costTable");
/** The conversations of the user. With `COST_TABLE` as many as docs/benchmarks/search.md has. */
const CONVERSATIONS = TABLE === "" ? 60 : 5_000;
/** Of these, the newest ones have ten more messages each. */
const BUSY = 10;
const LIMIT = 50;

beforeAll(setNoRateLimits);
// The list has each message at once.
beforeAll(() => setTiming({ fanout: { cooldownMs: 0 } }));

const Count = z.object({ n: z.int() });

/** Asserts that the inbox knows the message of each conversation. */
async function untilListed({ user }: SignedIn): Promise<void> {
  const query = "SELECT count(*) AS n FROM conversations WHERE last_seq > 0";
  const count = await runInDurableObject(inboxObject(user.id), (_, { storage }) =>
    Count.parse(storage.sql.exec(query).one()),
  );
  expect(count.n).toBe(CONVERSATIONS);
}

// With `COST_TABLE` thousands of objects are made.
test(`a page of a search over ${CONVERSATIONS} conversations asks few`, { timeout: 1_800_000 }, async () => {
  const [ann] = await signedInUsers(1, 1_000_000);
  if (!ann) throw new Error("there is one");
  for (let i = 0; i < CONVERSATIONS; i++) {
    advanceClock(1_000);
    const { id } = await createGroup(ann);
    await send(ann, id, `common${i % 20 === 0 ? " rare" : ""}${i === 0 ? " unique" : ""}`);
    if (i >= CONVERSATIONS - BUSY) await sendAll(ann, id, Array(10).fill("common"));
  }
  // Once the list has every message, no conversation is asked for it.
  await eventually(() => untilListed(ann));
  advanceClock(60_000);
  const rows: string[] = [];
  for (const [q, count] of [
    ["common", 20],
    ["rare", Number.POSITIVE_INFINITY],
    ["unique", Number.POSITIVE_INFINITY],
    ["nowhere", Number.POSITIVE_INFINITY],
  ] as const) {
    const asked: number[] = [];
    const hits: number[] = [];
    const ms: number[] = [];
    let cursor = 0;
    for (let before = ""; asked.length < count; ) {
      using costs = new Costs();
      const start = performance.now();
      const page = await searchAll(ann, q, `&limit=${LIMIT}${before}`);
      ms.push(performance.now() - start);
      asked.push(costs.byMethod.get("search") ?? 0);
      hits.push(page.items.length);
      expect(costs.byMethod.get("activity")).toBe(1);
      expect(page.unreachable).toEqual([]);
      cursor = Math.max(cursor, page.next_before?.length ?? 0);
      if (page.next_before === null) break;
      before = `&before=${page.next_before}`;
    }
    expect(Math.max(...asked)).toBeLessThanOrEqual(TIMING.wideSearch.calls);
    const sum = (all: number[]) => all.reduce((a, b) => a + b, 0);
    const median = itemAt(
      ms.toSorted((a, b) => a - b),
      Math.floor(ms.length / 2),
    );
    rows.push(
      [
        q,
        ...[asked.length, hits[0], sum(hits), asked[0], sum(asked)],
        ...[
          itemAt(ms, 0).toFixed(0),
          median.toFixed(0),
          Math.max(...ms).toFixed(0),
          (sum(ms) / 1_000).toFixed(1),
          cursor,
        ],
      ].join(" | "),
    );
    if (q === "unique") expect(sum(hits)).toBe(1);
    if (q === "rare") expect(sum(hits)).toBe(CONVERSATIONS / 20);
    // Nothing is asked twice where nothing is left.
    if (q === "nowhere") expect(sum(asked)).toBe(CONVERSATIONS);
  }
  console.log(rows.map((row) => `| ${row} |`).join("\n"));
});
