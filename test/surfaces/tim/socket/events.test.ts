import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { expectFriendCall } from "../../../support/accounts/friends.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { call, type SignedIn } from "../../../support/clients/api.ts";
import { acceptSocket, type TestSocket } from "../../../support/clients/socket.ts";
import { freezeClock } from "../../../support/clock.ts";
import { itemAt } from "../../../support/objects/room.ts";
import { data, failure, nameOf, success, tim } from "../client.ts";
import { connect, dial, frameWhere, givenID, itemsOf, Message, messagesOnce, say } from "./socket.ts";

let ann: SignedIn;
let bob: SignedIn;
let bobs: TestSocket;

beforeEach(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
  bobs = await connect(bob);
});

const Created = z.looseObject({ group: z.looseObject({ groupID: z.string() }) });
const Notice = z.looseObject({ unreadCount: z.int(), message: Message });

async function madeGroup(fields: object = {}): Promise<string> {
  return (await data(Created, ann, "/group/createGroup", { name: "lunch", type: "Public", ...fields })).group
    .groupID;
}

/** The notice of this kind that Bob's socket is sent. */
async function notice(operationType: number): Promise<z.infer<typeof Notice>> {
  const isIt = (frame: unknown) => Notice.parse(frame).message.payload.operationType === operationType;
  return Notice.parse(await frameWhere(bobs, "notice", isIt));
}

test("a pin, a reminder and a deletion of another device come with the conversation", async () => {
  await say(ann, nameOf(bob), "hello");
  await messagesOnce(bobs, 1);
  const conversationID = `C2C${nameOf(ann)}`;
  const { conversation } = itemAt(itemsOf(bobs), 0);
  const pinned = { token: bob.token, body: { sticky: true } };
  expect((await call("PUT", `/v1/conversations/${conversation}/preferences`, pinned)).status).toBeLessThan(
    300,
  );
  const Shown = z.looseObject({
    item: z.looseObject({ isPinned: z.boolean(), messageRemindType: z.string() }),
  });
  const frame = await frameWhere(bobs, "conversation", (one) => Shown.parse(one).item.isPinned);
  const [inList] = z
    .array(z.unknown())
    .parse(success(await tim(bob, "/conversation/getConversationList", { conversationID })).data);
  expect(frame).toEqual({ type: "conversation", conversation, sequence: 1, item: inList });
  success(
    await tim(bob, "/group/setMessageRemindType", {
      userIDList: [nameOf(ann)],
      messageRemindType: "AcceptNotNotify",
    }),
  );
  await frameWhere(
    bobs,
    "conversation",
    (one) => Shown.parse(one).item.messageRemindType === "AcceptNotNotify",
  );
  success(await tim(bob, "/conversation/deleteConversation", { conversationID }));
  expect(await frameWhere(bobs, "deleted")).toEqual({ type: "deleted", conversation, sequence: 1 });
});

test("a contact who comes is told by username", async () => {
  await say(bob, nameOf(ann), "hello");
  await say(ann, nameOf(bob), "hello");
  await connect(ann);
  expect(await bobs.next("status")).toEqual({ type: "status", userID: nameOf(ann), isOnline: true });
});

test("members who come and go are told by username", async () => {
  const groupID = await madeGroup({ type: "Public", memberList: [{ userID: nameOf(bob) }] });
  success(await tim(ann, "/group/deleteGroupMember", { groupID, userIDList: [nameOf(bob)], reason: "late" }));
  expect(await frameWhere(bobs, "member", ({ event }) => event === "removed")).toMatchObject({
    userIDList: [nameOf(bob)],
  });
  expect(await notice(4)).toMatchObject({ message: { payload: { handleMessage: "late" } } });
});

test("a session that ends is told why; a token that is not valid opens no socket", async () => {
  const { token } = bob;
  const Sessions = z.object({ items: z.array(z.object({ id: z.string() })) });
  for (const { id } of Sessions.parse((await call("GET", "/v1/sessions", { token })).body).items)
    expect((await call("DELETE", `/v1/sessions/${id}`, { token })).status).toBe(204);
  expect(await bobs.next("kicked")).toEqual({ type: "kicked", reason: "session_ended" });
  expect((await bobs.closed()).code).toBe(4001);
  const refused = await dial(bob.token);
  expect(refused.status).toBe(200);
  expect(await refused.json()).toMatchObject({ code: 70_001 });
  const page = acceptSocket(await dial(bob.token, { Origin: "https://parley.test" }));
  expect((await page.closed()).code).toBe(4001);
});

test("a frame that is none is refused, and the socket stays open", async () => {
  bobs.send({ type: "sync", items: [{ conversation: 0, sequence: 1 }] });
  expect(await bobs.next("error")).toMatchObject({ code: 70_402 });
  bobs.send({ type: "dance" });
  expect(await bobs.next("error")).toMatchObject({ code: 70_402 });
  expect(bobs.isOpen).toBe(true);
});

test("attributes and counters of a group come as they are changed, and only what has changed", async () => {
  const groupID = await madeGroup({ type: "Private", memberList: [{ userID: nameOf(bob) }] });
  const keep = (call: string, body: object) => tim(ann, `/group/${call}`, { groupID, ...body }).then(success);
  await keep("setGroupAttributes", { groupAttributes: { topic: "soup" } });
  const first = await bobs.next("attributes");
  expect(first).toMatchObject({ groupAttributes: { topic: "soup" }, version: 1 });
  await keep("setGroupAttributes", { groupAttributes: { topic: "soup" } });
  await keep("setGroupAttributes", { groupAttributes: { place: "here" } });
  expect(await bobs.next("attributes")).toEqual({
    ...first,
    ...{ groupAttributes: { place: "here", topic: "soup" }, version: 2 },
  });
  await keep("setGroupCounters", { counters: { likes: 1, views: 0 } });
  const { conversation } = first;
  const counter = (key: string, value: number) => ({ type: "counter", conversation, key, value });
  await frameWhere(bobs, "counter", ({ key }) => key === "views");
  expect(bobs.of("counter")).toEqual([counter("likes", 1), counter("views", 0)]);
  await keep("setGroupCounters", { counters: { likes: 1 } });
  await keep("increaseGroupCounter", { key: "likes", value: 2 });
  await frameWhere(bobs, "counter", ({ value }) => value === 3);
  expect(bobs.of("counter").slice(2)).toEqual([counter("likes", 3)]);
  expect(bobs.of("attributes")).toHaveLength(2);
});

test("who is not in a group, or has left it, is told nothing of what it keeps", async () => {
  const groupID = await madeGroup({ type: "Private", memberList: [{ userID: nameOf(bob) }] });
  success(await tim(bob, "/group/quitGroup", { groupID }));
  success(await tim(ann, "/group/setGroupAttributes", { groupID, groupAttributes: { a: "b" } }));
  success(await tim(ann, "/group/setGroupCounters", { groupID, counters: { a: 1 } }));
  await say(ann, nameOf(bob), "behind it");
  await bobs.until(() => itemsOf(bobs).some(({ message }) => message.payload.text === "behind it"));
  expect([...bobs.of("attributes"), ...bobs.of("counter")]).toEqual([]);
});

/** Sends a message that nothing stores. */
const online = (who: SignedIn, to: string, more: object = {}) =>
  tim(who, "/message/sendMessage", {
    message: { ID: givenID(who), to, conversationType: "C2C", payload: { text: "ring" }, ...more },
    onlineUserOnly: true,
  });

test("a message for those who are online is refused where a send is, if it is large, and if there are many", async () => {
  const [cid] = await signedInUsers(1);
  await say(ann, nameOf(bob), "hello");
  failure(await online(ann, nameOf(bob), { payload: { text: "x".repeat(5_000) } }), 80_002);
  failure(await online(ann, nameOf(bob), { ID: givenID(bob) }), 70_402, "ID");
  failure(await online(ann, nameOf(bob), { payload: { text: "hi", atUserList: [nameOf(bob)] } }), 70_402);
  failure(await online(ann, "nobody at all"), 20_003);
  const groupID = await madeGroup({ type: "Private" });
  failure(await online(cid, groupID, { conversationType: "GROUP" }), 10_007);
  freezeClock();
  const codes = [];
  for (let i = 0; i < 6; i++) codes.push((await online(ann, nameOf(bob))).status);
  expect(codes).toEqual([200, 200, 200, 200, 200, 429]);
  await expectFriendCall("PUT blocks", bob, ann);
  failure(await online(ann, nameOf(bob)), 20_007);
});
