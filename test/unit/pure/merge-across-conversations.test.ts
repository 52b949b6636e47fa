import fc from "fast-check";
import { expect, test } from "vitest";
import { readCursor, writeCursor } from "../../../src/core/messages/across/cursor.ts";
import {
  type Answer,
  type MergeBudget,
  mergePage,
  type Question,
} from "../../../src/core/messages/across/merge.ts";
import { START } from "../../../src/core/messages/across/progress.ts";
import type {
  ActivityPage,
  ActivityPlace,
  ActivityRange,
} from "../../../src/domain/conversations/conversation-list.ts";
import { ConversationId, Seq } from "../../../src/domain/ids.ts";
import { runOptions } from "../../support/property-runs.ts";

/** A message to a conversation of the model. */
interface Said {
  conversation: number;
  gap: number;
  hit: boolean;
  isLate?: boolean;
}

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
  /** the rows of the list, and when each last got a new place */
  readonly #rows = new Map<ConversationId, { updatedAt: number; changedAt: number }>();
  /** conversations of which the list has yet to hear */
  readonly #late = new Set<ConversationId>();
  #moment = 0;
  readonly #work: number;
  now = 1_000;
  asked = 0;

  /** @param work the messages that one call of a conversation looks at */
  constructor(work: number) {
    this.#work = work;
  }

  /**
   * A message to a conversation, `gap` ms after the one before, wherever that was.
   * @param isLate the list hears of it with `listAll`
   */
  say({ conversation, gap, hit, isLate = false }: Said): void {
    const conversationId = ConversationId.parse(conversation);
    const log = this.logs.get(conversationId) ?? [];
    this.logs.set(conversationId, log);
    this.now += gap;
    const seq = Seq.parse(log.length + 1);
    log.push({ conversationId, seq, createdAt: this.now, body: "x", hit });
    this.#late.add(conversationId);
    if (!isLate) this.#listOne(conversationId);
  }

  /** The list hears of everything. */
  listAll(): void {
    for (const id of this.#late) this.#listOne(id);
  }

  /** The user leaves a conversation, and is in it again with its next message: older ones are not theirs. */
  leave(conversation: number): void {
    const id = ConversationId.parse(conversation);
    for (const item of this.logs.get(id) ?? []) this.hide(item);
    this.#rows.delete(id);
    this.#late.delete(id);
  }

  /** The user hides a message. */
  hide(item: Item): void {
    item.hit = false;
  }

  #listOne(id: ConversationId): void {
    const updatedAt = this.logs.get(id)?.at(-1)?.createdAt ?? 0;
    this.#rows.set(id, { updatedAt, changedAt: ++this.#moment });
    this.#late.delete(id);
  }

  hits(): Item[] {
    return [...this.logs.values()]
      .flat()
      .filter(({ hit }) => hit)
      .sort(newestFirst);
  }

  list({ walked, ids, limit }: ActivityRange): ActivityPage {
    const listed = ids.filter((id) => this.#rows.has(id));
    const isChanged = (changedAt: number) => walked?.by === "activity" && changedAt >= walked.asOf;
    const all = [...this.#rows].map(([conversationId, row]) => ({ conversationId, ...row }));
    const changed = all.filter(({ changedAt }) => isChanged(changedAt)).map((row) => row.conversationId);
    const rest =
      walked?.by === "id"
        ? all
            .filter(({ conversationId }) => conversationId > walked.upTo)
            .sort((a, b) => a.conversationId - b.conversationId)
        : all
            .filter((row) => !isChanged(row.changedAt) && (!walked || byActivity(row, walked.oldest) > 0))
            .sort(byActivity);
    return {
      ...{ changed: changed.slice(0, limit), hasMoreChanged: changed.length > limit },
      ...{ rest: rest.slice(0, limit), hasMoreRest: rest.length > limit },
      ...{ listed, asOf: ++this.#moment },
    };
  }

  answer({ conversationId, bound, limit }: Question, since: number): Answer<Item> {
    this.asked++;
    const wanted = (this.logs.get(conversationId) ?? [])
      .filter(
        ({ seq, createdAt: at }) =>
          seq < (bound.before ?? Infinity) && at <= (bound.until ?? Infinity) && at >= since,
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
      const progress = cursor === undefined ? START : readCursor(cursor, "Ann", "before");
      const { asked: walked, open } = progress;
      const ids = open.map(({ conversationId }) => conversationId);
      const list = this.list({ walked, ids, limit: budget.calls + 1 });
      const before = this.asked;
      const page = await mergePage(progress, list, limit, budget, async (questions) =>
        questions.map((question) => this.answer(question, budget.since)),
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

const messageFields = {
  conversation: fc.integer({ min: 1, max: 12 }),
  // Few times, so that many messages have the same.
  gap: fc.constantFrom(0, 0, 0, 1, 2),
  hit: fc.boolean(),
};
const message = fc.record(messageFields);
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
    since: fc.constant(0),
  }),
});

type Story = Pick<typeof story extends fc.Arbitrary<infer T> ? T : never, "messages" | "work">;

function modelOf({ messages, work }: Story): Model {
  const model = new Model(work);
  for (const said of messages) model.say(said);
  return model;
}

test("the pages of a merge have every hit once, the newest first", async () => {
  const property = fc.asyncProperty(story, async ({ limit, budget, ...said }) => {
    const model = modelOf(said);
    expect((await model.pages(limit, budget)).flat()).toEqual(model.hits());
  });
  await fc.assert(property, runOptions(500, 3_000));
});

test("from a time on the pages have every hit, and ask no conversation that is older", async () => {
  const property = fc.asyncProperty(story, fc.nat(60), async ({ limit, budget, ...said }, since) => {
    const model = modelOf(said);
    const hits = model.hits().filter(({ createdAt }) => createdAt >= since);
    expect((await model.pages(limit, { ...budget, since })).flat()).toEqual(hits);
    if (since > model.now) expect(model.asked).toBe(0);
  });
  await fc.assert(property, runOptions(200, 1_000));
});

const later = fc.oneof(
  { weight: 6, arbitrary: fc.record({ ...messageFields, isLate: fc.boolean() }) },
  fc.record({ leave: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ hide: fc.nat(80) }),
  fc.record({ listAll: fc.constant(true) }),
);

test("what happens between two pages neither doubles a hit nor hides an older one", async () => {
  const meanwhile = fc.array(fc.array(later, { maxLength: 4 }), { maxLength: 20 });
  const property = fc.asyncProperty(story, meanwhile, async ({ limit, budget, ...said }, events) => {
    const model = modelOf(said);
    const before = model.hits();
    const all = events.values();
    const pages = await model.pages(limit, budget, () => {
      for (const event of all.next().value ?? []) {
        if ("leave" in event) model.leave(event.leave);
        else if ("listAll" in event) model.listAll();
        else if ("hide" in event) for (const hit of before.slice(event.hide, event.hide + 1)) model.hide(hit);
        else model.say(event);
      }
    });
    const given = pages.flat();
    expect(new Set(given).size).toBe(given.length);
    expect(given.toSorted(newestFirst)).toEqual(given);
    const stillThere = new Set(model.hits());
    const isThroughout = (item: Item) => stillThere.has(item);
    expect(given.filter((item) => before.includes(item)).filter(isThroughout)).toEqual(
      before.filter(isThroughout),
    );
  });
  await fc.assert(property, runOptions(1_000, 5_000));
});

test("the pages get on while each conversation has new messages between every two of them", async () => {
  const property = fc.asyncProperty(story, fc.boolean(), async ({ limit, budget, ...said }, isLate) => {
    const model = modelOf(said);
    const before = model.hits();
    const pages = await model.pages(limit, budget, () => {
      model.listAll();
      for (const conversation of model.logs.keys()) model.say({ conversation, gap: 1, hit: isLate, isLate });
    });
    expect(pages.flat().filter((item) => before.includes(item))).toEqual(before);
    expect(pages.flat().toSorted(newestFirst)).toEqual(pages.flat());
  });
  await fc.assert(property, runOptions(300, 1_500));
});

test("60 conversations of which 45 have new messages between two pages take 2 walks by id at most", async () => {
  const model = new Model(100);
  for (let i = 0; i < 60; i++) model.say({ conversation: 1 + (i % 60), gap: 0, hit: true });
  const budget = { calls: 40, parallel: 8, kept: 32, size: 1_000, until: Infinity, since: 0 };
  const before = model.hits();
  const pages = await model.pages(50, budget, () => {
    for (let conversation = 1; conversation <= 45; conversation++)
      model.say({ conversation, gap: 1, hit: false });
  });
  expect(pages.flat()).toEqual(before);
  expect(pages.length).toBeLessThanOrEqual(8);
});
