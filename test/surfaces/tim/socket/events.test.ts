import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { call, type SignedIn } from "../../../support/clients/api.ts";
import { acceptSocket, type TestSocket } from "../../../support/clients/socket.ts";
import { itemAt } from "../../../support/objects/room.ts";
import { data, nameOf, success, tim } from "../client.ts";
import { connect, dial, frameWhere, itemsOf, listed, Message, messagesOnce, say } from "./socket.ts";

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

test("a user who was refused is sent the notice, as the list has it", async () => {
  const groupID = await madeGroup();
  success(await tim(bob, "/group/joinGroup", { groupID, applyMessage: "please" }));
  const [message] = await listed(ann, "@TIM#SYSTEM").then((all) =>
    all.filter(({ payload }) => payload.operationType === 1),
  );
  success(
    await tim(ann, "/group/handleGroupApplication", { handleAction: "Reject", handleMessage: "no", message }),
  );
  const shown = await notice(3);
  expect(shown.message).toEqual((await listed(bob, "@TIM#SYSTEM")).at(-1));
  expect(shown).toMatchObject({
    unreadCount: 1,
    message: { payload: { operatorID: nameOf(ann), handleMessage: "no" } },
  });
  success(await tim(bob, "/message/setMessageRead", { conversationID: "@TIM#SYSTEM" }));
  expect(await bobs.next("noticesRead")).toEqual({ type: "noticesRead", isListed: true });
});

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

test("reads, typing, profiles, friends, presence and blocks are told by username", async () => {
  await say(bob, nameOf(ann), "hello");
  await messagesOnce(bobs, 1);
  const { conversation } = itemAt(itemsOf(bobs), 0);
  const anns = await connect(ann);
  success(await tim(ann, "/message/setMessageRead", { conversationID: `C2C${nameOf(bob)}` }));
  const read = { type: "read", conversation, user: ann.user.id, sequence: 1 };
  expect(await frameWhere(bobs, "read", ({ user }) => user === ann.user.id)).toEqual(read);
  anns.send({ type: "typing", conversation });
  expect(await bobs.next("typing")).toEqual({ type: "typing", conversation, user: ann.user.id });
  success(await tim(ann, "/user/updateMyProfile", { nick: "Annie" }));
  const user = { userID: nameOf(ann), nick: "Annie", avatar: "" };
  expect(await frameWhere(bobs, "profile")).toEqual({ type: "profile", user });
  expect(await frameWhere(anns, "profile")).toEqual({ type: "profile", user });
  expect((await call("PUT", `/v1/friends/${bob.user.id}`, { token: ann.token })).status).toBeLessThan(300);
  expect(await bobs.next("friend")).toEqual({ type: "friend", userID: nameOf(ann), state: "requested" });
  success(await tim(bob, "/user/addToBlacklist", { userIDList: [nameOf(ann)] }));
  expect(await bobs.next("blacklist")).toEqual({ type: "blacklist" });
  success(await tim(bob, "/user/removeFromBlacklist", { userIDList: [nameOf(ann)] }));
  expect(await bobs.next("blacklist")).toEqual({ type: "blacklist" });
  expect(anns.of("blacklist")).toEqual([]);
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

test("custom data that another member changes comes as a change of the message", async () => {
  const { ID } = await say(ann, nameOf(bob), "hello");
  await messagesOnce(bobs, 1);
  success(await tim(ann, "/message/modifyMessage", { ID, cloudCustomData: "mine" }));
  const all = () => itemsOf(bobs, "changed").map(({ message }) => message);
  await bobs.until(() => all().length > 0);
  success(await tim(bob, "/message/modifyMessage", { ID, cloudCustomData: "yours" }));
  await bobs.until(() => all().some(({ cloudCustomData }) => cloudCustomData === "yours"));
  const last = { ID, cloudCustomData: "yours", version: 2, payload: { text: "hello" } };
  expect(all().at(-1)).toMatchObject(last);
  expect((await listed(ann, `C2C${nameOf(bob)}`)).at(-1)).toMatchObject(last);
});

test("reactions come with the message, own ones marked for each, live and over a reconnect", async () => {
  const anns = await connect(ann);
  const { ID } = await say(ann, nameOf(bob), "hello");
  await Promise.all([messagesOnce(bobs, 1), messagesOnce(anns, 1)]);
  const react = (who: SignedIn, reactionID: string, call = "addMessageReaction") =>
    tim(who, `/message/${call}`, { ID, reactionID }).then(success);
  const last = (socket: TestSocket) => itemsOf(socket, "changed").at(-1)?.reactions;
  const { conversation, revision } = itemAt(itemsOf(bobs), 0);
  await react(bob, "[TUIEmoji_Smile]");
  const smile = {
    reactionID: "[TUIEmoji_Smile]",
    totalUserCount: 1,
    partialUserList: [{ userID: nameOf(bob) }],
  };
  await bobs.until(() => last(bobs)?.length === 1);
  await anns.until(() => last(anns)?.length === 1);
  expect(last(bobs)).toMatchObject([{ ...smile, reactedByMyself: true }]);
  expect(last(anns)).toMatchObject([{ ...smile, reactedByMyself: false }]);
  anns.close();
  await react(bob, "[TUIEmoji_Smile]", "removeMessageReaction");
  await bobs.until(() => last(bobs)?.length === 0);
  await react(ann, "👍");
  const again = await connect(ann);
  again.send({ type: "sync", items: [{ conversation, sequence: 1, revision }] });
  await again.next("synced");
  expect(itemsOf(again, "changed")).toMatchObject([
    { message: { ID, isModified: false }, reactions: [{ reactionID: "👍", reactedByMyself: true }] },
  ]);
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

test("groups of friends and remarks are told to the user's own devices", async () => {
  const [mine, other] = [await connect(ann), await connect(ann)];
  const changes: [string, object][] = [
    ["createFriendGroup", { name: "one", userIDList: [] }],
    ["renameFriendGroup", { oldName: "one", newName: "two" }],
    ["addToFriendGroup", { name: "two", userIDList: [nameOf(bob)] }],
    ["deleteFriendGroup", { name: "two" }],
  ];
  for (const [at, [call, body]] of changes.entries()) {
    success(await tim(ann, `/friend/${call}`, body));
    for (const socket of [mine, other]) await socket.until(() => socket.of("friendGroups").length === at + 1);
  }
  expect(bobs.of("friendGroups")).toEqual([]);
});
