import { describe, expect, test } from "vitest";
import type { Room } from "../../../../src/conversation/room.ts";
import { Position, Seq } from "../../../../src/domain/ids.ts";
import { advanceClock } from "../../../support/clock.ts";
import { watchSql } from "../../../support/objects/costs.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../../../support/objects/isolated-room.ts";
import { range } from "../../../support/objects/room.ts";
import { staleTexts } from "../../../support/objects/search.ts";
import { rowsRead } from "../../../support/objects/statements.ts";
import { sampledPairs } from "../../../support/sampled-cases.ts";
import { overrideTiming } from "../../../support/timing.ts";

/** The longest text of a message. */
const LONGEST = 8_000;
const EQUAL = "字".repeat(LONGEST);
/** NFKC makes 18 characters of each. */
const EXPANDING = "ﷺ".repeat(LONGEST);
/** Hardly any two neighbours come twice. */
const different = (salt: number) =>
  String.fromCodePoint(
    ...range(1, LONGEST).map((i) => 0x4e00 + ((i * i * 31 + i * 7 + salt * 977) % 20_000)),
  );
const WORST: [string, (n: number) => string][] = [
  ["of equal characters", () => EQUAL],
  ["of characters that become many", () => EXPANDING],
  ["of different pairs", different],
];

const SUBJECTS = ["search", "turn"] as const;
const SAMPLED = sampledPairs(WORST, SUBJECTS);
const worstFor = (subject: (typeof SUBJECTS)[number]) =>
  SAMPLED.filter(([, one]) => one === subject).map(([texts]) => texts);

const READER = { user_id: BOB, visible_from: Position.parse(0) };

/** Lets an edit come to its write, and no turn of the index between: that would be another macrotask. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < 20; i++) await null;
}

/** Stores texts of Ann as messages, and has the index take them. */
function indexed(storage: DurableObjectStorage, count: number, textOf: (seq: number) => string): Room {
  const insert =
    "INSERT INTO messages (seq, n, sender_id, kind, body, created_at) VALUES (?1, ?1, 1, 'text', ?2, 1)";
  storage.transactionSync(() => {
    for (const seq of range(1, count)) storage.sql.exec(insert, seq, JSON.stringify({ text: textOf(seq) }));
  });
  const room = isolatedRoom(storage);
  while (room.search.indexing.indexedSeq < count || staleTexts(storage).length > 0) turn(room, storage);
  return room;
}

/** One turn of the index, in this turn of the event loop. */
function turn({ search: { indexing }, log }: Room, storage: DurableObjectStorage): void {
  indexing.repair(0);
  const unindexed = log.last.seq - indexing.indexedSeq;
  // So few would wait for more.
  if (unindexed > 0 && unindexed < 200 && staleTexts(storage).length === 0) indexing.index(200);
}

describe("a call of a search reads a bounded part of the index", () => {
  test.each(worstFor("search"))("in texts %s", (_, textOf) =>
    inIsolatedObject("group", async (storage) => {
      const room = indexed(storage, 16, textOf);
      const text = textOf(1).slice(0, 100);
      let calls = 0;
      let next: number | null = null;
      do {
        const query = { text, kind: "file" as const, limit: 10, ...(next !== null && { before: next }) };
        const rows = await rowsRead(storage.sql, () => {
          const page = room.search.find(query, READER);
          expect(page.rows).toEqual([]);
          next = page.next;
        });
        // A window of each token, beyond the 5,000 rows; two rows for each message.
        expect(rows).toBeLessThan(5_000 + 8 * 256 + 2 * 16 + 100);
        calls++;
      } while (next !== null);
      expect(calls).toBeLessThan(5);
      expect(room.search.find({ text, limit: 100 }, READER).rows.length).toBeGreaterThan(0);
    }),
  );

  test("by the rarest of its pairs, and from where it begins: as much in a conversation ten times as long", async () => {
    const readIn = async (count: number) => {
      let rows = 0;
      await inIsolatedObject("group", async (storage) => {
        const room = indexed(storage, count, (seq) => `all of them say this ${seq === 20 ? "海象" : ""}`);
        rows = await rowsRead(storage.sql, () => {
          const found = (text: string, before?: number) =>
            room.search
              .find({ text, limit: 5, ...(before && { before }) }, READER)
              .rows.map(({ seq }) => seq);
          expect(found("say this 海象")).toEqual([20]);
          expect(found("海豹")).toEqual([]);
          expect(found("them say", 12)).toEqual([11, 10, 9, 8, 7]);
          expect(found("a")).toEqual([count, count - 1, count - 2, count - 3, count - 4]);
        });
      });
      return rows;
    };
    const [short, long] = [await readIn(400), await readIn(4_000)];
    expect(long).toBeLessThanOrEqual(short);
  });
});

describe("a turn of the index", () => {
  test.each(worstFor("turn"))("adds and removes few tokens of texts %s", (_, textOf) =>
    inIsolatedObject("group", async (storage) => {
      const terms = () => Number(storage.sql.exec("SELECT count(*) AS n FROM bigram_terms").one().n);
      const room = indexed(storage, 3, textOf);
      const whole = terms();
      const expectBounded = (maxTokens: number) => {
        let turns = 0;
        for (let before = terms(); staleTexts(storage).length > 0; turns++) {
          turn(room, storage);
          const after = terms();
          expect(Math.abs(after - before)).toBeLessThanOrEqual(maxTokens);
          before = after;
        }
        expect(turns).toBeGreaterThan(1);
      };
      // A turn ends behind the piece that exceeds its cost: 4,000 added tokens, or 250 removed ones.
      const piece = 2 * 160;
      // All in one turn of the event loop: no turn of the index comes between.
      const changes: Promise<unknown>[] = [
        room.editing.edit(ANN, Seq.parse(2), { body: JSON.stringify({ text: "short" }), baseVersion: 1 }),
        room.redaction.revoke(ANN, Seq.parse(3)),
      ];
      await microtasks();
      expectBounded(250 + piece);
      expect(terms()).toBeLessThan(whole);
      const body = JSON.stringify({ text: textOf(7) });
      changes.push(room.editing.edit(ANN, Seq.parse(2), { body, baseVersion: 2 }));
      await microtasks();
      expectBounded(4_000 + piece);
      await Promise.all(changes);
    }),
  );

  test("comes for an edit or a revoke behind it: neither touches the index itself", async () => {
    const costOf = async (count: number) => {
      const cost = { statements: 0, rows: 0 };
      await inIsolatedObject("group", async (storage) => {
        const room = indexed(storage, count, (seq) => `No ${seq}.`);
        const cursors: { rowsRead: number; rowsWritten: number }[] = [];
        watchSql(storage.sql, (query, cursor) => {
          expect(query).not.toMatch(/\bbigram/);
          cursors.push(cursor);
        });
        const edited = room.editing.edit(ANN, Seq.parse(20), { body: '{"text":"other"}', baseVersion: 1 });
        const revoked = room.redaction.revoke(ANN, Seq.parse(30));
        await microtasks();
        Reflect.deleteProperty(storage.sql, "exec");
        expect(staleTexts(storage)).toEqual(["No 20.", "No 30."]);
        expect(room.search.find({ text: "other", limit: 5 }, READER).rows.map(({ seq }) => seq)).toEqual([
          20,
        ]);
        for (const text of ["No 20.", "No 30."])
          expect(room.search.find({ text, limit: 5 }, READER).rows).toEqual([]);
        await Promise.all([edited, revoked]);
        cost.statements = cursors.length;
        cost.rows = cursors.reduce((sum, { rowsRead, rowsWritten }) => sum + rowsRead + rowsWritten, 0);
      });
      return cost;
    };
    expect(await costOf(2_000)).toEqual(await costOf(200));
  });

  test("does not come to an end of edits of one user: those are refused, and no other's edit or revoke", () =>
    inIsolatedObject("group", async (storage) => {
      const room = indexed(storage, 400, (seq) => `No ${seq}.`);
      storage.sql.exec("UPDATE messages SET sender_id = ? WHERE seq > 390", BOB);
      const edit = (by: typeof ANN, seq: number) =>
        room.editing.edit(by, Seq.parse(seq), { body: `{"text":"now ${seq}"}`, baseVersion: 1 });
      // In one turn of the event loop, so that no turn of the index comes between.
      const edits = range(1, 101).map((seq) => edit(ANN, seq));
      const revoked = room.redaction.revoke(ANN, Seq.parse(200));
      const others = edit(BOB, 395);
      const outcomes = await Promise.allSettled([...edits, revoked, others]);
      const refused = outcomes.flatMap(({ status }, i) => (status === "rejected" ? [i + 1] : []));
      // The revoked one waits, too.
      expect(refused).toEqual([100, 101]);
      expect(outcomes[100]).toMatchObject({ reason: { code: "rate_limited" } });
      expect(room.log.get(Seq.parse(101))).toMatchObject({ body: '{"text":"No 101."}', version: null });
      while (staleTexts(storage).length > 0) turn(room, storage);
      expect(await edit(ANN, 101)).toMatchObject({ type: "edited" });
    }));

  test("rewrites the index for what erased texts leave in it, once in a while", () =>
    inIsolatedObject("group", async (storage) => {
      overrideTiming({ indexing: { purgeEveryMs: 3_600_000 } });
      indexed(storage, 400, (seq) => `No ${seq}.`);
      const rewrittenAt = Date.now();
      storage.sql.exec("UPDATE indexing SET purge = 1, purged_at = ?", rewrittenAt);
      const isDue = () => storage.sql.exec("SELECT purge FROM indexing").one().purge === 1;
      const { indexing } = isolatedRoom(storage).search;
      expect(indexing.repair(0)).toBe(rewrittenAt + 3_600_000);
      expect(isDue()).toBe(true);
      advanceClock(3_600_000);
      indexing.repair(0);
      expect(isDue()).toBe(false);
    }));
});
