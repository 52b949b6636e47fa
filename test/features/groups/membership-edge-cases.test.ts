import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { type Answer, call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { deleteMessage, openDirect, page, send, sendAll } from "../../support/clients/chat.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { HeldInbox } from "../../support/faults/hold.ts";
import { conversationObject, createGroupId, range } from "../../support/objects/room.ts";

const MAX_ID = Number.MAX_SAFE_INTEGER;

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  [ann, bob, cid, dan] = await registerUsers(4);
});

function inGroup(id: number, who: SignedIn, method: string, path: string, body?: unknown): Promise<Answer> {
  const options = body === undefined ? {} : { body };
  return call(method, `/v1/conversations/${id}${path}`, { token: who.token, ...options });
}

async function membershipsInD1(id: number): Promise<unknown> {
  const query = "SELECT * FROM memberships WHERE conversation_id = ?";
  return (await env.DB.prepare(query).bind(id).all()).results;
}

test("a new owner may write even if muted before", async () => {
  const id = await createGroupId(ann, bob);
  await inGroup(id, ann, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 3_600 });
  expect((await inGroup(id, ann, "POST", "/owner", { user_id: bob.user.id })).status).toBe(200);
  await send(bob, id, "mine now");
});

test("member calls ignore repeated ids and current members, and refuse unknown and invalid ids", async () => {
  const id = await createGroupId(ann, bob);
  const add = (user_ids: unknown) => inGroup(id, ann, "POST", "/members", { user_ids });
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
  expectProblem(await add([dan.user.id, MAX_ID]), 404, "not_found");
  for (const invalid of [
    [],
    [MAX_ID + 2],
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
    expectProblem(await add(invalid), 400, "validation_failed");
  }
  expect((await add(Array(1000).fill(c))).status).toBe(200);
  expectProblem(await inGroup(id, ann, "DELETE", `/members/${MAX_ID}`), 404, "not_found");
  expectProblem(await inGroup(id, ann, "PATCH", `/members/${MAX_ID}`, { muted_for_s: 1 }), 404, "not_found");
  expectProblem(await inGroup(id, ann, "POST", "/owner", { user_id: MAX_ID }), 404, "not_found");
  expectProblem(await inGroup(id, ann, "POST", "/owner", { user_id: ann.user.id }), 403, "forbidden");
  expectProblem(
    await inGroup(id, ann, "POST", `/applications/${MAX_ID}`, { action: "accept" }),
    404,
    "not_found",
  );
  expectProblem(await inGroup(MAX_ID, ann, "POST", "/join"), 404, "not_found");
  expectProblem(await inGroup(MAX_ID, ann, "POST", "/leave"), 404, "not_found");
  expectProblem(await inGroup(MAX_ID, ann, "GET", "/members"), 404, "not_found");
  expect((await inGroup(id, ann, "PATCH", "", {})).status).toBe(200);
  expectProblem(await inGroup(id, bob, "PATCH", "", {}), 403, "forbidden");
  expectProblem(await inGroup(id, dan, "PATCH", "", {}), 404, "not_found");
  expect((await inGroup(id, bob, "PATCH", `/members/${bob.user.id}`, {})).status).toBe(200);
  expect(
    (await inGroup(id, ann, "PATCH", `/members/${ann.user.id}`, { name_card: "boss" })).body,
  ).toMatchObject({ name_card: "boss" });
  expectProblem(await inGroup(id, bob, "PATCH", `/members/${cid.user.id}`, {}), 403, "forbidden");
  expectProblem(
    await inGroup(id, ann, "PATCH", `/members/${ann.user.id}`, { role: "member" }),
    403,
    "forbidden",
  );
});

test("a direct conversation refuses group calls of its users with forbidden, of others with not_found", async () => {
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
    expectProblem(await inGroup(id, ann, method, path, body), 403, "forbidden");
    expectProblem(await inGroup(id, cid, method, path, body), 404, "not_found");
  }
  expectProblem(await inGroup(id, ann, "POST", "/join"), 404, "not_found");
  expectProblem(await inGroup(id, cid, "POST", "/join"), 404, "not_found");
  expect((await inGroup(id, ann, "GET", "/members")).body).toMatchObject({ items: { length: 2 } });
});

test("a call of an admin who is removed before its answer is answered as done", async () => {
  const id = await createGroupId(ann, bob);
  await inGroup(id, ann, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
  const held = await HeldInbox.hold(cid.user.id);
  const adding = inGroup(id, bob, "POST", "/members", { user_ids: [cid.user.id] });
  while ((await page(ann, id)).items.at(-1)?.seq !== 2) await Promise.resolve();
  const removing = inGroup(id, ann, "DELETE", `/members/${bob.user.id}`);
  while ((await page(ann, id)).items.at(-1)?.seq !== 3) await Promise.resolve();
  held.release();
  expect((await removing).status).toBe(204);
  const added = await adding;
  expect(added.status, JSON.stringify(added.body)).toBe(200);
});

test("a member who is missing in D1 gets unavailable, not not_found", async () => {
  const id = await createGroupId(ann, bob);
  await inGroup(id, ann, "POST", "/members", { user_ids: [cid.user.id] });
  await env.DB.prepare("DELETE FROM memberships WHERE conversation_id = ? AND user_id = ?")
    .bind(id, cid.user.id)
    .run();
  expectProblem(await inGroup(id, cid, "GET", ""), 503, "unavailable");
});

test("setting preferences of a dissolved group changes nothing", async () => {
  const id = await createGroupId(ann, bob);
  await inGroup(id, ann, "DELETE", "");
  const before = await membershipsInD1(id);
  expectProblem(await inGroup(id, bob, "PUT", "/preferences", { sticky: true }), 404, "not_found");
  expect(await membershipsInD1(id)).toEqual(before);
});

describe("sockets of a group", () => {
  function inGroup(id: number, who: SignedIn, method: string, path: string, body?: unknown): Promise<Answer> {
    const options = body === undefined ? {} : { body };
    return call(method, `/v1/conversations/${id}${path}`, { token: who.token, ...options });
  }

  test("get every change after hibernation, and are closed when their member is out", async () => {
    const id = await createGroupId(ann, bob, cid);
    const [bobs, cids] = [await openRoom(id, bob.token), await openRoom(id, cid.token)];
    const evict = () => evictDurableObject(conversationObject(id));
    await evict();
    await inGroup(id, ann, "PATCH", "", { name: "new" });
    expect(await bobs.next("conversation")).toMatchObject({ conversation: { name: "new" } });
    await evict();
    await inGroup(id, ann, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
    expect(await bobs.next("conversation")).toMatchObject({ conversation: { role: "admin" } });
    await evict();
    expect((await inGroup(id, dan, "POST", "/join")).body).toEqual({ state: "requested" });
    await bobs.until(({ frames }) => frames.some(({ event }) => event === "applied"));
    await evict();
    await inGroup(id, bob, "DELETE", `/members/${cid.user.id}`);
    expect(await cids.next("kicked")).toMatchObject({ reason: "removed" });
    expect(await cids.closed()).toMatchObject({ code: 4001 });
    expect(cids.of("member").map(({ event }) => event)).toEqual(["profile", "role"]);
    await evict();
    await inGroup(id, ann, "DELETE", "");
    expect(await bobs.next("kicked")).toMatchObject({ reason: "dissolved" });
    await evict();
    expectProblem(await inGroup(id, ann, "GET", ""), 404, "not_found");
    expectProblem(await inGroup(id, dan, "POST", "/join"), 404, "not_found");
  });

  test("are closed during a replay when their member is out, without further pages", async () => {
    const id = await createGroupId(ann, bob, cid);
    await sendAll(ann, id, range(1, 101).map(String));
    const [bobs, cids] = [
      await openRoom(id, bob.token, "?after=0"),
      await openRoom(id, cid.token, "?after=0"),
    ];
    for (const socket of [bobs, cids]) expect(await socket.next("synced")).toMatchObject({ has_more: true });
    await inGroup(id, ann, "DELETE", `/members/${bob.user.id}`);
    expect(await bobs.next("kicked")).toMatchObject({ reason: "removed" });
    await inGroup(id, ann, "DELETE", "");
    expect(await cids.next("kicked")).toMatchObject({ reason: "dissolved" });
    for (const socket of [bobs, cids]) {
      expect(await socket.closed()).toMatchObject({ code: 4001 });
      expect(socket.seqs).toEqual(range(1, 100));
    }
  });

  test("get no revokes of messages from before their member joined", async () => {
    const id = await createGroupId(ann, bob);
    await sendAll(ann, id, ["before", "behind"]);
    await inGroup(id, ann, "POST", "/members", { user_ids: [cid.user.id] });
    const after = (await send(ann, id, "after")).seq;
    const [bobs, cids] = [await openRoom(id, bob.token), await openRoom(id, cid.token)];
    const device = await openDevice(cid.token);
    for (const seq of [1, 2, after]) expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
    const revoked = ({ frames }: TestSocket) =>
      frames.filter(({ type }) => type === "revoked").map(({ seq }) => seq);
    for (const socket of [bobs, cids, device]) await socket.until(() => revoked(socket).includes(after));
    expect([bobs, cids, device].map(revoked)).toEqual([[1, 2, after], [after], [after]]);
  });

  test("get a changed conversation after the replay if it changed during the replay", async () => {
    const id = await createGroupId(ann, bob);
    await sendAll(ann, id, range(1, 101).map(String));
    const socket = await openRoom(id, bob.token, "?after=0&rev=0");
    expect(await socket.next("synced")).toMatchObject({ has_more: true });
    await inGroup(id, bob, "PUT", "/preferences", { silent: true });
    socket.send({ type: "sync", after: 100 });
    expect(await socket.next("synced")).toMatchObject({ has_more: false });
    expect(await socket.next("conversation")).toMatchObject({ conversation: { silent: true } });
  });
});
