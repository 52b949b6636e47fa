import fc from "fast-check";
import { expect, test } from "vitest";
import type { Room } from "../../src/conversation/room.ts";
import { Position, Seq, type UserId } from "../../src/domain/ids.ts";
import type { Kind } from "../../src/domain/messages/content.ts";
import { hasVisible } from "../../src/domain/names/characters.ts";
import { comparisonForm } from "../../src/lib/text-forms.ts";
import { eventually } from "../support/eventually.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../support/objects/isolated-room.ts";
import { indexLeftovers, indexTokens, tokensOf } from "../support/objects/search.ts";
import { runOptions } from "../support/property-runs.ts";

/** Characters that fold to others, to several, or together with their neighbours, and the syntax of FTS5. */
const PIECES = [
  ..."a A ａ b B ab ß ẞ ss ﬁ fi f i I İ ı \u0307 é e\u0301".split(" "),
  ..."\u0301 ǰ J\u030c ㎏ kg Kg 中 国 中国 國 𠮷 𠮷𠮷 😀 👨‍👩‍👧 Σ ς σ ΟΔΟΣ * ש".split(" "),
  ..."- ' ( NEAR % _ ﷺ 가 ᄀ \u{10ffff} \ue000 \ufeff \u200b \u00ad ❤️ ❤ ’ \u2011 \u05b8".split(" "),
  ...[" ", "\u3000", "\u00a0", "\n", "  ", '"'],
];
const pieces = (maxLength: number) => fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength });
const text = fc.oneof(
  { weight: 5, arbitrary: pieces(8).map((all) => all.join("")) },
  { weight: 5, arbitrary: pieces(2).map((all) => all.join("")) },
  // Of several pieces of the index, with what is looked for at the end.
  {
    weight: 1,
    arbitrary: fc
      .tuple(pieces(60), pieces(8))
      .map((parts) => parts.map((all) => all.join("").repeat(4)).join("")),
  },
);
/** What is said has something that can be seen. */
const said = text.filter(hasVisible);
const chooses = fc.nat(1_000);
const kind = fc.constantFrom<Kind>("text", "text", "file", "location", "custom", "face");

type Event =
  | { say: string; kind: Kind; by: UserId }
  | { revoke: number }
  | { edit: number; to: string }
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
  { weight: 6, arbitrary: fc.record({ say: said, kind, by: fc.constantFrom(ANN, BOB) }) },
  fc.record({ revoke: chooses }),
  { weight: 2, arbitrary: fc.record({ edit: chooses, to: said }) },
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

/** By kind, a body that contains the text where this kind has searchable text. */
const BODIES: Record<string, (text: string) => object> = {
  text: (text) => ({ text }),
  file: (name) => ({ url: "https://example.org/unsearched", name }),
  location: (address) => ({ latitude: 1, longitude: 2, address }),
  custom: (description) => ({ data: "unsearched", description, extension: "unsearched" }),
  face: (data) => ({ index: "1", data }),
};

type Said = { text: string; kind: Kind; by: UserId; gone: boolean; hidden: boolean; version: number };

/** A conversation of Ann, its owner, and Bob in the storage of an object, and the expected texts. */
class Story {
  readonly #storage: DurableObjectStorage;
  #room: Room;
  readonly #said: Said[] = [];

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
    if ("edit" in event) return this.#edit(event);
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

  /** Resolves once nothing is left to index, merge or purge, except a batch that is not full. */
  async rest(): Promise<void> {
    const query = "SELECT kind FROM jobs WHERE kind = 'index'";
    await eventually(() => expect(this.#storage.sql.exec(query).toArray()).toEqual([]));
  }

  /** The tokens in the index, and the expected ones. */
  tokens(): { found: string[]; wanted: string[]; leftovers: string[] } {
    const indexed = this.#said.slice(0, this.#room.search.indexing.indexedSeq);
    const texts = indexed
      .filter(({ gone, kind }) => !gone && kind !== "face")
      .map(({ text }) => comparisonForm(text));
    const wanted = [...new Set(texts.flatMap(tokensOf))].sort();
    return { found: indexTokens(this.#storage), wanted, leftovers: indexLeftovers(this.#storage) };
  }

  /** Edits a message whose kind has text that can be edited. */
  async #edit({ edit, to }: { edit: number; to: string }): Promise<void> {
    const seq = Seq.parse((edit % (this.#said.length || 1)) + 1);
    const message = this.#said[seq - 1];
    if (!message || message.gone || (message.hidden && message.by === BOB) || message.kind !== "text") return;
    const body = JSON.stringify(BODIES.text?.(to));
    const baseVersion = message.version;
    const { type } = await this.#room.editing.edit(message.by, seq, { body, baseVersion });
    expect(type).toBe(to === message.text ? "unchanged" : "edited");
    if (type === "edited") message.version++;
    message.text = to;
  }

  async #say({ say, kind, by }: { say: string; kind: Kind; by: UserId }): Promise<void> {
    const body = JSON.stringify(BODIES[kind]?.(say));
    const draft = { clientMsgId: undefined, kind, body, quoteSeq: undefined, mentions: [] };
    await this.#room.sends.send(by, draft);
    this.#said.push({ text: say, kind, by, gone: false, hidden: false, version: 1 });
  }

  /** Bob searches for a part of a message, or for any text, page by page. */
  #find({ find, part, by, of, limit, late }: Extract<Event, { find: unknown }>): void {
    const whole = Array.from(
      typeof find === "string" ? find : (this.#said[find % (this.#said.length || 1)]?.text ?? "x"),
    );
    const start = part[0] % whole.length;
    const query = whole.slice(start, start + part[1]).join("");
    const visibleFrom = Position.parse(late % (this.#said.length + 1));
    const expected = this.#said.flatMap((message, i) => {
      const seen = !message.gone && !message.hidden && i + 1 > visibleFrom && message.kind !== "face";
      const fits = (by ?? message.by) === message.by && (of ?? message.kind) === message.kind;
      return seen && fits && comparisonForm(message.text).includes(comparisonForm(query)) ? [i + 1] : [];
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
        // If more follow, the page must be full.
        if (page.next !== null) expect(page.rows.length).toBe(limit);
        found.push(...page.rows.map(({ seq }) => seq));
        next = page.next;
      } while (next !== null);
      expect(found, JSON.stringify(query)).toEqual(ascending ? expected : expected.toReversed());
    }
  }
}

test("a search finds exactly the messages that contain the query, at any state of the index", async () => {
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
  await fc.assert(property, runOptions(10, 30));
});
