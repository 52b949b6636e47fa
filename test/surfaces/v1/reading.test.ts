import { beforeAll, expect, test, vi } from "vitest";
import { call, problem, register, type SignedIn } from "../../support/api.ts";
import {
  createGroup,
  getConversation,
  listed,
  openDirect,
  remove,
  send,
  sendAll,
} from "../../support/chat.ts";
import { StrictReceipts } from "../../support/shapes.ts";
import { openRoom } from "../../support/socket.ts";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(), register(), register()]);
});

const read = ({ token }: SignedIn, id: number, seq: unknown) =>
  call("PUT", `/v1/conversations/${id}/read`, { token, body: { seq } });

/** Where somebody stands: as the conversation says, and, in the end, his list. */
async function stands(who: SignedIn, id: number, read_seq: number, unread_count: number): Promise<void> {
  expect(await getConversation(who, id)).toMatchObject({ read_seq, unread_count });
  await vi.waitFor(async () => expect(await listed(who, id)).toMatchObject({ read_seq, unread_count }));
}

async function receipts({ token }: SignedIn, id: number) {
  const answer = await call("GET", `/v1/conversations/${id}/receipts`, { token });
  expect(answer.status).toBe(200);
  return new Map(StrictReceipts.parse(answer.body).items.map((item) => [Number(item.user_id), item]));
}

test("the others' messages are unread until they are read, one's own never", async () => {
  const { id } = await createGroup(ann, [bob, cem]);
  await sendAll(ann, id, ["1", "2", "3"]);
  await stands(ann, id, 3, 0);
  await stands(bob, id, 0, 3);
  await stands(cem, id, 0, 3);

  expect(await read(bob, id, 2)).toMatchObject({ status: 200 });
  await stands(bob, id, 2, 1);
  await stands(cem, id, 0, 3);

  // Who answers has read what is above.
  await send(cem, id, "4");
  await stands(cem, id, 4, 0);
  await stands(bob, id, 2, 2);
  await stands(ann, id, 3, 1);
});

test("a read position moves forward only, never past the last message", async () => {
  const { id } = await openDirect(ann, bob);
  await sendAll(ann, id, ["1", "2", "3", "4"]);
  const at = (read_seq: number, unread_count: number) => ({ read_seq, unread_count });
  expect((await read(bob, id, 0)).body).toEqual(at(0, 4));
  expect((await read(bob, id, 3)).body).toEqual(at(3, 1));
  for (const seq of [3, 2, 1, 0])
    expect(await read(bob, id, seq)).toEqual(expect.objectContaining({ status: 200, body: at(3, 1) }));
  for (const seq of [5, 999, Number.MAX_SAFE_INTEGER]) problem(await read(bob, id, seq), 404, "not_found");
  await stands(bob, id, 3, 1);
  expect((await read(bob, id, 4)).body).toEqual(at(4, 0));
  await send(ann, id, "5");
  await stands(bob, id, 4, 1);
});

test("nothing can be read where nothing was said", async () => {
  const { id } = await createGroup(ann, [bob]);
  expect((await read(bob, id, 0)).body).toEqual({ read_seq: 0, unread_count: 0 });
  problem(await read(bob, id, 1), 404, "not_found");
});

test("a read position is a number of a place", async () => {
  const { id } = await createGroup(ann, [bob]);
  await send(ann, id, "1");
  for (const seq of [undefined, null, "1", true, [], [1], {}, -1, 0.5, 2 ** 53, 1e308]) {
    problem(await read(bob, id, seq), 400, "validation_failed");
  }
  await stands(bob, id, 0, 1);
});

test("revoking and hiding leave the positions and counts as they are", async () => {
  const { id } = await createGroup(ann, [bob]);
  await sendAll(ann, id, ["1", "2", "3"]);
  await read(bob, id, 1);
  expect((await remove(ann, id, 2, "everyone")).status).toBe(204);
  await stands(bob, id, 1, 2);
  expect((await remove(bob, id, 3, "me")).status).toBe(204);
  await stands(bob, id, 1, 2);
  expect((await read(bob, id, 3)).body).toEqual({ read_seq: 3, unread_count: 0 });
});

test("receipts tell how far every member has read, and when", async () => {
  const { id } = await createGroup(ann, [bob, cem]);
  const at = (user_id: number, read_seq: number, read_at: unknown) => ({ user_id, read_seq, read_at });
  const ids = [ann, bob, cem].map(({ user }) => user.id);
  expect(await receipts(bob, id)).toEqual(new Map(ids.map((user) => [user, at(user, 0, 0)])));
  const before = Date.now();
  const sent = await send(ann, id, "1");
  await send(ann, id, "2");
  await read(bob, id, 1);
  const now = await receipts(cem, id);
  expect(now.get(ann.user.id)).toMatchObject({ read_seq: 2 });
  expect(now.get(bob.user.id)).toMatchObject({ read_seq: 1 });
  expect(now.get(cem.user.id)).toEqual(at(cem.user.id, 0, 0));
  expect(now.get(bob.user.id)?.read_at).toBeGreaterThanOrEqual(Math.max(before, sent.created_at));
  // Reading again what was read leaves the time.
  await read(bob, id, 1);
  expect(await receipts(cem, id)).toEqual(now);
});

test("a reading over HTTP reaches the sockets of the others", async () => {
  const { id } = await createGroup(ann, [bob]);
  await send(ann, id, "1");
  const socket = await openRoom(id, ann.token);
  await read(bob, id, 1);
  expect(await socket.next("read")).toEqual({
    type: "read",
    conversation_id: id,
    user_id: bob.user.id,
    seq: 1,
  });
  socket.close();
});

test("reading and receipts are the members': to others the conversation does not exist", async () => {
  const { id } = await openDirect(ann, bob);
  const calls = [
    (of: number) => read(cem, of, 0),
    (of: number) => read(cem, of, 999),
    (of: number) => call("GET", `/v1/conversations/${of}/receipts`, { token: cem.token }),
  ];
  for (const one of calls) {
    const answer = await one(id);
    problem(answer, 404, "not_found");
    expect(answer.body).toEqual((await one(999_999)).body);
  }
});
