import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getMessage,
  openDirect,
  send,
  sendAll,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { StrictSearch } from "../../support/clients/shapes.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { conversationObject, range } from "../../support/objects/room.ts";
import { indexCode, indexLeftovers, indexTokens, tokensOf } from "../../support/objects/search.ts";
import { setNoRateLimits } from "../../support/settings.ts";

const DAY_MS = 86_400_000;

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

// One member asks for more pages of hits here than are allowed in a minute.
beforeAll(setNoRateLimits);

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(), register(), register()]);
});

/** One page of a member's search results. */
async function find({ token }: SignedIn, id: number, q: string, query = "") {
  const path = `/v1/conversations/${id}/messages/search?q=${encodeURIComponent(q)}${query}`;
  const answer = await call("GET", path, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictSearch.parse(answer.body);
}

/** The seqs of all search results of a member, page by page, in the order of the answers. */
async function findAll(who: SignedIn, id: number, q: string, query = ""): Promise<number[]> {
  const found: number[] = [];
  let before: number | null = null;
  do {
    const page = await find(who, id, q, before === null ? query : `${query}&before=${before}`);
    found.push(...page.items.map(({ seq }) => seq));
    before = page.next_before;
  } while (before !== null);
  return found;
}

const Seq = z.object({ seq: z.number() });

/** The seq up to which messages are indexed. */
function indexedSeq(id: number): Promise<number> {
  const stub = conversationObject(ConversationId.parse(id));
  return runInDurableObject(stub, (_, { storage }) => {
    return Seq.parse(storage.sql.exec("SELECT indexed_seq AS seq FROM indexing").one()).seq;
  });
}

/** Sends texts over a room socket, and resolves once indexing is finished. */
async function fill(who: SignedIn, id: number, texts: string[]): Promise<void> {
  const socket = await openRoom(id, who.token);
  for (let i = 0; i < texts.length; i += 64) {
    const items = texts.slice(i, i + 64).map((text) => ({ kind: "text", body: { text } }));
    socket.send({ type: "sends", items });
  }
  await socket.until(({ acks }) => acks.length === texts.length);
  socket.close();
  await untilIndexed(id);
}

/** Resolves once there is nothing to index, merge or purge. */
async function untilIndexed(id: number): Promise<void> {
  const stub = conversationObject(ConversationId.parse(id));
  await eventually(async () => {
    const jobs = await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'index'").toArray(),
    );
    expect(jobs).toEqual([]);
  });
}

test("finds parts of words in any script as they are read, newest first", async () => {
  const { id } = await openDirect(ann, bob);
  await sendAll(ann, id, [
    "Straßenbahn",
    "今天天气很好",
    "ＨＥＬＬＯ world",
    "Привет, мир",
    "🦭🦭 seals",
    "50 ㎏",
    "…",
    "I ❤️ İstanbul, don’t\nyou",
    "❤ to\u00admorrow",
  ]);
  const finds: [string, number[]][] = [
    ["straSSe", [1]],
    ["traßen", [1]],
    ["天", [2]],
    ["天天", [2]],
    ["天气", [2]],
    ["气天", []],
    ["hello W", [3]],
    ["ПРИВЕТ", [4]],
    ["🦭🦭", [5]],
    ["🦭 ", [5]],
    ["kg", [6]],
    ["l", [8, 5, 3]],
    [" ", [9, 8, 6, 5, 4, 3]],
    ["  ", [9, 8, 6, 5, 4, 3]],
    ["❤", [9, 8]],
    ["❤️", [9, 8]],
    ["\ufe0f", []],
    ["istanbul, don't you", [8]],
    ["tomorrow", [9]],
    ["%", []],
    ['"', []],
    ["a* OR b", []],
  ];
  for (const [q, seqs] of finds) expect(await findAll(bob, id, q), q).toEqual(seqs);
  const { items, next_before } = await find(bob, id, "天气");
  expect(items).toEqual([await getMessage(bob, id, 2)]);
  expect(next_before).toBeNull();
});

test("finds file names, addresses and descriptions, and filters by kind and sender", async () => {
  const { id } = await createGroup(ann, [bob]);
  const url = "https://example.org/walrus.png";
  await send(ann, id, { kind: "image", body: { url, name: "A Walrus.png" } });
  await send(ann, id, { kind: "file", body: { url } });
  await send(bob, id, { kind: "location", body: { latitude: 1, longitude: 2, address: "Walrus Road 1" } });
  await send(bob, id, {
    kind: "custom",
    body: { data: "walrus", description: "of a walrus", extension: "walrus" },
  });
  await send(bob, id, { kind: "custom", body: { data: "walrus", description: "", extension: "walrus" } });
  await send(ann, id, { kind: "face", body: { index: "walrus", data: "walrus" } });
  await send(ann, id, "walrus");
  expect(await findAll(ann, id, "walrus")).toEqual([7, 4, 3, 1]);
  expect(await findAll(ann, id, "walrus", "&kind=image")).toEqual([1]);
  expect(await findAll(ann, id, "walrus", "&kind=face")).toEqual([]);
  expect(await findAll(ann, id, "walrus", `&sender_id=${bob.user.id}`)).toEqual([4, 3]);
  expect(await findAll(ann, id, "walrus", `&sender_id=${bob.user.id}&kind=custom`)).toEqual([4]);
  expect(await findAll(ann, id, "walrus", `&sender_id=${cem.user.id}`)).toEqual([]);
});

test("pages go from newest to oldest without gaps", async () => {
  const { id } = await createGroup(ann);
  await sendAll(ann, id, ["seal", "other", "seal", "seal", "other", "seal"]);
  const first = await find(ann, id, "seal", "&limit=2");
  expect([first.items.map(({ seq }) => seq), first.next_before]).toEqual([[6, 4], 4]);
  const second = await find(ann, id, "seal", "&limit=2&before=4");
  expect([second.items.map(({ seq }) => seq), second.next_before]).toEqual([[3, 1], null]);
  for (const before of [0, 1]) {
    expect(await find(ann, id, "seal", `&before=${before}`)).toEqual({ items: [], next_before: null });
  }
  expect(await findAll(ann, id, "seal", "&limit=1")).toEqual([6, 4, 3, 1]);
});

test("refuses an invalid query with validation_failed", async () => {
  const { id } = await createGroup(ann);
  const path = `/v1/conversations/${id}/messages/search`;
  const invalidQueries = [
    ...[
      "",
      "?q=",
      "?Q=x",
      "?q=%00",
      "?q=%ed%a0%80",
      "?q=%ff",
      "?q=a?%ff",
      "?q=a&q=b",
      `?q=${"x".repeat(101)}`,
    ],
    ...["&limit=0", "&limit=101", "&limit=x", "&limit=-1", "&before=-1", "&before=x", "&before=1&before=2"],
    ...["&kind=", "&kind=x", "&kind=TEXT", "&sender_id=0", "&sender_id=x", "&sender_id=", "&before="],
  ];
  for (const query of invalidQueries) {
    const answer = await call("GET", path + (query.startsWith("&") ? `?q=x${query}` : query), {
      token: ann.token,
    });
    expect(answer.status, query).toBe(400);
    expectProblem(answer, 400, "validation_failed");
  }
  for (const q of [
    "x".repeat(100),
    "🦭".repeat(100),
    "ﷺ".repeat(100),
    '"'.repeat(100),
    "' OR 1=1 --",
    "a AND NOT b",
  ]) {
    expect(await find(ann, id, q)).toEqual({ items: [], next_before: null });
  }
  for (const wrong of ["search/", "search/1", "SEARCH", "searchx"]) {
    const answer = await call("GET", `/v1/conversations/${id}/messages/${wrong}?q=x`, { token: ann.token });
    expect(answer.status, wrong).toBe({ "search/": 200, "search/1": 404 }[wrong] ?? 400);
  }
  const posted = await call("POST", path, { token: ann.token, body: {} });
  expect([404, 405]).toContain(posted.status);
});

test("a revoked message is found by nobody at once, and its words leave the index in a moment", async () => {
  const { id } = await createGroup(ann, [bob]);
  const secret = "秘密の海象 🦭";
  const texts = range(1, 230).map((n) => (n === 100 ? secret : `No ${n}`));
  await fill(ann, id, texts);
  expect(await indexedSeq(id)).toBe(200);
  const stub = conversationObject(ConversationId.parse(id));
  const tokens = () => runInDurableObject(stub, (_, { storage }) => indexTokens(storage));
  expect(await tokens()).toEqual(expect.arrayContaining(tokensOf(secret)));
  expect(await storedInConversation(id)).toContain(indexCode("🦭"));
  const others = new Set(
    texts.filter((text) => text !== secret).flatMap((text) => tokensOf(text.toLowerCase())),
  );
  expect((await deleteMessage(ann, id, 100, "everyone")).status).toBe(204);
  for (const q of [secret, "海", "🦭"]) expect(await findAll(ann, id, q)).toEqual([]);
  await untilIndexed(id);
  for (const token of await tokens()) expect(others).toContain(token);
  expect(await runInDurableObject(stub, (_, { storage }) => indexLeftovers(storage))).toEqual([]);
  // The words are not in the bytes of the FTS5 tables either.
  expect(await storedInConversation(id)).not.toContain(indexCode("🦭"));
  expect(await storedInConversation(id)).not.toContain("海象");
});

test("finds words in any order, however far apart, by the index and above it", async () => {
  const { id } = await createGroup(ann, [bob]);
  const apart = `the Walrus ${"and so on ".repeat(40)} sings`;
  const texts = ["walrus sings", "Sings the WALRUS", "a walrus", "who sings?", apart];
  await fill(ann, id, [...texts, ...range(1, 220).map((n) => `No ${n}`), ...texts]);
  expect(await indexedSeq(id)).toBe(200);
  const words = "&match=words";
  expect(await findAll(ann, id, "walrus sings", words)).toEqual([230, 227, 226, 5, 2, 1]);
  expect(await findAll(ann, id, "sings walrus sings ", `${words}&limit=2`)).toEqual([230, 227, 226, 5, 2, 1]);
  expect(await findAll(ann, id, "walrus sings")).toEqual([226, 1]);
  expect(await findAll(ann, id, "sings walrus", "&match=phrase")).toEqual([]);
  expect(await findAll(ann, id, "walrus dances", words)).toEqual([]);
  expect(await findAll(ann, id, " ", words)).toEqual(await findAll(ann, id, " "));
});

test("finds what was sent from a time on, and up to a time, both included", async () => {
  freezeClock();
  const start = Date.now();
  const { id } = await createGroup(ann, [bob]);
  for (const day of range(0, 4)) {
    await send(ann, id, `walrus of day ${day}`);
    if (day < 4) advanceClock(DAY_MS);
  }
  const at = (day: number) => start + day * DAY_MS;
  expect(await findAll(ann, id, "walrus", `&since=${at(2)}`)).toEqual([5, 4, 3]);
  expect(await findAll(ann, id, "walrus", `&until=${at(2)}`)).toEqual([3, 2, 1]);
  expect(await findAll(ann, id, "walrus", `&since=${at(1)}&until=${at(3) - 1}&limit=1`)).toEqual([3, 2]);
  expect(await findAll(ann, id, "walrus", `&since=${at(4) + 1}`)).toEqual([]);
  expect(await findAll(ann, id, "walrus", `&until=${start - 1}`)).toEqual([]);
  for (const wrong of ["&since=x", "&until=-1", "&match=any", "&since="])
    expectProblem(await ask(ann, id, "GET", `/messages/search?q=a${wrong}`), 400, "validation_failed");
});
