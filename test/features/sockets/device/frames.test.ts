import { beforeAll, expect, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { LIMITS } from "../../../../src/domain/limits.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { call, registerUsers } from "../../../support/clients/api.ts";
import { type Frame, openDevice, type TestSocket } from "../../../support/clients/socket.ts";
import { createGroupId, itemAt, postText, range, textFrame } from "../../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
/** a conversation of which Ann is no member */
let bobs: ConversationId;
/** a conversation that Ann has left */
let formerGroup: ConversationId;
let phone: TestSocket;

beforeAll(async () => {
  const registered = await registerUsers(2);
  ann = itemAt(registered, 0);
  bob = itemAt(registered, 1);
  id = await createGroupId(ann, bob);
  bobs = await createGroupId(bob);
  for (const i of range(1, 3)) await postText(id, bob, `${i}`);
  await postText(bobs, bob, "mine");
  formerGroup = await createGroupId(bob, ann);
  const { token } = ann;
  expect((await call("POST", `/v1/conversations/${formerGroup}/leave`, { token })).status).toBe(204);
  phone = await openDevice(token);
});

/** A text for a conversation. */
const to = (conversation_id: unknown, clientMsgId?: string) => ({
  ...textFrame("x", clientMsgId),
  conversation_id,
});

/** An item of a `sync` frame. */
const from = (conversation_id: unknown, after: unknown = 0) => ({ conversation_id, after });

/** Sends a frame and returns the one error that answers it. */
async function refusalOf(frame: unknown): Promise<Frame> {
  const before = phone.of("error").length;
  phone.send(frame);
  await phone.until((socket) => socket.of("error").length > before);
  // A valid frame follows, as ten invalid frames in a row close the socket.
  await phone.untilProcessed(id);
  const [error, settledError, ...more] = phone.of("error").slice(before);
  expect(more).toEqual([]);
  expect(settledError).toMatchObject({ code: "not_found", conversation_id: id });
  if (!error) throw new Error("there is one");
  return error;
}

const MALFORMED: [string, unknown][] = [
  ["no JSON", "hello"],
  ["no object", "[]"],
  ["no type", { conversation_id: 1 }],
  ["an unknown type", { type: "launch", conversation_id: 1 }],
  ["a send without a kind", { type: "send", conversation_id: 1 }],
  ["sends without items", { type: "sends", conversation_id: 1 }],
  ["sends of none", { type: "sends", items: [] }],
  ["101 sends", { type: "sends", items: range(1, 101).map(() => to(1)) }],
  ["a read without a conversation", { type: "read", seq: 1 }],
  ["a read without seq", { type: "read", conversation_id: 1 }],
  ["a read of a negative seq", { type: "read", conversation_id: 1, seq: -1 }],
  ["a typing without a conversation", { type: "typing" }],
  ["a typing in a string", { type: "typing", conversation_id: "1" }],
  ["a focus without a conversation", { type: "focus" }],
  ["a focus of a name", { type: "focus", conversation_id: "1" }],
  ["a sync without a conversation", { type: "sync", after: 0 }],
  ["a sync without after", { type: "sync", conversation_id: 1 }],
  ["a sync with a negative rev", { type: "sync", ...from(1), rev: -1 }],
  ["a sync of no conversation", { type: "sync", items: [] }],
  ["a sync of null", { type: "sync", items: null }],
  ["a sync of 101 conversations", { type: "sync", items: range(1, 101).map((n) => from(n)) }],
  ["a sync of one conversation twice", { type: "sync", items: [from(1), from(2), from(1, 5)] }],
  ["a sync with an invalid item", { type: "sync", items: [from(1), { after: 0 }] }],
  ["a sync in both forms", { type: "sync", items: [from(1)], ...from(2) }],
  ["a sync of items with a rev of its own", { type: "sync", items: [from(1)], rev: 0 }],
  ["a read with U+0000", '{"type":"read","conversation_id":1,"seq":1,"x":"\\u0000"}'],
  [
    "a text with a lone surrogate",
    `{"type":"send","conversation_id":1,"kind":"text","body":{"text":"\\ud800"}}`,
  ],
  ["JSON that is nested too deep", `${"[".repeat(40)}${"]".repeat(40)}`],
  ["a binary frame", new ArrayBuffer(8)],
  ...[null, 0, -1, 1.5, "1", [1], 2 ** 53].map((wrong): [string, unknown] => [
    `a read in the conversation ${JSON.stringify(wrong)}`,
    { type: "read", conversation_id: wrong, seq: 1 },
  ]),
];

test.each(MALFORMED)("%s is refused as invalid, and the socket stays open", async (_, frame) => {
  const error = await refusalOf(frame);
  expect(error).toEqual({ type: "error", code: "validation_failed", detail: expect.any(String) });
});

test.each(MALFORMED)("ten of %s in a row close the socket with 4400", async (_, frame) => {
  const socket = await openDevice(ann.token);
  for (let i = 0; i < 10; i++) socket.send(frame);
  expect((await socket.closed()).code).toBe(4400);
  expect(socket.of("error").length).toBe(10);
});

const FRAME = LIMITS.writtenBytes;

test.each<[string, string | ArrayBuffer]>([
  ["ASCII", "x".repeat(FRAME + 1)],
  ["three-byte", "界".repeat(Math.floor(FRAME / 3) + 1)],
  ["binary", new ArrayBuffer(FRAME + 1)],
])("a frame over 256 KiB (%s) closes the socket with 4413", async (_, frame) => {
  const socket = await openDevice(ann.token);
  socket.send(frame);
  expect((await socket.closed()).code).toBe(4413);
  expect(socket.of("error")).toMatchObject([{ code: "too_large" }]);
});

test("a frame of exactly 256 KiB is accepted", async () => {
  expect(await refusalOf("x".repeat(FRAME))).toMatchObject({ code: "validation_failed" });
});

test.each<[string, (named: number) => object]>([
  ["a send", (named) => to(named, "mine")],
  ["an item of sends", (named) => ({ type: "sends", items: [to(named, "mine")] })],
  ["a read", (named) => ({ type: "read", conversation_id: named, seq: 1 })],
  ["a typing", (named) => ({ type: "typing", conversation_id: named })],
  ["a sync", (named) => ({ type: "sync", ...from(named) })],
  ["an item of a sync", (named) => ({ type: "sync", items: [from(named)] })],
])(
  "%s gets the same refusal for a conversation without membership as for an unknown one",
  async (what, frame) => {
    const isSend = what.includes("send");
    const details = new Set<unknown>();
    for (const conversation_id of [bobs, formerGroup, bobs + 1_000, Number.MAX_SAFE_INTEGER]) {
      const { detail, ...error } = await refusalOf(frame(conversation_id));
      const named = { conversation_id, ...(isSend && { client_msg_id: "mine" }) };
      expect(error).toEqual({ type: "error", code: "not_found", ...named });
      details.add(detail);
    }
    expect(details.size).toBe(1);
    const received = phone.frames.filter(({ type }) => type !== "error");
    expect(JSON.stringify(received)).not.toContain(`"conversation_id":${bobs}`);
  },
);

test("a refused send carries its client_msg_id whatever is invalid", async () => {
  const wrong = [
    textFrame("x", "which"),
    to("x", "which"),
    { ...to(id, "which"), kind: "?" },
    { ...to(id, "which"), body: {} },
    { ...to(id, "which"), quote_seq: 99 },
    { ...to(id, "which"), mentions: [1] },
  ];
  for (const frame of wrong) expect(await refusalOf(frame)).toMatchObject({ client_msg_id: "which" });
});

test("the refusal of a muted member's send has muted_until", async () => {
  const group = await createGroupId(bob, ann);
  const path = `/v1/conversations/${group}/members/${ann.user.id}`;
  const answer = await call("PATCH", path, { token: bob.token, body: { muted_for_s: 60 } });
  expect(answer.status).toBe(200);
  expect(await refusalOf(to(group, "hush"))).toEqual({
    type: "error",
    code: "muted",
    detail: expect.any(String),
    muted_until: expect.any(Number),
    conversation_id: group,
    client_msg_id: "hush",
  });
});

test("100 sends in one frame go to their conversations, in order in each", async () => {
  const [groupA, groupB] = [await createGroupId(ann, bob), await createGroupId(ann, bob)];
  const socket = await openDevice(ann.token);
  const items = range(1, 100).map((n) => ({ ...to(n % 2 ? groupA : groupB, `c${n}`), type: undefined }));
  socket.send({ type: "sends", items });
  await socket.until(({ acks }) => acks.length === 100);
  for (const [group, first] of [
    [groupA, 1],
    [groupB, 2],
  ]) {
    const acks = socket.acks.filter(({ conversation_id }) => conversation_id === group);
    expect(acks.map(({ client_msg_id, seq }) => [client_msg_id, seq])).toEqual(
      range(1, 50).map((seq) => [`c${2 * (seq - 1) + Number(first)}`, seq]),
    );
  }
  expect(socket.messages).toEqual([]);
});

test("101 sends in one frame are refused, and none is stored", async () => {
  const group = await createGroupId(ann, bob);
  await refusalOf({ type: "sends", items: range(1, 101).map((n) => to(group, `c${n}`)) });
  expect(await postText(group, ann, "the first")).toBe(1);
});

test("an invalid item of a `sends` frame is refused alone", async () => {
  const [groupA, groupB] = [await createGroupId(ann, bob), await createGroupId(ann, bob)];
  const socket = await openDevice(ann.token);
  const wrong = {
    homeless: textFrame("?", "homeless"),
    odd: to("1", "odd"),
    foreign: to(bobs, "foreign"),
    unknown: to(bobs + 1_000, "unknown"),
    kind: { ...to(groupA, "kind"), kind: "nonsense" },
    long: { ...to(groupA, "long"), body: { text: "x".repeat(8_001) } },
    quote: { ...to(groupA, "quote"), quote_seq: 99 },
  };
  const items = [
    to(groupA, "a"),
    to(groupB, "b"),
    ...Object.values(wrong),
    "no object",
    to(groupB, "y"),
    to(groupA, "z"),
  ];
  socket.send({ type: "sends", items });
  await socket.until(({ acks }) => acks.length + socket.of("error").length === items.length);
  const acks = socket.acks.map(({ conversation_id, seq, client_msg_id }) => [
    conversation_id,
    seq,
    client_msg_id,
  ]);
  expect(acks.filter(([group]) => group === groupA)).toEqual([
    [groupA, 1, "a"],
    [groupA, 2, "z"],
  ]);
  expect(acks.filter(([group]) => group === groupB)).toEqual([
    [groupB, 1, "b"],
    [groupB, 2, "y"],
  ]);
  const refusals = socket.of("error").map(({ code, client_msg_id }) => `${client_msg_id} ${code}`);
  expect(refusals.toSorted()).toEqual([
    "foreign not_found",
    "homeless validation_failed",
    "kind validation_failed",
    "long validation_failed",
    "odd validation_failed",
    "quote not_found",
    "undefined validation_failed",
    "unknown not_found",
  ]);
});

test("a sync replays each named conversation, and refuses only those without membership", async () => {
  const groups = await Promise.all(range(1, 5).map(() => createGroupId(ann, bob)));
  for (const group of groups) for (const n of range(1, 3)) await postText(group, bob, `${n}`);
  const socket = await openDevice(ann.token);
  socket.send({
    type: "sync",
    items: [...groups, bobs, formerGroup].map((group) => ({ ...from(group, 1), rev: 0 })),
  });
  await socket.until(() => socket.of("synced").length === 5 && socket.of("error").length === 2);
  expect(
    socket
      .of("error")
      .map(({ conversation_id }) => conversation_id)
      .toSorted(),
  ).toEqual([bobs, formerGroup].toSorted());
  for (const conversation_id of groups) {
    const ofGroup = socket.messages.filter((message) => message.conversation_id === conversation_id);
    // The last message may have been pushed live before the sync.
    expect(ofGroup.map(({ seq }) => seq).slice(-2)).toEqual([2, 3]);
    const synced = { type: "synced", conversation_id, last_seq: 3, rev: 0, has_more: false };
    expect(socket.of("synced")).toContainEqual(synced);
  }
});

test("a sync of 100 conversations is accepted", async () => {
  const socket = await openDevice(ann.token);
  socket.send({ type: "sync", items: [from(id, 3), ...range(1, 99).map((n) => from(bobs + 1_000 + n))] });
  await socket.until(() => socket.of("error").length === 99);
  expect(await socket.next("synced")).toMatchObject({ conversation_id: id, last_seq: 3 });
});

test("a sync of one conversation replays from its position", async () => {
  const socket = await openDevice(ann.token);
  socket.send({ type: "sync", ...from(id, 2) });
  expect(await socket.next("synced")).toEqual({
    ...{ type: "synced", conversation_id: id, last_seq: 3, rev: 0, has_more: false },
  });
  expect(socket.messages.map(({ seq, body }) => [seq, body])).toEqual([[3, { text: "3" }]]);
});

test("a read frame may name the seq of a send just before it", async () => {
  const group = await createGroupId(ann, bob);
  const socket = await openDevice(ann.token);
  for (const seq of range(1, 3)) {
    socket.send(to(group, `m${seq}`));
    socket.send({ type: "read", conversation_id: group, seq });
  }
  await socket.untilProcessed(group);
  expect(socket.acks.map(({ seq }) => seq)).toEqual(range(1, 3));
  expect(socket.of("error")).toHaveLength(1);
});
