import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { UserId } from "../../../src/domain/ids.ts";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { expectFriendCall } from "../../support/accounts/friends.ts";
import { presenceEvents, untilCaughtUp, untilPresenceSettled } from "../../support/accounts/presence.ts";
import { call, expectProblem, register, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, getConversation, list, openDirect, openForSelf, send } from "../../support/clients/chat.ts";
import { openDevice, openRoom, readRefusal, roomPath, upgrade } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { inboxObject, textFrame } from "../../support/objects/room.ts";
import { open as openOverAppkey, send as sendOverAppkey, wireIdOf } from "../../surfaces/appkey/client.ts";
import { data, tim } from "../../surfaces/tim/client.ts";

// A direct conversation without messages, which Ann has opened and Bob has not.
let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeEach(async () => {
  [ann, bob] = await registerUsers(2);
  ({ id } = await openForSelf(ann, bob));
});

const listedIds = async (who: SignedIn) => (await list(who)).items.map((item) => item.id);

describe("a direct conversation that only one user has opened", () => {
  test("is in the list of its opener alone", async () => {
    expect([await listedIds(ann), await listedIds(bob)]).toEqual([[id], []]);
    expect((await getConversation(ann, id)).member_count).toBe(2);
  });

  const calls = [
    ["GET", ""],
    ["PATCH", "", { sticky: true }],
    ["GET", "/messages"],
    ["GET", "/receipts"],
    ["GET", "/members"],
    ["PUT", "/read", { seq: 0 }],
    ["DELETE", ""],
  ] satisfies [method: string, path: string, body?: object][];

  test.each<[string, string, object?]>(calls)(
    "does not exist for the other user: %s %s",
    async (method, path, body) => {
      const answer = await call(method, `/v1/conversations/${id}${path}`, { token: bob.token, body });
      expectProblem(answer, 404, "not_found");
      expect(await listedIds(bob)).toEqual([]);
      expect((await openDirect(bob, ann)).sticky).toBe(false);
    },
  );

  test("does not exist for the other user over tim", async () => {
    const name = `C2C${ann.user.username}`;
    const [stranger] = await registerUsers(1);
    const profile = async (conversationID: string) =>
      (await tim(bob, "/conversation/getConversationProfile", { conversationID })).body;
    const missing = await profile(name);
    const unused = await profile(`C2C${stranger.user.username}`);
    const masked = (body: unknown) =>
      JSON.stringify(body).replaceAll(stranger.user.username, ann.user.username);
    expect(masked(missing)).toBe(masked(unused));
  });

  test("sends the other user nothing: no frame, no update, no row in their inbox", async () => {
    const bobs = await openDevice(bob.token);
    const anns = await openRoom(id, ann.token);
    anns.send({ type: "typing" });
    await ask(ann, id, "PATCH", "", { sticky: true });
    await expectFriendCall("PUT blocks", ann, bob);
    await expectFriendCall("DELETE blocks", ann, bob);
    await openForSelf(ann, bob);
    await untilCaughtUp(bobs, bob, await register());
    expect(bobs.frames.filter((frame) => "conversation_id" in frame || "conversation" in frame)).toEqual([]);
    const rows = await runInDurableObject(inboxObject(UserId.parse(bob.user.id)), (_, { storage }) =>
      storage.sql.exec("SELECT * FROM conversations WHERE conversation_id = ?", id).toArray(),
    );
    expect(rows).toEqual([]);
  });

  test("is no reason for presence", async () => {
    const anns = await openDevice(ann.token);
    await openDevice(bob.token);
    await untilPresenceSettled(bob, "online");
    await untilCaughtUp(anns, ann, await register());
    expect(presenceEvents(anns)).toEqual([]);
  });

  test("is in both lists once both have opened it", async () => {
    expect((await openForSelf(bob, ann)).id).toBe(id);
    expect([await listedIds(ann), await listedIds(bob)]).toEqual([[id], [id]]);
  });

  test("is in both lists from the first message on, which counts as unread", async () => {
    const bobs = await openDevice(bob.token);
    await send(ann, id, "hello");
    await bobs.until(({ seqs }) => seqs.length === 1);
    await eventually(async () => {
      expect((await list(bob)).items).toMatchObject([{ id, last_seq: 1, unread_count: 1 }]);
    });
    await send(bob, id, "hello, Ann");
    expect(await getConversation(ann, id)).toMatchObject({ last_seq: 2 });
  });

  test("is opened by a message of the other user to the opener's name", async () => {
    const request = { to: ann.user.username, conversationType: "C2C", payload: { text: "hello" } };
    const draft = z.object({ ID: z.string() });
    const { ID } = await data(draft, bob, "/message/createMessage", request);
    await data(z.unknown(), bob, "/message/sendMessage", { ID });
    expect((await list(bob)).items).toMatchObject([{ id, last_seq: 1, unread_count: 0 }]);
    await eventually(async () => expect((await list(ann)).items).toMatchObject([{ id, unread_count: 1 }]));
  });

  test("is opened by a message of the other user's device, for which it did not exist before", async () => {
    const [bobs, bobsOther] = [await openDevice(bob.token), await openDevice(bob.token)];
    const anns = await openDevice(ann.token);
    expectProblem(await readRefusal(await upgrade(roomPath(id), bob.token)), 404, "not_found");
    for (const frame of [
      { type: "sync", after: 0 },
      { type: "read", seq: 0 },
      { type: "typing" },
      { type: "focus" },
    ]) {
      bobs.send({ ...frame, conversation_id: id });
      expect(await bobs.next("error")).toMatchObject({ code: "not_found", conversation_id: id });
    }
    for (const name of ["one", "two", "two"]) bobs.send({ ...textFrame(name, name), conversation_id: id });
    await bobs.until(({ acks }) => acks.length === 3);
    expect(bobs.acks.map(({ seq }) => seq)).toEqual([1, 2, 2]);
    expect((await list(bob)).items).toMatchObject([{ id, last_seq: 2, unread_count: 0 }]);
    await send(ann, id, "later");
    for (const socket of [bobs, bobsOther, anns]) {
      await socket.until(({ seqs }) => seqs.includes(3));
      expect(socket.seqs).toEqual(socket === bobs ? [3] : [1, 2, 3]);
    }
  });

  test("is opened by a message of the other user over appkey", async () => {
    await sendOverAppkey(bob, wireIdOf(id), "hello");
    expect((await list(bob)).items).toMatchObject([{ id, last_seq: 1, unread_count: 0 }]);
    await eventually(async () => expect((await list(ann)).items).toMatchObject([{ id, unread_count: 1 }]));
  });

  test("stays hidden after a refused message of the other user", async () => {
    await expectFriendCall("PUT blocks", ann, bob);
    const answer = await ask(bob, id, "POST", "/messages", { kind: "text", body: { text: "hello" } });
    expectProblem(answer, 403, "blocked");
    expect(await listedIds(bob)).toEqual([]);
  });

  test("stays hidden after a repair of the other user's list", async () => {
    expect((await call("POST", "/v1/me/repair", { token: bob.token })).status).toBeLessThan(300);
    expect(await listedIds(bob)).toEqual([]);
    await send(ann, id, "hello");
    await eventually(async () => expect(await listedIds(bob)).toEqual([id]));
  });

  test("shows its opener that the other account is deleted", async () => {
    expect((await deleteAccount(bob)).status).toBe(204);
    await runAccountDeletion(bob);
    await eventually(async () => expect((await getConversation(ann, id)).disabled).toBe(true));
  });
});

test("a conversation that a service opens over appkey is in both lists at once, except across a block", async () => {
  const [cas, dan, eve] = await registerUsers(3);
  await openOverAppkey(cas, dan);
  await expectFriendCall("PUT blocks", eve, cas);
  await openOverAppkey(cas, eve);
  expect([(await listedIds(cas)).length, (await listedIds(dan)).length]).toEqual([2, 1]);
  expect(await listedIds(eve)).toEqual([]);
});
