import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { newSession, openDevices } from "../../../support/accounts/sessions.ts";
import { call, problem, register, type SignedIn } from "../../../support/clients/api.ts";
import {
  accepted,
  DEVICE_PATH,
  openDevice,
  openRoom,
  refusal,
  type TestSocket,
  upgrade,
} from "../../../support/clients/socket.ts";
import { HeldCalls } from "../../../support/faults/hold.ts";
import { inboxObject, newGroup, post, range, text } from "../../../support/objects/room.ts";

/** What the inbox takes. */
const SOCKETS = 100;
const ASKED = 3_000;
const SYNCS = 10_000;
const LANES = 16;
const IN_A_FRAME = 64;

let ann: SignedIn;
let bob: SignedIn;
let slow: ConversationId;
let id: ConversationId;

beforeEach(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  [slow, id] = [await newGroup(ann, bob), await newGroup(ann, bob)];
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Moves the clock of the objects on; it stands still otherwise. */
function standStill(): (ms: number) => void {
  let now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now);
  return (ms) => {
    now += ms;
  };
}

/** Sends texts of these numbers to a conversation. */
function sendTexts(socket: TestSocket, conversation_id: number, first: number, last: number): void {
  for (let from = first; from <= last; from += IN_A_FRAME) {
    const numbers = range(from, Math.min(from + IN_A_FRAME - 1, last));
    socket.send({
      type: "sends",
      items: numbers.map((n) => ({ ...text(`${n}`, `c${n}`), conversation_id })),
    });
  }
}

function nobody(): never {
  throw new Error("there is somebody");
}

const errors = (socket: TestSocket, code: string) =>
  socket.of("error").filter((error) => error.code === code);

test("a user has at most 100 devices' sockets open, opened at once or not; more get 429", async () => {
  const phone = await newSession(ann);
  const first = await Promise.all(range(1, SOCKETS - 5).map(() => openDevice(ann.token)));
  const answers = await Promise.all(range(1, 20).map(() => upgrade(DEVICE_PATH, phone.token)));
  const opened = answers.filter(({ status }) => status === 101).map((answer) => accepted(answer));
  expect(opened).toHaveLength(5);
  for (const answer of answers.filter(({ status }) => status !== 101)) {
    const refused = await refusal(answer);
    problem(refused, 429, "rate_limited");
    expect(refused.headers.get("Retry-After")).toBe("60");
  }
  await evictDurableObject(inboxObject(ann.user.id));
  expect((await upgrade(DEVICE_PATH, ann.token)).status).toBe(429);
  // Others are not concerned, nor is he in a room.
  await openDevice(bob.token);
  await openRoom(id, ann.token);
  // All are told, and who goes makes room.
  const seq = await post(id, bob, "hello");
  for (const socket of [...first, ...opened]) await socket.until(({ seqs }) => seqs.includes(seq));
  first[0]?.close();
  await first[0]?.closed();
  await openDevice(phone.token);
  expect((await upgrade(DEVICE_PATH, ann.token)).status).toBe(429);
  expect((await call("POST", "/v1/logout", { token: phone.token })).status).toBe(204);
  await openDevice(ann.token);
  expect(await openDevices(ann)).toHaveLength(SOCKETS - 5);
});

test("3,000 sends wait for a slow conversation, more are refused; then it goes on", async () => {
  standStill();
  const [one, two] = [await openDevice(ann.token), await openDevice(ann.token)];
  const held = await HeldCalls.hold(slow, "sendFromDevice");
  sendTexts(one, slow, 1, ASKED);
  // What the rate forbids is refused behind them: so the server has them all.
  one.send({ ...text("too fast", "last"), conversation_id: slow });
  await one.until((socket) => socket.of("error").length === 1);
  two.send({ ...text("too much", "one too many"), conversation_id: id });
  two.send({ type: "read", conversation_id: id, seq: 0 });
  await two.until((socket) => socket.of("error").length === 2);
  const refused = {
    type: "error",
    code: "rate_limited",
    detail: expect.stringContaining("waits"),
    conversation_id: id,
  };
  expect(two.of("error")).toEqual([{ ...refused, client_msg_id: "one too many" }, refused]);
  // What a syncing device is told does not wait for that.
  two.send({ type: "sync", conversation_id: id, after: 0 });
  await two.next("synced");
  held.release();
  await one.until(({ acks }) => acks.length === ASKED);
  expect(one.acks.map(({ client_msg_id }) => client_msg_id)).toEqual(range(1, ASKED).map((n) => `c${n}`));
  two.send({ ...text("now", "now"), conversation_id: id });
  await two.until(({ acks }) => acks.length === 1);
  await two.until(({ messages }) => messages.length === ASKED);
});

test("sends of 4 MiB wait for a slow conversation, more are refused; then it goes on", async () => {
  const socket = await openDevice(ann.token);
  const held = await HeldCalls.hold(slow, "sendFromDevice");
  const body = { data: "x".repeat(30_000), description: "", extension: "" };
  const large = (n: number) => ({ kind: "custom", body, client_msg_id: `c${n}`, conversation_id: slow });
  const count = Math.ceil((4.2 * 1024 * 1024) / 30_000);
  for (let n = 1; n <= count; n += 2) socket.send({ type: "sends", items: [large(n), large(n + 1)] });
  await socket.until((it) => errors(it, "rate_limited").length > 0);
  await socket.settled(id);
  held.release();
  const refused = errors(socket, "rate_limited").length;
  const sent = 2 * Math.ceil(count / 2);
  await socket.until(({ acks }) => acks.length === sent - refused);
  expect((sent - refused) * 30_000).toBeLessThanOrEqual(4 * 1024 * 1024);
  expect((sent - refused) * 30_000).toBeGreaterThan(4 * 1024 * 1024 - 60_000);
  const again = errors(socket, "rate_limited").map(({ client_msg_id }) =>
    large(Number(String(client_msg_id).slice(1))),
  );
  for (const item of again) socket.send({ type: "send", ...item });
  await socket.until(({ acks }) => acks.length === sent);
});

test("10,000 syncs wait where conversations are slow, more are refused; those of who has gone are not made", async () => {
  const sockets = await Promise.all(range(1, 5).map(() => openDevice(ann.token)));
  const [one = nobody(), ...others] = sockets;
  // They wait for their turn behind a send, for which an answer is waited for longest.
  const held = await HeldCalls.hold(slow, "sendFromDevice");
  one.send({ ...text("first"), conversation_id: slow });
  for (const _ of range(1, LANES)) one.send({ type: "sync", conversation_id: slow, after: 0 });
  await one.settled(id);
  const unknown = range(1, 100).map((n) => ({ conversation_id: 1_000_000 + n, after: 0 }));
  for (const socket of others) {
    for (const _ of range(1, SYNCS / 100 / others.length)) socket.send({ type: "sync", items: unknown });
    await socket.settled(id);
    expect(socket.of("error")).toHaveLength(1);
  }
  one.send({ type: "sync", items: [{ conversation_id: id, after: 0 }] });
  await one.until((socket) => errors(socket, "rate_limited").length === 1);
  expect(errors(one, "rate_limited")).toMatchObject([{ conversation_id: id }]);
  for (const socket of others) {
    socket.close();
    await socket.closed();
  }
  held.release();
  await one.until((socket) => socket.of("synced").length === LANES);
  one.send({ type: "sync", items: [{ conversation_id: id, after: 0 }] });
  await one.until((socket) => socket.of("synced").some(({ conversation_id }) => conversation_id === id));
  for (const socket of others) expect(socket.of("error")).toHaveLength(1);
});

test("what has waited too long for its turn is refused as unavailable, and not done", async () => {
  const pass = standStill();
  const [one, two] = [await openDevice(ann.token), await openDevice(ann.token)];
  const bobs = await openRoom(slow, bob.token);
  const held = await HeldCalls.hold(slow, "sendFromDevice");
  one.send({ ...text("first", "first"), conversation_id: slow });
  await one.settled(id);
  one.send({ ...text("second", "second"), conversation_id: slow });
  two.send({ type: "sync", conversation_id: slow, after: 0 });
  two.send({ type: "read", conversation_id: slow, seq: 0 });
  for (const socket of [one, two]) await socket.settled(id);
  pass(31_000);
  held.release();
  await one.until((socket) => errors(socket, "unavailable").length === 1);
  await two.until((socket) => errors(socket, "unavailable").length === 2);
  expect(one.acks.map(({ client_msg_id }) => client_msg_id)).toEqual(["first"]);
  expect(errors(one, "unavailable")).toMatchObject([{ client_msg_id: "second", conversation_id: slow }]);
  expect(errors(two, "unavailable")).toMatchObject([{ conversation_id: slow }, { conversation_id: slow }]);
  one.send({ ...text("third", "third"), conversation_id: slow });
  two.send({ type: "sync", conversation_id: slow, after: 0 });
  await two.next("synced");
  await bobs.until(({ messages }) => messages.length === 2);
  expect(bobs.messages.map(({ body }) => body.text)).toEqual(["first", "third"]);
});
