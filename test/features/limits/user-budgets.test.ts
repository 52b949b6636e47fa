import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { newSession } from "../../support/accounts/sessions.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  DEVICE_PATH,
  openDevice,
  openRoom,
  readRefusal,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  postText,
  range,
  textFrame,
} from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";

/** Light calls and frames at once, and a second after that. */
const [BURST, PER_SECOND] = [3_000, 100];
/** Sends of a frame, and frames that are answered before the next ones. */
const [ITEMS, FRAMES] = [60, 10];
/** More than a client may send, and far more than the budget is worth. */
const INFLATED = "x".repeat(31 * 1024 * 1024);

async function twoUsers(): Promise<[SignedIn, SignedIn]> {
  const [ann, bob] = await signedInUsers(2);
  return [ann, bob];
}

/**
 * Sends so many texts, and waits for the answer to each. @returns how many are stored, and how many refused
 */
async function flood(socket: TestSocket, count: number, about = {}) {
  const { acks } = socket;
  const before = { stored: acks.length, refused: socket.of("error").length };
  const tell = () => ({
    stored: socket.acks.length - before.stored,
    refused: socket.of("error").length - before.refused,
  });
  for (let sent = 0; sent < count; ) {
    for (let frame = 0; frame < FRAMES && sent < count; frame++) {
      const items = range(1, Math.min(ITEMS, count - sent)).map((n) => ({
        ...textFrame(`${sent + n}`, `c${sent + n}`),
        ...about,
      }));
      socket.send({ type: "sends", items });
      sent += items.length;
    }
    await socket.until(() => tell().stored + tell().refused === sent);
  }
  return tell();
}

const send = (id: number, { token }: SignedIn) =>
  call("POST", `/v1/conversations/${id}/messages`, { token, body: textFrame("over HTTP") });

test("a member's room sockets and calls share one budget in a conversation, which fills again", async () => {
  freezeClock();
  const [ann, bob] = await twoUsers();
  const [id, other] = [await createGroupId(ann, bob), await createGroupId(ann, bob)];
  const sockets = [
    await openRoom(id, ann.token),
    await openRoom(id, ann.token),
    await openRoom(id, ann.token),
  ];
  const stored = [];
  for (const socket of sockets) stored.push((await flood(socket, 1_200)).stored);
  // Each socket that opens weighs as a page, each frame of sends has 4 KiB.
  const frames = Math.ceil(BURST / ITEMS);
  expect(stored.slice(0, 2)).toEqual([1_200, 1_200]);
  expect(stored[2]).toBeLessThanOrEqual(600 - 3 * 5);
  expect(stored[2]).toBeGreaterThanOrEqual(600 - 3 * 5 - 2 * frames);
  const refused = await send(id, ann);
  expectProblem(refused, 429, "rate_limited");
  const retryAfter = Number(refused.headers.get("Retry-After"));
  expect(retryAfter).toBeGreaterThanOrEqual(600 / PER_SECOND);
  expect(retryAfter).toBeLessThanOrEqual(800 / PER_SECOND);
  expectProblem(await readRefusal(await upgrade(roomPath(id), ann.token)), 429, "rate_limited");
  // Others, and other conversations, are not concerned.
  expect((await send(id, bob)).status).toBe(201);
  expect((await send(other, ann)).status).toBe(201);
  advanceClock(retryAfter * 1_000);
  expect((await send(id, ann)).status).toBe(201);
});

test("a call weighs what it costs", async () => {
  freezeClock();
  const [ann, bob] = await twoUsers();
  const id = await createGroupId(ann, bob);
  const socket = await openRoom(id, ann.token);
  for (const _ of range(1, BURST - 5 - 7)) socket.send({ type: "typing" });
  await socket.untilProcessed();
  // A page takes five of the six that are left, and a search leaves a debt.
  const get = (path: string) => call("GET", `/v1/conversations/${id}/messages${path}`, { token: ann.token });
  expect((await get("?limit=1")).status).toBe(200);
  expect((await get("/search?q=nothing")).status).toBe(200);
  const refused = await get("/search?q=nothing");
  expectProblem(refused, 429, "rate_limited");
  expect((await send(id, bob)).status).toBe(201);
});

test("a user's device sockets share one budget, and a foreign conversation costs more than an own one", async () => {
  freezeClock();
  const [ann, bob] = await twoUsers();
  const id = await createGroupId(ann, bob);
  const [phone, tablet] = [await openDevice(ann.token), await openDevice(ann.token)];
  // An own sync costs one, a foreign one five, and so do other frames about a foreign conversation.
  phone.send({ type: "sync", conversation_id: id, after: 0 });
  await phone.next("synced");
  const foreign = range(1, 100).map((n) => ({ conversation_id: 5_000_000 + n, after: 0 }));
  for (let i = 1; i <= 5; i++) {
    phone.send({ type: "sync", items: foreign });
    await phone.until(() => phone.of("error").length === i * 100);
  }
  for (const n of range(1, 40)) {
    tablet.send({ type: "read", conversation_id: 6_000_000 + n, seq: 0 });
    tablet.send({ ...textFrame("x"), conversation_id: 7_000_000 + n });
  }
  await tablet.until(() => tablet.of("error").length === 80);
  expect(new Set([...phone.of("error"), ...tablet.of("error")].map(({ code }) => code))).toEqual(
    new Set(["not_found"]),
  );
  const { stored, refused } = await flood(tablet, 120, { conversation_id: id });
  expect(stored).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(20);
  expect(tablet.of("error").at(-1)).toMatchObject({
    code: "rate_limited",
    client_msg_id: expect.any(String),
  });
  // What others send arrives all the same.
  const seq = await postText(id, bob, "hello");
  await phone.until(({ seqs }) => seqs.includes(seq));
});

test("a frame of 31 MiB closes its user's sockets in the conversation, and keeps them out until it is paid off", async () => {
  freezeClock();
  const [ann, bob] = await twoUsers();
  const id = await createGroupId(ann, bob);
  const phone = await newSession(ann);
  const sockets = [await openRoom(id, ann.token), await openRoom(id, phone.token)];
  const [first, second] = sockets;
  const bobs = await openRoom(id, bob.token);
  first?.send(INFLATED);
  expect(await first?.closed()).toMatchObject({ code: 4413 });
  expect(await second?.closed()).toMatchObject({ code: 4429 });
  const refused = await readRefusal(await upgrade(roomPath(id), ann.token));
  expectProblem(refused, 429, "rate_limited");
  const retryAfter = Number(refused.headers.get("Retry-After"));
  expect(retryAfter).toBeGreaterThan(60);
  expect((await send(id, ann)).status).toBe(429);
  // An object that wakes or starts again remembers a debt.
  bobs.close();
  await bobs.closed();
  await evictDurableObject(conversationObject(id));
  expect((await upgrade(roomPath(id), phone.token)).status).toBe(429);
  expect((await send(id, bob)).status).toBe(201);
  advanceClock((retryAfter + 1) * 1_000);
  await openRoom(id, ann.token);
  expect((await send(id, ann)).status).toBe(201);
});

test("a frame of 31 MiB on a device socket closes the user's device sockets, and keeps them out", async () => {
  freezeClock();
  const [ann, bob] = await twoUsers();
  const id = await createGroupId(ann, bob);
  const [phone, tablet] = [await openDevice(ann.token), await openDevice(ann.token)];
  phone.send(INFLATED);
  expect(await phone.closed()).toMatchObject({ code: 4413 });
  expect(await tablet.closed()).toMatchObject({ code: 4429 });
  const refused = await readRefusal(await upgrade(DEVICE_PATH, ann.token));
  expectProblem(refused, 429, "rate_limited");
  await eventually(() => evictDurableObject(inboxObject(ann.user.id)));
  expect((await upgrade(DEVICE_PATH, ann.token)).status).toBe(429);
  // Room sockets belong to another object.
  await openRoom(id, ann.token);
  advanceClock((Number(refused.headers.get("Retry-After")) + 1) * 1_000);
  await openDevice(ann.token);
});

test("a user with nothing left in a conversation still resumes it on a device", async () => {
  freezeClock();
  const [ann, bob] = await twoUsers();
  const id = await createGroupId(ann, bob);
  const room = await openRoom(id, ann.token);
  const { stored } = await flood(room, BURST);
  const device = await openDevice(ann.token);
  device.send({ type: "sync", conversation_id: id, after: stored - 10 });
  await device.next("synced");
  expect(device.seqs.at(-1)).toBe(stored);
});

test("without rate limits nothing is charged", async () => {
  const restore = setNoRateLimits();
  try {
    freezeClock();
    const [ann, bob] = await twoUsers();
    const id = await createGroupId(ann, bob);
    const room = await openRoom(id, ann.token);
    expect(await flood(room, BURST + 600)).toEqual({ stored: BURST + 600, refused: 0 });
  } finally {
    restore();
  }
});
