import { expect, test } from "vitest";
import { EVENT, TYPES } from "../src/index.ts";
import { eventually, texts, User } from "./support/user.ts";

test("joining a live room is looking at it, and quitting is going", async () => {
  const [ann, vic] = [await User.ready("ann"), await User.ready("vic")];
  const { data } = await ann.chat.createGroup({ name: "Stage", type: TYPES.GRP_AVCHATROOM });
  const groupID = String(Object(data.group).groupID);
  const conversationID = `GROUP${groupID}`;
  await ann.say(groupID, "before", "GROUP");
  const members = async () => Object((await ann.chat.getGroupProfile({ groupID })).data.group).memberCount;
  const shown = async () => (await vic.chat.getMessageList({ conversationID })).data.messageList;
  const joined = await vic.chat.joinGroup({ groupID });
  expect(joined.data).toMatchObject({ status: TYPES.JOIN_STATUS_SUCCESS, group: { groupID } });
  const online = async () => (await ann.chat.getGroupOnlineMemberCount(groupID)).data;
  await vic.until<object>(EVENT.NET_STATE_CHANGE, () => true);
  // The socket is open once the next message comes: others before it may be missed.
  await eventually(async () => {
    await ann.say(groupID, "now", "GROUP");
    expect(vic.messages().length).toBeGreaterThan(0);
  });
  const said = await ann.say(groupID, "one", "GROUP");
  const heard = await vic.message(({ payload }) => payload.text === "one");
  expect(heard).toMatchObject({ conversationID, from: ann.userID, flow: "in", sequence: said.sequence });
  expect(texts(vic.messages())).not.toContain("before");
  expect(texts(await shown())).toContain("one");
  await ann.chat.revokeMessage(said);
  await vic.message(({ sequence }) => sequence === said.sequence, EVENT.MESSAGE_REVOKED);
  expect(await online()).toEqual({ memberCount: 1 });
  expect([await members(), await vic.conversation(conversationID)]).toEqual([1, undefined]);
  expect((await vic.chat.getConversationProfile(conversationID)).data.conversation).toMatchObject({
    ...{ conversationID, subType: TYPES.GRP_AVCHATROOM, unreadCount: 0 },
  });

  // Who writes is a member.
  await vic.say(groupID, "hello", "GROUP");
  await ann.message(({ payload }) => payload.text === "hello");
  await eventually(async () =>
    expect(await vic.conversation(conversationID)).toMatchObject({ unreadCount: 0 }),
  );
  expect(await members()).toBe(2);
  await ann.say(groupID, "two", "GROUP");
  await vic.message(({ payload }) => payload.text === "two");
  expect(texts(vic.messages()).filter((text) => text === "two")).toHaveLength(1);
  await vic.chat.quitGroup(groupID);
  expect(await members()).toBe(1);

  await vic.chat.joinGroup({ groupID });
  expect((await vic.chat.quitGroup(groupID)).data).toEqual({ groupID });
  await expect(vic.chat.quitGroup(groupID)).rejects.toMatchObject({ code: 2_623 });
  expect((await ann.chat.joinGroup({ groupID })).data.status).toBe(TYPES.JOIN_STATUS_ALREADY_IN_GROUP);
});
