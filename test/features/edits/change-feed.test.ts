import { beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { ChangesPage, MessagePage } from "../../../src/surfaces/v1/messages/messages.ts";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, deleteMessage, getMessage } from "../../support/clients/chat.ts";
import { withoutOwnPart } from "../../support/clients/shapes.ts";
import {
  acceptSocket,
  openDevice,
  openRoom,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { createGroupId, postText, range } from "../../support/objects/room.ts";
import { setMaxChanges } from "../../support/settings.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeAll(() => setTiming({ deviceFeed: { holdMs: 1 } }));
beforeAll(() => setMaxChanges(5));

beforeEach(async () => {
  [ann, bob] = await registerUsers(2);
  id = await createGroupId(ann, bob);
});

async function post(count: number): Promise<void> {
  for (const i of range(1, count)) await postText(id, ann, `text ${i}`);
}

async function revoke(...seqs: number[]): Promise<void> {
  for (const seq of seqs) expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
}

async function hide(seq: number): Promise<void> {
  expect((await deleteMessage(bob, id, seq, "me")).status).toBe(204);
}

/** The changes of a conversation over HTTP, as Bob sees them. */
async function changes(query = ""): Promise<z.infer<typeof ChangesPage>> {
  const answer = await ask(bob, id, "GET", `/changes${query}`);
  expect(answer.status).toBe(200);
  return ChangesPage.parse(answer.body);
}

const Told = z.looseObject({ type: z.string(), rev: z.int().optional(), seq: z.int().optional() });
const Changed = z.object({ items: z.array(z.looseObject({ seq: z.int(), rev: z.int() })) });

/** What a socket was told of changes: `changed 3,1 rev 5`, `revoked 1 rev 5`. */
function told(socket: TestSocket): string[] {
  return socket.frames.flatMap((frame) => {
    const { type, rev, seq } = Told.parse(frame);
    if (type === "changed") return `changed ${Changed.parse(frame).items.map((item) => item.seq)} rev ${rev}`;
    return type === "revoked" || type === "hidden" || type === "reset" ? `${type} ${seq} rev ${rev}` : [];
  });
}

test("a message has the number of its last change, and 0 before", async () => {
  await post(2);
  expect((await getMessage(bob, id, 1)).rev).toBe(0);
  await hide(2);
  await revoke(1);
  expect((await getMessage(bob, id, 1)).rev).toBe(2);
});

test("a room socket is told the present state of a changed message; with changes=0, only its revoke", async () => {
  await post(2);
  const socket = await openRoom(id, bob.token);
  const old = acceptSocket(await upgrade(roomPath(id, "?changes=0"), bob.token));
  await revoke(1);
  await socket.next("revoked");
  await old.next("revoked");
  expect(told(socket)).toEqual(["changed 1 rev 1", "revoked 1 rev 1"]);
  expect(told(old)).toEqual(["revoked 1 rev 1"]);
  const [changed] = socket.of("changed");
  expect(changed).toEqual({
    ...{ type: "changed", conversation_id: id, rev: 1 },
    items: [withoutOwnPart(await getMessage(bob, id, 1))],
  });
});

test("a device is told the present state of a changed message; with changes=0, only its revoke", async () => {
  await post(2);
  const device = await openDevice(bob.token);
  const old = acceptSocket(await upgrade("/v1/socket?changes=0", bob.token));
  await post(1);
  await Promise.all([device, old].map((socket) => socket.until(() => socket.seqs.includes(3))));
  await revoke(1);
  await device.next("revoked");
  await old.next("revoked");
  expect(told(device)).toEqual(["changed 1 rev 1", "revoked 1 rev 1"]);
  expect(told(old)).toEqual(["revoked 1 rev 1"]);
});

test("who was away is told each changed message once, in the order of the changes, before new messages", async () => {
  await post(4);
  await revoke(3);
  await hide(2);
  await revoke(1);
  await post(1);
  const socket = await openRoom(id, bob.token, "?after=4&rev=0");
  const device = await openDevice(bob.token);
  device.send({ type: "sync", conversation_id: id, after: 4, rev: 0 });
  for (const resumed of [socket, device]) {
    await resumed.next("synced");
    expect(told(resumed)).toEqual([
      ...["changed 3 rev 1", "revoked 3 rev 1", "hidden 2 rev 2"],
      ...["changed 1 rev 3", "revoked 1 rev 3"],
    ]);
    expect(resumed.seqs).toEqual([5]);
    expect(resumed.frames.findIndex(({ type }) => type === "message")).toBeGreaterThan(
      resumed.frames.findLastIndex(({ type }) => type === "changed"),
    );
  }
});

test("past MAX_CHANGES a client is told to load the conversation anew, and goes on live", async () => {
  await post(8);
  await revoke(...range(1, 6));
  const socket = await openRoom(id, bob.token, "?after=8&rev=0");
  const device = await openDevice(bob.token);
  device.send({ type: "sync", conversation_id: id, after: 7, rev: 0 });
  for (const resumed of [socket, device]) {
    await resumed.next("synced");
    expect(resumed.of("reset")).toEqual([{ type: "reset", conversation_id: id, last_seq: 8, rev: 6 }]);
    expect(resumed.of("synced")).toMatchObject([{ last_seq: 8, rev: 6, has_more: false }]);
    expect(resumed.of("changed")).toEqual([]);
    expect(resumed.seqs).toEqual([]);
  }
  await revoke(7);
  await post(1);
  for (const resumed of [socket, device]) {
    await resumed.until(() => resumed.seqs.includes(9));
    expect(told(resumed).slice(1)).toEqual(["changed 7 rev 7", "revoked 7 rev 7"]);
  }
  const late = await ask(bob, id, "GET", "/changes");
  expectProblem(late, 410, "reset");
  expect((await changes("?after_rev=2")).items.map(({ seq }) => seq)).toEqual([3, 4, 5, 6, 7]);
});

test("a client that wants no changes is never reset, and misses no revoke", async () => {
  await post(8);
  await revoke(...range(1, 6));
  const room = acceptSocket(await upgrade(roomPath(id, "?changes=0&after=8&rev=0"), bob.token));
  const device = acceptSocket(await upgrade("/v1/socket?changes=0", bob.token));
  device.send({ type: "sync", conversation_id: id, after: 8, rev: 0 });
  for (const resumed of [room, device]) {
    await resumed.next("synced");
    expect(told(resumed)).toEqual(range(1, 6).map((seq) => `revoked ${seq} rev ${seq}`));
  }
});

test("the same is read over HTTP, page by page", async () => {
  await post(5);
  await revoke(5, 2);
  await hide(4);
  await revoke(1);
  const first = await changes("?limit=2");
  expect(first).toMatchObject({ rev: 2, has_more: true, hidden: [] });
  expect(first.items).toEqual([await getMessage(bob, id, 5), await getMessage(bob, id, 2)]);
  const second = await changes("?limit=2&after_rev=2");
  expect(second).toEqual({ items: [await getMessage(bob, id, 1)], hidden: [4], rev: 4, has_more: false });
  expect(await changes("?after_rev=4")).toEqual({ items: [], hidden: [], rev: 4, has_more: false });
  // Asked from behind the newest change: where a client begins that has no message yet.
  const end = await changes(`?after_rev=${Number.MAX_SAFE_INTEGER}`);
  expect(end).toEqual({ items: [], hidden: [], rev: 4, has_more: false });
});

test("who came later learns nothing of what was before", async () => {
  await post(2);
  const [carl] = await registerUsers(1);
  const added = { user_ids: [carl?.user.id] };
  const answer = await ask(ann, id, "POST", "/members", added);
  expect(answer.status).toBe(200);
  const token = carl?.token ?? "";
  const socket = await openRoom(id, token);
  await revoke(1);
  await postText(id, ann, "later");
  await socket.until(() => socket.seqs.includes(4));
  expect(told(socket)).toEqual([]);
  const { body } = await ask({ token }, id, "GET", "/changes");
  expect(body).toEqual({ items: [], hidden: [], rev: 1, has_more: false });
});

test.each(["?limit=201", "?limit=0", "?after_rev=-1", "?after_rev=x", "?after_rev=9007199254740993"])(
  "%s is refused",
  async (query) => {
    const path = `/v1/conversations/${id}/changes${query}`;
    expectProblem(await call("GET", path, { token: bob.token }), 400, "validation_failed");
  },
);

test("the newest page has the rev from which its changes follow, and a page with a bound has none", async () => {
  await post(3);
  await revoke(1);
  const newest = MessagePage.parse((await ask(bob, id, "GET", "/messages")).body);
  const { rev = -1, last_seq: last } = newest;
  expect(last).toBe(3);
  expect(await changes(`?after_rev=${rev}`)).toMatchObject({ items: [], rev });
  await revoke(2);
  expect((await changes(`?after_rev=${rev}`)).items.map(({ seq }) => seq)).toEqual([2]);
  for (const bound of ["before=3", "after=0", "at=0"])
    expect((await ask(bob, id, "GET", `/messages?${bound}`)).body).not.toHaveProperty("rev");
});
