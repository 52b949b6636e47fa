import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { writeCursor } from "../../../src/core/messages/across/cursor.ts";
import { WHOLE_LIST } from "../../../src/core/messages/across/progress.ts";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, openDirect, send } from "../../support/clients/chat.ts";
import { aside } from "../../support/clients/threads.ts";
import { addresses, allPages, searchAll } from "../../support/clients/wide-search.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { loseCalls } from "../../support/faults/calls.ts";
import { HeldMethod } from "../../support/faults/hold.ts";
import { Patience } from "../../support/faults/patience.ts";
import { Costs } from "../../support/objects/costs.ts";
import { itemAt } from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;

beforeAll(setNoRateLimits);

// Each test has users of its own, as a search finds what they have in all conversations.
beforeEach(async () => {
  [ann, bob, cid] = await signedInUsers(3);
});

/** Groups of Ann and Bob. */
async function groups(count: number): Promise<number[]> {
  const ids: number[] = [];
  for (let i = 0; i < count; i++) ids.push((await createGroup(ann, [bob])).id);
  return ids;
}

/** A page asks one conversation after the other, and remembers one. */
const tiny = () => overrideTiming({ wideSearch: { calls: 2, parallel: 1, kept: 1 } });

describe("the order of the hits", () => {
  test("is by time, over groups and direct conversations", async () => {
    const [group = 0, other = 0] = await groups(2);
    const direct = await openDirect(ann, cid);
    freezeClock();
    const sent: string[] = [];
    for (const [id, text] of [
      [group, "one fish"],
      [direct.id, "two FISH"],
      [other, "no bird"],
      [group, "red fish"],
      [other, "blue ﬁsh"],
    ] as const) {
      advanceClock(10);
      const { seq } = await send(ann, id, text);
      if (!text.includes("bird")) sent.unshift(`${id}/${seq}`);
    }
    const page = await searchAll(ann, "fish");
    expect(addresses([page])).toEqual(sent);
    expect(page).toMatchObject({ next_before: null, searched_to: null, unreachable: [] });
    expect(page.items[0]).toMatchObject({
      kind: "text",
      body: { text: "blue ﬁsh" },
      sender: { id: ann.user.id },
    });
    // Each user has the hits of their own conversations.
    expect(addresses([await searchAll(cid, "fish")])).toEqual([`${direct.id}/1`]);
    expect((await searchAll(bob, "fish")).items).toHaveLength(3);
  });

  test("takes filters by sender and kind", async () => {
    const [id = 0, other = 0] = await groups(2);
    await send(ann, id, "fish");
    const bobs = await send(bob, other, "fish");
    const file = await send(bob, id, {
      kind: "custom",
      body: { data: "", description: "fish", extension: "" },
    });
    expect(addresses([await searchAll(ann, "fish", `&sender_id=${bob.user.id}`)])).toEqual([
      `${id}/${file.seq}`,
      `${other}/${bobs.seq}`,
    ]);
    expect(addresses([await searchAll(ann, "fish", `&sender_id=${bob.user.id}&kind=text`)])).toEqual([
      `${other}/${bobs.seq}`,
    ]);
  });
});

describe("a thread-only reply is found at its time", () => {
  /** A reply in the group whose main stream is the oldest, after a message in each of the others. */
  async function replyInTheOldest(count: number): Promise<[address: string, others: string[]]> {
    const [oldest = 0, ...others] = await groups(count);
    const { seq: root } = await send(ann, oldest, "a root");
    const addressed: string[] = [];
    for (const id of others) addressed.unshift(`${id}/${(await send(ann, id, "fish")).seq}`);
    const { seq } = await send(bob, oldest, aside(root, "fish, and a bird"));
    return [`${oldest}/${seq}`, addressed];
  }

  test("also if it was written between two pages: it hides no older hit", async () => {
    tiny();
    const [reply, others] = await replyInTheOldest(5);
    let turn = 0;
    const pages = await allPages(ann, "fish", "&limit=1", async () => {
      const [id, seq] = itemAt(others, turn++ % others.length)
        .split("/")
        .map(Number);
      if (turn < 8) await send(bob, id ?? 0, aside(seq ?? 0, "a new fish"));
    });
    expect(addresses(pages)).toEqual([reply, ...others]);
  });
});

describe("pages", () => {
  test("neither repeat a hit nor lose one while messages are sent", async () => {
    tiny();
    const ids = await groups(6);
    const sent: string[] = [];
    for (const text of ["fish one", "fish two"])
      for (const id of ids) sent.unshift(`${id}/${(await send(ann, id, text)).seq}`);
    let turn = 0;
    const pages = await allPages(ann, "fish", "&limit=2", async () => {
      if (turn < 8) await send(bob, itemAt(ids, turn++ % ids.length), "a new fish");
    });
    expect(addresses(pages)).toEqual(sent);
    // A cursor names as many conversations as are kept, however many have a hit.
    for (const { next_before: cursor } of pages) expect(cursor?.length ?? 0).toBeLessThan(120 + 25);
  });

  test("come to an end while every conversation has new messages between two of them", async () => {
    const ids = await groups(5);
    const sent: string[] = [];
    for (const text of ["fish one", "fish two"])
      for (const id of ids) sent.unshift(`${id}/${(await send(ann, id, text)).seq}`);
    overrideTiming({ wideSearch: { calls: 3, parallel: 2, kept: 2 } });
    const pages = await allPages(ann, "fish", "&limit=2", async () => {
      await Promise.all(ids.map((id) => send(bob, id, "a new fish")));
    });
    expect(addresses(pages)).toEqual(sent);
  });

  test("say how far back they have searched where nothing is found", async () => {
    tiny();
    const ids = await groups(5);
    const times: number[] = [];
    freezeClock();
    for (const id of ids) {
      advanceClock(1_000);
      times.unshift((await send(ann, id, "bird")).created_at);
    }
    const pages = await allPages(ann, "fish");
    expect(pages.flatMap(({ items }) => items)).toEqual([]);
    // Two conversations a page: what remains begins at the activity of the next one.
    expect(pages.map((page) => page.searched_to)).toEqual([times[2], times[4], null]);
  });
});

describe("a search finds only what the caller may see", () => {
  test("a blocked user's messages from before, as in the conversation itself", async () => {
    const { id } = await openDirect(ann, bob);
    await send(bob, id, "fish");
    await call("PUT", `/v1/blocks/${bob.user.id}`, { token: ann.token });
    expect(addresses([await searchAll(ann, "fish")])).toEqual([`${id}/1`]);
  });

  test("nothing by a cursor that somebody has made, which names a conversation of others", async () => {
    const [id = 0] = await groups(1);
    const { created_at } = await send(ann, id, "a secret fish");
    const own = await createGroup(cid);
    await send(cid, own.id, "a fish of mine");
    const owner = JSON.stringify([cid.user.id, "fish", null, null, null, false, null, null]);
    const place = { at: created_at + 1_000_000, conversationId: ConversationId.parse(id), seq: 9 };
    const open = [{ conversationId: ConversationId.parse(id), before: 99, at: place.at }];
    for (const asked of [WHOLE_LIST, null]) {
      const made = writeCursor({ before: place, asked, open, dropped: null }, owner);
      using calls = new Costs();
      const page = await searchAll(cid, "fish", `&before=${made}`);
      expect(addresses([page])).toEqual(asked ? [] : [`${own.id}/1`]);
      expect(page).toMatchObject({ next_before: null, unreachable: [] });
      expect(calls.callsTo([id])).toBe(0);
    }
  });
});

test("a cursor serves one user's search, and nothing else passes for one", async () => {
  tiny();
  for (const id of await groups(4)) await send(ann, id, "fish");
  const { next_before: cursor } = await searchAll(ann, "fish", "&limit=1");
  if (cursor === null) throw new Error("there is a second page");
  const ask = ({ token }: SignedIn, query: string) => call("GET", `/v1/messages/search?${query}`, { token });
  for (const query of ["q=bird", "q=fish&kind=text", `q=fish&sender_id=${ann.user.id}`])
    expectProblem(await ask(ann, `${query}&before=${cursor}`), 400, "validation_failed");
  expectProblem(await ask(bob, `q=fish&before=${cursor}`), 400, "validation_failed");
  const [check, ...rest] = cursor.split("-");
  const wrong = ["", "-", "1", "null", `${cursor}0`, cursor.slice(1), cursor.toUpperCase(), `${check}----`];
  for (const before of [...wrong, `${check}-${rest.toReversed().join("-")}`, cursor.replaceAll(".", "_")])
    expectProblem(await ask(ann, `q=fish&before=${encodeURIComponent(before)}`), 400, "validation_failed");
  for (const query of [
    "",
    "q=",
    `q=${"x".repeat(101)}`,
    "q=fish&limit=0",
    "q=fish&limit=101",
    "q=x&kind=fish",
  ])
    expectProblem(await ask(ann, query), 400, "validation_failed");
  // The number of hits on a page may change.
  expect((await searchAll(ann, "fish", `&limit=9&before=${cursor}`)).items.length).toBeGreaterThan(0);
});

describe("a conversation that does not answer", () => {
  test("is named, and keeps nothing from the others", async () => {
    using patience = new Patience();
    overrideTiming({ wideSearch: { callTimeoutMs: Patience.MS } });
    const [id = 0, late = 0, other = 0] = await groups(3);
    for (const one of [id, late, other]) await send(ann, one, "fish");
    const held = await HeldMethod.hold(late, "search");
    const page = await patience.answerWithout(() => held.waiting > 0, searchAll(ann, "fish"));
    expect(addresses([page])).toEqual([`${other}/1`, `${id}/1`]);
    expect(page).toMatchObject({ unreachable: [late], next_before: null });
    held.release();
    expect(addresses([await searchAll(ann, "fish")])).toEqual([`${other}/1`, `${late}/1`, `${id}/1`]);
  });

  test("is named on the page that asked it, and the same page has its hits later", async () => {
    tiny();
    const ids = await groups(4);
    const sent: string[] = [];
    for (const id of ids) sent.unshift(`${id}/${(await send(ann, id, "fish")).seq}`);
    const broken = itemAt(ids, 1);
    const first = await searchAll(ann, "fish", "&limit=2");
    const before = `&limit=2&before=${first.next_before}`;
    {
      using _ = loseCalls("call", ({ id, method }) => id === broken && method === "search");
      const page = await searchAll(ann, "fish", before);
      expect(page.unreachable).toEqual([broken]);
      const rest = await allPages(ann, "fish", "&limit=2");
      expect(addresses(rest)).toEqual(sent.filter((address) => !address.startsWith(`${broken}/`)));
      expect(rest.flatMap(({ unreachable }) => unreachable)).toEqual([broken]);
    }
    expect(addresses([await searchAll(ann, "fish", before)])).toEqual(sent.slice(2));
  });
});

test("a page asks few conversations for a common word, and the budget at most for a rare one", async () => {
  const ids = await groups(24);
  for (const id of ids) await send(ann, id, "fish");
  overrideTiming({ wideSearch: { calls: 12, parallel: 4 } });
  const costOf = async (q: string, query: string) => {
    using costs = new Costs();
    await searchAll(ann, q, query);
    return { asked: costs.byMethod.get("search") ?? 0, lists: costs.byMethod.get("activity") };
  };
  expect(await costOf("fish", "&limit=4")).toEqual({ asked: 4, lists: 1 });
  expect(await costOf("fish", "&limit=12")).toEqual({ asked: 12, lists: 1 });
  expect(await costOf("bird", "&limit=50")).toEqual({ asked: 12, lists: 1 });
});

test("a search of a time asks only conversations that were written since, and begins where it ends", async () => {
  freezeClock();
  const ids = await groups(6);
  advanceClock(60_000);
  const start = Date.now();
  for (const id of ids) {
    await send(ann, id, "fish of words");
    advanceClock(60_000);
  }
  const at = (minute: number) => start + minute * 60_000;
  const found = async (q: string, query: string) => addresses(await allPages(ann, q, query));
  const places = (...of: number[]) => of.map((i) => `${itemAt(ids, i)}/1`);
  {
    using costs = new Costs();
    expect(await found("fish", `&since=${at(4)}`)).toEqual(places(5, 4));
    expect(costs.byMethod.get("search")).toBe(2);
  }
  expect(await found("fish", `&until=${at(1)}`)).toEqual(places(1, 0));
  expect(await found("words fish", `&since=${at(1)}&until=${at(3)}&match=words&limit=1`)).toEqual(
    places(3, 2, 1),
  );
  expect(await found("words fish", "")).toEqual([]);
});
