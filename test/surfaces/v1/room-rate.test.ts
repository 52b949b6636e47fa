import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { ConversationId } from "../../../src/core/ids.ts";
import type { SignedIn } from "../../support/api.ts";
import { newGroup, nth, people, range, text } from "../../support/room.ts";
import { type Frame, openRoom, type TestSocket } from "../../support/socket.ts";

const WINDOW_MS = 10_000;
/** A read position beyond every message: a frame that is refused by itself, and stores nothing. */
const FRAME = { type: "read", seq: 999_999 };

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeAll(async () => {
  const registered = await people(2);
  ann = nth(registered, 0);
  bob = nth(registered, 1);
  id = await newGroup(ann, bob);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Sets the clock of the objects; it stands still until the returned function moves it on. */
function standStill(): (ms: number) => void {
  let now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now);
  return (ms) => {
    now += ms;
  };
}

/** Sends so many frames, and resolves when each has been refused. @returns how often each code came */
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

/** Sends texts of these numbers, 64 in a frame, and resolves when the last has been acked or refused. */
async function sendTexts(socket: TestSocket, first: number, last: number): Promise<void> {
  const isDone = (frame: Frame) => JSON.stringify(frame).includes(`"c${last}"`);
  for (let from = first; from <= last; from += 64) {
    const items = range(from, Math.min(from + 63, last)).map((n) => text(`${n}`, `c${n}`));
    socket.send({ type: "sends", items });
  }
  await socket.until(({ frames }) => frames.slice(-1).some(isDone));
}

test("a socket may send 3,000 frames in ten seconds; what is more is refused, and then it goes on", async () => {
  const pass = standStill();
  const socket = await openRoom(id, ann.token);
  const other = await openRoom(id, ann.token);
  await sendTexts(socket, 1, 2_900);
  expect(await send(socket, 100)).toEqual({ not_found: 100 });
  pass(WINDOW_MS - 1);
  socket.send(text("over it", "late"));
  socket.send("{");
  socket.send(new ArrayBuffer(1));
  await socket.until(() => socket.of("error").length === 103);
  const refusal = { type: "error", code: "rate_limited", detail: expect.any(String) };
  expect(socket.of("error").slice(-3)).toEqual([{ ...refusal, client_msg_id: "late" }, refusal, refusal]);
  // Each socket has its own count, and words that the runtime answers have none.
  socket.send("ping");
  expect(await send(other, 1)).toEqual({ not_found: 1 });
  pass(1);
  socket.send(text("after it", "late"));
  await socket.until(({ acks }) => acks.at(-1)?.client_msg_id === "late");
  expect(socket.acks.at(-1)?.seq).toBe(2_901);
  expect(socket.words).toEqual(["pong"]);
});

test("each item of a sends is one: the first are stored in order, the rest refused by their ids", async () => {
  standStill();
  const group = await newGroup(ann, bob);
  const socket = await openRoom(group, ann.token);
  const listener = await openRoom(group, bob.token);
  await sendTexts(socket, 1, 2_990);
  expect(socket.of("error")).toEqual([]);
  await sendTexts(socket, 2_991, 3_054);
  await socket.until(({ acks }) => acks.length === 3_000);
  expect(socket.acks.map(({ client_msg_id }) => client_msg_id)).toEqual(range(1, 3_000).map((n) => `c${n}`));
  expect(socket.of("error")).toEqual(
    range(3_001, 3_054).map((n) => expect.objectContaining({ code: "rate_limited", client_msg_id: `c${n}` })),
  );
  expect(await send(socket, 1)).toEqual({ rate_limited: 1 });
  await listener.settled();
  expect(listener.seqs).toEqual(range(1, 3_000));
});

test("a socket that sends twice as much is closed with 4429, and nothing more of it is taken", async () => {
  standStill();
  const group = await newGroup(ann, bob);
  const socket = await openRoom(group, ann.token);
  await sendTexts(socket, 1, 3_000);
  await sendTexts(socket, 3_001, 6_000);
  expect({ acks: socket.acks.length, refused: socket.of("error").length }).toEqual({
    acks: 3_000,
    refused: 3_000,
  });
  expect(socket.isOpen).toBe(true);
  socket.send(FRAME);
  socket.send(text("too late", "c1"));
  expect(await socket.closed()).toMatchObject({ code: 4429 });
  expect(socket.acks).toHaveLength(3_000);
  const again = await openRoom(group, ann.token);
  expect(await send(again, 1)).toEqual({ not_found: 1 });
});
