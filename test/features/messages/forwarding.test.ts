import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { call, expectProblem, login, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  getMessage,
  listedConversation,
  openDirect,
  page,
  send,
  storedInConversation,
} from "../../support/clients/chat.ts";
import {
  expectPosted,
  mergedDraft,
  postDraft,
  type Reference,
  reference,
} from "../../support/clients/forwards.ts";
import { asLastMessage } from "../../support/clients/shapes.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { HeldConversation } from "../../support/faults/hold.ts";
import { range, textFrame } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;
/** a group of Ann and Bob */
let groupId: number;
/** the direct conversation of Ann and Cem */
let directId: number;

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(), register(), register()]);
  groupId = (await createGroup(ann, [bob])).id;
  directId = (await openDirect(ann, cem)).id;
});

const forward = (source: { conversation_id: number; seq: number }, fields: object = {}) => ({
  forward: reference(source),
  ...fields,
});

describe("a forward", () => {
  test("is a message of the forwarding user with the body, kind and reference of the original", async () => {
    const bodies = [
      { kind: "text", body: { text: "一 😀" } },
      { kind: "file", body: { url: "https://example.org/a", name: "a", size: 1 } },
      { kind: "custom", body: { data: "x".repeat(32_000), description: "", extension: "" } },
    ];
    for (const body of bodies) {
      const source = await send(bob, groupId, body);
      const copy = await expectPosted(ann, directId, forward(source, { client_msg_id: `f ${source.seq}` }));
      expect(copy).toMatchObject(body);
      expect(copy.sender.id).toBe(ann.user.id);
      expect(copy.forwarded).toEqual({ ...reference(source), sender_id: bob.user.id });
      expect(await getMessage(cem, directId, copy.seq)).toEqual(copy);
      expect((await listedConversation(cem, directId)).last_message).toEqual(asLastMessage(copy));
    }
  });

  test("has its own quote and mentions, not the original's", async () => {
    const first = await send(bob, groupId, "first");
    const quoting = { ...textFrame("second"), quote_seq: first.seq, mentions: [ann.user.id] };
    const source = await send(bob, groupId, quoting);
    const bare = await expectPosted(ann, directId, forward(source));
    expect(bare).not.toHaveProperty("quote");
    expect(bare.mentions).toEqual([]);
    const own = forward(source, { quote_seq: bare.seq, mentions: [cem.user.id] });
    expect(await expectPosted(ann, directId, own)).toMatchObject({
      ...{ quote: { seq: bare.seq, preview: "second" }, mentions: [cem.user.id] },
      forwarded: reference(source),
    });
    expectProblem(
      await postDraft(ann, directId, forward(source, { mentions: [bob.user.id] })),
      404,
      "not_found",
    );
    expectProblem(await postDraft(ann, directId, forward(source, { quote_seq: 9_999 })), 404, "not_found");
  });

  test("of a forward refers to the original message", async () => {
    const source = await send(bob, groupId, "first hand");
    const second = await expectPosted(ann, directId, forward(source));
    const third = await expectPosted(cem, (await createGroup(cem)).id, forward(second));
    expect(third).toMatchObject({ body: { text: "first hand" }, sender: { id: cem.user.id } });
    expect(third.forwarded).toEqual({ ...reference(source), sender_id: bob.user.id });
  });

  test("within one conversation is possible", async () => {
    const source = await send(bob, groupId, "once more");
    expect(await expectPosted(ann, groupId, forward(source))).toMatchObject({
      ...{ body: { text: "once more" }, forwarded: reference(source) },
    });
  });

  test("stays when the original is revoked, and can be revoked itself", async () => {
    const source = await send(bob, groupId, "a secret walrus");
    const copy = await expectPosted(ann, directId, forward(source));
    expect((await deleteMessage(bob, groupId, source.seq, "everyone")).status).toBe(204);
    expect(await getMessage(cem, directId, copy.seq)).toEqual(copy);
    expect((await deleteMessage(ann, directId, copy.seq, "everyone")).status).toBe(204);
    expect(await getMessage(cem, directId, copy.seq)).toMatchObject({ revoked: true, body: {} });
    expect(await storedInConversation(directId)).not.toContain("walrus");
  });
});

describe("an invisible message cannot be forwarded or merged", () => {
  /**
   * Expects a forward and a merge of a message to be refused as if it did not exist, and nothing to be
   * stored.
   */
  async function expectInvisible(
    who: SignedIn,
    to: number,
    source: { conversation_id: number; seq: number },
  ) {
    const before = await storedInConversation(to);
    const nowhere = { conversation_id: 999_999, seq: 1 };
    for (const make of [forward, (one: typeof source) => mergedDraft([one])]) {
      const answer = await postDraft(who, to, make(source));
      expectProblem(answer, 404, "not_found");
      const unknown = JSON.stringify((await postDraft(who, to, make(nowhere))).body);
      const renamed = unknown.replaceAll("999999", String(source.conversation_id));
      expect(JSON.stringify(answer.body)).toBe(renamed.replace("message 1 of", `message ${source.seq} of`));
    }
    expect(await storedInConversation(to)).toBe(before);
  }

  test("if it is in a conversation of others", async () => {
    await expectInvisible(cem, directId, await send(bob, groupId, "1"));
  });

  test("if it does not exist", async () => {
    await expectInvisible(ann, directId, { conversation_id: groupId, seq: 9_999 });
    await expectInvisible(ann, groupId, { conversation_id: groupId, seq: 9_999 });
  });

  test("if the caller has hidden it", async () => {
    const source = await send(bob, groupId, "hidden");
    await deleteMessage(ann, groupId, source.seq, "me");
    await expectInvisible(ann, directId, source);
    await expectInvisible(ann, groupId, source);
  });

  test("if the caller has deleted its conversation", async () => {
    const other = (await openDirect(ann, bob)).id;
    const source = await send(bob, other, "deleted");
    expect((await ask(ann, other, "DELETE", "")).status).toBe(204);
    await expectInvisible(ann, directId, source);
    await expectPosted(bob, groupId, forward(source));
  });

  test("if it is from before the caller joined, or the caller has left the group", async () => {
    const group = (await createGroup(ann)).id;
    const early = await send(ann, group, "early");
    const members = `/v1/conversations/${group}/members`;
    const body = { user_ids: [cem.user.id] };
    expect((await call("POST", members, { token: ann.token, body })).status).toBe(200);
    const late = await send(ann, group, "late");
    await expectInvisible(cem, directId, early);
    await expectPosted(cem, directId, forward(late));
    await ask(cem, group, "POST", "/leave");
    await expectInvisible(cem, directId, late);
  });
});

test("revoked messages and system messages cannot be forwarded or merged", async () => {
  const revoked = await send(bob, groupId, "x");
  await deleteMessage(bob, groupId, revoked.seq, "everyone");
  const group = (await createGroup(ann)).id;
  const body = { name: "a new name" };
  expect((await ask(ann, group, "PATCH", "", body)).status).toBe(200);
  const systemMessage = (await page(ann, group)).items.find(({ kind }) => kind === "tip");
  if (!systemMessage) throw new Error("a new name makes a system message");
  for (const source of [revoked, systemMessage]) {
    expectProblem(await postDraft(ann, directId, forward(source)), 400, "validation_failed");
    expectProblem(await postDraft(ann, directId, mergedDraft([source])), 400, "validation_failed");
  }
  expect(await expectPosted(ann, group, { ...textFrame("x"), quote_seq: systemMessage.seq })).toMatchObject({
    quote: { seq: systemMessage.seq, kind: "tip", preview: "" },
  });
});

test("a send has either a kind and a body or a forward; server fields are ignored", async () => {
  const source = reference(await send(ann, groupId, "x"));
  const before = await getConversation(ann, directId);
  const invalidBodies = [
    { ...textFrame("x"), forward: source },
    { ...mergedDraft([source]), forward: source },
    {},
    { body: { text: "x" } },
    { forward: source, client_msg_id: "" },
    { kind: "tip", body: { event: "joined", actor_id: ann.user.id, user_ids: [] } },
    { kind: "forward", forward: source },
  ];
  for (const body of invalidBodies)
    expectProblem(await postDraft(ann, directId, body), 400, "validation_failed");
  expect(await getConversation(ann, directId)).toEqual(before);
  const forged = { ...textFrame("x"), forwarded: { ...source, sender_id: bob.user.id }, revoked: true };
  expect(await expectPosted(ann, directId, forged)).not.toHaveProperty("forwarded");
});

describe("a repeated client_msg_id", () => {
  test("returns the first message, also for twenty concurrent forwards", async () => {
    const source = await send(bob, groupId, "fifty");
    const body = forward(source, { client_msg_id: "fifty" });
    const answers = await Promise.all(Array.from({ length: 20 }, () => postDraft(ann, directId, body)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ body: copy }) => JSON.stringify(copy))).size).toBe(1);
  });

  test("returns it even if the source is revoked, hidden or invisible by now", async () => {
    let source = reference(await send(bob, groupId, "soon gone"));
    for (const make of [forward, (one: typeof source) => mergedDraft([one])]) {
      const body = { ...make(source), client_msg_id: crypto.randomUUID() };
      const first = await expectPosted(ann, directId, body);
      await deleteMessage(bob, groupId, source.seq, "everyone");
      expect(await postDraft(ann, directId, body)).toMatchObject({ status: 200, body: first });
      await deleteMessage(ann, groupId, source.seq, "me");
      expect(await postDraft(ann, directId, body)).toMatchObject({ status: 200, body: first });
      const other = { ...make({ seq: 1, conversation_id: 999_999 }), client_msg_id: body.client_msg_id };
      expect(await postDraft(ann, directId, other)).toMatchObject({ status: 200, body: first });
      source = reference(await send(bob, groupId, "next"));
    }
  });
});

describe("a forward on a socket", () => {
  test("is acknowledged and pushed to others, or refused with its client_msg_id", async () => {
    const source = await send(bob, groupId, "over the wire");
    const own = await openRoom(directId, ann.token);
    const others = await openRoom(directId, cem.token);
    own.send({ type: "send", client_msg_id: "ok", ...forward(source) });
    const { seq } = await own.next("ack");
    expect(await others.next("message")).toMatchObject({
      message: { seq, body: { text: "over the wire" }, forwarded: reference(source) },
    });
    own.send({ type: "send", client_msg_id: "no", ...forward({ ...source, seq: 9_999 }) });
    expect(await own.next("error")).toMatchObject({ code: "not_found", client_msg_id: "no" });
    own.send({ ...textFrame("x", "both"), ...forward(source) });
    expect(await own.next("error")).toMatchObject({ code: "validation_failed", client_msg_id: "both" });
    own.send({ type: "send", client_msg_id: "m", ...mergedDraft([source]) });
    await own.next("ack");
    expect(await others.next("message")).toMatchObject({ message: { kind: "merged" } });
    for (const socket of [own, others]) socket.close();
  });

  test("keeps its place among other sends, and each is stored or refused by itself", async () => {
    const source = await send(bob, groupId, "waits");
    const own = await openRoom(directId, ann.token);
    const items = Array.from({ length: 64 }, (_, i) => {
      const client_msg_id = `order ${i}`;
      if (i % 5 === 1) return { client_msg_id, ...forward(source) };
      if (i % 5 === 3) return { client_msg_id, ...forward({ ...source, seq: 9_999 }) };
      return { ...textFrame(String(i)), client_msg_id };
    });
    own.send({ type: "sends", items });
    for (let i = 64; i < 80; i++) own.send({ ...textFrame(String(i)), client_msg_id: `order ${i}` });
    await own.until(({ acks }) => acks.some(({ client_msg_id }) => client_msg_id === "order 79"));
    const acked = own.acks.map(({ client_msg_id }) => client_msg_id);
    const refused = own.of("error").map(({ client_msg_id }) => client_msg_id);
    const all = Array.from({ length: 80 }, (_, i) => `order ${i}`);
    const invalidBodies = all.filter((_, i) => i < 64 && i % 5 === 3);
    expect(acked).toEqual(all.filter((id) => !invalidBodies.includes(id)));
    expect(refused).toEqual(invalidBodies);
    const seqs = own.acks.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    own.close();
  });
});

describe("a forward with a slow source", () => {
  let ann: SignedIn;
  let bob: SignedIn;
  /** a message in a group of Ann alone, which is slow to answer */
  let source: Reference;
  /** a group of Ann and Bob */
  let id: number;

  beforeAll(async () => {
    [ann, bob] = await Promise.all([register(), register()]);
    source = reference(await send(ann, (await createGroup(ann)).id, "slow"));
  });

  beforeEach(async () => {
    ({ id } = await createGroup(ann, [bob]));
  });

  const texts = async () => (await page(bob, id, "?limit=100")).items.map(({ body }) => body.text);

  test("delays later sends of its socket, and no other sends", async () => {
    const own = await openRoom(id, ann.token);
    const others = await openRoom(id, bob.token);
    const held = await HeldConversation.hold(source.conversation_id);
    try {
      const first = { ...textFrame("1"), client_msg_id: "1" };
      const forward = { client_msg_id: "f", forward: source };
      own.send({ type: "sends", items: [first, forward, { ...textFrame("2"), client_msg_id: "2" }] });
      own.send(textFrame("3", "3"));
      await own.next("ack");
      others.send(textFrame("bob's", "b"));
      await others.next("ack");
      expect((await postDraft(ann, id, textFrame("by a call"))).status).toBe(201);
      await own.untilProcessed();
      expect(own.acks.map(({ client_msg_id }) => client_msg_id)).toEqual(["1"]);
      expect(await texts()).toEqual(["1", "bob's", "by a call"]);
    } finally {
      held.release();
    }
    await own.until(({ acks }) => acks.length === 4);
    expect(own.acks.map(({ client_msg_id }) => client_msg_id)).toEqual(["1", "f", "2", "3"]);
    expect(await texts()).toEqual(["1", "bob's", "by a call", "slow", "2", "3"]);
    for (const socket of [own, others]) socket.close();
  });

  test("lets up to 1,000 sends wait", async () => {
    const own = await openRoom(id, ann.token);
    const held = await HeldConversation.hold(source.conversation_id);
    try {
      own.send({ type: "send", client_msg_id: "f", forward: source });
      for (const frame of range(0, 15)) {
        const items = range(1, 64).map((i) => ({ ...textFrame("x"), client_msg_id: `${frame}.${i}` }));
        own.send({ type: "sends", items });
      }
      await own.untilProcessed();
      const refused = own.of("error").filter(({ code }) => code === "rate_limited");
      // 1 + 15 × 64 = 961 sends wait; the next 64 exceed the limit.
      expect(refused.map(({ client_msg_id }) => client_msg_id)).toEqual(range(1, 64).map((i) => `15.${i}`));
      expect(own.acks).toEqual([]);
      // Sends without a forward are not held up.
      expect((await postDraft(bob, id, textFrame("still"))).status).toBe(201);
    } finally {
      held.release();
    }
    await own.until(({ acks }) => acks.length === 961);
    own.close();
  });

  test("discards waiting sends when their session ends", async () => {
    const device = await login(ann.user.username);
    const own = await openRoom(id, device.token);
    const held = await HeldConversation.hold(source.conversation_id);
    try {
      own.send({ type: "send", client_msg_id: "f", forward: source });
      own.send(textFrame("behind", "b"));
      await own.untilProcessed();
      expect((await call("POST", "/v1/logout", { token: device.token })).status).toBe(204);
      expect(await own.closed()).toMatchObject({ code: 4001 });
    } finally {
      held.release();
    }
    // A later forward of the same message completes later.
    expect((await postDraft(ann, id, { forward: source })).status).toBe(201);
    expect(await texts()).toEqual(["slow"]);
  });

  test("is stored once if its sender repeats it while it waits", async () => {
    const held = await HeldConversation.hold(source.conversation_id);
    const body = { client_msg_id: "same", forward: source };
    const sends = range(1, 20).map(() => postDraft(ann, id, body));
    held.release();
    const statuses = (await Promise.all(sends)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([...range(1, 19).map(() => 200), 201]);
    expect(await texts()).toEqual(["slow"]);
  });
});
