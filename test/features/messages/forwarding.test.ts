import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { call, login, problem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  getConversation,
  getMessage,
  listed,
  openDirect,
  page,
  remove,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { merged, post, posted, type Reference, reference } from "../../support/clients/forwards.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { HeldConversation } from "../../support/faults/hold.ts";
import { range, text } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;
/** of Ann and Bob */
let here: number;
/** of Ann and Cem */
let there: number;

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(), register(), register()]);
  here = (await createGroup(ann, [bob])).id;
  there = (await openDirect(ann, cem)).id;
});

const forward = (source: { conversation_id: number; seq: number }, fields: object = {}) => ({
  forward: reference(source),
  ...fields,
});

describe("a forward", () => {
  test("is a message of who forwards it, with the body and kind of the other and where that is", async () => {
    const bodies = [
      { kind: "text", body: { text: "一 😀" } },
      { kind: "file", body: { url: "https://example.org/a", name: "a", size: 1 } },
      { kind: "custom", body: { data: "x".repeat(32_000), description: "", extension: "" } },
    ];
    for (const body of bodies) {
      const source = await send(bob, here, body);
      const made = await posted(ann, there, forward(source, { client_msg_id: `f ${source.seq}` }));
      expect(made).toMatchObject(body);
      expect(made.sender.id).toBe(ann.user.id);
      expect(made.forwarded).toEqual({ ...reference(source), sender_id: bob.user.id });
      expect(await getMessage(cem, there, made.seq)).toEqual(made);
      expect((await listed(cem, there)).last_message).toEqual(made);
    }
  });

  test("leaves quote and mentions behind, and has its own", async () => {
    const first = await send(bob, here, "first");
    const quoting = { ...text("second"), quote_seq: first.seq, mentions: [ann.user.id] };
    const source = await send(bob, here, quoting);
    const bare = await posted(ann, there, forward(source));
    expect(bare).not.toHaveProperty("quote");
    expect(bare.mentions).toEqual([]);
    const own = forward(source, { quote_seq: bare.seq, mentions: [cem.user.id] });
    expect(await posted(ann, there, own)).toMatchObject({
      ...{ quote: { seq: bare.seq, preview: "second" }, mentions: [cem.user.id] },
      forwarded: reference(source),
    });
    problem(await post(ann, there, forward(source, { mentions: [bob.user.id] })), 404, "not_found");
    problem(await post(ann, there, forward(source, { quote_seq: 9_999 })), 404, "not_found");
  });

  test("of a forward names the first message", async () => {
    const source = await send(bob, here, "first hand");
    const second = await posted(ann, there, forward(source));
    const third = await posted(cem, (await createGroup(cem)).id, forward(second));
    expect(third).toMatchObject({ body: { text: "first hand" }, sender: { id: cem.user.id } });
    expect(third.forwarded).toEqual({ ...reference(source), sender_id: bob.user.id });
  });

  test("within one conversation is possible", async () => {
    const source = await send(bob, here, "once more");
    expect(await posted(ann, here, forward(source))).toMatchObject({
      ...{ body: { text: "once more" }, forwarded: reference(source) },
    });
  });

  test("stays when the first is revoked, and can be revoked itself", async () => {
    const source = await send(bob, here, "a secret walrus");
    const made = await posted(ann, there, forward(source));
    expect((await remove(bob, here, source.seq, "everyone")).status).toBe(204);
    expect(await getMessage(cem, there, made.seq)).toEqual(made);
    expect((await remove(ann, there, made.seq, "everyone")).status).toBe(204);
    expect(await getMessage(cem, there, made.seq)).toMatchObject({ revoked: true, body: {} });
    expect(await storedInConversation(there)).not.toContain("walrus");
  });
});

describe("what cannot be seen cannot be forwarded or merged", () => {
  /** It is refused, as if it did not exist, and nothing is stored. */
  async function unseen(who: SignedIn, to: number, source: { conversation_id: number; seq: number }) {
    const before = await storedInConversation(to);
    const nowhere = { conversation_id: 999_999, seq: 1 };
    for (const make of [forward, (one: typeof source) => merged([one])]) {
      const answer = await post(who, to, make(source));
      problem(answer, 404, "not_found");
      const unknown = JSON.stringify((await post(who, to, make(nowhere))).body);
      const renamed = unknown.replaceAll("999999", String(source.conversation_id));
      expect(JSON.stringify(answer.body)).toBe(renamed.replace("message 1 of", `message ${source.seq} of`));
    }
    expect(await storedInConversation(to)).toBe(before);
  }

  test("of a conversation that one is not in", async () => {
    await unseen(cem, there, await send(bob, here, "1"));
  });

  test("that there is not", async () => {
    await unseen(ann, there, { conversation_id: here, seq: 9_999 });
    await unseen(ann, here, { conversation_id: here, seq: 9_999 });
  });

  test("that one has hidden", async () => {
    const source = await send(bob, here, "hidden");
    await remove(ann, here, source.seq, "me");
    await unseen(ann, there, source);
    await unseen(ann, here, source);
  });

  test("of a deleted conversation", async () => {
    const other = (await openDirect(ann, bob)).id;
    const source = await send(bob, other, "deleted");
    expect((await call("DELETE", `/v1/conversations/${other}`, { token: ann.token })).status).toBe(204);
    await unseen(ann, there, source);
    await posted(bob, here, forward(source));
  });

  test("from before one's joining, or of a group that one has left", async () => {
    const group = (await createGroup(ann)).id;
    const early = await send(ann, group, "early");
    const members = `/v1/conversations/${group}/members`;
    const body = { user_ids: [cem.user.id] };
    expect((await call("POST", members, { token: ann.token, body })).status).toBe(200);
    const late = await send(ann, group, "late");
    await unseen(cem, there, early);
    await posted(cem, there, forward(late));
    await call("POST", `/v1/conversations/${group}/leave`, { token: cem.token });
    await unseen(cem, there, late);
  });
});

test("what is revoked, and what the server says itself, is refused", async () => {
  const revoked = await send(bob, here, "x");
  await remove(bob, here, revoked.seq, "everyone");
  const group = (await createGroup(ann)).id;
  const body = { name: "a new name" };
  expect((await call("PATCH", `/v1/conversations/${group}`, { token: ann.token, body })).status).toBe(200);
  const tip = (await page(ann, group)).items.find(({ kind }) => kind === "tip");
  if (!tip) throw new Error("a new name makes a tip");
  for (const source of [revoked, tip]) {
    problem(await post(ann, there, forward(source)), 400, "validation_failed");
    problem(await post(ann, there, merged([source])), 400, "validation_failed");
  }
  expect(await posted(ann, group, { ...text("x"), quote_seq: tip.seq })).toMatchObject({
    quote: { seq: tip.seq, kind: "tip", preview: "" },
  });
});

test("who is not in the conversation learns nothing, of what he may forward either", async () => {
  const source = await send(cem, there, "mine");
  const unknown = await post(cem, 999_999, forward(source));
  problem(unknown, 404, "not_found");
  expect(await post(cem, here, forward(source))).toMatchObject({ status: 404, body: unknown.body });
});

test("a send is a kind with a body, or a forward: nothing else, and nothing made up", async () => {
  const source = reference(await send(ann, here, "x"));
  const before = await getConversation(ann, there);
  const bad = [
    { ...text("x"), forward: source },
    { ...merged([source]), forward: source },
    {},
    { body: { text: "x" } },
    ...[null, 1, "x", [], {}, [source]].map((one) => ({ forward: one })),
    ...[0, -1, 1.5, "1", null, 2 ** 53].map((seq) => ({ forward: { ...source, seq } })),
    ...[0, -1, 1.5, "1", null, 2 ** 53].map((conversation_id) => ({
      forward: { ...source, conversation_id },
    })),
    { forward: source, client_msg_id: "" },
    { kind: "tip", body: { event: "joined", actor_id: ann.user.id, user_ids: [] } },
    { kind: "forward", forward: source },
  ];
  for (const body of bad) problem(await post(ann, there, body), 400, "validation_failed");
  expect(await getConversation(ann, there)).toEqual(before);
  const forged = { ...text("x"), forwarded: { ...source, sender_id: bob.user.id }, revoked: true };
  expect(await posted(ann, there, forged)).not.toHaveProperty("forwarded");
});

describe("a repeated client id", () => {
  test("gives the first message, fifty at once too", async () => {
    const source = await send(bob, here, "fifty");
    const body = forward(source, { client_msg_id: "fifty" });
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(ann, there, body)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ body: made }) => JSON.stringify(made))).size).toBe(1);
  });

  test("gives it though the source is revoked, hidden or out of reach by now", async () => {
    let source = reference(await send(bob, here, "soon gone"));
    for (const make of [forward, (one: typeof source) => merged([one])]) {
      const body = { ...make(source), client_msg_id: crypto.randomUUID() };
      const first = await posted(ann, there, body);
      await remove(bob, here, source.seq, "everyone");
      expect(await post(ann, there, body)).toMatchObject({ status: 200, body: first });
      await remove(ann, here, source.seq, "me");
      expect(await post(ann, there, body)).toMatchObject({ status: 200, body: first });
      const other = { ...make({ seq: 1, conversation_id: 999_999 }), client_msg_id: body.client_msg_id };
      expect(await post(ann, there, other)).toMatchObject({ status: 200, body: first });
      source = reference(await send(bob, here, "next"));
    }
  });
});

describe("on a socket", () => {
  test("one is acked and told to the others, one that is refused is told with its client id", async () => {
    const source = await send(bob, here, "over the wire");
    const own = await openRoom(there, ann.token);
    const others = await openRoom(there, cem.token);
    own.send({ type: "send", client_msg_id: "ok", ...forward(source) });
    const { seq } = await own.next("ack");
    expect(await others.next("message")).toMatchObject({
      message: { seq, body: { text: "over the wire" }, forwarded: reference(source) },
    });
    own.send({ type: "send", client_msg_id: "no", ...forward({ ...source, seq: 9_999 }) });
    expect(await own.next("error")).toMatchObject({ code: "not_found", client_msg_id: "no" });
    own.send({ ...text("x", "both"), ...forward(source) });
    expect(await own.next("error")).toMatchObject({ code: "validation_failed", client_msg_id: "both" });
    own.send({ type: "send", client_msg_id: "m", ...merged([source]) });
    await own.next("ack");
    expect(await others.next("message")).toMatchObject({ message: { kind: "merged" } });
    for (const socket of [own, others]) socket.close();
  });

  test("sends stay in order behind one that has to be read, each is stored or refused by itself", async () => {
    const source = await send(bob, here, "waits");
    const own = await openRoom(there, ann.token);
    const items = Array.from({ length: 64 }, (_, i) => {
      const client_msg_id = `order ${i}`;
      if (i % 5 === 1) return { client_msg_id, ...forward(source) };
      if (i % 5 === 3) return { client_msg_id, ...forward({ ...source, seq: 9_999 }) };
      return { ...text(String(i)), client_msg_id };
    });
    own.send({ type: "sends", items });
    for (let i = 64; i < 80; i++) own.send({ ...text(String(i)), client_msg_id: `order ${i}` });
    await own.until(({ acks }) => acks.some(({ client_msg_id }) => client_msg_id === "order 79"));
    const acked = own.acks.map(({ client_msg_id }) => client_msg_id);
    const refused = own.of("error").map(({ client_msg_id }) => client_msg_id);
    const all = Array.from({ length: 80 }, (_, i) => `order ${i}`);
    const bad = all.filter((_, i) => i < 64 && i % 5 === 3);
    expect(acked).toEqual(all.filter((id) => !bad.includes(id)));
    expect(refused).toEqual(bad);
    const seqs = own.acks.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    own.close();
  });
});

describe("a forward that takes its time", () => {
  let ann: SignedIn;
  let bob: SignedIn;
  /** of Ann alone: the conversation that is slow to answer */
  let source: Reference;
  /** of both */
  let id: number;

  beforeAll(async () => {
    [ann, bob] = await Promise.all([register(), register()]);
    source = reference(await send(ann, (await createGroup(ann)).id, "slow"));
  });

  beforeEach(async () => {
    ({ id } = await createGroup(ann, [bob]));
  });

  const texts = async () => (await page(bob, id, "?limit=100")).items.map(({ body }) => body.text);

  test("what a socket sends behind a slow forward keeps its place, others go on", async () => {
    const own = await openRoom(id, ann.token);
    const others = await openRoom(id, bob.token);
    const held = await HeldConversation.hold(source.conversation_id);
    try {
      const first = { ...text("1"), client_msg_id: "1" };
      const forward = { client_msg_id: "f", forward: source };
      own.send({ type: "sends", items: [first, forward, { ...text("2"), client_msg_id: "2" }] });
      own.send(text("3", "3"));
      await own.next("ack");
      others.send(text("bob's", "b"));
      await others.next("ack");
      expect((await post(ann, id, text("by a call"))).status).toBe(201);
      await own.settled();
      expect(own.acks.map(({ client_msg_id }) => client_msg_id)).toEqual(["1"]);
      expect(await texts()).toEqual(["1", "bob's", "by a call"]);
    } finally {
      await held.release();
    }
    await own.until(({ acks }) => acks.length === 4);
    expect(own.acks.map(({ client_msg_id }) => client_msg_id)).toEqual(["1", "f", "2", "3"]);
    expect(await texts()).toEqual(["1", "bob's", "by a call", "slow", "2", "3"]);
    for (const socket of [own, others]) socket.close();
  });

  test("a thousand sends wait for it at most", async () => {
    const own = await openRoom(id, ann.token);
    const held = await HeldConversation.hold(source.conversation_id);
    try {
      own.send({ type: "send", client_msg_id: "f", forward: source });
      for (const frame of range(0, 15)) {
        const items = range(1, 64).map((i) => ({ ...text("x"), client_msg_id: `${frame}.${i}` }));
        own.send({ type: "sends", items });
      }
      await own.settled();
      const refused = own.of("error").filter(({ code }) => code === "rate_limited");
      // 1 + 15 × 64 = 961 wait; the next 64 find no room.
      expect(refused.map(({ client_msg_id }) => client_msg_id)).toEqual(range(1, 64).map((i) => `15.${i}`));
      expect(own.acks).toEqual([]);
      // Who waits for nothing is not held up.
      expect((await post(bob, id, text("still"))).status).toBe(201);
    } finally {
      await held.release();
    }
    await own.until(({ acks }) => acks.length === 961);
    own.close();
  });

  test("what waits when its session is ended is not stored", async () => {
    const device = await login(ann.user.username);
    const own = await openRoom(id, device.token);
    const held = await HeldConversation.hold(source.conversation_id);
    try {
      own.send({ type: "send", client_msg_id: "f", forward: source });
      own.send(text("behind", "b"));
      await own.settled();
      expect((await call("POST", "/v1/logout", { token: device.token })).status).toBe(204);
      expect(await own.closed()).toMatchObject({ code: 4001 });
    } finally {
      await held.release();
    }
    // A forward of the same message which comes later is through later.
    expect((await post(ann, id, { forward: source })).status).toBe(201);
    expect(await texts()).toEqual(["slow"]);
  });

  test("a forward that its sender repeats while the first still waits is stored once", async () => {
    const held = await HeldConversation.hold(source.conversation_id);
    const body = { client_msg_id: "same", forward: source };
    const sends = range(1, 20).map(() => post(ann, id, body));
    await held.release();
    const statuses = (await Promise.all(sends)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([...range(1, 19).map(() => 200), 201]);
    expect(await texts()).toEqual(["slow"]);
  });
});
