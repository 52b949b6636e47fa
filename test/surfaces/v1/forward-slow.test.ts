import { beforeAll, beforeEach, expect, test } from "vitest";
import { call, login, register, type SignedIn } from "../../support/api.ts";
import { createGroup, page, send } from "../../support/chat.ts";
import { post, type Reference, reference } from "../../support/forwards.ts";
import { HeldConversation } from "../../support/hold.ts";
import { range, text } from "../../support/room.ts";
import { openRoom } from "../../support/socket.ts";

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
