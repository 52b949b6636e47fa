import { expect, onTestFinished, test, vi } from "vitest";
import { Server } from "../../client/test/support/server.ts";
import { EVENT, TYPES } from "../src/index.ts";
import type { Message } from "../src/types.ts";
import { network, twoWays } from "./support/network.ts";
import { eventually, texts, User } from "./support/user.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, at) => String(at));

test("a device that comes back hears of what it missed, once and in order", async () => {
  const over = await network();
  const [ann, [bob, near]] = [await User.ready("ann"), await twoWays("bob", over)];
  const first = await ann.say(bob.userID, "first");
  await bob.message(({ payload }) => payload.text === "first");
  // The app shows the conversation: changes of its messages matter.
  await bob.chat.getMessageList({ conversationID: `C2C${ann.userID}` });
  const known = bob.chat.findMessage(first.ID);
  await over.down();
  await bob.until<{ state: string }>(EVENT.NET_STATE_CHANGE, ({ state }) => state === "disconnected");
  await Promise.all(numbers(120).map((text) => ann.say(bob.userID, text)));
  await ann.chat.revokeMessage(first);
  const memberList = [{ userID: bob.userID }];
  const { data } = await ann.chat.createGroup({ name: "new", type: TYPES.GRP_WORK, memberList });
  const { groupID } = Object(data.group);
  await ann.say(groupID, "in the group", TYPES.CONV_GROUP);
  await over.up();
  await bob.message(({ payload }) => payload.text === "in the group");
  await bob.message(({ type }) => type === TYPES.MSG_GRP_SYS_NOTICE);
  expect(await bob.message(() => true, EVENT.MESSAGE_REVOKED)).toBe(known);
  await ann.say(bob.userID, "last");
  await bob.message(({ payload }) => payload.text === "last");
  const direct = bob.messages().filter(({ conversationType }) => conversationType === "C2C");
  // The server has put into order what was sent at once.
  expect(direct.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 122 }, (_, at) => at + 1));
  expect(texts(direct).sort()).toEqual(["first", ...numbers(120), "last"].sort());
  const operations = bob.messages().filter(({ type }) => type === TYPES.MSG_GRP_SYS_NOTICE);
  expect(operations.map(({ payload, to }) => [payload.operationType, to])).toEqual([[7, groupID]]);
  await eventually(async () => {
    const counts = async (user: User) => {
      const { conversationList } = (await user.chat.getConversationList()).data;
      return conversationList
        .map(({ conversationID, unreadCount }) => `${conversationID} ${unreadCount}`)
        .sort();
    };
    expect(await counts(bob)).toEqual(await counts(near));
    expect(bob.chat.getTotalUnreadMessageCount()).toBe(122);
  });
});

test("no message is lost or doubled while connections break", async () => {
  const over = await network();
  const [ann, [bob]] = [await User.ready("ann"), await twoWays("bob", over)];
  const memberList = [{ userID: bob.userID }];
  const { data } = await ann.chat.createGroup({ name: "busy", type: TYPES.GRP_WORK, memberList });
  const { groupID } = Object(data.group);
  const conversationID = `GROUP${groupID}`;
  for (const text of numbers(60)) {
    await ann.say(groupID, text, TYPES.CONV_GROUP);
    if (Number(text) % 7 === 3) over.cut();
  }
  await bob.message(({ payload }) => payload.text === "59");
  const heard = bob.messages().filter((message) => message.conversationID === conversationID);
  expect(texts(heard).filter((text) => text !== undefined)).toEqual(numbers(60));
  expect(heard.map(({ sequence }) => sequence)).toEqual(
    [...heard.map(({ sequence }) => sequence)].sort((a, b) => a - b),
  );
  await eventually(async () => expect((await bob.conversation(conversationID))?.unreadCount).toBe(60));
});

test("a message that was sent without an answer is sent once by a further try", async () => {
  const over = await network();
  const [ann, [bob]] = [await User.ready("ann"), await twoWays("bob", over)];
  const to = { to: ann.userID, conversationType: TYPES.CONV_C2C };
  const made = bob.chat.createTextMessage({ ...to, payload: { text: "once" } });
  over.silence();
  const sending = bob.chat.sendMessage(made).catch((error: unknown) => error);
  await over.down();
  expect(await sending).toMatchObject({ code: 2_800, data: { message: { status: "fail" } } });
  await over.up();
  await bob.chat.resendMessage(made);
  expect(made.status).toBe("success");
  await ann.message(({ payload }) => payload.text === "once");
  expect(texts(ann.messages())).toEqual(["once"]);
});

test("more changes than the server tells are loaded anew, with the messages that were missed", async () => {
  const server = Server.small();
  const over = await network(server);
  const [ann, [bob]] = [await User.ready("ann", server), await twoWays("bob", over, server)];
  const old: Message[] = [];
  for (const text of numbers(9)) old.push(await ann.say(bob.userID, `old ${text}`));
  await bob.message(({ payload }) => payload.text === "old 8");
  await bob.chat.getMessageList({ conversationID: `C2C${ann.userID}` });
  await over.down();
  await bob.until<{ state: string }>(EVENT.NET_STATE_CHANGE, ({ state }) => state === "disconnected");
  for (const message of old.slice(0, 8)) await ann.chat.revokeMessage(message);
  for (const text of numbers(20)) await ann.say(bob.userID, `new ${text}`);
  await over.up();
  await bob.message(({ payload }) => payload.text === "new 19");
  await ann.say(bob.userID, "live");
  await bob.message(({ payload }) => payload.text === "live");
  expect(texts(bob.messages()).filter((text) => !text?.startsWith("old"))).toEqual([
    ...numbers(20).map((text) => `new ${text}`),
    "live",
  ]);
  const revoked = bob.messages(EVENT.MESSAGE_REVOKED).map(({ ID }) => ID);
  expect(revoked.sort()).toEqual(
    old
      .slice(0, 8)
      .map(({ ID }) => ID)
      .sort(),
  );
});

test("members of a crowded group hear of each message once", async () => {
  const server = Server.small();
  const users = [
    await User.ready("ann", server),
    await User.ready("bob", server),
    await User.ready("cid", server),
  ];
  const [ann, ...others] = users;
  if (!ann) throw new Error("nobody");
  const memberList = others.map(({ userID }) => ({ userID }));
  const { data } = await ann.chat.createGroup({ name: "crowd", type: TYPES.GRP_WORK, memberList });
  const { groupID } = Object(data.group);
  for (const text of numbers(20)) await ann.say(groupID, text, TYPES.CONV_GROUP);
  for (const user of others) {
    await user.message(({ payload }) => payload.text === "19");
    const heard = user
      .messages()
      .filter(({ conversationType, type }) => conversationType === "GROUP" && type === TYPES.MSG_TEXT);
    expect(texts(heard)).toEqual(numbers(20));
  }
});

test("a call that nobody answers ends after 30 s", async () => {
  const over = await network();
  const [bob] = await twoWays("bob", over);
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  over.silence();
  const call = bob.chat.getFriendList();
  const refused = expect(call).rejects.toMatchObject({ code: 2_800 });
  await vi.advanceTimersByTimeAsync(29_000);
  expect(await Promise.race([call.catch(() => "ended"), "waits"])).toBe("waits");
  await vi.advanceTimersByTimeAsync(1_000);
  await refused;
});
