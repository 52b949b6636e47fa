import { evictDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { PlainPolicyName } from "../../../src/domain/conversations/group-kind.ts";
import { expectFriendCall } from "../../support/accounts/friends.ts";
import { notificationEvents } from "../../support/accounts/notifications.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import { ask, getConversation, list, page, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { conversationObject, createGroupId } from "../../support/objects/room.ts";
import { accept, expectNoInvitation, invitations, invite, look, UNKNOWN, withdraw } from "./client.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  [ann, bob, cid, dan] = await signedInUsers(4);
});

const closed = (...others: SignedIn[]) => createGroupOfKind("group", ann, others, "closed");
const usesOf = async (id: number) => (await invitations(ann, id)).items.map(({ uses }) => uses);

describe("an invitation", () => {
  test("lets a user into a closed group, as one who joined by themself", async () => {
    const id = await closed(bob);
    await send(ann, id, "before");
    const { code } = await invite(ann, id);
    const room = await openRoom(id, bob.token);
    const answer = await accept(dan, code);
    expect(answer).toMatchObject({ status: 200, body: { id, role: "member", member_count: 3 } });
    const tip = { event: "joined", actor_id: dan.user.id, user_ids: [dan.user.id] };
    expect(await room.next("message")).toMatchObject({ message: { kind: "tip", body: tip } });
    expect((await list(dan)).items.map((item) => item.id)).toContain(id);
    // As everywhere, the history begins with the joining.
    expect((await page(dan, id)).items.map(({ kind }) => kind)).toEqual(["tip"]);
    expect(await notificationEvents(dan, id)).toEqual([]);
    expect(await send(dan, id, "hello")).toMatchObject({ seq: 3 });
    expect(await usesOf(id)).toEqual([1]);
    await runJobs(id);
    await assertConsistent(id);
  });

  test("is accepted by a member without a use, also its last one", async () => {
    const id = await closed(bob);
    const { code } = await invite(ann, id, { max_uses: 1 });
    for (const who of [bob, ann]) expect((await accept(who, code)).status).toBe(200);
    expect(await usesOf(id)).toEqual([0]);
    for (const _ of [1, 2]) expect(await accept(dan, code)).toMatchObject({ status: 200, body: { id } });
    expect((await getConversation(ann, id)).member_count).toBe(3);
    expect((await page(ann, id)).items.length).toBe(1);
    // Nobody else finds it: it is used up.
    await expectNoInvitation(cid, code);
    expect(await usesOf(id)).toEqual([]);
  });

  test("counts a user who left and comes again, and lets in who was removed", async () => {
    const id = await closed();
    const { code } = await invite(ann, id, { max_uses: 3 });
    await accept(dan, code);
    await ask(dan, id, "POST", "/leave");
    await accept(dan, code);
    expect(await usesOf(id)).toEqual([2]);
    await ask(ann, id, "DELETE", `/members/${dan.user.id}`);
    expect((await accept(dan, code)).status).toBe(200);
    expect(await usesOf(id)).toEqual([]);
    await ask(dan, id, "POST", "/leave");
    await expectNoInvitation(dan, code);
  });

  test("lets in at once where others need approval, and closes the request", async () => {
    const id = await createGroupOfKind("group", ann, [], "approval");
    await ask(dan, id, "POST", "/join", { message: "me" });
    await ask(ann, id, "POST", "/applications/1", { action: "reject" });
    await ask(bob, id, "POST", "/join", { message: "me too" });
    const { code } = await invite(ann, id);
    for (const who of [bob, dan]) expect((await accept(who, code)).status).toBe(200);
    expect((await ask(ann, id, "GET", "/applications")).body).toMatchObject({ items: [] });
    expect(await notificationEvents(bob, id)).toEqual([]);
  });

  test("is refused to a banned user, and to anybody while the group is full, without a use", async () => {
    const id = await createGroupOfKind("group", ann, [bob], "closed", 3);
    const { code } = await invite(ann, id, { max_uses: 2 });
    await ask(ann, id, "PUT", `/bans/${dan.user.id}`);
    for (const one of [look, accept]) expectProblem(await one(dan, code), 403, "forbidden");
    expect((await accept(cid, code)).status).toBe(200);
    await ask(ann, id, "DELETE", `/bans/${dan.user.id}`);
    expectProblem(await accept(dan, code), 409, "conflict");
    expect((await look(dan, code)).body).toMatchObject({ member_count: 3, state: "none" });
    expect(await usesOf(id)).toEqual([1]);
    await ask(cid, id, "POST", "/leave");
    expect((await accept(dan, code)).status).toBe(200);
  });

  test("shows who is not in the group what they are invited to, and nothing else", async () => {
    const id = await closed(bob);
    await ask(ann, id, "PATCH", "", { name: "Hikers", introduction: "we walk", announcement: "door code" });
    const { code, expires_at } = await invite(ann, id);
    const { username, nickname } = ann.user;
    const inviter = { username, nickname, avatar: "" };
    const group = { id, name: "Hikers", avatar: "", introduction: "we walk", member_count: 2 };
    const shown = { ...group, expires_at, inviter };
    expect((await look(dan, code)).body).toEqual({ ...shown, state: "none" });
    expect((await look(bob, code)).body).toEqual({ ...shown, state: "member" });
    expect(await usesOf(id)).toEqual([0]);
  });

  test("holds across a block between the user who made it and the one who accepts", async () => {
    const id = await closed();
    const { code } = await invite(ann, id);
    await expectFriendCall("PUT blocks", dan, ann);
    expect((await accept(dan, code)).status).toBe(200);
    await expectFriendCall("DELETE blocks", dan, ann);
  });

  test("survives an eviction of the group", async () => {
    const id = await closed();
    const { code } = await invite(ann, id, { max_uses: 2 });
    await accept(bob, code);
    await evictDurableObject(conversationObject(id));
    expect(await usesOf(id)).toEqual([1]);
    expect((await accept(dan, code)).status).toBe(200);
    await expectNoInvitation(cid, code);
  });
});

describe("an invitation is as one that never was", () => {
  test("once it has expired, and a repeated one of a member still answers", async () => {
    const id = await closed();
    const { code } = await invite(ann, id, { expires_in_s: 60 });
    await accept(bob, code);
    advanceClock(59_000);
    expect((await look(dan, code)).status).toBe(200);
    advanceClock(2_000);
    await expectNoInvitation(dan, code);
    expect(await usesOf(id)).toEqual([]);
  });

  test("once it is withdrawn, and to whoever guesses", async () => {
    const id = await closed(bob);
    const { code } = await invite(ann, id);
    expect((await withdraw(ann, id, code)).status).toBe(204);
    await expectNoInvitation(dan, code);
    const [number = ""] = code.split("-");
    const forms = ["x", "-", `${number}-`, `${number}-${"0".repeat(32)}`, `zzzzzzzzzzzzz-${"0".repeat(32)}`];
    for (const guess of [...forms, code.toUpperCase(), ` ${code}`, encodeURIComponent("\u0001/é")])
      await expectNoInvitation(dan, guess);
    // Not even a member is told more.
    await expectNoInvitation(bob, code);
  });

  test("once the group is dissolved", async () => {
    const id = await closed(bob);
    const { code } = await invite(ann, id);
    await ask(ann, id, "DELETE", "");
    for (const who of [ann, bob, dan]) await expectNoInvitation(who, code);
  });

  test("for another group: a code opens the one that it was made for", async () => {
    const [id, other] = [await closed(), await closed()];
    const [mine, others] = [await invite(ann, id), await invite(ann, other)];
    const secret = others.code.split("-")[1];
    await expectNoInvitation(dan, `${mine.code.split("-")[0]}-${secret}`);
  });

  test.each([
    ["leaves", (id: number) => ask(bob, id, "POST", "/leave")],
    ["is removed", (id: number) => ask(ann, id, "DELETE", `/members/${bob.user.id}`)],
    ["is banned", (id: number) => ask(ann, id, "PUT", `/bans/${bob.user.id}`)],
    [
      "is no admin any more",
      (id: number) => ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "member" }),
    ],
  ])("once the admin who made it %s, for good, and those of others hold", async (_, end) => {
    const id = await closed(bob);
    const promote = () => ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
    await promote();
    const [byBob, byAnn] = [await invite(bob, id), await invite(ann, id)];
    await ask(ann, id, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 60, name_card: "b" });
    expect((await look(dan, byBob.code)).status).toBe(200);
    await end(id);
    await expectNoInvitation(dan, byBob.code);
    expect((await invitations(ann, id)).items.map(({ code }) => code)).toEqual([byAnn.code]);
    await ask(ann, id, "DELETE", `/bans/${bob.user.id}`);
    await accept(bob, byAnn.code);
    await promote();
    await expectNoInvitation(dan, byBob.code);
  });

  test("once its owner has handed the group over", async () => {
    const id = await closed(bob);
    const { code } = await invite(ann, id);
    await ask(ann, id, "POST", "/owner", { user_id: bob.user.id });
    await expectNoInvitation(dan, code);
    expect((await invitations(bob, id)).items).toEqual([]);
  });

  test("once the account of who made it is deleted", async () => {
    const eve = await register();
    const id = await closed(eve);
    await ask(ann, id, "PATCH", `/members/${eve.user.id}`, { role: "admin" });
    const { code } = await invite(eve, id);
    expect((await call("DELETE", "/v1/me", { token: eve.token, body: { password: PASSWORD } })).status).toBe(
      204,
    );
    await expectNoInvitation(dan, code);
    expect((await invitations(ann, id)).items).toEqual([]);
  });
});

test.each(PlainPolicyName.options)(
  "an invitation of the owner lets into a group of the kind %s",
  async (kind) => {
    const id = await createGroupOfKind(kind, ann, [bob], "closed");
    expectProblem(await ask(bob, id, "POST", "/invitations", {}), 403, "forbidden");
    const { code } = await invite(ann, id);
    expect((await look(dan, code)).body).toMatchObject({ name: kind, state: "none" });
    expect((await accept(dan, code)).body).toMatchObject({ id, member_count: 3 });
  },
);

test("an account that is deleted while it accepts is no member", async () => {
  const id = await createGroupId(ann);
  const eve = await register();
  const { code } = await invite(ann, id);
  await call("DELETE", "/v1/me", { token: eve.token, body: { password: PASSWORD } });
  for (const one of [code, UNKNOWN]) expect([401, 404]).toContain((await accept(eve, one)).status);
  expect(await getConversation(ann, id)).toMatchObject({ member_count: 1 });
});
