import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type ConversationId, UserId } from "../../../src/domain/ids.ts";
import { Message } from "../../../src/surfaces/v1/messages/message.ts";
import { VoterPage } from "../../../src/surfaces/v1/messages/voting.ts";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { type Answer, call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  deleteMessage,
  expectAsked,
  getConversation,
  getMessage,
  listedConversation,
  openDirect,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { expectPosted, mergedDraft, postDraft } from "../../support/clients/forwards.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { conversationObject, createGroupId, inboxObject, itemAt, range } from "../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";

const YEAR_MS = 365 * 86_400_000;
const BODY = {
  question: "Tea or coffee?",
  options: ["tea", "coffee", "water"],
  ...{ multiple: false, anonymous: false, ends_at: 0 },
};

let ann: SignedIn;
let bob: SignedIn;
let carl: SignedIn;
let id: ConversationId;

/** Ann owns a group of three. */
beforeEach(async () => {
  [ann, bob, carl] = await registerUsers(3);
  id = await createGroupId(ann, bob, carl);
});

const poll = (fields: Partial<typeof BODY> = {}) => ({ kind: "poll", body: { ...BODY, ...fields } });

/** Bob sends a poll. @returns its seq */
async function sendPoll(fields: Partial<typeof BODY> = {}, at: number = id): Promise<number> {
  return (await send(bob, at, poll(fields))).seq;
}

const vote = (who: SignedIn, seq: number, options: number[], at: number = id) =>
  ask(who, at, "PUT", `/messages/${seq}/votes`, { options });
const close = (who: SignedIn, seq: number, at: number = id) => ask(who, at, "POST", `/messages/${seq}/close`);

const Poll = z.looseObject({
  poll: z.object({ counts: z.array(z.int()), voters: z.int(), closed_at: z.int() }),
  votes: z.array(z.int()),
  rev: z.int(),
});

/** The counts, the voters and the caller's votes of an answer. */
function tallyOf({ status, body }: Answer) {
  expect(status, JSON.stringify(body)).toBe(200);
  const { poll, votes } = Poll.parse(body);
  return [poll.counts, poll.voters, votes];
}

async function shown(who: SignedIn, seq: number) {
  return tallyOf(await ask(who, id, "GET", `/messages/${seq}`));
}

/** The ids of those who voted for an option. */
async function voters(who: SignedIn, seq: number, option: number, query = ""): Promise<number[]> {
  const { status, body } = await ask(who, id, "GET", `/messages/${seq}/votes?option=${option}${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return VoterPage.parse(body).items.map(({ user }) => user.id);
}

/** The votes of a poll by option, counted in the object's table. */
function recount(seq: number): Promise<{ counts: number[]; voters: number }> {
  return runInDurableObject(conversationObject(id), (_, { storage }) => {
    const count = "SELECT option, count(*) AS count FROM votes WHERE seq = ? AND option >= 0 GROUP BY option";
    const byOption = new Map<number, number>();
    for (const row of storage.sql.exec<{ option: number; count: number }>(count, seq))
      byOption.set(row.option, row.count);
    const users = "SELECT count(DISTINCT user_id) AS count FROM votes WHERE seq = ? AND option >= 0";
    const { count: voters } = storage.sql.exec<{ count: number }>(users, seq).one();
    return { counts: BODY.options.map((_, option) => byOption.get(option) ?? 0), voters };
  });
}

describe("a poll", () => {
  test("is a message of its own kind with an empty tally", async () => {
    const sent = await send(bob, id, { ...poll(), client_msg_id: "p" });
    expect(sent).toMatchObject({ kind: "poll", body: BODY, rev: 0 });
    expect(Poll.parse(sent)).toMatchObject({
      poll: { counts: [0, 0, 0], voters: 0, closed_at: 0 },
      votes: [],
    });
    expect(await getMessage(ann, id, sent.seq)).toEqual(sent);
    expect((await page(ann, id)).items).toEqual([sent]);
    expect((await getConversation(ann, id)).unread_count).toBe(1);
  });

  test("is listed, quoted and found by its question", async () => {
    const seq = await sendPoll();
    await send(ann, id, "coffee");
    await send(ann, id, { kind: "text", body: { text: "hm" }, quote_seq: seq });
    expect(await getMessage(carl, id, 3)).toMatchObject({
      quote: { seq, kind: "poll", preview: "Tea or coffee?" },
    });
    for (const [query, seqs] of [
      ["q=or coffee", [seq]],
      ["q=coffee&kind=poll", [seq]],
      ["q=coffee&kind=text", [2]],
    ] as const) {
      const { body } = await ask(carl, id, "GET", `/messages/search?${query}`);
      const { items } = z.object({ items: z.array(Message) }).parse(body);
      expect(items.map((item) => item.seq)).toEqual(seqs);
    }
    await sendPoll();
    const { last_message } = await listedConversation(carl, id);
    expect(last_message).toMatchObject({ kind: "poll", body: BODY });
    expect(last_message).not.toHaveProperty("poll");
  });

  test.each([
    ["a question of 301 characters", { question: "x".repeat(301) }],
    ["an empty question", { question: " " }],
    ["one option", { options: ["a"] }],
    ["21 options", { options: range(1, 21).map(String) }],
    ["an option of 101 characters", { options: ["a", "x".repeat(101)] }],
    ["an empty option", { options: ["a", ""] }],
    ["two equal options", { options: ["a", "a "] }],
    ["an end in the past", { ends_at: Date.now() - 1_000 }],
    ["an end after more than a year", { ends_at: Date.now() + YEAR_MS + 60_000 }],
  ])("is refused with %s", async (_, fields) => {
    expectProblem(await postDraft(bob, id, poll(fields)), 400, "validation_failed");
    expect((await page(ann, id)).items).toEqual([]);
  });

  test("takes the longest question and options", async () => {
    const options = range(1, 20).map((i) => `${String.fromCodePoint(0x1f600 + i).repeat(100)}`);
    const body = { question: "é".repeat(300), options, ends_at: Date.now() + YEAR_MS - 60_000 };
    expect(await send(bob, id, poll(body))).toMatchObject({ body });
  });

  test("may be sent by those who may write", async () => {
    const direct = await openDirect(ann, bob);
    const seq = await sendPoll({}, direct.id);
    expect(tallyOf(await vote(ann, seq, [1], direct.id))).toEqual([[0, 1, 0], 1, [1]]);
    await call("PUT", `/v1/blocks/${bob.user.id}`, { token: ann.token });
    expectProblem(await vote(bob, seq, [1], direct.id), 403, "blocked");
    expectProblem(await postDraft(bob, direct.id, poll()), 403, "blocked");
  });
});

describe("votes", () => {
  test("replace each other, and withdraw", async () => {
    const seq = await sendPoll();
    expect(tallyOf(await vote(ann, seq, [1]))).toEqual([[0, 1, 0], 1, [1]]);
    expect(tallyOf(await vote(bob, seq, [1]))).toEqual([[0, 2, 0], 2, [1]]);
    expect(tallyOf(await vote(ann, seq, [0]))).toEqual([[1, 1, 0], 2, [0]]);
    expect(await shown(carl, seq)).toEqual([[1, 1, 0], 2, []]);
    expect(tallyOf(await vote(ann, seq, []))).toEqual([[0, 1, 0], 1, []]);
    expect(await recount(seq)).toEqual({ counts: [0, 1, 0], voters: 1 });
  });

  test("that are the same again are no change", async () => {
    const seq = await sendPoll({ multiple: true });
    const first = await vote(ann, seq, [2, 0, 2]);
    expect(tallyOf(first)).toEqual([[1, 0, 1], 1, [0, 2]]);
    const again = await vote(ann, seq, [0, 2]);
    expect(again.body).toEqual(first.body);
    expect((await vote(bob, seq, [])).body).toMatchObject({ rev: 1 });
  });

  test("are for one option unless the poll takes several, and for options that it has", async () => {
    const seq = await sendPoll();
    expectProblem(await vote(ann, seq, [0, 1]), 400, "validation_failed");
    expectProblem(await vote(ann, seq, [3]), 400, "validation_failed");
    expectProblem(await vote(ann, seq, [-1]), 400, "validation_failed");
    expect(await shown(ann, seq)).toEqual([[0, 0, 0], 0, []]);
  });

  test("are for polls alone, which are not revoked", async () => {
    const { seq: text } = await send(ann, id, "hello");
    expectProblem(await vote(ann, text, [0]), 400, "validation_failed");
    expectProblem(await close(ann, text), 400, "validation_failed");
    const seq = await sendPoll();
    await vote(ann, seq, [1]);
    expect((await deleteMessage(bob, id, seq, "everyone")).status).toBe(204);
    const revoked = await getMessage(ann, id, seq);
    expect(revoked).toMatchObject({ kind: "poll", body: {}, revoked: true, rev: 2 });
    expect(revoked).not.toHaveProperty("poll");
    for (const refused of [
      await vote(carl, seq, [0]),
      await close(bob, seq),
      await ask(carl, id, "GET", `/messages/${seq}/votes?option=1`),
    ])
      expectProblem(refused, 400, "validation_failed");
    expect(await recount(seq)).toEqual({ counts: [0, 0, 0], voters: 0 });
    const stored = await runInDurableObject(conversationObject(id), (_, { storage }) =>
      storage.sql.exec("SELECT body, poll FROM messages WHERE seq = ?", seq).one(),
    );
    expect(stored).toEqual({ body: "{}", poll: "{}" });
  });

  test("of muted members and of strangers are refused", async () => {
    const seq = await sendPoll();
    const muted = await ask(ann, id, "PATCH", `/members/${carl.user.id}`, { muted_for_s: 60 });
    expect(muted.status, JSON.stringify(muted.body)).toBeLessThan(300);
    expect(await vote(carl, seq, [0])).toMatchObject({ status: 403, body: { code: "muted" } });
    const [dan] = await registerUsers(1);
    expectProblem(await vote(dan, seq, [0]), 404, "not_found");
    expect((await ask(ann, id, "DELETE", "")).status).toBe(204);
    expectProblem(await vote(bob, seq, [0]), 404, "not_found");
  });

  test("are listed by option, in order, in pages", async () => {
    const seq = await sendPoll({ multiple: true });
    await vote(carl, seq, [0, 1]);
    await vote(ann, seq, [0]);
    await vote(bob, seq, [0]);
    await vote(carl, seq, [0]);
    expect(await voters(bob, seq, 0)).toEqual([carl, ann, bob].map(({ user }) => user.id));
    expect(await voters(bob, seq, 1)).toEqual([]);
    const first = await ask(ann, id, "GET", `/messages/${seq}/votes?option=0&limit=2`);
    const { next_cursor } = VoterPage.parse(first.body);
    expect(await voters(bob, seq, 0, `&limit=2&cursor=${next_cursor}`)).toEqual([bob.user.id]);
    expectProblem(await ask(ann, id, "GET", `/messages/${seq}/votes?option=3`), 400, "validation_failed");
    expectProblem(await ask(ann, id, "GET", `/messages/${seq}/votes`), 400, "validation_failed");
  });

  test("in an anonymous poll are told to nobody", async () => {
    const seq = await sendPoll({ anonymous: true });
    expect(tallyOf(await vote(ann, seq, [0]))).toEqual([[1, 0, 0], 1, [0]]);
    for (const who of [ann, bob, carl])
      expectProblem(await ask(who, id, "GET", `/messages/${seq}/votes?option=0`), 403, "forbidden");
    expect(await shown(bob, seq)).toEqual([[1, 0, 0], 1, []]);
  });

  test("of an account that is deleted go", async () => {
    const seqs = [await sendPoll(), await sendPoll({ multiple: true }), await sendPoll()];
    for (const seq of seqs) await vote(carl, seq, [2]);
    await vote(ann, itemAt(seqs, 0), [2]);
    await close(bob, itemAt(seqs, 2));
    expect((await deleteAccount(carl)).status).toBe(204);
    expect(await shown(ann, itemAt(seqs, 0))).toEqual([[0, 0, 1], 1, [2]]);
    for (const seq of seqs.slice(1)) expect(await shown(ann, seq)).toEqual([[0, 0, 0], 0, []]);
    expect((await recount(itemAt(seqs, 0))).voters).toBe(1);
  });

  test("that were withdrawn leave with the account without a change of the message", async () => {
    const seq = await sendPoll();
    await vote(carl, seq, [2]);
    await vote(carl, seq, []);
    const before = await getMessage(ann, id, seq);
    expect((await deleteAccount(carl)).status).toBe(204);
    expect(JSON.parse(await storedInConversation(id))).toMatchObject({
      votes: [],
      conversation: [{ rev: 2 }],
    });
    expect(await getMessage(ann, id, seq)).toEqual(before);
  });
});

test("a revoke takes the votes also from who was told of their own", async () => {
  const seq = await sendPoll();
  const room = await openRoom(id, ann.token);
  const device = await openDevice(ann.token);
  await vote(ann, seq, [1]);
  for (const socket of [room, device])
    await socket.until(() => socket.of("changed").some(({ rev }) => rev === 1));
  expect((await deleteMessage(bob, id, seq, "everyone")).status).toBe(204);
  expect(await getMessage(ann, id, seq)).toMatchObject({ revoked: true, rev: 2, votes: [] });
  for (const socket of [room, device]) {
    await socket.until(() => socket.of("changed").some(({ rev }) => rev === 2));
    expect(socket.of("changed").at(-1)).toMatchObject({ items: [{ seq, revoked: true, votes: [] }] });
  }
});

describe("the end of a poll", () => {
  test("comes at ends_at by the object's clock, without a change of the message", async () => {
    const clock = freezeClock();
    try {
      const ends_at = Date.now() + 60_000;
      const seq = await sendPoll({ ends_at });
      await vote(ann, seq, [0]);
      expect(await getMessage(ann, id, seq)).toMatchObject({ poll: { closed_at: 0 }, rev: 1 });
      advanceClock(60_000);
      expect(await getMessage(ann, id, seq)).toMatchObject({ poll: { closed_at: ends_at }, rev: 1 });
      expectProblem(await vote(bob, seq, [1]), 409, "conflict");
      const closed = await close(bob, seq);
      expect(closed.body).toMatchObject({ poll: { counts: [1, 0, 0], closed_at: ends_at }, rev: 1 });
    } finally {
      clock.resume();
    }
  });

  test("may come from its sender across a block and a mute: it says nothing to anybody", async () => {
    const direct = await openDirect(ann, bob);
    const seq = await sendPoll({}, direct.id);
    for (const who of [ann, bob]) await vote(who, seq, [1], direct.id);
    await call("PUT", `/v1/blocks/${bob.user.id}`, { token: ann.token });
    expectProblem(await close(ann, seq, direct.id), 403, "forbidden");
    expect((await close(bob, seq, direct.id)).body).toMatchObject({
      poll: { counts: [0, 2, 0], closed_at: expect.any(Number) },
    });
    const inGroup = await sendPoll();
    await expectAsked(ann, id, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 60 });
    const closed = z
      .object({ poll: z.object({ closed_at: z.int() }) })
      .parse((await close(bob, inGroup)).body);
    expect(closed.poll.closed_at).toBeGreaterThan(0);
    await call("DELETE", `/v1/blocks/${bob.user.id}`, { token: ann.token });
    expectProblem(await vote(ann, seq, [0], direct.id), 409, "conflict");
  });

  test("comes when its sender, the owner or an admin closes it", async () => {
    const seq = await sendPoll();
    expectProblem(await close(carl, seq), 403, "forbidden");
    const closed = await close(bob, seq);
    const { poll, rev } = Poll.parse(closed.body);
    expect(poll.closed_at).toBeGreaterThan(0);
    expect(rev).toBe(1);
    expect(Poll.parse((await close(ann, seq)).body)).toMatchObject({ poll, rev });
    expectProblem(await vote(ann, seq, [0]), 409, "conflict");
    const other = await sendPoll();
    expect((await close(ann, other)).status).toBe(200);
  });
});

describe("a copy of a poll", () => {
  test("is a poll of its own without votes", async () => {
    const seq = await sendPoll();
    await vote(ann, seq, [1]);
    await close(bob, seq);
    const forward = { forward: { conversation_id: id, seq } };
    const copy = await expectPosted(ann, id, forward);
    expect(copy).toMatchObject({ kind: "poll", body: BODY, forwarded: { seq } });
    expect(Poll.parse(copy).poll).toEqual({ counts: [0, 0, 0], voters: 0, closed_at: 0 });
    expect(tallyOf(await vote(carl, copy.seq, [2]))).toEqual([[0, 0, 1], 1, [2]]);
    expect(await shown(carl, seq)).toEqual([[0, 1, 0], 1, []]);
  });

  test("is closed if the end has passed", async () => {
    const clock = freezeClock();
    try {
      const ends_at = Date.now() + 60_000;
      const seq = await sendPoll({ ends_at });
      advanceClock(60_000);
      const copy = await expectPosted(ann, id, { forward: { conversation_id: id, seq } });
      expect(Poll.parse(copy).poll.closed_at).toBe(ends_at);
      expectProblem(await vote(ann, copy.seq, [0]), 409, "conflict");
    } finally {
      clock.resume();
    }
  });

  test("in a merged message is its text", async () => {
    const sent = await send(bob, id, poll());
    const merged = await expectPosted(ann, id, mergedDraft([sent]));
    const text = "Tea or coffee?\n1. tea\n2. coffee\n3. water";
    expect(merged.body).toMatchObject({ items: [{ seq: sent.seq, kind: "text", body: { text } }] });
  });
});

describe("the previous release", () => {
  test("finds a text that it can list", async () => {
    const seq = await sendPoll();
    await vote(ann, seq, [1]);
    expect((await listedConversation(ann, id)).last_message).toMatchObject({ kind: "poll" });
    const text = { kind: "text", body: '{"text":"Tea or coffee?\\n1. tea\\n2. coffee\\n3. water"}' };
    const row = await runInDurableObject(conversationObject(id), (_, { storage }) =>
      storage.sql.exec("SELECT kind, body FROM messages WHERE seq = ?", seq).one(),
    );
    expect(row).toEqual(text);
    const listed = await runInDurableObject(inboxObject(UserId.parse(ann.user.id)), (_, { storage }) =>
      storage.sql.exec<{ preview: string }>("SELECT preview FROM conversations").one(),
    );
    expect(JSON.parse(listed.preview)).toMatchObject(text);
  });
});

describe("at once", () => {
  test("twenty votes of twenty users, and twenty of one, are counted exactly", async () => {
    const users = await registerUsers(20);
    const body = { user_ids: users.map(({ user }) => user.id) };
    expect((await ask(ann, id, "POST", "/members", body)).status).toBe(200);
    const seq = await sendPoll({ multiple: true });
    const answers = await Promise.all(users.map((who, i) => vote(who, seq, i % 2 ? [i % 3] : [0, 1])));
    for (const { status } of answers) expect(status).toBe(200);
    await Promise.all(range(1, 20).map((i) => vote(ann, seq, [i % 3])));
    const [counts, voters] = await shown(bob, seq);
    expect(voters).toBe(21);
    expect(await recount(seq)).toEqual({ counts, voters });
  });

  test("votes lose against a close, and against a revoke", async () => {
    for (const end of [
      (seq: number) => close(bob, seq),
      (seq: number) => deleteMessage(bob, id, seq, "everyone"),
    ]) {
      const seq = await sendPoll();
      const voting = range(1, 20).map((i) => vote(itemAt([ann, carl], i % 2), seq, [i % 3]));
      const [ended, ...answers] = await Promise.all([end(seq), ...voting]);
      expect(ended?.status).toBeLessThan(300);
      for (const { status } of answers) expect([200, 400, 409]).toContain(status);
      const { poll } = z
        .looseObject({ poll: Poll.shape.poll.optional() })
        .parse(await getMessage(ann, id, seq));
      const { counts = [0, 0, 0], voters = 0 } = poll ?? {};
      expect(await recount(seq)).toEqual({ counts, voters });
    }
  });
});

describe("on sockets", () => {
  const Changed = z.object({ rev: z.int(), items: z.array(Message) });

  test("a vote is told to all with the tally, and the own votes to who voted", async () => {
    setTiming({ deviceFeed: { holdMs: 1 } });
    overrideTiming({ changes: { intervalMs: 1 } });
    const sockets = [
      await openRoom(id, ann.token),
      await openRoom(id, carl.token),
      await openDevice(ann.token),
    ];
    const seq = await sendPoll();
    await sockets[2]?.until(() => sockets[2]?.seqs.includes(seq) ?? false);
    await vote(ann, seq, [1]);
    const own = await Promise.all(
      sockets.map(async (socket) => {
        const { items } = Changed.parse(await socket.next("changed"));
        expect(items[0]).toMatchObject({ seq, poll: { counts: [0, 1, 0], voters: 1, closed_at: 0 } });
        return z.looseObject({ votes: z.array(z.int()).optional() }).parse(items[0]).votes;
      }),
    );
    expect(own).toEqual([[1], undefined, [1]]);
  });

  test("a replay has the votes of its reader, and the end that has passed", async () => {
    const clock = freezeClock();
    try {
      const ends_at = Date.now() + 60_000;
      const room = await openRoom(id, bob.token);
      room.send({ type: "send", ...poll({ ends_at }), client_msg_id: "p" });
      expect(await room.next("ack")).toMatchObject({ seq: 1 });
      await vote(ann, 1, [2]);
      const replayed = async (who: SignedIn) => {
        const device = await openDevice(who.token);
        device.send({ type: "sync", conversation_id: id, after: 0 });
        await device.next("synced");
        return z.object({ message: Message }).parse(device.of("message").at(-1)).message;
      };
      expect(await replayed(ann)).toMatchObject({ poll: { counts: [0, 0, 1], closed_at: 0 }, votes: [2] });
      advanceClock(60_000);
      const ended = { counts: [0, 0, 1], closed_at: ends_at };
      expect(await replayed(ann)).toMatchObject({ poll: ended, votes: [2] });
      expect(await replayed(carl)).toMatchObject({ poll: ended, votes: [] });
    } finally {
      clock.resume();
    }
  });
});
