import { beforeAll, describe, expect, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../../support/clients/api.ts";
import { openRoom, roomPath, type TestSocket, upgrade } from "../../../support/clients/socket.ts";
import { advanceClock, freezeClock } from "../../../support/clock.ts";
import {
  createGroupId,
  expectDeleted,
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
  [ann, bob] = await registerUsers(2);
  annsTablet = await signInAgain(ann);
  id = await createGroupId(ann, bob);
  phone = await openRoom(id, ann.token);
  tablet = await openRoom(id, annsTablet.token);
  bobs = await openRoom(id, bob.token);
  for (const i of range(1, 5)) await postText(id, bob, `${i}`);
});

const all = () => [phone, tablet, bobs];
const settled = () => Promise.all(all().map((socket) => socket.untilProcessed()));

/** The number of frames of a type that each socket has received. */
const counts = (type: string) => all().map((socket) => socket.of(type).length);

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
    [ann, bob] = await registerUsers(2);
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
    freezeClock();
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
    advanceClock(3 * FRAME_MS);
    expect(await send(other, 1)).toEqual({ rate_limited: 1 });
    advanceClock(2 * FRAME_MS);
    socket.send(textFrame("after it", "late"));
    await socket.until(({ acks }) => acks.at(-1)?.client_msg_id === "late");
    expect(socket.acks.at(-1)?.seq).toBe(1);
    expect(socket.words).toEqual(["pong"]);
  });

  test("each item of a `sends` frame counts: the first items are stored in order, the rest are refused by client_msg_id", async () => {
    freezeClock();
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
    freezeClock();
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
    advanceClock((BURST + 10) * FRAME_MS);
    expect(await send(await openRoom(group, ann.token), 1)).toEqual({ not_found: 1 });
  });
});
