import fc from "fast-check";
import { expect, test } from "vitest";
import { readCursor, writeCursor } from "../../../src/core/messages/across/cursor.ts";
import {
  type Answer,
  type MergeBudget,
  mergePage,
  type Question,
} from "../../../src/core/messages/across/merge.ts";
import type {
  ActivityPage,
  ActivityPlace,
  ActivityRange,
} from "../../../src/domain/conversations/conversation-list.ts";
import { ConversationId, Seq } from "../../../src/domain/ids.ts";
import { runOptions } from "../../support/property-runs.ts";

/** A message of the model: `hit` if the merge is to find it. */
interface Item {
  conversationId: ConversationId;
  seq: Seq;
  createdAt: number;
  body: string;
  hit: boolean;
}

const newestFirst = (a: Item, b: Item) =>
  b.createdAt - a.createdAt || b.conversationId - a.conversationId || b.seq - a.seq;
const byActivity = (a: ActivityPlace, b: ActivityPlace) =>
  b.updatedAt - a.updatedAt || b.conversationId - a.conversationId;

/** Conversations of one user, and what their objects and the inbox answer. */
class Model {
  readonly logs = new Map<ConversationId, Item[]>();
  readonly #work: number;
  now = 1_000;
  asked = 0;

  /** @param work the messages that one call of a conversation looks at */
  constructor(work: number) {
    this.#work = work;
  }

  /** A message to a conversation, `gap` ms after the one before, wherever that was. */
  say(conversation: number, gap: number, hit: boolean, size = 1): void {
    const conversationId = ConversationId.parse(conversation);
    const log = this.logs.get(conversationId) ?? [];
    this.logs.set(conversationId, log);
    this.now += gap;
    const seq = Seq.parse(log.length + 1);
    log.push({ conversationId, seq, createdAt: this.now, body: "x".repeat(size), hit });
  }

  hits(): Item[] {
    return [...this.logs.values()]
      .flat()
      .filter(({ hit }) => hit)
      .sort(newestFirst);
  }

  list({ outside, ids, limit }: ActivityRange): ActivityPage {
    const listed = ids.filter((id) => this.logs.has(id));
    if (outside === "all") return { newer: [], hasNewer: false, older: [], hasOlder: false, listed };
    const all = [...this.logs].map(([conversationId, log]) => ({
      conversationId,
      updatedAt: log.at(-1)?.createdAt ?? 0,
    }));
    all.sort(byActivity);
    const older = all.filter((place) => !outside || byActivity(place, outside.oldest) > 0);
    const newer = all.filter((place) => outside && byActivity(place, outside.newest) < 0).reverse();
    return {
      ...{ newer: newer.slice(0, limit), hasNewer: newer.length > limit },
      ...{ older: older.slice(0, limit), hasOlder: older.length > limit, listed },
    };
  }

  answer({ conversationId, bound, limit }: Question): Answer<Item> {
    this.asked++;
    const wanted = (this.logs.get(conversationId) ?? [])
      .filter(
        ({ seq, createdAt }) => seq < (bound.before ?? Infinity) && createdAt <= (bound.until ?? Infinity),
      )
      .toReversed();
    const items: Item[] = [];
    for (const [i, item] of wanted.entries()) {
      const last = wanted[i - 1];
      const isEnough = i === this.#work || (item.hit && items.length === limit);
      if (isEnough && last) return { items, next: { before: last.seq, at: item.createdAt } };
      if (item.hit) items.push(item);
    }
    return { items, next: null };
  }

  /** Pages until the end, by their cursors. @param between runs between two pages */
  async pages(limit: number, budget: MergeBudget, between: () => void = () => undefined): Promise<Item[][]> {
    const pages: Item[][] = [];
    for (let cursor: string | undefined; ; between()) {
      const progress = readCursor(cursor, "Ann");
      const { asked: outside, open } = progress;
      const ids = open.map(({ conversationId }) => conversationId);
      const list = this.list({ outside, ids, limit: budget.calls + 1 });
      const before = this.asked;
      const page = await mergePage(progress, list, limit, budget, async (questions) =>
        questions.map((question) => this.answer(question)),
      );
      expect(this.asked - before).toBeLessThanOrEqual(budget.calls);
      expect(page.items.length).toBeLessThanOrEqual(limit);
      pages.push(page.items);
      if (!page.next) return pages;
      expect(page.next.open.length).toBeLessThanOrEqual(budget.kept);
      cursor = writeCursor(page.next, "Ann");
      expect(pages.length, "pages without an end").toBeLessThan(20_000);
    }
  }
}

const message = fc.record({
  conversation: fc.integer({ min: 1, max: 12 }),
  // Few times, so that many messages have the same.
  gap: fc.constantFrom(0, 0, 0, 1, 2),
  hit: fc.boolean(),
});
const story = fc.record({
  messages: fc.array(message, { maxLength: 80 }),
  work: fc.constantFrom(1, 2, 3, 100),
  limit: fc.integer({ min: 1, max: 8 }),
  budget: fc.record({
    calls: fc.integer({ min: 1, max: 8 }),
    parallel: fc.integer({ min: 1, max: 4 }),
    kept: fc.integer({ min: 1, max: 4 }),
    size: fc.constantFrom(1, 5, 1_000),
    until: fc.constant(Infinity),
  }),
});

type Said = Pick<typeof story extends fc.Arbitrary<infer T> ? T : never, "messages" | "work">;

function modelOf({ messages, work }: Said): Model {
  const model = new Model(work);
  for (const { conversation, gap, hit } of messages) model.say(conversation, gap, hit);
  return model;
}

test("the pages of a merge have every hit once, the newest first", async () => {
  const property = fc.asyncProperty(story, async ({ limit, budget, ...said }) => {
    const model = modelOf(said);
    expect((await model.pages(limit, budget)).flat()).toEqual(model.hits());
  });
  await fc.assert(property, runOptions(3_000));
});

test("messages that are sent between two pages neither double a hit nor hide an older one", async () => {
  const meanwhile = fc.array(fc.array(message, { maxLength: 3 }), { maxLength: 20 });
  const property = fc.asyncProperty(story, meanwhile, async ({ limit, budget, ...said }, later) => {
    const model = modelOf(said);
    const before = model.hits();
    const all = later.values();
    const pages = await model.pages(limit, budget, () => {
      model.now++;
      for (const { conversation, gap, hit } of all.next().value ?? []) model.say(conversation, gap, hit);
    });
    const given = pages.flat();
    expect(new Set(given).size).toBe(given.length);
    expect(given.toSorted(newestFirst)).toEqual(given);
    expect(given.filter((item) => before.includes(item))).toEqual(before);
  });
  await fc.assert(property, runOptions(3_000));
});
