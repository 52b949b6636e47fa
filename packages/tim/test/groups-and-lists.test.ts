import { expect, test } from "vitest";
import { Server } from "../../client/test/support/server.ts";
import { ChatError, create, EVENT, TYPES } from "../src/index.ts";
import type { Conversation } from "../src/types.ts";
import { eventually, User } from "./support/user.ts";

const systemOf = (user: User, operationType: number) =>
  user.message(
    ({ payload, type }) => type === TYPES.MSG_GRP_SYS_NOTICE && payload.operationType === operationType,
  );

test("an application is made, shown to the owner, and refused", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  // As UI kits do it.
  const { data } = await ann.chat.createGroup({ name: "lunch", type: TYPES.GRP_PUBLIC, groupID: "" });
  const { groupID } = Object(data.group);
  const joined = await bob.chat.joinGroup({ groupID, applyMessage: "please" });
  expect(joined.data.status).toBe(TYPES.JOIN_STATUS_WAIT_APPROVAL);
  const message = await systemOf(ann, 1);
  expect(message).toMatchObject({ to: groupID, payload: { operatorID: bob.userID, applyMessage: "please" } });
  await ann.chat.handleGroupApplication({ handleAction: "Reject", handleMessage: "full", message });
  expect(await systemOf(bob, 3)).toMatchObject({ to: groupID, payload: { handleMessage: "full" } });
  expect(await bob.conversation(TYPES.CONV_SYSTEM)).toMatchObject({ unreadCount: 1 });
  await bob.chat.setMessageRead({ conversationID: TYPES.CONV_SYSTEM });
  expect(await bob.conversation(TYPES.CONV_SYSTEM)).toMatchObject({ unreadCount: 0 });
});

test("mentions are shown until they are read", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  const memberList = [{ userID: bob.userID }];
  const { data } = await ann.chat.createGroup({ name: "lunch", type: TYPES.GRP_WORK, memberList });
  const { groupID } = Object(data.group);
  const conversationID = `GROUP${groupID}`;
  const message = ann.chat.createTextAtMessage({
    ...{ to: groupID, conversationType: TYPES.CONV_GROUP },
    payload: { text: "come", atUserList: [bob.userID] },
  });
  await ann.chat.sendMessage(message);
  expect(message.atUserList).toEqual([bob.userID]);
  await bob.message(({ payload }) => payload.text === "come");
  await eventually(async () => {
    expect((await bob.conversation(conversationID))?.groupAtInfoList).toMatchObject([
      { from: ann.userID, groupID, atTypeArray: [TYPES.CONV_AT_ME] },
    ]);
  });
  await bob.chat.setMessageRead({ conversationID });
  expect(await bob.conversation(conversationID)).toMatchObject({ groupAtInfoList: [], unreadCount: 0 });
});

test("the devices of a user see the same: what is read, deleted, muted and sent", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  const other = await User.onDevice(bob.userID, bob.token);
  const conversationID = `C2C${ann.userID}`;
  await ann.say(bob.userID, "hello");
  await other.message(({ payload }) => payload.text === "hello");
  expect(other.chat.getTotalUnreadMessageCount()).toBe(1);
  await bob.message(({ payload }) => payload.text === "hello");
  await bob.chat.setMessageRead({ conversationID });
  await eventually(() => expect(other.chat.getTotalUnreadMessageCount()).toBe(0));
  await bob.say(ann.userID, "mine");
  expect(await other.message(({ flow }) => flow === "out")).toMatchObject({ payload: { text: "mine" } });
  const userIDList = [ann.userID];
  await bob.chat.setMessageRemindType({ userIDList, messageRemindType: TYPES.MSG_REMIND_ACPT_NOT_NOTE });
  await eventually(async () =>
    expect((await other.conversation(conversationID))?.messageRemindType).toBe("AcceptNotNotify"),
  );
  await ann.say(bob.userID, "muted");
  await other.message(({ payload }) => payload.text === "muted");
  // What is muted does not add to the total.
  expect(other.chat.getTotalUnreadMessageCount()).toBe(0);
  expect((await other.conversation(conversationID))?.unreadCount).toBe(1);
  await bob.chat.deleteConversation(conversationID);
  await eventually(async () => expect(await other.conversation(conversationID)).toBe(undefined));
});

test("profiles, the blacklist and presence are told", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  await ann.say(bob.userID, "hello");
  await bob.say(ann.userID, "hello");
  const { data } = await ann.chat.updateMyProfile({ nick: "Annie", birthday: 20_000_102 });
  expect(data).toMatchObject({ userID: ann.userID, nick: "Annie", birthday: 20_000_102 });
  await bob.until<{ nick: string }[]>(EVENT.PROFILE_UPDATED, ([profile]) => profile?.nick === "Annie");
  expect((await bob.conversation(`C2C${ann.userID}`))?.userProfile?.nick).toBe("Annie");
  const [shown] = (await bob.chat.getUserProfile({ userIDList: [ann.userID] })).data;
  expect(shown).toMatchObject({ nick: "Annie", profileCustomField: [] });
  const other = await User.onDevice(bob.userID, bob.token);
  await bob.chat.addToBlacklist({ userIDList: [ann.userID] });
  await other.until<string[]>(EVENT.BLACKLIST_UPDATED, (list) => list.includes(ann.userID));
  await bob.chat.removeFromBlacklist({ userIDList: [ann.userID] });
  await ann.chat.logout();
  expect(ann.heard(EVENT.SDK_NOT_READY)).toHaveLength(1);
});

test("a session that ends is told, and nothing is ready any more", async () => {
  const ann = await User.ready("ann");
  const headers = { Authorization: `Bearer ${ann.token}` };
  const { origin } = Server.shared();
  const sessions = await fetch(`${origin}/v1/sessions`, { headers }).then((answer) => answer.json());
  for (const { id } of Object(sessions).items)
    await fetch(`${origin}/v1/sessions/${id}`, { method: "DELETE", headers });
  const { type } = await ann.until<{ type: string }>(EVENT.KICKED_OUT, () => true);
  expect(type).toBe(TYPES.KICKED_OUT_REST_API);
  expect(ann.chat.isReady()).toBe(false);
  await expect(ann.chat.getConversationList()).rejects.toMatchObject({ code: 2_999 });
});

test("a token of another user, or none, signs nobody in", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  const chat = create({ SDKAppID: 0, server: Server.shared().origin });
  await expect(chat.login({ userID: ann.userID, userSig: bob.token })).rejects.toMatchObject({
    code: 70_013,
  });
  await expect(chat.login({ userID: ann.userID, userSig: "nonsense" })).rejects.toMatchObject({
    code: 70_001,
  });
  expect(chat.getLoginUser()).toBe("");
  await expect(chat.getMyProfile()).rejects.toBeInstanceOf(ChatError);
  await chat.destroy();
});

test("a list that is filtered, a draft, and a conversation that nobody has opened", async () => {
  const [ann, bob, cid] = [await User.ready("ann"), await User.ready("bob"), await User.ready("cid")];
  await ann.say(bob.userID, "hello");
  await bob.message(({ payload }) => payload.text === "hello");
  const IDs = (list: Conversation[]) => list.map(({ conversationID }) => conversationID);
  const unread = await bob.chat.getConversationList({ hasUnreadCount: true });
  expect(IDs(unread.data.conversationList)).toEqual([`C2C${ann.userID}`]);
  const groups = await bob.chat.getConversationList({ type: TYPES.CONV_GROUP });
  expect(IDs(groups.data.conversationList)).toEqual([]);
  const conversationID = `C2C${ann.userID}`;
  await bob.chat.setConversationDraft({ conversationID, draftText: "I was" });
  expect((await bob.conversation(conversationID))?.draftText).toBe("I was");
  const { data } = await bob.chat.getConversationProfile(`C2C${cid.userID}`);
  expect(data.conversation).toMatchObject({ unreadCount: 0, userProfile: { userID: cid.userID } });
});

test("what this server does not have is refused as unsupported", async () => {
  const ann = await User.ready("ann");
  await expect(ann.chat.setMessageExtensions({}, [])).rejects.toMatchObject({ code: 3_122 });
  expect(ann.chat.callExperimentalAPI("canIUseModule", ["group-module"])).toBe(true);
  const ability = (number: number) => ann.chat.callExperimentalAPI("isCommercialAbilityEnabled", number);
  // Receipts; translation.
  expect(await ability(2 ** 5)).toEqual({ code: 0, data: { enabled: true } });
  expect(await ability(2 ** 38)).toEqual({ code: 0, data: { enabled: false } });
});
