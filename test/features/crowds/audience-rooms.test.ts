import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { freshConversationId, putGroup } from "../../support/accounts/server-conversations.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  countRowsInD1,
  expectAsked,
  getConversation,
  getMessage,
  list,
  page,
  send,
} from "../../support/clients/chat.ts";
import { StrictConversation } from "../../support/clients/shapes.ts";
import { openDevice, openRoom, roomPath, upgrade } from "../../support/clients/socket.ts";
import { conversationObject, textFrame } from "../../support/objects/room.ts";
import { overrideTiming } from "../../support/timing.ts";

/** Ann, who owns the room; Bob, a member; Vic and Wes, who look. */
let ann: SignedIn;
let bob: SignedIn;
let vic: SignedIn;
let wes: SignedIn;
let id: ConversationId;

async function createRoom(fields: object = {}, ...others: SignedIn[]) {
  const member_ids = others.map(({ user }) => user.id);
  const given = { kind: "group", name: "Stage", member_ids, audience: true, join_policy: "free", ...fields };
  const { status, body } = await call("POST", "/v1/conversations", { token: ann.token, body: given });
  expect(status).toBe(201);
  return StrictConversation.parse(body);
}

beforeEach(async () => {
  [ann, bob, vic, wes] = await registerUsers(4);
  ({ id } = await createRoom({}, bob));
});

/** Expects a user to be told of the room by no way of looking. */
async function expectHidden(who: SignedIn): Promise<void> {
  for (const path of ["", "/messages", "/messages/1", "/messages/search?q=one", "/pins"])
    expectProblem(await ask(who, id, "GET", path), 404, "not_found");
  expectProblem(
    await ask(who, id, "POST", "/messages", { kind: "text", body: { text: "hi" } }),
    404,
    "not_found",
  );
}

/** The number of rows of members and profiles in the object of the room. */
function rowsInObject(): Promise<number> {
  return runInDurableObject(conversationObject(id), (_, { storage }) => {
    const query = "SELECT (SELECT count(*) FROM members) + (SELECT count(*) FROM people) AS n";
    return storage.sql.exec<{ n: number }>(query).one().n;
  });
}

describe("an audience room", () => {
  test("is one from its creation on, for ever", async () => {
    expect(await getConversation(bob, id)).toMatchObject({
      ...{ audience: true, may_write: "everybody", history: "all", role: "member" },
      policies: { typing: false, receipts: "own" },
    });
    expectProblem(await ask(ann, id, "PATCH", "", { audience: false }), 400, "validation_failed");
    await expectAsked(ann, id, "PATCH", "", { audience: true, name: "Hall" });
    for (const may_write of ["members", "admins", "everybody"] as const) {
      const { body } = await expectAsked(ann, id, "PATCH", "", { may_write });
      expect(body).toMatchObject({ may_write, audience: true });
    }
    expect((await page(ann, id)).items.at(-1)).toMatchObject({ body: { changed: ["may_write"] } });
    const { body: other } = await call("POST", "/v1/conversations", {
      token: ann.token,
      body: { kind: "group", name: "Office", member_ids: [] },
    });
    const group = StrictConversation.parse(other);
    expect(group).not.toHaveProperty("audience");
    expectProblem(await ask(ann, group.id, "PATCH", "", { audience: true }), 400, "validation_failed");
    expectProblem(
      await ask(ann, group.id, "PATCH", "", { may_write: "everybody" }),
      400,
      "validation_failed",
    );
  });

  test("is made by a backend, too, which changes nothing of it later", async () => {
    const { text: key } = await makeServerKey(["conversations"]);
    const cref = freshConversationId();
    const path = `/v1/server/conversations/ext:${cref}`;
    const wanted = { kind: "group", owner: ann.user.id, join_policy: "free" };
    const put = (fields: object) => call("PUT", path, { token: key, body: { ...wanted, ...fields } });
    expectProblem(await put({ may_write: "everybody" }), 400, "validation_failed");
    expectProblem(await put({ audience: true, history: "joined" }), 400, "validation_failed");
    const made = await putGroup(key, cref, { ...wanted, audience: true });
    expect(made).toMatchObject({ audience: true, may_write: "everybody", history: "all" });
    expectProblem(await put({ audience: false }), 400, "validation_failed");
    expectProblem(await put({ history: "joined" }), 400, "validation_failed");
    expect((await put({ audience: true })).body).toMatchObject({ audience: true });
    expect((await ask(vic, made.id, "GET", "")).body).toMatchObject({ role: "viewer" });
  });
});

describe("who looks", () => {
  test("reads all, is in no list, and leaves no row", async () => {
    await send(ann, id, "number one");
    const { seq } = await send(bob, id, "number two");
    expect(await getConversation(vic, id)).toMatchObject({ last_message: { body: { text: "number two" } } });
    await expectAsked(ann, id, "PUT", `/messages/${seq}/pin`, undefined);
    const before = [await countRowsInD1(), await rowsInObject()];
    expect(await getConversation(vic, id)).toMatchObject({
      ...{ role: "viewer", audience: true, member_count: 2, name: "Stage", unread_count: 0 },
    });
    const { items, last_seq } = await page(vic, id);
    expect(items.map(({ body }) => body)).toEqual((await page(ann, id)).items.map(({ body }) => body));
    expect(await getMessage(vic, id, seq)).toMatchObject({ pinned_by: ann.user.id });
    expect((await expectAsked(vic, id, "GET", "/pins")).body).toMatchObject({ items: [{ seq }] });
    const found = await expectAsked(vic, id, "GET", "/messages/search?q=number");
    expect(found.body).toMatchObject({ items: [{ seq }, {}] });
    const room = await openRoom(id, vic.token, "?after=0&rev=0");
    expect(room.of("ready")).toMatchObject([{ role: "viewer", last_seq, read_seq: last_seq }]);
    await room.next("synced");
    expect((await list(vic)).items).toEqual([]);
    expect([await countRowsInD1(), await rowsInObject()]).toEqual(before);
    expect(await getConversation(ann, id)).toMatchObject({ member_count: 2 });
  });

  test("hears of messages, edits, revokes and the profile live, and of nobody's reading and typing", async () => {
    const room = await openRoom(id, vic.token);
    const member = await openRoom(id, bob.token);
    expect(member.of("ready")[0]).not.toHaveProperty("role");
    const { seq } = await send(ann, id, "first");
    expect(await room.next("message")).toMatchObject({ message: { seq } });
    member.send({ type: "typing" });
    member.send({ type: "read", seq });
    await member.untilProcessed();
    await expectAsked(ann, id, "PATCH", `/messages/${seq}`, { body: { text: "better" }, base_version: 1 });
    expect(await room.next("changed")).toMatchObject({ items: [{ seq, body: { text: "better" } }] });
    await expectAsked(ann, id, "DELETE", `/messages/${seq}?for=everyone`);
    expect(await room.next("revoked")).toMatchObject({ seq });
    await expectAsked(ann, id, "PATCH", "", { name: "Hall" });
    const { conversation } = await room.next("conversation");
    expect(conversation).toMatchObject({ name: "Hall", role: "viewer" });
    expect(room.frames.filter(({ type }) => type === "read" || type === "typing")).toEqual([]);
  });

  test("can do nothing that members do, and see nothing that is theirs alone", async () => {
    const { seq } = await send(ann, id, "one");
    const emoji = `/messages/${seq}/reactions/%F0%9F%91%8D`;
    const gets = [
      "/members",
      "/receipts",
      "/invitations",
      "/join-requests",
      "/bans",
      "/attachments?type=file",
    ];
    for (const path of [...gets, "/changes", "/threads", "/hooks", emoji])
      expectProblem(await ask(vic, id, "GET", path), 404, "not_found");
    const refused = [
      ask(vic, id, "PATCH", "", { name: "Mine" }),
      ask(vic, id, "PUT", emoji),
      ask(vic, id, "PUT", `/messages/${seq}/pin`),
      ask(vic, id, "DELETE", `/messages/${seq}?for=me`),
      ask(vic, id, "PUT", "/preferences", { sticky: true }),
      ask(vic, id, "POST", "/members", { user_ids: [wes.user.id] }),
      ask(vic, id, "POST", "/leave"),
    ];
    for (const answer of await Promise.all(refused)) expectProblem(answer, 404, "not_found");
    const room = await openRoom(id, vic.token);
    for (const type of ["typing", "read"]) {
      room.send({ type, seq });
      expect(await room.next("error")).toMatchObject({ code: "not_found" });
    }
    expect((await list(vic)).items).toEqual([]);
  });

  test.each(["approval", "closed"])(
    "is nobody while joining is %s: members alone look",
    async (join_policy) => {
      await send(ann, id, "one");
      await expectAsked(ann, id, "PATCH", "", { join_policy });
      await expectHidden(vic);
      const { status } = await upgrade(roomPath(id), vic.token);
      expect(status).toBe(404);
      await expectAsked(bob, id, "GET", "/messages");
    },
  );

  test.each([
    ["banned", "removed", () => ask(ann, id, "PUT", `/bans/${vic.user.id}`, {})],
    [
      "kept out by another join policy",
      "removed",
      () => ask(ann, id, "PATCH", "", { join_policy: "closed" }),
    ],
    ["left by the group", "dissolved", () => ask(ann, id, "DELETE", "")],
    ["signed out", "session_ended", () => call("POST", "/v1/logout", { token: vic.token })],
  ])("has no socket any more once %s", async (_, reason, end) => {
    const room = await openRoom(id, vic.token);
    const member = await openRoom(id, bob.token);
    expect((await end()).status).toBeLessThan(300);
    expect(await room.next("kicked")).toEqual({ type: "kicked", reason });
    expect(await room.closed()).toMatchObject({ code: 4001 });
    if (reason === "removed") {
      await expectHidden(vic);
      await send(ann, id, "still here");
      await member.next("message");
    }
  });

  test("sees a group that is no audience room as one that does not exist", async () => {
    const { id: plain } = await createRoom({ audience: false });
    for (const path of ["", "/messages", "/pins"])
      expectProblem(await ask(vic, plain, "GET", path), 404, "not_found");
    expectProblem(
      await ask(vic, plain, "POST", "/messages", { kind: "text", body: { text: "hi" } }),
      404,
      "not_found",
    );
  });
});

describe("who writes", () => {
  test("is a member from then on: in the list, in D1, and without a system message", async () => {
    const room = await openRoom(id, vic.token);
    const before = (await page(ann, id)).last_seq ?? 0;
    room.send(textFrame("hello", "m1"));
    expect(await room.next("ack")).toMatchObject({ client_msg_id: "m1", seq: before + 1 });
    const { conversation } = await room.next("conversation");
    expect(conversation).toMatchObject({ role: "member", member_count: 3 });
    expect((await page(bob, id)).items.at(-1)).toMatchObject({
      ...{ seq: before + 1, sender: { id: vic.user.id, username: vic.user.username } },
    });
    await expect
      .poll(async () => (await list(vic)).items)
      .toMatchObject([{ id, role: "member", unread_count: 0 }]);
    await send(wes, id, "me, too");
    expect((await list(wes)).items).toMatchObject([{ id, role: "member", unread_count: 0 }]);
    expect(await getConversation(wes, id)).toMatchObject({ role: "member", member_count: 4 });
    const device = await openDevice(wes.token);
    const { seq } = await send(ann, id, "welcome");
    expect(await device.next("message")).toMatchObject({ message: { seq } });
    await expectAsked(wes, id, "POST", "/leave");
    expect(await getConversation(wes, id)).toMatchObject({ role: "viewer", member_count: 3 });
    expect((await list(wes)).items).toEqual([]);
  });

  test("without the right stays a viewer, and is told which policy says no", async () => {
    const text = { kind: "text", body: { text: "hi" } };
    for (const may_write of ["members", "admins"]) {
      await expectAsked(ann, id, "PATCH", "", { may_write });
      const answer = await ask(vic, id, "POST", "/messages", text);
      expectProblem(answer, 403, "forbidden");
      expect(answer.body).toMatchObject({ policy: "may_write" });
      const room = await openRoom(id, vic.token);
      room.send(textFrame("hi", "m1"));
      expect(await room.next("error")).toMatchObject({ code: "forbidden", policy: "may_write" });
      room.close();
    }
    expect(await getConversation(vic, id)).toMatchObject({ role: "viewer", member_count: 2 });
    await expectAsked(vic, id, "POST", "/join");
    await expectAsked(ann, id, "PATCH", "", { may_write: "members" });
    await send(vic, id, "as a member");
  });

  test("stays muted over leaving, and waits for slow mode", async () => {
    await send(vic, id, "one");
    await expectAsked(ann, id, "PATCH", `/members/${vic.user.id}`, { muted_for_s: 600 });
    await expectAsked(vic, id, "POST", "/leave");
    const text = { kind: "text", body: { text: "two" } };
    expect((await ask(vic, id, "POST", "/messages", text)).body).toMatchObject({ code: "muted" });
    expect(await getConversation(vic, id)).toMatchObject({ role: "viewer" });
    await send(wes, id, "one");
    await expectAsked(wes, id, "POST", "/leave");
    await expectAsked(ann, id, "PATCH", "", { slow_mode_s: 600 });
    expectProblem(await ask(wes, id, "POST", "/messages", text), 429, "slow_mode");
    expect(await getConversation(wes, id)).toMatchObject({ role: "viewer" });
  });

  test("sends several messages at once: the first makes a member, and all are stored in order", async () => {
    const room = await openRoom(id, vic.token);
    const items = ["a", "b", "c"].map((text) => ({ ...textFrame(text, text), type: undefined }));
    room.send({ type: "sends", items });
    await room.until(({ frames }) => JSON.stringify(frames).includes('"client_msg_id":"c"'));
    const texts = (await page(bob, id)).items.filter(({ sender }) => sender.id === vic.user.id);
    expect(texts.map(({ body }) => body)).toEqual([{ text: "a" }, { text: "b" }, { text: "c" }]);
    expect(await getConversation(ann, id)).toMatchObject({ member_count: 3 });
  });

  test("is answered with the stored message for a repeat, without coming back", async () => {
    const draft = { kind: "text", body: { text: "once" }, client_msg_id: "once" };
    expect((await ask(vic, id, "POST", "/messages", draft)).status).toBe(201);
    await expectAsked(vic, id, "POST", "/leave");
    expect((await ask(vic, id, "POST", "/messages", draft)).status).toBe(200);
    expect(await getConversation(vic, id)).toMatchObject({ role: "viewer", member_count: 2 });
  });
});

describe("how many look", () => {
  beforeEach(() => overrideTiming({ viewers: { pauseMs: 200 } }));

  test("is told at the opening and when it changes, each user once", async () => {
    const anns = await openRoom(id, ann.token);
    expect(await anns.next("viewers")).toEqual({ type: "viewers", conversation_id: id, count: 1 });
    const vics = await openRoom(id, vic.token);
    const second = await openRoom(id, vic.token);
    for (const socket of [vics, second]) expect(await socket.next("viewers")).toMatchObject({ count: 2 });
    await anns.until(() => anns.of("viewers").at(-1)?.count === 2);
    expect(await getConversation(bob, id)).toMatchObject({ viewer_count: 2, member_count: 2 });
    vics.close();
    second.close();
    await anns.until(() => anns.of("viewers").at(-1)?.count === 1);
    expect(await getConversation(vic, id)).toMatchObject({ viewer_count: 1 });
    expect((await list(bob)).items[0]).not.toHaveProperty("viewer_count");
  });

  test("is no matter of other groups", async () => {
    const { id: plain } = await createRoom({ audience: false }, bob);
    const room = await openRoom(plain, ann.token);
    await room.untilProcessed();
    expect(room.of("viewers")).toEqual([]);
    expect(await getConversation(ann, plain)).not.toHaveProperty("viewer_count");
  });
});
