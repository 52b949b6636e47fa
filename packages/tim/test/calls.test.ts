import { expect, test } from "vitest";
import { EVENT, TYPES } from "../src/index.ts";
import type { Message } from "../src/types.ts";
import { eventually, texts, User } from "./support/user.ts";

async function two(): Promise<[User, User]> {
  return [await User.ready("ann"), await User.ready("bob")];
}

async function groupOf(owner: User, member: User): Promise<string> {
  const memberList = [{ userID: member.userID }];
  const { data } = await owner.chat.createGroup({ name: "lunch", type: TYPES.GRP_PUBLIC, memberList });
  return String(Object(data.group).groupID);
}

const listOf = async (user: User, conversationID: string): Promise<Message[]> =>
  (await user.chat.getMessageList({ conversationID })).data.messageList;

test("friends: an application, its answer, a remark, a group", async () => {
  const [ann, bob] = await two();
  await ann.chat.addFriend({ to: bob.userID, wording: "it is me", type: TYPES.SNS_ADD_TYPE_BOTH });
  await bob.until(EVENT.FRIEND_APPLICATION_LIST_UPDATED, () => true);
  expect((await bob.chat.getFriendApplicationList()).data).toMatchObject({
    friendApplicationList: [{ userID: ann.userID, wording: "it is me" }],
    unreadCount: 1,
  });
  await bob.chat.setFriendApplicationRead();
  expect((await bob.chat.getFriendApplicationList()).data).toMatchObject({ unreadCount: 0 });
  await bob.chat.acceptFriendApplication({ userID: ann.userID, type: TYPES.SNS_APPLICATION_AGREE_AND_ADD });
  await ann.until(EVENT.FRIEND_LIST_UPDATED, (all: unknown[]) => all.length === 1);
  await ann.chat.updateFriend({ userID: bob.userID, remark: "Bobby" });
  await ann.chat.createFriendGroup({ name: "lunch", userIDList: [bob.userID] });
  expect((await ann.chat.getFriendList()).data).toMatchObject([
    { userID: bob.userID, remark: "Bobby", groupList: ["lunch"] },
  ]);
  expect((await ann.chat.getFriendGroupList()).data).toMatchObject([{ name: "lunch", count: 1 }]);
  const checked = await ann.chat.checkFriend({ userIDList: [bob.userID], type: TYPES.SNS_CHECK_TYPE_BOTH });
  expect(checked.data).toMatchObject({ successUserIDList: [{ userID: bob.userID }] });
});

test("a reply changes the custom data of the message that it answers, which is another's", async () => {
  const [ann, bob] = await two();
  const one = await ann.say(bob.userID, "one");
  const other = await bob.message(({ payload }) => payload.text === "one");
  other.cloudCustomData = "first";
  await bob.chat.modifyMessage(other);
  const told = { ID: one.ID, cloudCustomData: "first", isModified: true, payload: { text: "one" } };
  // Who has changed it is told as well, once.
  expect(bob.messages(EVENT.MESSAGE_MODIFIED)).toMatchObject([told]);
  expect(await ann.message(() => true, EVENT.MESSAGE_MODIFIED)).toBe(one);
  expect(one).toMatchObject(told);
  // A change of what the other has changed meanwhile answers the message as it is now.
  one.cloudCustomData = "second";
  await ann.chat.modifyMessage(one);
  await bob.until<Message[]>(EVENT.MESSAGE_MODIFIED, ([message]) => message?.cloudCustomData === "second");
  other.version = 1;
  other.cloudCustomData = "third";
  const conflict = await bob.chat.modifyMessage(other).catch((error: unknown) => error);
  expect(conflict).toMatchObject({ code: 2_480 });
  expect(Object(conflict).data.message).toBe(other);
  expect(other.cloudCustomData).toBe("second");
});

test("reactions of both are told on all devices, and what nobody has any more is counted 0", async () => {
  const [ann, bob] = await two();
  const one = await ann.say(bob.userID, "one");
  const other = await bob.message(({ payload }) => payload.text === "one");
  const told = (user: User) => user.heard(EVENT.MESSAGE_REACTIONS_UPDATED);
  await bob.chat.addMessageReaction(other, "[emoji_01]");
  const reaction = { reactionID: "[emoji_01]", totalUserCount: 1, partialUserList: [{ userID: bob.userID }] };
  const first = { messageID: one.ID, reactionList: [reaction] };
  await ann.until(EVENT.MESSAGE_REACTIONS_UPDATED, () => true);
  await bob.until(EVENT.MESSAGE_REACTIONS_UPDATED, () => true);
  expect(told(ann)).toMatchObject([first]);
  expect(told(bob)).toMatchObject([{ reactionList: [{ reactedByMyself: true }] }]);
  await bob.chat.removeMessageReaction(other, "[emoji_01]");
  type Told = { reactionList: { totalUserCount: number }[] };
  await ann.until<Told>(EVENT.MESSAGE_REACTIONS_UPDATED, ({ reactionList }) =>
    reactionList.every(({ totalUserCount }) => totalUserCount === 0),
  );
  expect(told(ann)).toHaveLength(2);
  // Neither a modification nor a reaction is told as the other.
  expect(ann.messages(EVENT.MESSAGE_MODIFIED)).toEqual([]);
  one.payload = { text: "two" };
  await ann.chat.modifyMessage(one);
  await bob.message(() => true, EVENT.MESSAGE_MODIFIED);
  expect(told(bob)).toHaveLength(2);
});

test("a message is modified, reacted to, hidden, found, and read by members", async () => {
  const [ann, bob] = await two();
  const groupID = await groupOf(ann, bob);
  const conversationID = `GROUP${groupID}`;
  const one = await ann.say(groupID, "one avocado", "GROUP");
  const other = await bob.message(({ payload }) => payload.text === "one avocado");
  one.payload = { text: "two avocados" };
  await ann.chat.modifyMessage(one);
  const [modified] = await bob.until<Message[]>(EVENT.MESSAGE_MODIFIED, () => true);
  expect(modified).toBe(other);
  expect(other).toMatchObject({ payload: { text: "two avocados" }, isModified: true });
  await bob.chat.addMessageReaction(other, "[emoji_01]");
  expect((await ann.chat.getMessageReactions({ messageList: [one] })).data).toMatchObject({
    resultList: [{ messageID: one.ID, reactionList: [{ reactionID: "[emoji_01]", totalUserCount: 1 }] }],
  });
  const found = await bob.chat.searchCloudMessages({ keywordList: ["avocados"], conversationID });
  expect(found.data).toMatchObject({ totalCount: 1, searchResultList: [{ messageList: [{ ID: one.ID }] }] });
  await bob.chat.sendMessageReadReceipt([other]);
  await eventually(async () => {
    expect((await ann.chat.getMessageReadReceiptList([one])).data).toMatchObject({
      messageList: [{ readReceiptInfo: { readCount: 1, unreadCount: 0 } }],
    });
  });
  await ann.chat.pinGroupMessage({ groupID, message: one, isPinned: true });
  expect((await bob.chat.getPinnedGroupMessageList({ groupID })).data).toMatchObject({
    messageList: [{ ID: one.ID }],
  });
  await bob.chat.deleteMessage([other]);
  expect(texts(await listOf(bob, conversationID))).not.toContain("two avocados");
  expect(texts(await listOf(ann, conversationID))).toContain("two avocados");
});

test("messages are merged into one, which the app makes", async () => {
  const [ann, bob] = await two();
  for (const text of ["one", "two"]) await bob.say(ann.userID, text);
  await ann.message(({ payload }) => payload.text === "two");
  const messageList = await listOf(ann, `C2C${bob.userID}`);
  const merged = ann.chat.createMergerMessage({
    ...{ to: bob.userID, conversationType: TYPES.CONV_C2C },
    payload: { messageList, title: "Both", abstractList: ["bob: one"], compatibleText: "" },
  });
  await ann.chat.sendMessage(merged);
  const heard = await bob.message(({ ID }) => ID === merged.ID);
  expect(heard.payload).toMatchObject({
    title: "Both",
    messageList: [{ messageBody: [{ payload: { text: "one" } }] }, { from: bob.userID }],
  });
});

test("conversations are pinned, marked, sorted and cleared", async () => {
  const [ann, bob] = await two();
  const conversationID = `C2C${bob.userID}`;
  await ann.say(bob.userID, "hello");
  await ann.chat.pinConversation({ conversationID, isPinned: true });
  await eventually(async () =>
    expect(await ann.conversation(conversationID)).toMatchObject({ isPinned: true }),
  );
  const conversationIDList = [conversationID];
  await ann.chat.markConversation({ conversationIDList, markType: 1, enableMark: true });
  await ann.chat.createConversationGroup({ groupName: "work", conversationIDList });
  expect((await ann.chat.getConversationGroupList()).data).toEqual(["work"]);
  await ann.chat.deleteConversationGroup("work");
  expect((await ann.chat.getConversationGroupList()).data).toEqual([]);
  await ann.chat.clearHistoryMessage(conversationID);
  expect(await listOf(ann, conversationID)).toEqual([]);
  expect(texts(await listOf(bob, `C2C${ann.userID}`))).toEqual(["hello"]);
});

test("a group has attributes and counters", async () => {
  const [ann, bob] = await two();
  const groupID = await groupOf(ann, bob);
  await ann.chat.setGroupAttributes({ groupID, groupAttributes: { table: "12" } });
  const { data } = await bob.chat.getGroupAttributes({ groupID, keyList: [] });
  expect(data).toMatchObject({ groupAttributes: { table: "12" } });
  await ann.chat.setGroupCounters({ groupID, counters: { guests: 2 } });
  await bob.chat.increaseGroupCounter({ groupID, key: "guests", value: 3 });
  expect((await ann.chat.getGroupCounters({ groupID, keyList: [] })).data).toMatchObject({
    counters: { guests: 5 },
  });
});
