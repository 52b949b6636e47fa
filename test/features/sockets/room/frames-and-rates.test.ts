import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { call, register, registerUsers, type SignedIn } from "../../../support/clients/api.ts";
import { openDirect } from "../../../support/clients/chat.ts";
import { openRoom, roomPath, type TestSocket, upgrade } from "../../../support/clients/socket.ts";
import {
  createGroupId,
  expectDeleted,
  itemAt,
  postText,
  range,
  signInAgain,
  textFrame,
} from "../../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let annsTablet: SignedIn;
let id: ConversationId;
let phone: TestSocket;
let tablet: TestSocket;
let bobs: TestSocket;

beforeAll(async () => {
  const registered = await registerUsers(2);
  ann = itemAt(registered, 0);
  bob = itemAt(registered, 1);
  annsTablet = await signInAgain(ann);
  id = await createGroupId(ann, bob);
  phone = await openRoom(id, ann.token);
  tablet = await openRoom(id, annsTablet.token);
  bobs = await openRoom(id, bob.token);
  for (const i of range(1, 5)) await postText(id, bob, `${i}`);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Stops the clock of the objects. @returns a function that moves it on by `ms` */
function standStill(): (ms: number) => void {
  let now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now);
  return (ms) => {
    now += ms;
  };
}

const all = () => [phone, tablet, bobs];
const settled = () => Promise.all(all().map((socket) => socket.untilProcessed()));

/** The number of frames of a type that each socket has received. */
const counts = (type: string) => all().map((socket) => socket.of(type).length);

test("a read position that moves is sent to other members and to the reader's other devices", async () => {
  phone.send({ type: "read", seq: 3 });
  const expected = { type: "read", conversation_id: id, user_id: ann.user.id, seq: 3 };
  expect(await tablet.next("read")).toEqual({ ...expected, unread_count: 2, last_seq: 5 });
  expect(await bobs.next("read")).toEqual(expected);
  await settled();
  expect(counts("read")).toEqual([0, 1, 1]);
});

test("a read position that repeats or goes back is sent to no socket", async () => {
  phone.send({ type: "read", seq: 3 });
  phone.send({ type: "read", seq: 0 });
  await settled();
  expect(counts("read")).toEqual([0, 1, 1]);
});

test("a read position that moves over HTTP is sent to every socket", async () => {
  const { token } = annsTablet;
  const answer = await call("PUT", `/v1/conversations/${id}/read`, { token, body: { seq: 4 } });
  expect(answer.body).toEqual({ read_seq: 4, unread_count: 1 });
  await settled();
  expect(counts("read")).toEqual([1, 2, 2]);
});

test("a read position beyond the last message is refused", async () => {
  phone.send({ type: "read", seq: 6 });
  expect(await phone.next("error")).toMatchObject({ code: "not_found" });
});

test("a read frame may name the seq of a send just before it", async () => {
  const group = await createGroupId(ann, bob);
  const [anns, watcher] = [await openRoom(group, ann.token), await openRoom(group, bob.token)];
  for (const i of range(1, 5)) anns.send(textFrame(`${i}`, `${i}`));
  watcher.send({ type: "sends", items: [textFrame("a", "a"), textFrame("b", "b")] });
  await watcher.until(({ acks }) => acks.length === 2);
  const last = Math.max(...watcher.acks.map(({ seq }) => seq));
  watcher.send(textFrame("c", "c"));
  watcher.send(textFrame("d", "d"));
  watcher.send({ type: "read", seq: last + 1 });
  await watcher.untilProcessed();
  expect(watcher.of("error").filter((error) => !String(error.detail).includes("4000000000000000"))).toEqual(
    [],
  );
});

test("typing reaches other members at most once a second, never the typist's devices, and is not stored", async () => {
  // The clock stands still, so that all frames fall within one second on any machine.
  standStill();
  for (let i = 0; i < 10; i++) phone.send({ type: "typing" });
  expect(await bobs.next("typing")).toEqual({ type: "typing", conversation_id: id, user_id: ann.user.id });
  await settled();
  expect(counts("typing")).toEqual([0, 0, 1]);
  const late = await openRoom(id, bob.token, "?after=5");
  await late.next("synced");
  expect(late.of("typing")).toEqual([]);
});

test("a revoke is sent to every socket, with the revoking user and the rev", async () => {
  await expectDeleted(id, ann, 1, "everyone");
  const expected = { type: "revoked", conversation_id: id, seq: 1, by: ann.user.id, rev: 1 };
  for (const socket of all()) expect(await socket.next("revoked")).toEqual(expected);
  await expectDeleted(id, ann, 1, "everyone");
  await settled();
  expect(counts("revoked")).toEqual([1, 1, 1]);
});

test("a hide is sent only to sockets of the user who hid the message", async () => {
  await expectDeleted(id, ann, 2, "me");
  const expected = { type: "hidden", conversation_id: id, seq: 2, rev: 2 };
  for (const socket of [phone, tablet]) expect(await socket.next("hidden")).toEqual(expected);
  await settled();
  expect(counts("hidden")).toEqual([1, 1, 0]);
});

test("ping is answered with pong", async () => {
  phone.send("ping");
  await phone.until(({ words }) => words.includes("pong"));
});

test.each<[string, unknown]>([
  ["no JSON", "hello"],
  ["no object", "[]"],
  ["no type", {}],
  ["an unknown type", { type: "launch" }],
  ["a read without seq", { type: "read" }],
  ["a read of a negative seq", { type: "read", seq: -1 }],
  ["a read of a fraction", { type: "read", seq: 1.5 }],
  ["a read of a string", { type: "read", seq: "1" }],
  ["a sync without after", { type: "sync" }],
  ["a sync with a negative rev", { type: "sync", after: 0, rev: -1 }],
  ["a text with U+0000", '{"type":"send","kind":"text","body":{"text":"\\u0000"}}'],
  ["a text with a lone surrogate", '{"type":"send","kind":"text","body":{"text":"\\ud800"}}'],
  ["a text over 8,000 code points", textFrame("😀".repeat(8_001))],
  ["a send of a tip", { type: "send", kind: "tip", body: { event: "joined" } }],
  ["JSON that is nested too deep", `${"[".repeat(40)}${"]".repeat(40)}`],
])("%s is refused as invalid, and the socket stays open", async (_, frame) => {
  const before = bobs.of("error").length;
  bobs.send(frame);
  await bobs.until((socket) => socket.of("error").length > before);
  expect(bobs.of("error").at(-1)).toMatchObject({ type: "error", code: "validation_failed" });
  // A valid frame in between, as ten invalid frames in a row close the socket.
  bobs.send({ type: "read", seq: 0 });
  await bobs.untilProcessed();
  expect(bobs.of("error").length).toBe(before + 2);
});

test("a text of 8,000 code points outside the BMP is stored unchanged", async () => {
  const long = "😀".repeat(8_000);
  phone.send(textFrame(long, "long"));
  await phone.next("ack");
  expect((await bobs.next("message")).message).toMatchObject({ body: { text: long } });
});

test.each(["send", "sends", "read", "typing", "sync"])(
  "a %s frame that names another conversation is refused; with the socket's own conversation_id it is accepted",
  async (type) => {
    const room = await createGroupId(ann, bob);
    const socket = await openRoom(room, ann.token);
    const frame = { ...textFrame("x", "mine"), type, items: [textFrame("x")], seq: 0, after: 0 };
    socket.send({ ...frame, conversation_id: room + 1 });
    expect(await socket.next("error")).toMatchObject({ code: "not_found" });
    socket.send({ ...frame, conversation_id: room });
    await socket.untilProcessed();
    expect(socket.of("error").length).toBe(2);
    expect(socket.acks.length).toBe(type.startsWith("send") ? 1 : 0);
  },
);

test("the refusal of a send carries its client_msg_id whatever is invalid", async () => {
  for (const wrong of [{ conversation_id: id + 1 }, { conversation_id: "x" }, { kind: "?" }, { body: {} }]) {
    phone.send({ ...textFrame("x", "which"), ...wrong });
    expect(await phone.next("error")).toMatchObject({ client_msg_id: "which" });
  }
});

describe("a room socket", () => {
  test("carries messages and acks between two users", async () => {
    const [ann, bob] = [await register(), await register()];
    const id = (await openDirect(ann, bob)).id;
    const a = await openRoom(id, ann.token);
    const b = await openRoom(id, bob.token);
    a.send({ type: "send", client_msg_id: "1", kind: "text", body: { text: "你好, Bob" } });
    const ack = await a.next("ack");
    expect(ack).toMatchObject({ client_msg_id: "1", conversation_id: id, seq: 1 });
    const received = await b.next("message");
    expect(received).toMatchObject({
      message: {
        conversation_id: id,
        seq: 1,
        sender: { id: ann.user.id },
        kind: "text",
        body: { text: "你好, Bob" },
        mentions: [],
        revoked: false,
        client_msg_id: "1",
      },
    });
    // The inbox update follows the message, so the list includes it a moment later.
    const list = () => call("GET", "/v1/conversations", { token: bob.token });
    let answer = await list();
    while (!JSON.stringify(answer.body).includes('"last_seq":1')) answer = await list();
    expect(answer.body).toMatchObject({ items: [{ id, unread_count: 1, last_message: { seq: 1 } }] });
  });
});

describe("the budget of a user over room sockets", () => {
  /** Frames at once, and how many of them the opening of a socket weighs. */
  const [BURST, OPENING] = [3_000, 5];
  /** How long it takes to fill by one frame. */
  const FRAME_MS = 10;
  /** A read position after the last message: the frame is refused and stores nothing. */
  const FRAME = { type: "read", seq: 999_999 };

  let ann: SignedIn;
  let bob: SignedIn;

  beforeAll(async () => {
    const registered = await registerUsers(2);
    ann = itemAt(registered, 0);
    bob = itemAt(registered, 1);
  });

  /** Sends `count` frames, and resolves when each has been refused. @returns the number of errors by code */
  async function send(socket: TestSocket, count: number): Promise<Record<string, number>> {
    const before = socket.of("error").length;
    for (let i = 0; i < count; i++) socket.send(FRAME);
    await socket.until(() => socket.of("error").length >= before + count);
    const codes: Record<string, number> = {};
    for (const { code } of socket.of("error").slice(before)) {
      codes[String(code)] = (codes[String(code)] ?? 0) + 1;
    }
    return codes;
  }

  test("a user may send 3,000 frames at once on all sockets together; more are refused until the budget fills", async () => {
    const moveClock = standStill();
    const group = await createGroupId(ann, bob);
    const [socket, other] = [await openRoom(group, ann.token), await openRoom(group, ann.token)];
    const bobs = await openRoom(group, bob.token);
    expect(await send(socket, BURST - 2 * OPENING - 100)).toEqual({ not_found: BURST - 110 });
    expect(await send(other, 100)).toEqual({ not_found: 100 });
    const before = socket.of("error").length;
    socket.send(textFrame("over it", "late"));
    socket.send("{");
    socket.send(new ArrayBuffer(1));
    await socket.until(() => socket.of("error").length === before + 3);
    const refusal = { type: "error", code: "rate_limited", detail: expect.any(String), retry_after: 1 };
    expect(socket.of("error").slice(-3)).toEqual([{ ...refusal, client_msg_id: "late" }, refusal, refusal]);
    // Others are not concerned, and pings that the runtime answers are not counted.
    expect(await send(bobs, 1)).toEqual({ not_found: 1 });
    socket.send("ping");
    // The three refused frames count as well.
    moveClock(3 * FRAME_MS);
    expect(await send(other, 1)).toEqual({ rate_limited: 1 });
    moveClock(2 * FRAME_MS);
    socket.send(textFrame("after it", "late"));
    await socket.until(({ acks }) => acks.at(-1)?.client_msg_id === "late");
    expect(socket.acks.at(-1)?.seq).toBe(1);
    expect(socket.words).toEqual(["pong"]);
  });

  test("each item of a `sends` frame counts: the first items are stored in order, the rest are refused by client_msg_id", async () => {
    standStill();
    const group = await createGroupId(ann, bob);
    const socket = await openRoom(group, ann.token);
    const listener = await openRoom(group, bob.token);
    await send(socket, BURST - OPENING - 32);
    const before = socket.of("error").length;
    socket.send({ type: "sends", items: range(1, 64).map((n) => textFrame(`${n}`, `c${n}`)) });
    // Each 2 KiB of a frame count as one more.
    const stored = 30;
    await socket.until(({ acks }) => acks.length === stored);
    await socket.until(() => socket.of("error").length === before + 64 - stored);
    expect(socket.acks.map(({ client_msg_id }) => client_msg_id)).toEqual(
      range(1, stored).map((n) => `c${n}`),
    );
    expect(socket.of("error").slice(before)).toEqual(
      range(stored + 1, 64).map((n) =>
        expect.objectContaining({ code: "rate_limited", client_msg_id: `c${n}` }),
      ),
    );
    expect(await send(socket, 1)).toEqual({ rate_limited: 1 });
    await listener.untilProcessed();
    expect(listener.seqs).toEqual(range(1, stored));
  });

  test("a user who sends 6,000 frames at once is closed with 4429, and gets no socket until the debt is paid off", async () => {
    const moveClock = standStill();
    const group = await createGroupId(ann, bob);
    const socket = await openRoom(group, ann.token);
    expect(await send(socket, BURST - OPENING)).toEqual({ not_found: BURST - OPENING });
    expect(await send(socket, BURST)).toEqual({ rate_limited: BURST });
    expect(socket.isOpen).toBe(true);
    socket.send(FRAME);
    socket.send(textFrame("too late", "c1"));
    expect(await socket.closed()).toMatchObject({ code: 4429 });
    expect(socket.acks).toEqual([]);
    expect((await upgrade(roomPath(group), ann.token)).status).toBe(429);
    moveClock((BURST + 10) * FRAME_MS);
    expect(await send(await openRoom(group, ann.token), 1)).toEqual({ not_found: 1 });
  });
});
