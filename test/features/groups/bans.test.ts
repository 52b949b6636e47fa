import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import { BanPage } from "../../../src/surfaces/v1/conversations/bans.ts";
import { notificationEvents, notificationsOf } from "../../support/accounts/notifications.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import {
  type Answer,
  call,
  expectProblem,
  PASSWORD,
  register,
  type SignedIn,
} from "../../support/clients/api.ts";
import {
  ask,
  getConversation,
  list,
  openDirect,
  page,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { conversationObject, createGroupId } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  [ann, bob, cid, dan] = await signedInUsers(4);
});

const ban = (who: SignedIn, id: number, { user }: SignedIn, body?: unknown) =>
  ask(who, id, "PUT", `/bans/${user.id}`, body);
const lift = (who: SignedIn, id: number, { user }: SignedIn) => ask(who, id, "DELETE", `/bans/${user.id}`);

async function bans(who: SignedIn, id: number, query = "") {
  const answer = await ask(who, id, "GET", `/bans${query}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return BanPage.parse(answer.body);
}

const promote = (id: number, { user }: SignedIn) =>
  ask(ann, id, "PATCH", `/members/${user.id}`, { role: "admin" });

describe("a ban", () => {
  test("removes a member in one step, as a removal does, and is listed with its reason", async () => {
    const id = await createGroupId(ann, bob, cid);
    const [room, bobs] = [await openRoom(id, cid.token), await openRoom(id, bob.token)];
    const device = await openDevice(bob.token);
    expect((await ban(ann, id, bob, { reason: "advertising" })).status).toBe(204);
    expect(await bobs.next("kicked")).toMatchObject({ reason: "removed" });
    const tip = { event: "removed", actor_id: ann.user.id, user_ids: [bob.user.id] };
    expect(await room.next("message")).toMatchObject({ message: { kind: "tip", body: tip } });
    expect(await room.next("member")).toMatchObject({ event: "removed", user_ids: [bob.user.id] });
    await device.until(({ frames }) => frames.some(({ type }) => type === "member" || type === "kicked"));
    // Who was removed does not see the system message, and learns by whom.
    expect(device.frames.find(({ type }) => type === "member")).toMatchObject({ actor_id: ann.user.id });
    expect((await list(bob)).items.map((item) => item.id)).not.toContain(id);
    const removed = (await notificationsOf(bob, id)).at(-1);
    expect(removed).toMatchObject({ event: "removed", message: "advertising", actorId: ann.user.id });
    expect(await bans(ann, id)).toEqual({
      items: [
        {
          user: expect.objectContaining({ id: bob.user.id }),
          ...{ reason: "advertising", banned_by: ann.user.id, created_at: expect.any(Number) },
        },
      ],
      next_cursor: null,
    });
    expect((await page(ann, id)).items.length).toBe(1);
    await runJobs(id);
    await assertConsistent(id);
  });

  test("repeated changes only the reason, and makes no second system message", async () => {
    const id = await createGroupId(ann, bob);
    for (const reason of ["one", "two"]) expect((await ban(ann, id, bob, { reason })).status).toBe(204);
    expect((await bans(ann, id)).items).toMatchObject([{ reason: "two" }]);
    expect((await page(ann, id)).items.length).toBe(1);
    expect((await notificationEvents(bob, id)).filter((event) => event === "removed").length).toBe(1);
  });

  test("holds for users who are not in the group, and makes no system message then", async () => {
    const id = await createGroupOfKind("group", ann, [bob], "free");
    expect((await ban(ann, id, dan)).status).toBe(204);
    expect((await page(ann, id)).items).toEqual([]);
    expectProblem(await ask(dan, id, "POST", "/join", {}), 403, "forbidden");
    expect(await notificationEvents(dan, id)).toEqual([]);
  });

  test("survives an eviction, the leaving of who gave it, and a change of the join policy", async () => {
    const id = await createGroupOfKind("group", ann, [bob, cid], "free");
    await promote(id, bob);
    await ban(bob, id, cid);
    await ask(bob, id, "POST", "/leave");
    await ask(ann, id, "PATCH", "", { join_policy: "approval" });
    await evictDurableObject(conversationObject(id));
    expectProblem(await ask(cid, id, "POST", "/join", {}), 403, "forbidden");
    expect((await bans(ann, id)).items).toMatchObject([
      { user: { id: cid.user.id }, banned_by: bob.user.id },
    ]);
  });

  test("rejects an open application, and tells the applicant", async () => {
    const id = await createGroupOfKind("group", ann, [], "approval");
    await ask(dan, id, "POST", "/join", { message: "let me in" });
    expect((await ban(ann, id, dan, { reason: "no" })).status).toBe(204);
    expect((await ask(ann, id, "GET", "/applications")).body).toEqual({ items: [], next_cursor: null });
    expect((await notificationsOf(dan, id)).map(({ event, message }) => [event, message])).toEqual([
      ["rejected", "no"],
    ]);
  });

  test("once lifted leaves the user outside, and free to come in", async () => {
    const id = await createGroupOfKind("group", ann, [bob], "free");
    await ban(ann, id, bob);
    expect((await lift(ann, id, bob)).status).toBe(204);
    expect((await lift(ann, id, bob)).status).toBe(204);
    expect((await bans(ann, id)).items).toEqual([]);
    expectProblem(await ask(bob, id, "GET", ""), 404, "not_found");
    expect((await ask(bob, id, "POST", "/join", {})).body).toEqual({ state: "joined" });
  });

  test("of several added users refuses all and names who is banned", async () => {
    const id = await createGroupId(ann);
    await ban(ann, id, dan);
    const added = await ask(ann, id, "POST", "/members", {
      user_ids: [bob.user.id, dan.user.id, cid.user.id],
    });
    expectProblem(added, 403, "forbidden");
    expect(added.body).toMatchObject({ detail: expect.stringContaining(String(dan.user.id)) });
    expect(await getConversation(ann, id)).toMatchObject({ member_count: 1 });
  });

  test("is forgotten with the account, also of a user who was never in the group", async () => {
    const id = await createGroupId(ann);
    const stranger = await register();
    await ban(ann, id, stranger, { reason: "a secret about the stranger" });
    const gone = await call("DELETE", "/v1/me", { token: stranger.token, body: { password: PASSWORD } });
    expect(gone.status).toBe(204);
    await eventually(async () => expect((await bans(ann, id)).items).toEqual([]));
    expect(await storedInConversation(id)).not.toContain("a secret about the stranger");
  });
});

describe("bans are given, seen and lifted", () => {
  test("by who may remove members, and by nobody else", async () => {
    const id = await createGroupId(ann, bob, cid);
    expectProblem(await ban(bob, id, cid), 403, "forbidden");
    expectProblem(await ban(dan, id, cid), 404, "not_found");
    for (const who of [bob, cid]) expectProblem(await lift(who, id, dan), 403, "forbidden");
    expectProblem(await ask(bob, id, "GET", "/bans"), 403, "forbidden");
    expectProblem(await ask(dan, id, "GET", "/bans"), 404, "not_found");
    await promote(id, bob);
    await promote(id, cid);
    expectProblem(await ban(bob, id, ann), 403, "forbidden");
    expectProblem(await ban(bob, id, cid), 403, "forbidden");
    expectProblem(await ban(bob, id, bob), 403, "forbidden");
    expectProblem(await ban(ann, id, ann), 403, "forbidden");
    expect((await ban(ann, id, cid)).status).toBe(204);
    expect((await lift(bob, id, cid)).status).toBe(204);
    expect((await bans(bob, id)).items).toEqual([]);
  });

  test("of existing users, in groups, with a reason of 500 characters", async () => {
    const id = await createGroupId(ann, bob);
    expectProblem(await ask(ann, id, "PUT", "/bans/999999999"), 404, "not_found");
    expectProblem(await ban(bob, id, { ...dan, user: { ...dan.user, id: bob.user.id } }), 403, "forbidden");
    expectProblem(await ask(ann, id, "PUT", "/bans/x"), 400, "validation_failed");
    expectProblem(await ban(ann, id, bob, { reason: "x".repeat(501) }), 400, "validation_failed");
    expectProblem(await ask(ann, id, "GET", "/bans?cursor=x"), 400, "validation_failed");
    const direct = await openDirect(ann, bob);
    expectProblem(await ban(ann, direct.id, bob), 403, "forbidden");
    expect((await bans(ann, id)).items).toEqual([]);
    await ask(ann, id, "DELETE", "");
    expectProblem(await ban(ann, id, bob), 404, "not_found");
  });

  test("in pages, the oldest first, and at most 10,000 of them", async () => {
    const id = await createGroupId(ann, bob);
    await runInDurableObject(conversationObject(id), (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO bans (user_id, reason, banned_by, created_at) SELECT 800000000 + i, '', 1, i FROM n`,
        LIMITS.bans - 1,
      );
    });
    expect((await ban(ann, id, dan)).status).toBe(204);
    expectProblem(await ban(ann, id, bob), 409, "conflict");
    expect(await getConversation(bob, id)).toMatchObject({ member_count: 2 });
    expect((await ban(ann, id, dan, { reason: "again" })).status).toBe(204);
    const first = await bans(ann, id, "?limit=2");
    expect(first.items.map(({ created_at }) => created_at)).toEqual([1, 2]);
    const second = await bans(ann, id, `?limit=2&cursor=${first.next_cursor}`);
    expect(second.items.map(({ created_at }) => created_at)).toEqual([3, 4]);
  });
});

describe("of two calls at the same time", () => {
  const COMING: Record<string, (id: number) => Promise<Answer>> = {
    "a join": (id) => ask(dan, id, "POST", "/join", {}),
    "an adding by another admin": (id) => ask(bob, id, "POST", "/members", { user_ids: [dan.user.id] }),
    "an acceptance": (id) => ask(bob, id, "POST", "/applications/1", { action: "accept" }),
  };

  test.each(
    Object.entries(COMING).flatMap(([what, come]) => [true, false].map((first) => ({ what, come, first }))),
  )("a ban and $what leave the user out (the ban is sent first: $first)", async ({ what, come, first }) => {
    const id = await createGroupOfKind("group", ann, [bob], what === "a join" ? "free" : "approval");
    await promote(id, bob);
    if (what === "an acceptance") await COMING["a join"]?.(id);
    const calls = [() => ban(ann, id, dan), () => come(id)];
    if (!first) calls.reverse();
    const answers = await Promise.all(calls.map((one) => one()));
    expect(answers.map(({ status }) => status)).toContain(204);
    expectProblem(await ask(dan, id, "GET", ""), 404, "not_found");
    expect((await bans(ann, id)).items).toMatchObject([{ user: { id: dan.user.id } }]);
    expect((await ask(ann, id, "GET", "/applications")).body).toMatchObject({ items: [] });
    expect(await getConversation(ann, id)).toMatchObject({ member_count: 2 });
    await runJobs(id);
    await assertConsistent(id);
  });

  test("two admins who ban each other lose one of them at most", async () => {
    const id = await createGroupId(ann, bob, cid);
    await promote(id, bob);
    const [one, other] = await Promise.all([ban(bob, id, cid), ban(cid, id, bob)]);
    expect([one.status, other.status]).toEqual([204, expect.any(Number)]);
    expect([403, 404]).toContain(other.status);
  });
});
