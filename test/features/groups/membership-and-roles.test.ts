import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type Answer, call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { list, listedConversation, page, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { createGroupId } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;

beforeAll(async () => {
  [ann, bob, cid] = await registerUsers(3);
});

const Members = z.object({
  items: z.array(
    z.strictObject({
      user: z.object({ id: z.int() }),
      role: z.string(),
      muted_until: z.int(),
      name_card: z.string(),
      joined_at: z.int(),
    }),
  ),
});

function inGroup(id: number, who: SignedIn, method: string, path: string, body?: unknown): Promise<Answer> {
  return call(method, `/v1/conversations/${id}${path}`, {
    token: who.token,
    ...(body !== undefined && { body }),
  });
}

async function roles(id: number, who: SignedIn): Promise<Record<string, string>> {
  const answer = await inGroup(id, who, "GET", "/members?limit=100");
  return Object.fromEntries(Members.parse(answer.body).items.map(({ user, role }) => [user.id, role]));
}

test("an added member is in the member list, and sees only messages since joining", async () => {
  const id = await createGroupId(ann, bob);
  await send(ann, id, "before");
  const socket = await openRoom(id, bob.token);
  const added = await inGroup(id, ann, "POST", "/members", { user_ids: [cid.user.id] });
  expect(added.status, JSON.stringify(added.body)).toBe(200);
  expect(Members.parse(added.body).items.map(({ user }) => user.id)).toEqual([cid.user.id]);
  const body = { event: "joined", actor_id: ann.user.id, user_ids: [cid.user.id] };
  expect(await socket.next("message")).toMatchObject({ message: { seq: 2, kind: "tip", body: body } });
  expect(await socket.next("member")).toEqual({
    type: "member",
    conversation_id: id,
    event: "joined",
    user_ids: [cid.user.id],
  });
  expect(await roles(id, cid)).toEqual({
    [ann.user.id]: "owner",
    [bob.user.id]: "member",
    [cid.user.id]: "member",
  });
  // What tells of the joining counts as read.
  const receipt = expect.objectContaining({ user_id: cid.user.id, read_seq: 2 });
  expect((await inGroup(id, ann, "GET", "/receipts")).body).toEqual({
    items: expect.arrayContaining([receipt]),
  });
  expect((await page(cid, id)).items.map(({ seq }) => seq)).toEqual([2]);
  expect(await listedConversation(cid, id)).toMatchObject({ unread_count: 0, last_seq: 2, member_count: 3 });
  expect(await listedConversation(bob, id)).toMatchObject({ unread_count: 1, member_count: 3 });
  await send(bob, id, "after");
  expect(await listedConversation(cid, id)).toMatchObject({ unread_count: 1 });
});

test("a system message says what has changed: the role, the length of a mute, the new name", async () => {
  const id = await createGroupId(ann, bob);
  const socket = await openRoom(id, bob.token);
  const path = `/members/${bob.user.id}`;
  for (const change of [{ role: "admin" }, { role: "member" }, { muted_for_s: 3_600 }, { muted_for_s: 0 }])
    await inGroup(id, ann, "PATCH", path, change);
  await inGroup(id, ann, "PATCH", "", { name: "Renamed", introduction: "Us" });
  const about = { actor_id: ann.user.id, user_ids: [bob.user.id] };
  const ofGroup = { event: "profile", actor_id: ann.user.id, user_ids: [] };
  const bodies = [
    { event: "role", ...about, role: "admin" },
    { event: "role", ...about, role: "member" },
    { event: "muted", ...about, muted_for_s: 3_600 },
    { event: "muted", ...about, muted_for_s: 0 },
    { ...ofGroup, changed: ["name", "introduction"], name: "Renamed" },
  ];
  for (const body of bodies) expect((await socket.next("message")).message).toMatchObject({ body });
  expect((await page(bob, id)).items.map(({ body }) => body)).toEqual(bodies);
  expect(await listedConversation(bob, id)).toMatchObject({ last_message: { body: bodies.at(-1) } });
});

test("a removed member loses all access at once, and who leaves is told so", async () => {
  const id = await createGroupId(ann, bob, cid);
  const socket = await openRoom(id, bob.token);
  expect((await inGroup(id, ann, "DELETE", `/members/${bob.user.id}`)).status).toBe(204);
  expect(await socket.next("kicked")).toMatchObject({ reason: "removed" });
  for (const path of ["", "/messages", "/members", "/receipts"]) {
    expectProblem(await inGroup(id, bob, "GET", path), 404, "not_found");
  }
  expectProblem(
    await inGroup(id, bob, "POST", "/messages", { kind: "text", body: { text: "x" } }),
    404,
    "not_found",
  );
  expect((await list(bob)).items.map((item) => item.id)).not.toContain(id);
  expect(await roles(id, cid)).toEqual({ [ann.user.id]: "owner", [cid.user.id]: "member" });
  const room = await openRoom(id, cid.token);
  expect((await inGroup(id, cid, "POST", "/leave")).status).toBe(204);
  expect(await room.next("kicked")).toMatchObject({ reason: "left" });
});

test("sockets get the changed conversation as each member sees it", async () => {
  const id = await createGroupId(ann, bob);
  const [anns, bobs] = [await openRoom(id, ann.token), await openRoom(id, bob.token)];
  await inGroup(id, ann, "PATCH", "", { name: "renamed" });
  expect(await bobs.next("conversation")).toMatchObject({
    conversation: { id, name: "renamed", role: "member", unread_count: 0 },
  });
  expect(await anns.next("conversation")).toMatchObject({ conversation: { name: "renamed", role: "owner" } });
  await inGroup(id, ann, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
  expect(await bobs.next("conversation")).toMatchObject({ conversation: { role: "admin" } });
  await inGroup(id, bob, "PUT", "/preferences", { silent: true });
  expect(await bobs.next("conversation")).toMatchObject({ conversation: { silent: true } });
});

test("a system message cannot be revoked, but can be hidden", async () => {
  const id = await createGroupId(ann, bob);
  await inGroup(id, ann, "PATCH", "", { name: "renamed once more" });
  expectProblem(await inGroup(id, ann, "DELETE", "/messages/1?for=everyone"), 403, "forbidden");
  expect((await inGroup(id, ann, "DELETE", "/messages/1?for=me")).status).toBe(204);
  expect((await page(ann, id)).items).toEqual([]);
  expect((await page(bob, id)).items.map(({ kind }) => kind)).toEqual(["tip"]);
});
