import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { type Answer, call, problem, type SignedIn } from "../../support/clients/api.ts";
import { openDirect, page, remove, send, sendAll } from "../../support/clients/chat.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { HeldInbox } from "../../support/faults/hold.ts";
import { at, conversationObject, newGroup, people, range } from "../../support/objects/room.ts";

const LARGEST = Number.MAX_SAFE_INTEGER;

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  const all = await people(4);
  [ann, bob, cid, dan] = [at(all, 0), at(all, 1), at(all, 2), at(all, 3)];
});

function inside(id: number, who: SignedIn, method: string, path: string, body?: unknown): Promise<Answer> {
  const given = body === undefined ? {} : { body };
  return call(method, `/v1/conversations/${id}${path}`, { token: who.token, ...given });
}

async function membershipsInD1(id: number): Promise<unknown> {
  const query = "SELECT * FROM memberships WHERE conversation_id = ?";
  return (await env.DB.prepare(query).bind(id).all()).results;
}

test("whoever is handed the group may write in it, muted before or not", async () => {
  const id = await newGroup(ann, bob);
  await inside(id, ann, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 3_600 });
  expect((await inside(id, ann, "POST", "/owner", { user_id: bob.user.id })).status).toBe(200);
  await send(bob, id, "mine now");
});

test("whoever is named twice, is in already or does not exist is no trouble", async () => {
  const id = await newGroup(ann, bob);
  const add = (user_ids: unknown) => inside(id, ann, "POST", "/members", { user_ids });
  const c = cid.user.id;
  const before = (await page(ann, id)).items.length;
  expect((await add([c, c, ann.user.id, bob.user.id, c])).body).toMatchObject({ items: { length: 3 } });
  expect((await page(ann, id)).items.at(-1)?.body).toEqual({
    event: "joined",
    actor_id: ann.user.id,
    user_ids: [c],
  });
  expect((await add([c, c])).body).toMatchObject({ items: { length: 1 } });
  expect((await page(ann, id)).items.length).toBe(before + 1);
  problem(await add([dan.user.id, LARGEST]), 404, "not_found");
  for (const bad of [
    [],
    [LARGEST + 2],
    [0],
    [-1],
    [1.5],
    ["1"],
    [null],
    null,
    {},
    "x",
    Array(1001).fill(c),
  ]) {
    problem(await add(bad), 400, "validation_failed");
  }
  expect((await add(Array(1000).fill(c))).status).toBe(200);
  problem(await inside(id, ann, "DELETE", `/members/${LARGEST}`), 404, "not_found");
  problem(await inside(id, ann, "PATCH", `/members/${LARGEST}`, { muted_for_s: 1 }), 404, "not_found");
  problem(await inside(id, ann, "POST", "/owner", { user_id: LARGEST }), 404, "not_found");
  problem(await inside(id, ann, "POST", "/owner", { user_id: ann.user.id }), 403, "forbidden");
  problem(await inside(id, ann, "POST", `/applications/${LARGEST}`, { action: "accept" }), 404, "not_found");
  problem(await inside(LARGEST, ann, "POST", "/join"), 404, "not_found");
  problem(await inside(LARGEST, ann, "POST", "/leave"), 404, "not_found");
  problem(await inside(LARGEST, ann, "GET", "/members"), 404, "not_found");
  expect((await inside(id, ann, "PATCH", "", {})).status).toBe(200);
  problem(await inside(id, bob, "PATCH", "", {}), 403, "forbidden");
  problem(await inside(id, dan, "PATCH", "", {}), 404, "not_found");
  expect((await inside(id, bob, "PATCH", `/members/${bob.user.id}`, {})).status).toBe(200);
  expect(
    (await inside(id, ann, "PATCH", `/members/${ann.user.id}`, { name_card: "boss" })).body,
  ).toMatchObject({ name_card: "boss" });
  problem(await inside(id, bob, "PATCH", `/members/${cid.user.id}`, {}), 403, "forbidden");
  problem(await inside(id, ann, "PATCH", `/members/${ann.user.id}`, { role: "member" }), 403, "forbidden");
});

test("a direct conversation refuses what only groups have, to its two alone", async () => {
  const { id } = await openDirect(ann, bob);
  for (const [method, path, body] of [
    ["PATCH", "", { name: "x" }],
    ["PATCH", "", {}],
    ["POST", "/members", { user_ids: [cid.user.id] }],
    ["PATCH", `/members/${bob.user.id}`, { muted_for_s: 5 }],
    ["PATCH", `/members/${ann.user.id}`, { name_card: "x" }],
    ["PATCH", `/members/${ann.user.id}`, {}],
    ["DELETE", `/members/${bob.user.id}`],
    ["DELETE", `/members/${ann.user.id}`],
    ["POST", "/leave"],
    ["POST", "/owner", { user_id: bob.user.id }],
    ["GET", "/applications"],
    ["POST", "/applications/1", { action: "accept" }],
  ] satisfies [string, string, unknown?][]) {
    problem(await inside(id, ann, method, path, body), 403, "forbidden");
    problem(await inside(id, cid, method, path, body), 404, "not_found");
  }
  problem(await inside(id, ann, "POST", "/join"), 404, "not_found");
  problem(await inside(id, cid, "POST", "/join"), 404, "not_found");
  expect((await inside(id, ann, "GET", "/members")).body).toMatchObject({ items: { length: 2 } });
});

test("what was done is answered so, also to an admin who is removed before the answer", async () => {
  const id = await newGroup(ann, bob);
  await inside(id, ann, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
  const held = await HeldInbox.hold(cid.user.id);
  const adding = inside(id, bob, "POST", "/members", { user_ids: [cid.user.id] });
  while ((await page(ann, id)).items.at(-1)?.seq !== 2) await Promise.resolve();
  const removing = inside(id, ann, "DELETE", `/members/${bob.user.id}`);
  while ((await page(ann, id)).items.at(-1)?.seq !== 3) await Promise.resolve();
  await held.release();
  expect((await removing).status).toBe(204);
  const added = await adding;
  expect(added.status, JSON.stringify(added.body)).toBe(200);
});

test("a member of whom D1 does not know yet is asked to come again, not told that there is nothing", async () => {
  const id = await newGroup(ann, bob);
  await inside(id, ann, "POST", "/members", { user_ids: [cid.user.id] });
  await env.DB.prepare("DELETE FROM memberships WHERE conversation_id = ? AND user_id = ?")
    .bind(id, cid.user.id)
    .run();
  problem(await inside(id, cid, "GET", ""), 503, "unavailable");
});

test("whoever sets flags of a dissolved group has changed nothing", async () => {
  const id = await newGroup(ann, bob);
  await inside(id, ann, "DELETE", "");
  const before = await membershipsInD1(id);
  problem(await inside(id, bob, "PUT", "/preferences", { sticky: true }), 404, "not_found");
  expect(await membershipsInD1(id)).toEqual(before);
});

describe("the sockets of a group", () => {
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
    const [bobs, cids] = [
      await openRoom(id, bob.token, "?after=0"),
      await openRoom(id, cid.token, "?after=0"),
    ];
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

  test("who comes later hears nothing of what is taken back of the time before him", async () => {
    const id = await newGroup(ann, bob);
    await sendAll(ann, id, ["before", "behind"]);
    await inside(id, ann, "POST", "/members", { user_ids: [cid.user.id] });
    const after = (await send(ann, id, "after")).seq;
    const [bobs, cids] = [await openRoom(id, bob.token), await openRoom(id, cid.token)];
    const device = await openDevice(cid.token);
    for (const seq of [1, 2, after]) expect((await remove(ann, id, seq, "everyone")).status).toBe(204);
    const revoked = ({ frames }: TestSocket) =>
      frames.filter(({ type }) => type === "revoked").map(({ seq }) => seq);
    for (const socket of [bobs, cids, device]) await socket.until(() => revoked(socket).includes(after));
    expect([bobs, cids, device].map(revoked)).toEqual([[1, 2, after], [after], [after]]);
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
});
