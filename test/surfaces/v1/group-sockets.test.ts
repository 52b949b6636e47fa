import { evictDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { type Answer, call, problem, type SignedIn } from "../../support/api.ts";
import { sendAll } from "../../support/chat.ts";
import { conversationObject, newGroup, nth, people, range } from "../../support/room.ts";
import { openRoom } from "../../support/socket.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  const all = await people(4);
  [ann, bob, cid, dan] = [nth(all, 0), nth(all, 1), nth(all, 2), nth(all, 3)];
});

function inside(id: number, who: SignedIn, method: string, path: string, body?: unknown): Promise<Answer> {
  const given = body === undefined ? {} : { body };
  return call(method, `/v1/conversations/${id}${path}`, { token: who.token, ...given });
}

test("after hibernation sockets hear of every change, and who goes is closed", async () => {
  const id = await newGroup(ann, bob, cid);
  const [bobs, cids] = [await openRoom(id, bob.token), await openRoom(id, cid.token)];
  const sleep = () => evictDurableObject(conversationObject(id));
  await sleep();
  await inside(id, ann, "PATCH", "", { name: "new" });
  expect(await bobs.next("conversation")).toMatchObject({ conversation: { name: "new" } });
  await sleep();
  await inside(id, ann, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
  expect(await bobs.next("conversation")).toMatchObject({ conversation: { role: "admin" } });
  await sleep();
  expect((await inside(id, dan, "POST", "/join")).body).toEqual({ state: "requested" });
  await bobs.until(({ frames }) => frames.some(({ event }) => event === "applied"));
  await sleep();
  await inside(id, bob, "DELETE", `/members/${cid.user.id}`);
  expect(await cids.next("kicked")).toMatchObject({ reason: "removed" });
  expect(await cids.closed()).toMatchObject({ code: 4001 });
  expect(cids.of("member").map(({ event }) => event)).toEqual(["profile", "role"]);
  await sleep();
  await inside(id, ann, "DELETE", "");
  expect(await bobs.next("kicked")).toMatchObject({ reason: "dissolved" });
  await sleep();
  problem(await inside(id, ann, "GET", ""), 404, "not_found");
  problem(await inside(id, dan, "POST", "/join"), 404, "not_found");
});

test("who goes in the midst of a replay is closed, and sees no more of it", async () => {
  const id = await newGroup(ann, bob, cid);
  await sendAll(ann, id, range(1, 101).map(String));
  const [bobs, cids] = [await openRoom(id, bob.token, "?after=0"), await openRoom(id, cid.token, "?after=0")];
  for (const socket of [bobs, cids]) expect(await socket.next("synced")).toMatchObject({ has_more: true });
  await inside(id, ann, "DELETE", `/members/${bob.user.id}`);
  expect(await bobs.next("kicked")).toMatchObject({ reason: "removed" });
  await inside(id, ann, "DELETE", "");
  expect(await cids.next("kicked")).toMatchObject({ reason: "dissolved" });
  for (const socket of [bobs, cids]) {
    expect(await socket.closed()).toMatchObject({ code: 4001 });
    expect(socket.seqs).toEqual(range(1, 100));
  }
});

test("a socket in the midst of a replay learns what the conversation is like once it is through", async () => {
  const id = await newGroup(ann, bob);
  await sendAll(ann, id, range(1, 101).map(String));
  const socket = await openRoom(id, bob.token, "?after=0&rev=0");
  expect(await socket.next("synced")).toMatchObject({ has_more: true });
  await inside(id, bob, "PUT", "/preferences", { silent: true });
  socket.send({ type: "sync", after: 100 });
  expect(await socket.next("synced")).toMatchObject({ has_more: false });
  expect(await socket.next("conversation")).toMatchObject({ conversation: { silent: true } });
});
