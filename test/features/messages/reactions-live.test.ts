import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { deleteMessage, expectAsked, getMessage, page, send } from "../../support/clients/chat.ts";
import {
  acceptSocket,
  openDevice,
  openRoom,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { createGroupId, loseConversation, postText } from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";

const THUMB = "👍";
const HEART = "❤";
const KINDS = ["room", "device"] as const;

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
let seq: number;

beforeAll(() => setTiming({ deviceFeed: { holdMs: 1 }, changes: { intervalMs: 1 } }));
beforeAll(() => setNoRateLimits());

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
  id = await createGroupId(ann, bob);
  seq = await postText(id, ann, "hello");
});

const pathOf = (key: string, at = seq) => `/messages/${at}/reactions/${encodeURIComponent(key)}`;
const react = (who: SignedIn, key: string, at?: number) => expectAsked(who, id, "PUT", pathOf(key, at));
const unreact = (who: SignedIn, key: string) => expectAsked(who, id, "DELETE", pathOf(key));

/** Opens a socket that follows the conversation live, and has everything. */
async function follow(kind: (typeof KINDS)[number], { token }: SignedIn): Promise<TestSocket> {
  if (kind === "room") return openRoom(id, token);
  const device = await openDevice(token);
  const { rev } = await getMessage({ token }, id, seq);
  device.send({ type: "sync", conversation_id: id, after: seq, rev });
  await device.next("synced");
  return device;
}

const Changed = z.object({
  rev: z.int(),
  items: z.array(
    z.looseObject({
      seq: z.int(),
      rev: z.int(),
      reactions: z.array(z.looseObject({ key: z.string(), count: z.int() })),
      mine: z.array(z.string()).optional(),
    }),
  ),
});

const OwnFields = z.object({
  seq: z.int(),
  mine: z.array(z.string()).optional(),
  votes: z.array(z.int()).optional(),
});

/** What a socket was told: the tally, and the reader's own part; `-` where the frame has none. */
function told(socket: TestSocket): string[] {
  return socket.of("changed").flatMap((frame) =>
    Changed.parse(frame).items.map(({ reactions, mine }) => {
      const tally = reactions.map(({ key, count }) => `${key}${count}`).join();
      return `${tally} mine ${mine === undefined ? "-" : `[${mine}]`}`;
    }),
  );
}

/** Waits for the change that an action makes, on each socket. */
async function eachHears(sockets: TestSocket[], act: () => Promise<unknown>): Promise<void> {
  const before = sockets.map((socket) => socket.of("changed").length);
  await act();
  await Promise.all(
    sockets.map((socket, i) => socket.until(() => socket.of("changed").length > (before[i] ?? 0))),
  );
}

test.each(KINDS)("a %s socket shows reactions, and what is one's own if that has changed", async (kind) => {
  const [anns, bobs, bobsOther] = [await follow(kind, ann), await follow(kind, bob), await follow(kind, bob)];
  const all = [anns, bobs, bobsOther];
  await eachHears(all, () => react(bob, THUMB));
  await eachHears(all, () => react(ann, THUMB));
  await eachHears(all, () => react(ann, HEART));
  await eachHears(all, () => unreact(bob, THUMB));
  const tallies = [`${THUMB}1`, `${THUMB}2`, `${THUMB}2,${HEART}1`, `${THUMB}1,${HEART}1`];
  const shows = (...mine: string[]) => tallies.map((tally, i) => `${tally} mine ${mine[i]}`);
  // A live page of devices has it where its user has, or had, some: it is made later than the change.
  const ifOwn = (own: string) => (kind === "room" ? "-" : own);
  const both = `[${THUMB},${HEART}]`;
  expect(told(anns)).toEqual(shows("-", `[${THUMB}]`, both, ifOwn(both)));
  const [one, other] = [`[${THUMB}]`, ifOwn(`[${THUMB}]`)];
  for (const socket of [bobs, bobsOther]) expect(told(socket)).toEqual(shows(one, other, other, "[]"));
  await eachHears(all, () => deleteMessage(ann, id, seq, "everyone"));
  for (const socket of all) expect(told(socket).at(-1)).toBe(" mine []");
});

test.each(KINDS)(
  "a replay on a %s socket has one's own part, also if nothing is left of it",
  async (kind) => {
    const second = await postText(id, ann, "second");
    const third = await postText(id, ann, "third");
    await react(bob, THUMB);
    await unreact(bob, THUMB);
    await react(ann, HEART, second);
    await react(bob, THUMB, third);
    const expected = [
      { seq, mine: [] },
      { seq: second, mine: [] },
      { seq: third, mine: [THUMB] },
    ];
    for (const after of [third, seq - 1]) {
      const query = `?after=${after}&rev=0`;
      const socket = kind === "room" ? await openRoom(id, bob.token, query) : await openDevice(bob.token);
      if (kind === "device") socket.send({ type: "sync", conversation_id: id, after, rev: 0 });
      await socket.next("synced");
      const items = socket.of("changed").flatMap((frame) => Changed.parse(frame).items);
      expect(after === third ? items : socket.messages).toMatchObject(expected);
      socket.close();
    }
  },
);

test.each(KINDS)(
  "on a %s socket one rule gives what is one's own: absent, it is what was known, at first none",
  async (kind) => {
    const poll = { question: "Tea?", options: ["yes", "no"], multiple: false, anonymous: false, ends_at: 0 };
    const [open, voted] = [
      (await send(ann, id, { kind: "poll", body: poll })).seq,
      (await send(ann, id, { kind: "poll", body: poll })).seq,
    ];
    const others = await postText(id, ann, "of others");
    await react(ann, HEART, others);
    await expectAsked(bob, id, "PUT", `/messages/${voted}/votes`, { options: [1] });
    const query = "?after=0&rev=0";
    const socket = kind === "room" ? await openRoom(id, bob.token, query) : await openDevice(bob.token);
    if (kind === "device") socket.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
    await socket.next("synced");
    const own = OwnFields.array().parse(socket.messages);
    expect(own).toEqual([
      { seq },
      { seq: open, votes: [] },
      { seq: voted, votes: [1] },
      { seq: others, mine: [] },
    ]);
    const { items } = await page(bob, id);
    const known = items.map((item) => ({ mine: [], ...("poll" in item && { votes: [] }) }));
    expect(socket.messages.map((message, i) => ({ ...known[i], ...message }))).toEqual(items);
    // Live, what others do leaves out what is known; Bob's own comes with the answer of his call.
    await eachHears([socket], () => react(ann, THUMB));
    await eachHears([socket], () => react(bob, THUMB));
    const told = socket.of("changed").flatMap(({ items }) => OwnFields.array().parse(items));
    expect(told).toEqual([{ seq }, { seq, mine: [THUMB] }]);
    expect(await getMessage(bob, id, seq)).toMatchObject({ mine: [THUMB] });
  },
);

test("a device whose conversation has restarted learns that its user's last reaction is gone", async () => {
  const [device, other] = [await follow("device", bob), await follow("device", ann)];
  await eachHears([device, other], () => react(bob, THUMB));
  // The announcement of the removal is lost with the object.
  overrideTiming({ changes: { intervalMs: 60_000 } });
  await react(ann, HEART);
  await unreact(bob, THUMB);
  await loseConversation(id);
  await expectAsked(ann, id, "GET", "");
  await device.until(() => told(device).length >= 3 || told(device).at(-1)?.endsWith("[]") === true);
  expect(told(device).at(-1)).toBe(`${HEART}1 mine []`);
});

test("many reactions are few frames, and one item for who was away", async () => {
  overrideTiming({ changes: { intervalMs: 60_000 } });
  const users = await signedInUsers(60);
  await expectAsked(ann, id, "POST", "/members", { user_ids: users.map(({ user }) => user.id) });
  const at = await postText(id, ann, "for all");
  const watching = [await follow("room", ann), await follow("device", ann)];
  const [first, ...others] = users;
  if (!first) throw new Error("no users");
  await eachHears(watching, () => react(first, THUMB, at));
  // What comes within the interval waits together, until a page is asked for.
  await Promise.all(others.map((user) => react(user, THUMB, at)));
  for (const socket of watching) expect(socket.of("changed")).toHaveLength(1);
  const { rev, reactions } = await getMessage(ann, id, at);
  expect({ rev, reactions }).toMatchObject({ rev: 60, reactions: [{ key: THUMB, count: 60 }] });
  const resumed = acceptSocket(await upgrade(`/v1/conversations/${id}/socket?after=${at}&rev=0`, bob.token));
  await resumed.next("synced");
  expect(resumed.of("changed")).toMatchObject([{ rev: 60, items: [{ seq: at, rev: 60, mine: [] }] }]);
  await Promise.all(watching.map((socket) => socket.until(() => socket.of("changed").length > 1)));
  for (const socket of watching)
    expect(socket.of("changed")).toMatchObject([{ rev: 1 }, { rev: 60, items: [{ rev: 60 }] }]);
});
