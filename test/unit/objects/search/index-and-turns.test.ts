import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { LogRange } from "../../../../src/conversation/log/readable-log.ts";
import { BIGRAMS_TABLES, BigramIndex } from "../../../../src/conversation/search/bigram-index.ts";
import { Position } from "../../../../src/domain/ids.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom, say } from "../../../support/objects/isolated-room.ts";
import { range } from "../../../support/objects/room.ts";
import { indexLeftovers, indexTokens, tokensOf } from "../../../support/objects/search.ts";
import { overrideTiming } from "../../../support/timing.ts";

test("a scan of the history reads a bounded number of messages, in either order, and reaches the end", () =>
  inIsolatedObject("group", async (storage) => {
    const last = 45_000;
    // Bob has written the first and the last message, and one in ten thousand.
    storage.sql.exec(
      `INSERT INTO messages (seq, n, sender_id, kind, body, created_at)
       SELECT value, value, iif(value % 10000 = 0 OR value IN (1, ?1), ?2, ?3), 'text', '{"text":""}', 1
       FROM json_each(?4)`,
      ...[last, BOB, ANN, JSON.stringify(range(1, last))],
    );
    const { readable } = isolatedRoom(storage);
    const expected = [1, 10_000, 20_000, 30_000, 40_000, last];
    const through = (visibleFrom: number, part: Partial<LogRange> & { ascending: boolean }) => {
      const reader = { user_id: ANN, visible_from: Position.parse(visibleFrom) };
      const stretches: number[][] = [];
      let next: number | null = null;
      do {
        const bound: object = next === null ? {} : { [part.ascending ? "after" : "before"]: next };
        const stretch = readable.chunk({ limit: 2, senderId: BOB, ...part, ...bound }, reader);
        stretches.push(stretch.rows.map(({ seq }) => seq));
        next = stretch.next;
      } while (next !== null);
      return stretches;
    };

    expect(through(0, { ascending: true })).toEqual([
      [1, 10_000],
      [20_000, 30_000],
      [40_000, last],
    ]);
    expect(through(0, { ascending: false }).flat()).toEqual(expected.toReversed());
    expect(through(0, { ascending: true, limit: 9 })).toEqual([
      [1, 10_000, 20_000],
      [30_000, 40_000],
      [last],
    ]);
    expect(through(0, { ascending: false, limit: 9 })).toEqual([
      [last, 40_000, 30_000],
      [20_000, 10_000],
      [1],
    ]);
    expect(through(0, { ascending: true, kind: "image" })).toEqual([[], [], []]);
    expect(through(0, { ascending: false, kind: "image" })).toEqual([[], [], []]);
    expect(through(10_000, { ascending: true, before: 30_001, limit: 9 })).toEqual([[20_000, 30_000]]);
    expect(through(10_000, { ascending: true, before: 30_002, limit: 9 })).toEqual([[20_000, 30_000], []]);
    expect(through(last, { ascending: true })).toEqual([[]]);
    expect(through(last, { ascending: false })).toEqual([[]]);
  }));

describe("index terms", () => {
  /** An empty index in the storage of an object. */
  function fresh(work: (words: BigramIndex, storage: DurableObjectStorage) => void): Promise<void> {
    const stub = env.CONVERSATION.get(env.CONVERSATION.newUniqueId());
    return runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec(BIGRAMS_TABLES);
      work(new BigramIndex(storage.sql), storage);
    });
  }

  const EVERYWHERE = { after: 0, before: Number.MAX_SAFE_INTEGER };

  /** A text of twelve characters. Those of odd messages occur in no other. */
  function textOf(seq: number): string {
    const common = Array.from({ length: 11 }, (_, i) =>
      String.fromCodePoint(0x4e00 + ((seq * 7 + i * i) % 400)),
    );
    return common.join("") + String.fromCodePoint((seq % 2 === 0 ? 0x4e00 : 0x20000) + seq);
  }

  test("a removed message leaves nothing in the index, not even where a page of it began", () =>
    fresh((words, storage) => {
      const texts = new Map(Array.from({ length: 1_500 }, (_, i) => [i + 1, textOf(i + 1)]));
      let batch = 0;
      for (const [seq, text] of texts) {
        storage.transactionSync(() => words.insert(seq, 0, text));
        if (++batch % 200 === 0) while (words.merge());
      }
      const marked: number[] = [];
      for (const [seq, text] of texts) {
        if (seq % 2 === 0) continue;
        if (storage.transactionSync(() => words.remove(seq, 0, text)).leavesKey) marked.push(seq);
        texts.delete(seq);
      }
      // Without such pages the test would prove nothing.
      expect(marked.length).toBeGreaterThan(0);
      expect(indexLeftovers(storage).length).toBeGreaterThan(0);
      storage.transactionSync(() => words.addSegment());
      words.purge();
      while (words.merge());
      expect(indexLeftovers(storage)).toEqual([]);
      expect(indexTokens(storage)).toEqual([...new Set([...texts.values()].flatMap(tokensOf))].sort());
      for (const [seq, text] of texts) expect(words.find(text, EVERYWHERE, "DESC").seqs).toContain(seq);
    }));

  test("a merge step is short and the merge ends", () =>
    fresh((words, storage) => {
      for (let seq = 1; seq <= 100; seq++) storage.transactionSync(() => words.insert(seq, 0, textOf(seq)));
      let steps = 0;
      while (words.merge()) steps++;
      expect(steps).toBeGreaterThan(0);
      expect(words.merge()).toBe(false);
      expect(words.find(textOf(7), EVERYWHERE, "DESC").seqs).toEqual([7]);
    }));

  test("a query of the greatest folded length finds its text", () =>
    fresh((words, storage) => {
      const long = "ﷺ".repeat(100).normalize("NFKC").toLowerCase();
      storage.transactionSync(() => {
        words.insert(1, 0, long);
        words.insert(2, 0, "a");
      });
      expect(words.find(long, EVERYWHERE, "DESC").seqs).toEqual([1]);
    }));
});

describe("indexing", () => {
  test("a turn ends early at long messages, and the next one continues there", () =>
    inIsolatedObject("group", async (storage) => {
      const insert =
        "INSERT INTO messages (seq, n, sender_id, kind, body, created_at) VALUES (?1, ?1, 1, 'merged', ?2, 1)";
      for (let seq = 1; seq <= 20; seq++) {
        storage.sql.exec(
          insert,
          seq,
          JSON.stringify({ title: `No ${seq}`, items: ["x".repeat(100 * 1024)] }),
        );
      }
      const { indexing } = isolatedRoom(storage).search;
      const ends = [];
      while (indexing.indexedSeq < 20) {
        indexing.index(200);
        ends.push(indexing.indexedSeq);
      }
      expect(ends).toEqual([5, 10, 15, 20]);
    }));

  test("turns follow one another without a pause once too many messages wait, while more come", () =>
    inIsolatedObject("group", async (storage) => {
      const hourMs = 60 * 60_000;
      overrideTiming({
        indexing: { busyPauseMs: hourMs, backlog: 1_000, backlogPauseMs: hourMs, maxBacklog: 11_000 },
      });
      storage.sql.exec(
        `INSERT INTO messages (seq, n, sender_id, kind, body, created_at)
         SELECT value, value, ?, 'text', '{"text":"hi"}', 1 FROM json_each(?)`,
        ...[ANN, JSON.stringify(range(1, 15_000))],
      );
      const room = isolatedRoom(storage);
      const { indexing } = room.search;
      indexing.resume();
      while (indexing.indexedSeq < 2_000) {
        say(room, 100);
        await scheduler.wait(0);
      }
      expect(room.log.last.seq - indexing.indexedSeq).toBeGreaterThan(11_000);
    }));
});
