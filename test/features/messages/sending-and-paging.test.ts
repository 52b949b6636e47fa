import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  getMessage,
  openDirect,
  page,
  send,
  sendAll,
} from "../../support/clients/chat.ts";
import { asLastMessage } from "../../support/clients/shapes.ts";
import { openRoom } from "../../support/clients/socket.ts";

let ann: SignedIn;
let bob: SignedIn;
let stranger: SignedIn;
/** a direct conversation of Ann and Bob */
let id: number;

beforeAll(async () => {
  [ann, bob, stranger] = await Promise.all([register(), register(), register()]);
  id = (await openDirect(ann, bob)).id;
});

const post = ({ token }: SignedIn, conversation: number, body: unknown) =>
  ask({ token }, conversation, "POST", "/messages", body);

const text = (text: string) => ({ kind: "text", body: { text } });

describe("a send", () => {
  test("returns the message, and both members read it", async () => {
    const group = await createGroup(ann, [bob]);
    const before = Date.now();
    const answer = await post(ann, group.id, text("hello"));
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      conversation_id: group.id,
      seq: 1,
      sender: { id: ann.user.id, username: ann.user.username, nickname: "", avatar: "" },
      kind: "text",
      body: { text: "hello" },
      mentions: [],
      reactions: [],
      mine: [],
      revoked: false,
      rev: 0,
      pinned_at: 0,
      version: 1,
      created_at: expect.any(Number),
    });
    const second = await send(bob, group.id, { ...text("hi"), client_msg_id: "a" });
    expect(second).toMatchObject({ seq: 2, client_msg_id: "a", sender: { id: bob.user.id } });
    for (const reader of [ann, bob]) {
      expect(await page(reader, group.id)).toEqual({
        items: [answer.body, second],
        has_more: false,
        last_seq: 2,
        rev: 0,
      });
      expect(await getMessage(reader, group.id, 1)).toEqual(answer.body);
    }
    expect(second.created_at).toBeGreaterThanOrEqual(before);
  });

  test("with a repeated client_msg_id returns the first message also after its sender has left", async () => {
    const group = await createGroup(ann, [bob]);
    const once = { ...text("once"), client_msg_id: "c" };
    const first = await post(bob, group.id, once);
    const left = await ask(bob, group.id, "POST", "/leave");
    expect([first.status, left.status]).toEqual([201, 204]);
    expect(await post(bob, group.id, once)).toMatchObject({ status: 200, body: first.body });
    expectProblem(await post(bob, group.id, { ...once, client_msg_id: "d" }), 404, "not_found");
    expectProblem(await post(stranger, group.id, once), 404, "not_found");
  });

  test("with a repeated client_msg_id returns the first message and pushes nothing", async () => {
    const group = await createGroup(ann, [bob]);
    const socket = await openRoom(group.id, bob.token);
    const first = await post(ann, group.id, { ...text("once"), client_msg_id: "c" });
    expect(first.status).toBe(201);
    for (const body of [
      text("once"),
      text("something else"),
      { kind: "face", body: { index: "1", data: "" } },
    ]) {
      const repeated = await post(ann, group.id, { ...body, client_msg_id: "c" });
      expect(repeated).toMatchObject({ status: 200 });
      expect(repeated.body).toEqual(first.body);
    }
    await send(ann, group.id, "after");
    await socket.until(() => socket.messages.some(({ body }) => body.text === "after"));
    expect(socket.seqs).toEqual([1, 2]);
    expect((await page(bob, group.id)).items.map(({ body }) => body)).toEqual([
      { text: "once" },
      { text: "after" },
    ]);
    expect((await getConversation(bob, group.id)).unread_count).toBe(2);
    socket.close();
  });

  test("has a client_msg_id of its own for each sender and conversation", async () => {
    const [group, other] = [await createGroup(ann, [bob]), await createGroup(ann, [bob])];
    const body = { ...text("mine"), client_msg_id: "same" };
    expect(await send(ann, group.id, body)).toMatchObject({ seq: 1, sender: { id: ann.user.id } });
    expect(await send(bob, group.id, body)).toMatchObject({ seq: 2, sender: { id: bob.user.id } });
    expect(await send(ann, other.id, body)).toMatchObject({ seq: 1, conversation_id: other.id });
  });

  test("accepts a client_msg_id of 1 to 64 characters", async () => {
    for (const client_msg_id of ["0", "x".repeat(64), "' OR 1=1 --", "编号"]) {
      expect(await send(ann, id, { ...text("x"), client_msg_id })).toMatchObject({ client_msg_id });
    }
    expectProblem(await post(ann, id, { ...text("x"), client_msg_id: "" }), 400, "validation_failed");
  });

  test("that is refused consumes no client_msg_id and no seq", async () => {
    const group = await createGroup(ann, [bob]);
    const client_msg_id = "again";
    const refusedFirst = { ...text("x"), client_msg_id, quote_seq: 1 };
    expectProblem(await post(ann, group.id, refusedFirst), 404, "not_found");
    expect(await send(ann, group.id, { ...text("x"), client_msg_id })).toMatchObject({ seq: 1 });
  });

  test("refuses server kinds and unknown kinds", async () => {
    for (const kind of ["tip", "merged", "", "Text", "__proto__", "constructor", null, 1, [], undefined]) {
      expectProblem(await post(ann, id, { kind, body: { text: "x" } }), 400, "validation_failed");
    }
  });

  test("ignores server fields: sender, seq, time", async () => {
    const sneaky = {
      seq: 999,
      sender: { id: bob.user.id },
      created_at: 1,
      revoked: true,
      conversation_id: 1,
    };
    const sent = await send(ann, id, { ...text("x"), ...sneaky });
    expect(sent).toMatchObject({ sender: { id: ann.user.id }, revoked: false, conversation_id: id });
    expect(sent.seq).not.toBe(999);
    expect(sent.created_at).not.toBe(1);
  });
});

describe("a quote", () => {
  test("shows the quoted sender and a preview", async () => {
    const group = await createGroup(ann, [bob]);
    await send(bob, group.id, `😀${"长".repeat(150)}`);
    await send(bob, group.id, { kind: "file", body: { url: "https://example.org/x", name: "plan.pdf" } });
    await send(bob, group.id, { kind: "face", body: { index: "1", data: "secret" } });
    const quoted = (seq: number, kind: string, preview: string) => ({
      seq,
      sender_id: bob.user.id,
      kind,
      preview,
    });
    const quotes = [
      quoted(1, "text", `😀${"长".repeat(99)}`),
      quoted(2, "file", "plan.pdf"),
      quoted(3, "face", ""),
    ];
    for (const quote of quotes) {
      const sent = await send(ann, group.id, { ...text("this"), quote_seq: quote.seq });
      expect(sent.quote).toEqual(quote);
      expect(await getMessage(bob, group.id, sent.seq)).toEqual(sent);
      expect((await getConversation(bob, group.id)).last_message).toEqual(asLastMessage(sent));
    }
    expect((await page(bob, group.id, "?after=3")).items.map(({ quote }) => quote)).toEqual(quotes);
  });

  test.each([
    ["styles and links", "**Read** _this_: [the plan](https://a.example/plan)", "Read this: the plan"],
    ["a style that ends behind the cut", `**${"long ".repeat(30)}end**`, "long ".repeat(20)],
    [
      "a spoiler that ends behind the cut",
      `It was ||${"the butler ".repeat(20)}!||, who else`,
      "It was ▒▒▒, who else",
    ],
    ["a block of code", "Look:\n```ts\nconst a = b;\n```\nfine", "Look: const a = b; fine"],
    ["signs that are no marks", "5 * 3 > 2_000 - 1", "5 * 3 > 2_000 - 1"],
    ["signs that are escaped, as in any text", "\\*\\*not bold\\*\\*", "\\*\\*not bold\\*\\*"],
  ])("shows what its message shows: %s", async (_, said, preview) => {
    const group = await createGroup(ann, [bob]);
    await send(bob, group.id, said);
    const sent = await send(ann, group.id, { ...text("this"), quote_seq: 1 });
    expect(sent.quote).toMatchObject({ seq: 1, preview });
  });

  test("of an unknown message is refused", async () => {
    const group = await createGroup(ann, [bob]);
    await send(ann, group.id, "one");
    for (const quote_seq of [2, 999, Number.MAX_SAFE_INTEGER]) {
      expectProblem(await post(ann, group.id, { ...text("x"), quote_seq }), 404, "not_found");
    }
    expectProblem(await post(ann, group.id, { ...text("x"), quote_seq: 0 }), 400, "validation_failed");
    expect((await getConversation(ann, group.id)).last_seq).toBe(1);
  });
});

describe("mentions", () => {
  test("are member ids or `all`", async () => {
    const group = await createGroup(ann, [bob]);
    for (const mentions of [[bob.user.id], [ann.user.id, bob.user.id], [], "all"]) {
      const sent = await send(ann, group.id, { ...text("hey"), mentions });
      expect(sent.mentions).toEqual(mentions);
      expect((await getMessage(bob, group.id, sent.seq)).mentions).toEqual(mentions);
    }
  });

  test("of users outside the conversation are refused", async () => {
    for (const mentions of [[stranger.user.id], [bob.user.id, stranger.user.id], [1]]) {
      expectProblem(await post(ann, id, { ...text("hey"), mentions }), 404, "not_found");
    }
  });

  test("are limited to 100 ids", async () => {
    const hundred = Array.from({ length: 100 }, () => bob.user.id);
    expect((await send(ann, id, { ...text("hey"), mentions: hundred })).mentions).toEqual(hundred);
    expectProblem(await post(ann, id, { ...text("hey"), mentions: ["all"] }), 400, "validation_failed");
  });
});

test("a sender is shown with a profile at most a minute old", async () => {
  const group = await createGroup(bob, [ann]);
  await send(bob, group.id, "hello");
  const profile = { nickname: "Bob 😀", avatar: "https://example.org/b.png" };
  await call("PATCH", "/v1/me", { token: bob.token, body: profile });
  const object = env.CONVERSATION.getByName(String(group.id));
  await runInDurableObject(object, (_, { storage }) => {
    storage.sql.exec("UPDATE people SET checked_at = checked_at - 61000");
  });
  await evictDurableObject(object);
  expect((await getMessage(ann, group.id, 1)).sender).toEqual({
    id: bob.user.id,
    username: bob.user.username,
    ...profile,
  });
  await call("PATCH", "/v1/me", { token: bob.token, body: { nickname: "", avatar: "" } });
});

test("a message is readable by its seq, and only by members", async () => {
  const group = await createGroup(ann, [bob]);
  const sent = await send(ann, group.id, "hello");
  expect(await getMessage(bob, group.id, 1)).toEqual(sent);
  const read = (caller: SignedIn, seq: string, of: number = group.id) =>
    ask(caller, of, "GET", `/messages/${seq}`);
  for (const seq of ["2", "999", "9007199254740991"]) expectProblem(await read(ann, seq), 404, "not_found");
  for (const seq of ["0", "-1", "1.5", "1e0", "x", "%00", "9007199254740993", "9".repeat(40)]) {
    expectProblem(await read(ann, seq), 400, "validation_failed");
  }
});

describe("pages", () => {
  let ann: SignedIn;
  let bob: SignedIn;
  /** a group with the messages 1 to 6 */
  let id: number;

  beforeAll(async () => {
    [ann, bob] = await Promise.all([register(), register()]);
    id = (await createGroup(ann, [bob])).id;
    await sendAll(ann, id, ["1", "2", "3", "4", "5", "6"]);
  });

  async function seqs(query: string, caller = ann, of: number = id): Promise<[number[], boolean]> {
    const { items, has_more } = await page(caller, of, query);
    return [items.map(({ seq }) => seq), has_more];
  }

  test.each<[string, number[], boolean]>([
    ["", [1, 2, 3, 4, 5, 6], false],
    ["?limit=100", [1, 2, 3, 4, 5, 6], false],
    ["?limit=7", [1, 2, 3, 4, 5, 6], false],
    ["?limit=6", [1, 2, 3, 4, 5, 6], false],
    ["?limit=5", [2, 3, 4, 5, 6], true],
    ["?limit=1", [6], true],
    ["?before=7&limit=6", [1, 2, 3, 4, 5, 6], false],
    ["?before=7&limit=5", [2, 3, 4, 5, 6], true],
    ["?before=9007199254740991&limit=2", [5, 6], true],
    ["?before=6&limit=5", [1, 2, 3, 4, 5], false],
    ["?before=6&limit=4", [2, 3, 4, 5], true],
    ["?before=2", [1], false],
    ["?before=2&limit=1", [1], false],
    ["?before=3&limit=1", [2], true],
    ["?before=1", [], false],
    ["?before=0", [], false],
    ["?after=0&limit=6", [1, 2, 3, 4, 5, 6], false],
    ["?after=0&limit=5", [1, 2, 3, 4, 5], true],
    ["?after=1&limit=5", [2, 3, 4, 5, 6], false],
    ["?after=1&limit=4", [2, 3, 4, 5], true],
    ["?after=4&limit=1", [5], true],
    ["?after=5&limit=1", [6], false],
    ["?after=5", [6], false],
    ["?after=6", [], false],
    ["?after=7", [], false],
    ["?after=9007199254740991", [], false],
  ])("a page with '%s' is %j", async (query, expected, more) => {
    expect(await seqs(query)).toEqual([expected, more]);
    expect(await seqs(query, bob)).toEqual([expected, more]);
  });

  test("a page of a conversation without messages is empty", async () => {
    const empty = (await createGroup(ann)).id;
    for (const query of ["", "?after=0", "?before=1", "?limit=1"]) {
      expect(await seqs(query, ann, empty)).toEqual([[], false]);
    }
  });

  test.each([1, 2, 3, 4])("pages of %i have each message once in both directions", async (limit) => {
    const forward: number[] = [];
    for (let more = true; more; ) {
      const [items, has] = await seqs(`?after=${forward.at(-1) ?? 0}&limit=${limit}`);
      forward.push(...items);
      more = has;
    }
    expect(forward).toEqual([1, 2, 3, 4, 5, 6]);
    const backward: number[] = [];
    for (let more = true; more; ) {
      const [items, has] = await seqs(`?before=${backward[0] ?? 7}&limit=${limit}`);
      backward.unshift(...items);
      more = has;
    }
    expect(backward).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a page has 50 messages by default and 100 at most", async () => {
    const long = (await createGroup(ann)).id;
    await Promise.all(Array.from({ length: 101 }, (_, i) => send(ann, long, `${i}`)));
    const from = (first: number, last: number) =>
      Array.from({ length: last - first + 1 }, (_, i) => first + i);
    expect(await seqs("", ann, long)).toEqual([from(52, 101), true]);
    expect(await seqs("?after=0", ann, long)).toEqual([from(1, 50), true]);
    expect(await seqs("?limit=100", ann, long)).toEqual([from(2, 101), true]);
    expect(await seqs("?after=1&limit=100", ann, long)).toEqual([from(2, 101), false]);
  });

  test("pages skip hidden messages and are still full", async () => {
    const group = (await createGroup(ann, [bob])).id;
    await sendAll(ann, group, ["1", "2", "3", "4", "5"]);
    for (const seq of [1, 3, 5]) expect((await deleteMessage(bob, group, seq, "me")).status).toBe(204);
    expect(await seqs("", bob, group)).toEqual([[2, 4], false]);
    expect(await seqs("?limit=2", bob, group)).toEqual([[2, 4], false]);
    expect(await seqs("?limit=1", bob, group)).toEqual([[4], true]);
    expect(await seqs("?after=0&limit=1", bob, group)).toEqual([[2], true]);
    expect(await seqs("?after=2&limit=1", bob, group)).toEqual([[4], false]);
    expect(await seqs("?before=3", bob, group)).toEqual([[2], false]);
    expect(await seqs("", ann, group)).toEqual([[1, 2, 3, 4, 5], false]);
  });

  const WRONG = ["-1", "1.5", "1e1", "abc", "", "%00", "9007199254740993", "9".repeat(40), "null"];
  test.each([
    ...WRONG.flatMap((value) => [`before=${value}`, `after=${value}`, `limit=${value}`]),
    "limit=0",
    "limit=101",
    "before=3&after=1",
    "before=0&after=0",
    "before=3&before=4",
    "limit=1&limit=2",
  ])("a page with '?%s' is refused", async (query) => {
    const answer = await ask(ann, id, "GET", `/messages?${query}`);
    expectProblem(answer, 400, "validation_failed");
  });
});
