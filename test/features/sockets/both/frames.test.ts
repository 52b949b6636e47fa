import { beforeAll, describe, expect, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { LIMITS } from "../../../../src/domain/limits.ts";
import { registerUsers, type SignedIn } from "../../../support/clients/api.ts";
import { expectAsked } from "../../../support/clients/chat.ts";
import type { Frame, TestSocket } from "../../../support/clients/socket.ts";
import { createGroupId, postText, range, textFrame } from "../../../support/objects/room.ts";
import { setNoRateLimits } from "../../../support/settings.ts";
import { setTiming } from "../../../support/timing.ts";
import { DEVICE, KINDS, type Kind, openOf, ROOM } from "./kinds.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
/** a conversation of which Ann is no member */
let bobs: ConversationId;
/** a conversation that Ann has left */
let former: ConversationId;

// One user opens more sockets here than a conversation allows, and sends very many invalid frames.
beforeAll(() => setTiming({ roomSockets: { perUser: 100 } }));
beforeAll(() => setNoRateLimits());

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
  id = await createGroupId(ann, bob);
  bobs = await createGroupId(bob);
  former = await createGroupId(bob, ann);
  await expectAsked(ann, former, "POST", "/leave");
});

/** A text for a conversation. */
const to = (conversation_id: unknown, clientMsgId?: string) => ({
  ...textFrame("x", clientMsgId),
  conversation_id,
});

/** An item of a `sync` frame. */
const from = (conversation_id: unknown, after: unknown = 0) => ({ conversation_id, after });

const NESTED = `${"[".repeat(40)}${"]".repeat(40)}`;

/** Frames that no socket takes, of a conversation. */
const malformed = (of: number): unknown[] => [
  ...["hello", "[]", NESTED, new ArrayBuffer(8), { conversation_id: of }],
  { type: "launch", conversation_id: of },
  { type: "send", conversation_id: of },
  { type: "send", conversation_id: of, kind: "tip", body: { event: "joined" } },
  { ...to(of), body: { text: "😀".repeat(8_001) } },
  `{"type":"send","conversation_id":${of},"kind":"text","body":{"text":"\\u0000"}}`,
  `{"type":"send","conversation_id":${of},"kind":"text","body":{"text":"\\ud800"}}`,
  { type: "sends", conversation_id: of },
  { type: "sends", items: [] },
  { type: "sends", items: range(1, 101).map(() => to(of)) },
  { type: "read", conversation_id: of },
  ...[-1, 1.5, "1"].map((seq) => ({ type: "read", conversation_id: of, seq })),
  ...[0, -1, 1.5, "1", [1], 2 ** 53].map((wrong) => ({ type: "read", conversation_id: wrong, seq: 1 })),
  `{"type":"read","conversation_id":${of},"seq":1,"x":"\\u0000"}`,
  { type: "typing", conversation_id: "1" },
  { type: "sync", conversation_id: of },
  { type: "sync", ...from(of), rev: -1 },
];

/** Frames that device sockets do not take. */
const malformedAtDevices = (of: number): unknown[] => [
  ...[{ type: "read", seq: 1 }, { type: "read", conversation_id: null, seq: 1 }, { type: "typing" }],
  ...[{ type: "focus" }, { type: "focus", conversation_id: "1" }],
  ...[
    { type: "sync", after: 0 },
    { type: "sync", items: [] },
    { type: "sync", items: null },
  ],
  { type: "sync", items: range(1, 101).map((n) => from(n)) },
  { type: "sync", items: [from(of), from(of + 1), from(of, 5)] },
  { type: "sync", items: [from(of), { after: 0 }] },
  { type: "sync", items: [from(of)], ...from(of + 1) },
  { type: "sync", items: [from(of)], rev: 0 },
];

const malformedAt = ({ name }: Kind) => [
  ...malformed(id),
  ...(name === "device" ? malformedAtDevices(id) : []),
];
const BYTES = LIMITS.writtenBytes;

describe.each(KINDS)("a $name socket", (kind) => {
  const open = () => openOf(kind, id, ann);

  /** The one error that answers a frame. */
  async function refusalOf(socket: TestSocket, frame: unknown): Promise<Frame> {
    const before = socket.of("error").length;
    socket.send(frame);
    // A valid frame follows, whose refusal comes after this one.
    await socket.untilProcessed(id);
    const [error, settled, ...more] = socket.of("error").slice(before);
    expect([error, settled?.code, more]).toEqual([expect.anything(), "not_found", []]);
    if (!error) throw new Error("there is one");
    return error;
  }

  test("refuses each malformed frame as invalid, and stays open", async () => {
    const socket = await open();
    for (const frame of malformedAt(kind))
      expect(await refusalOf(socket, frame), JSON.stringify(frame)).toMatchObject({
        type: "error",
        code: "validation_failed",
      });
  });

  test("is closed with 4400 after ten malformed frames in a row, of whatever kind", async () => {
    const all = malformedAt(kind);
    for (let first = 0; first < all.length; first += 10) {
      const ten = [...all.slice(first, first + 10), ...Array(10).fill("{")].slice(0, 10);
      const socket = await open();
      for (const frame of ten) socket.send(frame);
      expect((await socket.closed()).code).toBe(4400);
      expect(socket.of("error")).toHaveLength(10);
    }
  });

  test.each<[string, () => object]>([
    ["a read", () => ({ type: "read", conversation_id: id, seq: 0 })],
    ["a read that is refused", () => ({ type: "read", conversation_id: id, seq: 999_999 })],
    ["a send", () => to(id)],
    ["`sends` with one valid item", () => ({ type: "sends", items: ["nonsense", to(id)] })],
    ["a typing", () => ({ type: "typing", conversation_id: id })],
    ["a sync", () => ({ type: "sync", ...from(id) })],
  ])("stays open with %s between two runs of nine invalid frames", async (_, frame) => {
    const socket = await open();
    for (const sent of [...Array(9).fill("{"), frame(), ...Array(9).fill("{")]) socket.send(sent);
    await socket.untilProcessed(id);
    const invalid = socket.of("error").filter(({ code }) => code === "validation_failed");
    expect([socket.isOpen, invalid.length]).toEqual([true, Object.hasOwn(frame(), "items") ? 19 : 18]);
  });

  test("counts a `sends` without a valid item as one invalid frame", async () => {
    const socket = await open();
    for (let i = 0; i < 10; i++) socket.send({ type: "sends", items: ["nonsense", "more"] });
    expect((await socket.closed()).code).toBe(4400);
    expect(socket.of("error")).toHaveLength(20);
  });

  test.each<[string, string | ArrayBuffer]>([
    ["ASCII", "x".repeat(BYTES + 1)],
    ["two-byte", `${"é".repeat(BYTES / 2)}x`],
    ["three-byte", "界".repeat(Math.floor(BYTES / 3) + 1)],
    ["four-byte", "😀".repeat(BYTES / 4 + 1)],
    ["binary", new ArrayBuffer(BYTES + 1)],
  ])("is closed with 4413 after a frame of more than 256 KiB (%s)", async (_, frame) => {
    const socket = await open();
    socket.send(frame);
    expect((await socket.closed()).code).toBe(4413);
    expect(socket.of("error")).toMatchObject([{ code: "too_large" }]);
  });

  test("takes a frame of 256 KiB, and a text of 8,000 code points outside the BMP", async () => {
    const socket = await open();
    for (const unit of ["x", "é", "😀"]) {
      const frame = unit.repeat(BYTES / new TextEncoder().encode(unit).byteLength);
      expect(await refusalOf(socket, frame)).toMatchObject({ code: "validation_failed" });
    }
    const [text, reader] = ["😀".repeat(8_000), await openOf(kind, id, bob)];
    socket.send({ ...to(id), body: { text } });
    await socket.until(({ acks }) => acks.length === 1);
    await reader.until(({ messages }) => messages.some(({ body }) => body.text === text));
  });

  test("refuses an invalid item of a `sends` alone, with its client_msg_id", async () => {
    const group = await createGroupId(ann, bob);
    const [socket, reader] = [await openOf(kind, group, ann), await openOf(kind, group, bob)];
    const elsewhere = kind.name === "room" ? group + 1 : bobs;
    const wrong: [string, object, string][] = [
      ["long", { body: { text: "x".repeat(8_001) } }, "validation_failed"],
      ["kind", { kind: "nonsense" }, "validation_failed"],
      ["odd", { conversation_id: "1" }, "validation_failed"],
      ["quote", { quote_seq: 99 }, "not_found"],
      ["stranger", { mentions: [1] }, "not_found"],
      ["elsewhere", { conversation_id: elsewhere }, "not_found"],
    ];
    const nameless = ["no object", { ...to(group), client_msg_id: "x".repeat(65) }];
    const items = wrong.map(([name, fields]) => ({ ...to(group, name), ...fields }));
    socket.send({ type: "sends", items: [to(group, "a"), ...items, ...nameless, to(group, "z")] });
    const refused = () => socket.of("error");
    const { length } = [...wrong, ...nameless];
    await socket.until(({ acks }) => acks.length === 2 && refused().length === length);
    expect(socket.acks.map(({ client_msg_id, seq }) => [client_msg_id, seq])).toEqual([
      ["a", 1],
      ["z", 2],
    ]);
    const codes = refused().map(({ client_msg_id, code }) => [client_msg_id ?? "", code] as const);
    expect(codes.filter(([name]) => name).toSorted()).toEqual(
      wrong.map(([name, , code]) => [name, code]).toSorted(),
    );
    await reader.until(({ seqs }) => seqs.length === 2);
    // A send alone is refused like an item.
    for (const [at, [name, fields, code]] of wrong.entries()) {
      socket.send({ ...to(group, name), ...fields });
      await socket.until(() => refused().length > length + at);
      expect(refused().at(-1)).toMatchObject({ client_msg_id: name, code });
    }
  });

  test("may read up to a send just before it", async () => {
    const group = await createGroupId(ann, bob);
    const socket = await openOf(kind, group, ann);
    for (const seq of range(1, 3)) {
      socket.send(to(group, `m${seq}`));
      socket.send({ type: "read", conversation_id: group, seq });
    }
    await socket.untilProcessed(group);
    expect(socket.acks.map(({ seq }) => seq)).toEqual(range(1, 3));
    expect(socket.of("error")).toHaveLength(1);
  });
});

test.each(["send", "sends", "read", "typing", "sync"])(
  "a %s frame of a room socket that names another conversation is refused, with its own it is accepted",
  async (type) => {
    const room = await createGroupId(ann, bob);
    const socket = await openOf(ROOM, room, ann);
    const frame = { ...textFrame("x", "mine"), type, items: [textFrame("x")], seq: 0, after: 0 };
    socket.send({ ...frame, conversation_id: room + 1 });
    expect(await socket.next("error")).toMatchObject({ code: "not_found" });
    socket.send({ ...frame, conversation_id: room });
    await socket.untilProcessed();
    expect(socket.of("error").length).toBe(2);
    expect(socket.acks.length).toBe(type.startsWith("send") ? 1 : 0);
  },
);

test.each<[string, (named: number) => object]>([
  ["a send", (named) => to(named, "mine")],
  ["an item of sends", (named) => ({ type: "sends", items: [to(named, "mine")] })],
  ["a read", (named) => ({ type: "read", conversation_id: named, seq: 1 })],
  ["a typing", (named) => ({ type: "typing", conversation_id: named })],
  ["a focus", (named) => ({ type: "focus", conversation_id: named })],
  ["a sync", (named) => ({ type: "sync", ...from(named) })],
  ["an item of a sync", (named) => ({ type: "sync", items: [from(named)] })],
])(
  "%s of a device gets the same refusal for a conversation without membership as for an unknown one",
  async (what, frame) => {
    const device = await openOf(DEVICE, id, ann);
    const details = new Set<unknown>();
    for (const conversation_id of [bobs, former, bobs + 1_000, Number.MAX_SAFE_INTEGER]) {
      device.send(frame(conversation_id));
      const { detail, ...error } = await device.next("error");
      const named = { conversation_id, ...(what.includes("send") && { client_msg_id: "mine" }) };
      expect(error).toEqual({ type: "error", code: "not_found", ...named });
      details.add(detail);
    }
    expect(details.size).toBe(1);
  },
);

test("a sync replays each named conversation from its position, and refuses only those of others", async () => {
  const groups = await Promise.all(range(1, 5).map(() => createGroupId(ann, bob)));
  for (const group of groups) for (const n of range(1, 3)) await postText(group, bob, `${n}`);
  const socket = await openOf(DEVICE, id, ann);
  const others = [bobs, former, ...range(1, 93).map((n) => bobs + 1_000 + n)];
  socket.send({
    type: "sync",
    items: [...groups, ...others].map((group) => ({ ...from(group, 1), rev: 0 })),
  });
  await socket.until(() => socket.of("synced").length === 5 && socket.of("error").length === others.length);
  const refused = socket.of("error").map(({ conversation_id }) => conversation_id);
  expect(refused.toSorted()).toEqual(others.toSorted());
  for (const conversation_id of groups) {
    const ofGroup = socket.messages.filter((message) => message.conversation_id === conversation_id);
    // The last message may have been pushed live before the sync.
    expect(ofGroup.map(({ seq }) => seq).slice(-2)).toEqual([2, 3]);
    const synced = { type: "synced", conversation_id, last_seq: 3, rev: 0, has_more: false };
    expect(socket.of("synced")).toContainEqual(synced);
  }
});

test("100 sends of a device in one frame go to their conversations, in order in each", async () => {
  const groups = [await createGroupId(ann, bob), await createGroupId(ann, bob)];
  const socket = await openOf(DEVICE, id, ann);
  const items = range(1, 100).map((n) => ({ ...to(groups[n % 2], `c${n}`), type: undefined }));
  socket.send({ type: "sends", items });
  await socket.until(({ acks }) => acks.length === 100);
  for (const [i, group] of groups.entries()) {
    const acks = socket.acks.filter(({ conversation_id }) => conversation_id === group);
    const names = range(1, 100).filter((n) => n % 2 === i);
    expect(acks.map(({ client_msg_id, seq }) => [client_msg_id, seq])).toEqual(
      names.map((n, at) => [`c${n}`, at + 1]),
    );
  }
  expect(socket.messages).toEqual([]);
});

test("the refusal of a muted member's send has muted_until", async () => {
  const group = await createGroupId(bob, ann);
  await expectAsked(bob, group, "PATCH", `/members/${ann.user.id}`, { muted_for_s: 60 });
  const device = await openOf(DEVICE, group, ann);
  device.send(to(group, "hush"));
  expect(await device.next("error")).toEqual({
    ...{ type: "error", code: "muted", detail: expect.any(String), muted_until: expect.any(Number) },
    ...{ conversation_id: group, client_msg_id: "hush" },
  });
});
