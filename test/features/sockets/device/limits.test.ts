import { evictDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { newSession, openDeviceSockets } from "../../../support/accounts/sessions.ts";
import { call, expectProblem, register, type SignedIn } from "../../../support/clients/api.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  openDevice,
  openRoom,
  readRefusal,
  type TestSocket,
  upgrade,
} from "../../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../../support/clock.ts";
import { HeldMethod } from "../../../support/faults/hold.ts";
import { createGroupId, inboxObject, postText, range, textFrame } from "../../../support/objects/room.ts";
import { setNoRateLimits } from "../../../support/settings.ts";

/** The limits of an inbox. */
const MAX_SOCKETS = 100;
const MAX_WAITING = 3_000;
const MAX_SYNCS = 10_000;
const SYNC_SLOTS = 16;
const MAX_ITEMS = 64;

let ann: SignedIn;
let bob: SignedIn;
let slow: ConversationId;
let id: ConversationId;

// Budgets would refuse first what these limits refuse.
beforeAll(setNoRateLimits);

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  [slow, id] = [await createGroupId(ann, bob), await createGroupId(ann, bob)];
});

/** Sends the texts `first` to `last` to a conversation, in frames of 64. */
function sendTexts(socket: TestSocket, conversation_id: number, first: number, last: number): void {
  for (let from = first; from <= last; from += MAX_ITEMS) {
    const numbers = range(from, Math.min(from + MAX_ITEMS - 1, last));
    socket.send({
      type: "sends",
      items: numbers.map((n) => ({ ...textFrame(`${n}`, `c${n}`), conversation_id })),
    });
  }
}

function missingSocket(): never {
  throw new Error("a socket is missing");
}

const errors = (socket: TestSocket, code: string) =>
  socket.of("error").filter((error) => error.code === code);

test("a user has at most 100 open device sockets; more upgrades get 429", async () => {
  const phone = await newSession(ann);
  const first = await Promise.all(range(1, MAX_SOCKETS - 5).map(() => openDevice(ann.token)));
  const answers = await Promise.all(range(1, 20).map(() => upgrade(DEVICE_PATH, phone.token)));
  const opened = answers.filter(({ status }) => status === 101).map((answer) => acceptSocket(answer));
  expect(opened).toHaveLength(5);
  for (const answer of answers.filter(({ status }) => status !== 101)) {
    const refused = await readRefusal(answer);
    expectProblem(refused, 429, "rate_limited");
    expect(refused.headers.get("Retry-After")).toBe("60");
  }
  await evictDurableObject(inboxObject(ann.user.id));
  expect((await upgrade(DEVICE_PATH, ann.token)).status).toBe(429);
  // The limit concerns neither other users nor room sockets.
  await openDevice(bob.token);
  await openRoom(id, ann.token);
  // All sockets get messages, and a closed one frees a place.
  const seq = await postText(id, bob, "hello");
  for (const socket of [...first, ...opened]) await socket.until(({ seqs }) => seqs.includes(seq));
  first[0]?.close();
  await first[0]?.closed();
  await openDevice(phone.token);
  expect((await upgrade(DEVICE_PATH, ann.token)).status).toBe(429);
  expect((await call("POST", "/v1/logout", { token: phone.token })).status).toBe(204);
  await openDevice(ann.token);
  expect(await openDeviceSockets(ann)).toHaveLength(MAX_SOCKETS - 5);
});

test("up to 3,000 sends wait for a slow conversation; more are refused until it answers", async () => {
  freezeClock();
  const [first, second] = [await openDevice(ann.token), await openDevice(ann.token)];
  const held = await HeldMethod.hold(slow, "sendFromDevice");
  sendTexts(first, slow, 1, MAX_WAITING);
  // The send over the limit is refused last, so its error shows that the server has all the others.
  first.send({ ...textFrame("too much", "last"), conversation_id: slow });
  await first.until((socket) => socket.of("error").length === 1);
  second.send({ ...textFrame("too much", "one too many"), conversation_id: id });
  second.send({ type: "read", conversation_id: id, seq: 0 });
  await second.until((socket) => socket.of("error").length === 2);
  const refused = {
    type: "error",
    code: "rate_limited",
    detail: expect.stringContaining("waits"),
    conversation_id: id,
    retry_after: 1,
  };
  expect(second.of("error")).toEqual([{ ...refused, client_msg_id: "one too many" }, refused]);
  // A sync is not held up by waiting sends.
  second.send({ type: "sync", conversation_id: id, after: 0 });
  await second.next("synced");
  held.release();
  await first.until(({ acks }) => acks.length === MAX_WAITING);
  expect(first.acks.map(({ client_msg_id }) => client_msg_id)).toEqual(
    range(1, MAX_WAITING).map((n) => `c${n}`),
  );
  second.send({ ...textFrame("now", "now"), conversation_id: id });
  await second.until(({ acks }) => acks.length === 1);
  await second.until(({ messages }) => messages.length === MAX_WAITING);
});

test("up to 4 MiB of sends wait for a slow conversation; more are refused until it answers", async () => {
  const socket = await openDevice(ann.token);
  const held = await HeldMethod.hold(slow, "sendFromDevice");
  const body = { data: "x".repeat(30_000), description: "", extension: "" };
  const large = (n: number) => ({ kind: "custom", body, client_msg_id: `c${n}`, conversation_id: slow });
  const count = Math.ceil((4.2 * 1024 * 1024) / 30_000);
  for (let n = 1; n <= count; n += 2) socket.send({ type: "sends", items: [large(n), large(n + 1)] });
  await socket.until((it) => errors(it, "rate_limited").length > 0);
  await socket.untilProcessed(id);
  held.release();
  const refused = errors(socket, "rate_limited").length;
  const sent = 2 * Math.ceil(count / 2);
  await socket.until(({ acks }) => acks.length === sent - refused);
  expect((sent - refused) * 30_000).toBeLessThanOrEqual(4 * 1024 * 1024);
  expect((sent - refused) * 30_000).toBeGreaterThan(4 * 1024 * 1024 - 60_000);
  const refusedItems = errors(socket, "rate_limited").map(({ client_msg_id }) =>
    large(Number(String(client_msg_id).slice(1))),
  );
  for (const item of refusedItems) socket.send({ type: "send", ...item });
  await socket.until(({ acks }) => acks.length === sent);
});

test("up to 10,000 syncs wait for slow conversations; more are refused, and those of closed sockets are dropped", async () => {
  const sockets = await Promise.all(range(1, 5).map(() => openDevice(ann.token)));
  const [first = missingSocket(), ...others] = sockets;
  // Syncs queue behind a send, whose call has the longest timeout.
  const held = await HeldMethod.hold(slow, "sendFromDevice");
  first.send({ ...textFrame("first"), conversation_id: slow });
  for (const _ of range(1, SYNC_SLOTS)) first.send({ type: "sync", conversation_id: slow, after: 0 });
  await first.untilProcessed(id);
  const unknown = range(1, 100).map((n) => ({ conversation_id: 1_000_000 + n, after: 0 }));
  for (const socket of others) {
    for (const _ of range(1, MAX_SYNCS / 100 / others.length)) socket.send({ type: "sync", items: unknown });
    await socket.untilProcessed(id);
    expect(socket.of("error")).toHaveLength(1);
  }
  first.send({ type: "sync", items: [{ conversation_id: id, after: 0 }] });
  await first.until((socket) => errors(socket, "rate_limited").length === 1);
  expect(errors(first, "rate_limited")).toMatchObject([{ conversation_id: id }]);
  for (const socket of others) {
    socket.close();
    await socket.closed();
  }
  held.release();
  await first.until((socket) => socket.of("synced").length === SYNC_SLOTS);
  first.send({ type: "sync", items: [{ conversation_id: id, after: 0 }] });
  await first.until((socket) => socket.of("synced").some(({ conversation_id }) => conversation_id === id));
  for (const socket of others) expect(socket.of("error")).toHaveLength(1);
});

test("frames that wait over 30 s for their turn are refused as unavailable and not executed", async () => {
  freezeClock();
  const [first, second] = [await openDevice(ann.token), await openDevice(ann.token)];
  const bobs = await openRoom(slow, bob.token);
  const held = await HeldMethod.hold(slow, "sendFromDevice");
  first.send({ ...textFrame("first", "first"), conversation_id: slow });
  await first.untilProcessed(id);
  first.send({ ...textFrame("second", "second"), conversation_id: slow });
  second.send({ type: "sync", conversation_id: slow, after: 0 });
  second.send({ type: "read", conversation_id: slow, seq: 0 });
  for (const socket of [first, second]) await socket.untilProcessed(id);
  advanceClock(31_000);
  held.release();
  await first.until((socket) => errors(socket, "unavailable").length === 1);
  await second.until((socket) => errors(socket, "unavailable").length === 2);
  expect(first.acks.map(({ client_msg_id }) => client_msg_id)).toEqual(["first"]);
  expect(errors(first, "unavailable")).toMatchObject([{ client_msg_id: "second", conversation_id: slow }]);
  expect(errors(second, "unavailable")).toMatchObject([{ conversation_id: slow }, { conversation_id: slow }]);
  first.send({ ...textFrame("third", "third"), conversation_id: slow });
  second.send({ type: "sync", conversation_id: slow, after: 0 });
  await second.next("synced");
  await bobs.until(({ messages }) => messages.length === 2);
  expect(bobs.messages.map(({ body }) => body.text)).toEqual(["first", "third"]);
});
