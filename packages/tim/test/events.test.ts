import { expect, test } from "vitest";
import { EVENT, TYPES } from "../src/index.ts";
import { network, twoWays } from "./support/network.ts";
import { eventually, User } from "./support/user.ts";

test("receipts are told of messages that want them, also those that were missed", async () => {
  const over = await network();
  const [[ann, near], bob] = [await twoWays("ann", over), await User.ready("bob")];
  const memberList = [{ userID: bob.userID }];
  const { data } = await near.chat.createGroup({ name: "lunch", type: TYPES.GRP_WORK, memberList });
  const groupID = String(Object(data.group).groupID);
  const send = async (
    to: string,
    text: string,
    conversationType: "C2C" | "GROUP",
    needReadReceipt: boolean,
  ) => {
    const made = ann.chat.createTextMessage({ to, conversationType, payload: { text }, needReadReceipt });
    await ann.chat.sendMessage(made);
    await bob.message(({ payload }) => payload.text === text);
    return made;
  };
  const told = () => ann.heard<object[]>(EVENT.MESSAGE_READ_RECEIPT_RECEIVED).flat();
  const toldOf = (messageID: string) => told().filter((one) => Object(one).messageID === messageID);
  await send(groupID, "not this", TYPES.CONV_GROUP, false);
  const grouped = await send(groupID, "this", TYPES.CONV_GROUP, true);
  const direct = await send(bob.userID, "and this", TYPES.CONV_C2C, true);
  await bob.chat.setMessageRead({ conversationID: `GROUP${groupID}` });
  await eventually(() => expect(toldOf(grouped.ID)).toHaveLength(1));
  const counts = { readCount: 1, unreadCount: 0 };
  expect(toldOf(grouped.ID)).toMatchObject([{ groupID, ...counts }]);
  expect(grouped.readReceiptInfo).toMatchObject(counts);
  await bob.chat.setMessageRead({ conversationID: `C2C${near.userID}` });
  await eventually(() => expect(toldOf(direct.ID)).toMatchObject([{ userID: bob.userID, isPeerRead: true }]));
  const missed = await send(groupID, "missed", TYPES.CONV_GROUP, true);
  await over.down();
  await ann.until<{ state: string }>(EVENT.NET_STATE_CHANGE, ({ state }) => state === "disconnected");
  await bob.chat.setMessageRead({ conversationID: `GROUP${groupID}` });
  await over.up();
  await eventually(() => expect(toldOf(missed.ID)).toMatchObject([{ groupID, ...counts }]));
  expect(told()).toHaveLength(3);
});

test("attributes, counters and groups of friends are told, also those that were missed", async () => {
  const over = await network();
  const [[ann, near], bob] = [await twoWays("ann", over), await User.ready("bob")];
  const memberList = [{ userID: bob.userID }];
  const { data } = await near.chat.createGroup({ name: "lunch", type: TYPES.GRP_WORK, memberList });
  const groupID = String(Object(data.group).groupID);
  await eventually(async () => expect(await ann.conversation(`GROUP${groupID}`)).toBeDefined());
  await bob.chat.setGroupAttributes({ groupID, groupAttributes: { topic: "soup" } });
  await bob.chat.increaseGroupCounter({ groupID, key: "likes", value: 2 });
  const attributes = () => ann.heard(EVENT.GROUP_ATTRIBUTES_UPDATED);
  const counters = () => ann.heard(EVENT.GROUP_COUNTER_UPDATED);
  await ann.until(EVENT.GROUP_ATTRIBUTES_UPDATED, () => true);
  await ann.until(EVENT.GROUP_COUNTER_UPDATED, () => true);
  const soup = { groupID, groupAttributes: { topic: "soup" } };
  expect([attributes(), counters()]).toEqual([[soup], [{ groupID, key: "likes", value: 2 }]]);
  expect((await ann.chat.getFriendGroupList()).data).toEqual([]);
  await over.down();
  await ann.until<{ state: string }>(EVENT.NET_STATE_CHANGE, ({ state }) => state === "disconnected");
  await bob.chat.setGroupAttributes({ groupID, groupAttributes: { topic: "rice" } });
  await bob.chat.increaseGroupCounter({ groupID, key: "likes", value: 1 });
  await near.chat.createFriendGroup({ name: "two", userIDList: [] });
  await near.until(EVENT.FRIEND_GROUP_LIST_UPDATED, () => true);
  await over.up();
  const groups = await ann.until<{ name: string }[]>(EVENT.FRIEND_GROUP_LIST_UPDATED, () => true);
  expect(groups).toMatchObject([{ name: "two" }]);
  await eventually(() => expect(counters().at(-1)).toEqual({ groupID, key: "likes", value: 3 }));
  expect(attributes()).toEqual([soup, { groupID, groupAttributes: { topic: "rice" } }]);
  expect(counters()).toHaveLength(2);
  await near.chat.deleteFriendGroup({ name: "two" });
  await ann.until<object[]>(EVENT.FRIEND_GROUP_LIST_UPDATED, (list) => list.length === 0);
  expect(ann.heard(EVENT.FRIEND_GROUP_LIST_UPDATED)).toHaveLength(2);
});
