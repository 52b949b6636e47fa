import fc from "fast-check";
import { expect, test } from "vitest";
import type { Room } from "../../src/conversation/room.ts";
import { Position, Seq, type UserId } from "../../src/domain/ids.ts";
import type { Kind } from "../../src/domain/messages/content.ts";
import { normalizeForSearch } from "../../src/domain/messages/search-normalization.ts";
import { eventually } from "../support/eventually.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../support/objects/isolated-room.ts";
import { at } from "../support/objects/room.ts";
import { indexLeftovers, indexTokens, tokensOf } from "../support/objects/search.ts";
import { runs } from "../support/property-runs.ts";

/** Characters which fold to others, to several, or together with their neighbours; and what FTS5 would read. */
const PIECES = [
  ...[
    "a",
    "A",
    "ａ",
    "b",
    "B",
    "ab",
    "ß",
    "ẞ",
    "ss",
    "ﬁ",
    "fi",
    "f",
    "i",
    "I",
    "İ",
    "ı",
    "\u0307",
    "é",
    "e\u0301",
  ],
  ...[
    "\u0301",
    "ǰ",
    "J\u030c",
    "㎏",
    "kg",
    "Kg",
    "中",
    "国",
    "中国",
    "國",
    "𠮷",
    "𠮷𠮷",
    "😀",
    "👨‍👩‍👧",
    "Σ",
    "ς",
    "σ",
    "ΟΔΟΣ",
  ],
  ...[
    " ",
    "\u3000",
    "\u00a0",
    '"',
    "*",
    "-",
    "'",
    "(",
    "NEAR",
    "\n",
    "%",
    "_",
    "ﷺ",
    "가",
    "ᄀ",
    "\u{10ffff}",
    "\ue000",
    "\ufeff",
  ],
];
const pieces = (maxLength: number) => fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength });
const text = fc.oneof(pieces(8), pieces(2)).map((all) => all.join(""));
const chooses = fc.nat(1_000);
const kind = fc.constantFrom<Kind>("text", "text", "file", "location", "custom", "face");

type Event =
  | { say: string; kind: Kind; by: UserId }
  | { revoke: number }
  | { hide: number }
  | { index: number }
  | { restart: true }
  | {
      find: number | string;
      part: [number, number];
      by: UserId | null;
      of: Kind | null;
      limit: number;
      late: number;
    };

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ say: text, kind, by: fc.constantFrom(ANN, BOB) }) },
  fc.record({ revoke: chooses }),
  fc.record({ hide: chooses }),
  { weight: 2, arbitrary: fc.record({ index: fc.integer({ min: 1, max: 5 }) }) },
  fc.constant({ restart: true } as const),
  {
    weight: 4,
    arbitrary: fc.record({
      find: fc.oneof(chooses, text),
      part: fc.tuple(chooses, fc.integer({ min: 1, max: 6 })),
      by: fc.option(fc.constantFrom(ANN, BOB), { freq: 3 }),
      of: fc.option(kind, { freq: 3 }),
      limit: fc.integer({ min: 1, max: 4 }),
      late: fc.oneof(fc.constant(0), chooses),
    }),
  },
);

/** The body of a message of a kind, which says the text where this kind says something. */
const BODIES: Record<string, (text: string) => object> = {
  text: (text) => ({ text }),
  file: (name) => ({ url: "https://example.org/unsearched", name }),
  location: (address) => ({ latitude: 1, longitude: 2, address }),
  custom: (description) => ({ data: "unsearched", description, extension: "unsearched" }),
  face: (data) => ({ index: "1", data }),
};

/** A conversation of Ann, who owns it, and Bob, in the storage of an object; what was said, beside it. */
class Story {
  readonly #storage: DurableObjectStorage;
  #room: Room;
  readonly #said: { text: string; kind: Kind; by: UserId; gone: boolean; hidden: boolean }[] = [];

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#room = isolatedRoom(storage);
  }

  async apply(event: Event): Promise<void> {
    if ("say" in event) return this.#say(event);
    if ("index" in event) return this.#room.search.indexing.index(event.index);
    if ("restart" in event) {
      await this.rest();
      this.#room = isolatedRoom(this.#storage);
      return;
    }
    if ("find" in event) return this.#find(event);
    const seq = Seq.parse((("revoke" in event ? event.revoke : event.hide) % (this.#said.length || 1)) + 1);
    const message = this.#said[seq - 1];
    if (!message || message.hidden) return;
    if ("hide" in event) {
      await this.#room.redaction.hide(BOB, seq);
      message.hidden = true;
    } else {
      await this.#room.redaction.revoke(ANN, seq);
      message.gone = true;
    }
  }

  /** Resolves once there is nothing left to index, to merge or to purge but a batch that is not full. */
  async rest(): Promise<void> {
    const query = "SELECT kind FROM jobs WHERE kind = 'index'";
    await eventually(() => expect(this.#storage.sql.exec(query).toArray()).toEqual([]));
  }

  /** The tokens of what is indexed, and those which must be there. */
  tokens(): { found: string[]; wanted: string[]; leftovers: string[] } {
    const indexed = this.#said.slice(0, this.#room.search.indexing.indexedSeq);
    const texts = indexed
      .filter(({ gone, kind }) => !gone && kind !== "face")
      .map(({ text }) => normalizeForSearch(text));
    const wanted = [...new Set(texts.flatMap(tokensOf))].sort();
    return { found: indexTokens(this.#storage), wanted, leftovers: indexLeftovers(this.#storage) };
  }

  async #say({ say, kind, by }: { say: string; kind: Kind; by: UserId }): Promise<void> {
    const body = JSON.stringify(BODIES[kind]?.(say));
    const draft = { clientMsgId: undefined, kind, body, quoteSeq: undefined, mentions: [] };
    expect(await this.#room.send(by, draft)).toMatchObject({ ok: true });
    this.#said.push({ text: say, kind, by, gone: false, hidden: false });
  }

  /** Bob looks for a part of what was said, or for anything, page by page. */
  #find({ find, part, by, of, limit, late }: Extract<Event, { find: unknown }>): void {
    const whole = Array.from(
      typeof find === "string" ? find : (this.#said[find % (this.#said.length || 1)]?.text ?? "x"),
    );
    const start = part[0] % whole.length;
    const query = whole.slice(start, start + part[1]).join("");
    const visibleFrom = Position.parse(late % (this.#said.length + 1));
    const wanted = this.#said.flatMap((message, i) => {
      const seen = !message.gone && !message.hidden && i + 1 > visibleFrom && message.kind !== "face";
      const fits = (by ?? message.by) === message.by && (of ?? message.kind) === message.kind;
      return seen && fits && normalizeForSearch(message.text).includes(normalizeForSearch(query))
        ? [i + 1]
        : [];
    });
    const filter = { limit, ...(by && { senderId: by }), ...(of && { kind: of }) };
    for (const ascending of [true, false]) {
      const found: number[] = [];
      let next: Seq | null = null;
      do {
        const bound: object = next === null ? {} : { [ascending ? "after" : "before"]: next };
        const reader = { user_id: BOB, visible_from: visibleFrom };
        const page = this.#room.search.chunk({ text: query, ascending, ...filter, ...bound }, reader);
        expect(page.rows.length).toBeLessThanOrEqual(limit);
        // Where there is more, these few messages have filled the page.
        if (page.next !== null) expect(page.rows.length).toBe(limit);
        found.push(...page.rows.map(({ seq }) => seq));
        next = page.next;
      } while (next !== null);
      expect(found, JSON.stringify(query)).toEqual(ascending ? wanted : wanted.toReversed());
    }
  }
}

test("a search finds what has the query in it, and nothing else, wherever the index stands", async () => {
  const property = fc.asyncProperty(fc.array(event, { minLength: 10, maxLength: 60 }), async (events) => {
    await inIsolatedObject("group", async (storage) => {
      const story = new Story(storage);
      for (const event of events) await story.apply(event);
      await story.rest();
      const { found, wanted, leftovers } = story.tokens();
      expect(found).toEqual(wanted);
      expect(leftovers).toEqual([]);
    });
  });
  await fc.assert(property, runs(60));
});

test("folding", () => {
  const folded: [string, string][] = [
    ["ＡＢＣ１２３", "abc123"],
    ["ﬁne ㎏", "fine kg"],
    ["Straße STRAẞE", "straße straße"],
    ["İstanbul", "i\u0307stanbul"],
    ["ΟΔΟΣ οδός", "οδοσ οδόσ"],
    ["e\u0301 É", "é é"],
    ["ﾊﾝｶｸ ガ", "ハンカク ガ"],
    ["　", " "],
  ];
  for (const [text, wanted] of folded) expect(normalizeForSearch(text)).toBe(wanted);
  expect(at(folded, 0)[1]).toBe(normalizeForSearch(normalizeForSearch(at(folded, 0)[0])));
});
