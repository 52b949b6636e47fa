import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { befriend, expectFriendCall } from "../../support/accounts/friends.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, expectAsked, list, openForSelf, send } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { loseCalls } from "../../support/faults/calls.ts";
import { itemAt } from "../../support/objects/room.ts";
import { setPolicy } from "../../support/settings.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { v1 } from "../../surfaces/v1/driver.ts";

// Bob wants to be asked by everybody.
let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;

const Requests = z.object({
  items: z.array(
    z.strictObject({
      conversation_id: z.int(),
      user: z.looseObject({ id: z.int() }),
      group: z.object({ name: z.string(), avatar: z.string(), member_count: z.int() }).nullable(),
      created_at: z.int(),
      last_message: z
        .looseObject({ seq: z.int(), body: z.looseObject({ text: z.string() }) })
        .nullable()
        .optional(),
    }),
  ),
  next_cursor: z.string().nullable(),
});

beforeEach(async () => {
  [ann, bob, cid] = await signedInUsers(3);
  await wants(bob, "nobody");
});

async function wants({ token }: SignedIn, audience: string): Promise<void> {
  const body = { who_may_write: audience, who_may_add: audience };
  expect((await call("PATCH", "/v1/me", { token, body })).body).toMatchObject(body);
}

const pageOf = async ({ token }: SignedIn, query = "") =>
  Requests.parse((await call("GET", `/v1/requests${query}`, { token })).body);
const idsOf = async (who: SignedIn) => (await pageOf(who)).items.map((item) => item.conversation_id);
const listed = async (who: SignedIn) => (await list(who)).items.map(({ id }) => id);
const answer = ({ token }: SignedIn, id: number, what: string): Promise<Answer> =>
  call("PUT", `/v1/requests/${id}`, { token, body: { answer: what } });
const unread = async ({ token }: SignedIn) => (await call("GET", "/v1/me/unread", { token })).body;

async function accepts(who: SignedIn, id: number): Promise<void> {
  expect((await answer(who, id, "accept")).status).toBe(204);
}

/** Ann writes to Bob, who is asked. @returns the conversation */
async function asked(text = "hello, I am Ann"): Promise<number> {
  const { id } = await openForSelf(ann, bob);
  await send(ann, id, text);
  await eventually(async () => expect(await idsOf(bob)).toEqual([id]));
  return id;
}

describe("a message to somebody who wants to be asked", () => {
  test("is sent, and for them the conversation does not exist until they accept it", async () => {
    const bobs = await openDevice(bob.token);
    const id = await asked();
    await send(ann, id, "are you there?");
    await bobs.until(() => bobs.of("message_request").length === 1);
    expect(bobs.of("message_request")).toEqual([
      { type: "message_request", conversation_id: id, user_id: ann.user.id },
    ]);
    expect(await listed(bob)).toEqual([]);
    expect(await unread(bob)).toMatchObject({ unread_count: 0 });
    for (const path of ["", "/messages", "/members", "/receipts"])
      expectProblem(await ask(bob, id, "GET", path), 404, "not_found");
    expectProblem(await ask(bob, id, "PUT", "/read", { seq: 1 }), 404, "not_found");
    expect(
      bobs.frames.filter(({ type }) => ["message", "messages", "conversation", "activity"].includes(type)),
    ).toEqual([]);
    await accepts(bob, id);
    expect((await list(bob)).items).toMatchObject([{ id, unread_count: 2 }]);
    expect(await unread(bob)).toMatchObject({ unread_count: 2 });
    expect(await idsOf(bob)).toEqual([]);
    await send(ann, id, "now you hear me");
    const Messages = z.object({ items: z.array(z.object({ seq: z.int() })) });
    const heard = () => bobs.of("messages").flatMap((frame) => Messages.parse(frame).items);
    await bobs.until(() => heard().length >= 3);
    expect(heard().map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(bobs.of("conversation")).toHaveLength(1);
    await accepts(bob, id);
  });

  test("shows them who writes, and what, and nobody learns that they have looked", async () => {
    const id = await asked();
    expect((await pageOf(bob)).items).toMatchObject([
      { conversation_id: id, group: null, user: { id: ann.user.id, username: ann.user.username } },
    ]);
    expect((await call("GET", `/v1/requests/${id}`, { token: bob.token })).body).toMatchObject({
      conversation_id: id,
      messages: [{ seq: 1, body: { text: "hello, I am Ann" }, sender: { id: ann.user.id } }],
    });
    const { body } = await expectAsked(ann, id, "GET", "/receipts");
    expect(JSON.stringify(body)).toContain(`"user_id":${bob.user.id},"read_seq":0`);
    for (const stranger of [ann, cid])
      expectProblem(await call("GET", `/v1/requests/${id}`, { token: stranger.token }), 404, "not_found");
    expectProblem(await answer(cid, id, "accept"), 404, "not_found");
    expect(await idsOf(bob)).toEqual([id]);
  });

  test("asks nobody before it is there", async () => {
    const { id } = await openForSelf(ann, bob);
    expect(await idsOf(bob)).toEqual([]);
    expectProblem(await answer(bob, id, "ignore"), 404, "not_found");
  });

  test("is accepted by whoever opens the conversation, or writes there", async () => {
    const first = await asked();
    expect((await openForSelf(bob, ann)).id).toBe(first);
    expect([await listed(bob), await idsOf(bob)]).toEqual([[first], []]);
    const { id } = await openForSelf(cid, bob);
    await send(cid, id, "hi");
    await send(bob, id, "hi, Cid");
    expect(new Set(await listed(bob))).toEqual(new Set([first, id]));
    await eventually(async () => expect(await idsOf(bob)).toEqual([]));
    await send(cid, id, "good");
    await eventually(async () => expect(await unread(bob)).toMatchObject({ unread_count: 2 }));
  });

  test("stays a request while it is ignored, and may be accepted later", async () => {
    const id = await asked();
    for (const _ of [1, 2]) expect((await answer(bob, id, "ignore")).status).toBe(204);
    await send(ann, id, "hello?");
    expect([await listed(bob), await idsOf(bob)]).toEqual([[], []]);
    await accepts(bob, id);
    expect(await listed(bob)).toEqual([id]);
  });

  test("is reported with what it says, and shown no more", async () => {
    const key = (await makeServerKey(["moderate"])).text;
    const id = await asked("buy pills");
    for (const _ of [1, 2]) expect((await answer(bob, id, "report")).status).toBe(204);
    expect([await listed(bob), await idsOf(bob)]).toEqual([[], []]);
    const reports = await call("GET", "/v1/moderation/reports?state=open", { token: key });
    const Page = z.object({ items: z.array(z.looseObject({ id: z.int(), reporter_id: z.int() })) });
    const own = Page.parse(reports.body).items.filter((one) => one.reporter_id === bob.user.id);
    expect(own).toMatchObject([{ about: { conversation_id: id, seq: 1, user_id: ann.user.id } }]);
    const { body } = await call("GET", `/v1/moderation/reports/${itemAt(own, 0).id}`, { token: key });
    expect(body).toMatchObject({ reason: "spam", kept: [{ seq: 1, body: { text: "buy pills" } }] });
  });

  test("becomes a conversation once the two are friends, and is hidden by a block", async () => {
    const id = await asked();
    await expectFriendCall("PUT blocks", bob, ann);
    expect(await idsOf(bob)).toEqual([]);
    expectProblem(await answer(bob, id, "accept"), 404, "not_found");
    await expectFriendCall("DELETE blocks", bob, ann);
    expect(await idsOf(bob)).toEqual([id]);
    await befriend(ann, bob);
    expect([await listed(bob), await idsOf(bob)]).toEqual([[id], []]);
  });

  test.each(DRIVERS)("is seen by nobody else over $name either", async (driver) => {
    const over = { ...v1, ...driver };
    // The one of v1 opens the conversation for both users, each by themself.
    const id = over.open === v1.open ? (await openForSelf(ann, bob)).id : await over.open(ann, bob);
    await over.send(ann, id, "hello, Bob");
    await eventually(async () => expect(await idsOf(bob)).toEqual([id]));
    expect((await over.history(ann, id)).map(({ text }) => text)).toEqual(["hello, Bob"]);
    await expect(over.history(bob, id)).rejects.toThrow();
    await expect(over.read(bob, id, 1)).rejects.toThrow();
    expect(await listed(bob)).toEqual([]);
    await accepts(bob, id);
    expect(await over.unread(bob, id)).toBe(1);
    expect((await over.history(bob, id)).map(({ text }) => text)).toEqual(["hello, Bob"]);
  });

  test("is found by pages, newest first", async () => {
    const ids: number[] = [];
    for (const who of [ann, cid]) {
      const { id } = await openForSelf(who, bob);
      await send(who, id, "hi");
      ids.unshift(id);
      await eventually(async () => expect(await idsOf(bob)).toContain(id));
    }
    const first = await pageOf(bob, "?limit=1");
    const second = await pageOf(bob, `?limit=1&cursor=${first.next_cursor}`);
    expect([...first.items, ...second.items].map((item) => item.conversation_id)).toEqual(ids);
    expect(second.next_cursor).toBeNull();
  });
});

describe("a page of requests that is asked for previews", () => {
  const previews = async () =>
    new Map(
      (await pageOf(bob, "?previews=true")).items.map(({ conversation_id: id, last_message: last }) => [
        id,
        last && [last.seq, last.body.text],
      ]),
    );

  test("has the last message of each direct conversation, of groups nothing, and tells nobody", async () => {
    const id = await asked();
    await send(ann, id, "please answer");
    const { id: group } = await createGroup(cid, [bob], "a club");
    await send(cid, group, "for members alone");
    expect(await previews()).toEqual(
      new Map<number, unknown>([
        [group, null],
        [id, [2, "please answer"]],
      ]),
    );
    const { body } = await ask(ann, id, "GET", "/receipts");
    expect(JSON.stringify(body)).toContain(`"user_id":${bob.user.id},"read_seq":0`);
  });

  test("is answered without that of a conversation that does not answer", async () => {
    const silent = await asked();
    const { id } = await openForSelf(cid, bob);
    await send(cid, id, "hi");
    await eventually(async () => expect(await idsOf(bob)).toEqual([id, silent]));
    using _ = loseCalls("call", ({ method, id: to }) => method === "allMessages" && to === silent);
    expect(await previews()).toEqual(
      new Map<number, unknown>([
        [id, [1, "hi"]],
        [silent, null],
      ]),
    );
  });

  test("asks no conversation otherwise", async () => {
    const id = await asked();
    using _ = loseCalls("call", ({ method }) => method === "allMessages");
    expect((await pageOf(bob)).items).toEqual([expect.not.objectContaining({ last_message: null })]);
    expect(await idsOf(bob)).toEqual([id]);
  });
});

describe("who is not asked", () => {
  test("contacts write at once: friends, and members of the same group", async () => {
    await wants(bob, "contacts");
    await befriend(ann, bob);
    const { id: fromFriend } = await openForSelf(ann, bob);
    await send(ann, fromFriend, "hi");
    await createGroup(bob, [cid]);
    const { id: fromMember } = await openForSelf(cid, bob);
    await send(cid, fromMember, "hi");
    expect(await listed(bob)).toEqual(expect.arrayContaining([fromFriend, fromMember]));
    expect(await idsOf(bob)).toEqual([]);
  });

  test("friends do, members of a group do not, where friends alone may", async () => {
    await wants(bob, "friends");
    await createGroup(bob, [cid]);
    await befriend(ann, bob);
    for (const who of [ann, cid]) await send(who, (await openForSelf(who, bob)).id, "hi");
    const from = (
      await eventually(async () => {
        const { items } = await pageOf(bob);
        expect(items).toHaveLength(1);
        return items;
      })
    ).map(({ user }) => user.id);
    expect(from).toEqual([cid.user.id]);
  });

  test("a team's backend that acts as a user", async () => {
    const key = (await makeServerKey(["act"])).text;
    const headers = { "Parley-User": String(ann.user.id) };
    const body = { kind: "direct", user_id: bob.user.id };
    const made = await call("POST", "/v1/conversations", { token: key, headers, body });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const { id } = z.object({ id: z.int() }).parse(made.body);
    await send(ann, id, "hi");
    await eventually(async () => expect(await listed(bob)).toEqual([id]));
  });

  test("nobody is asked of a conversation that was there before", async () => {
    await wants(bob, "everybody");
    const { id } = await openForSelf(ann, bob);
    await wants(bob, "nobody");
    await send(ann, id, "hi");
    await eventually(async () => expect(await listed(bob)).toEqual([id]));
  });
});

describe("somebody who is to come into a group, and wants to be asked", () => {
  test("is a member once they accept", async () => {
    const bobs = await openDevice(bob.token);
    const { id, asked } = await createGroup(ann, [bob, cid], "a club");
    expect(asked).toEqual([bob.user.id]);
    await bobs.until(() => bobs.of("message_request").length === 1);
    expect((await pageOf(bob)).items).toMatchObject([
      {
        conversation_id: id,
        user: { id: ann.user.id },
        group: { name: "a club", avatar: "", member_count: 2 },
      },
    ]);
    expect(await listed(bob)).toEqual([]);
    expectProblem(await ask(bob, id, "GET", "/messages"), 404, "not_found");
    await accepts(bob, id);
    expect([await listed(bob), await idsOf(bob)]).toEqual([[id], []]);
    await send(bob, id, "here I am");
    await accepts(bob, id);
  });

  test("is named by the call that adds them, which adds the others", async () => {
    const { id } = await createGroup(ann);
    const body = { user_ids: [bob.user.id, cid.user.id] };
    for (const _ of [1, 2]) {
      const { body: added } = await expectAsked(ann, id, "POST", "/members", body);
      expect(added).toMatchObject({ items: [{ user: { id: cid.user.id } }], asked: [bob.user.id] });
    }
    expect(await idsOf(bob)).toEqual([id]);
    expectProblem(await ask(bob, id, "POST", "/members", body), 404, "not_found");
  });

  test("is asked by nobody who may add nobody", async () => {
    const { id } = await createGroup(ann, [cid]);
    const body = { user_ids: [bob.user.id] };
    expectProblem(await ask(bob, id, "POST", "/members", body), 404, "not_found");
    expect(await idsOf(bob)).toEqual([]);
  });

  test("cannot accept once whoever has asked is gone", async () => {
    const { id } = await createGroup(ann, [cid]);
    await expectAsked(ann, id, "PATCH", `/members/${cid.user.id}`, { role: "admin" });
    await expectAsked(cid, id, "POST", "/members", { user_ids: [bob.user.id] });
    await expectAsked(ann, id, "DELETE", `/members/${cid.user.id}`);
    expectProblem(await answer(bob, id, "accept"), 404, "not_found");
    expect([await listed(bob), await idsOf(bob)]).toEqual([[], []]);
  });

  test("is not asked again by a group that they ignore", async () => {
    const { id } = await createGroup(ann, [bob]);
    expect((await answer(bob, id, "ignore")).status).toBe(204);
    await expectAsked(ann, id, "POST", "/members", { user_ids: [bob.user.id] });
    expect(await idsOf(bob)).toEqual([]);
  });
});

describe("the deployment's default", () => {
  let undo = () => {};
  afterEach(() => undo());

  test("holds for whoever has chosen nothing", async () => {
    undo = setPolicy("WHO_MAY_WRITE", "friends");
    expect((await call("GET", "/v1/me", { token: cid.token })).body).toMatchObject({
      who_may_write: "friends",
      who_may_add: "everybody",
    });
    const { id } = await openForSelf(ann, cid);
    await send(ann, id, "hi");
    await eventually(async () => expect(await idsOf(cid)).toEqual([id]));
    expect(await listed(cid)).toEqual([]);
  });
});
