import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { WORDS_TABLE, Words } from "../../src/conversation/words.ts";
import { indexLeftovers, indexTokens, tokensOf } from "../support/search.ts";

/** An empty index in the storage of an object. */
function fresh(work: (words: Words, storage: DurableObjectStorage) => void): Promise<void> {
  const stub = env.CONVERSATION.get(env.CONVERSATION.newUniqueId());
  return runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec(WORDS_TABLE);
    work(new Words(storage.sql), storage);
  });
}

const EVERYWHERE = { after: 0, before: Number.MAX_SAFE_INTEGER };

/** A text of twelve characters, of which those of the odd ones are in no other. */
function textOf(seq: number): string {
  const common = Array.from({ length: 11 }, (_, i) =>
    String.fromCodePoint(0x4e00 + ((seq * 7 + i * i) % 400)),
  );
  return common.join("") + String.fromCodePoint((seq % 2 === 0 ? 0x4e00 : 0x20000) + seq);
}

test("what is taken out leaves nothing, not even where a page of the index began", () =>
  fresh((words, storage) => {
    const texts = new Map(Array.from({ length: 4_000 }, (_, i) => [i + 1, textOf(i + 1)]));
    let batch = 0;
    for (const [seq, text] of texts) {
      storage.transactionSync(() => words.insert(seq, text));
      if (++batch % 200 === 0) while (words.merge());
    }
    const marked: number[] = [];
    for (const [seq, text] of texts) {
      if (seq % 2 === 0) continue;
      if (!storage.transactionSync(() => words.remove(seq, text))) marked.push(seq);
      texts.delete(seq);
    }
    // Else this proves nothing.
    expect(marked.length).toBeGreaterThan(0);
    expect(indexLeftovers(storage).length).toBeGreaterThan(0);
    for (const seq of marked) storage.transactionSync(() => words.replace(seq));
    words.purge();
    while (words.merge());
    expect(indexLeftovers(storage)).toEqual([]);
    expect(indexTokens(storage)).toEqual([...new Set([...texts.values()].flatMap(tokensOf))].sort());
    for (const [seq, text] of texts) expect(words.find(text, EVERYWHERE, 9)).toContain(seq);
  }));

test("a merge step is short work and comes to an end", () =>
  fresh((words, storage) => {
    for (let seq = 1; seq <= 100; seq++) storage.transactionSync(() => words.insert(seq, textOf(seq)));
    let steps = 0;
    while (words.merge()) steps++;
    expect(steps).toBeGreaterThan(0);
    expect(words.merge()).toBe(false);
    expect(words.find(textOf(7), EVERYWHERE, 9)).toEqual([7]);
  }));

test("a query as long as folding can make it finds its text", () =>
  fresh((words, storage) => {
    const long = "ﷺ".repeat(100).normalize("NFKC").toLowerCase();
    storage.transactionSync(() => {
      words.insert(1, long);
      words.insert(2, long.slice(1));
    });
    expect(words.find(long, EVERYWHERE, 9)).toContain(1);
  }));
