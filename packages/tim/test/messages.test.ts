import { expect, test } from "vitest";
import { ChatError, EVENT, TYPES } from "../src/index.ts";
import { eventually, texts, User } from "./support/user.ts";

test("a message is sent, received, read and revoked as one object with one ID", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  const payload = { text: "hello" };
  const made = ann.chat.createTextMessage({ to: bob.userID, conversationType: TYPES.CONV_C2C, payload });
  const { ID } = made;
  expect(made).toMatchObject({ status: "unSend", flow: "out", conversationID: `C2C${bob.userID}` });
  const { data } = await ann.chat.sendMessage(made);
  expect(data.message).toBe(made);
  expect(made).toMatchObject({ ID, status: "success", sequence: 1 });
  const received = await bob.message(({ flow }) => flow === "in");
  expect(received).toMatchObject({ ID, payload, from: ann.userID, conversationID: `C2C${ann.userID}` });
  await eventually(async () => {
    expect(await bob.conversation(`C2C${ann.userID}`)).toMatchObject({
      ...{ unreadCount: 1, lastMessage: { messageForShow: "hello" } },
      userProfile: { userID: ann.userID },
    });
  });
  expect(bob.chat.getTotalUnreadMessageCount()).toBe(1);
  await bob.chat.setMessageRead({ conversationID: `C2C${ann.userID}` });
  expect(bob.chat.getTotalUnreadMessageCount()).toBe(0);
  expect(await ann.message(() => true, EVENT.MESSAGE_READ_BY_PEER)).toBe(made);
  expect(made.isPeerRead).toBe(true);
  await ann.chat.revokeMessage(made);
  expect(made).toMatchObject({ isRevoked: true, payload });
  expect(await bob.message(() => true, EVENT.MESSAGE_REVOKED)).toBe(received);
  const revokerInfo = { userID: ann.userID, nick: expect.any(String), avatar: "" };
  expect(received).toMatchObject({ isRevoked: true, revoker: ann.userID, revokerInfo });
  // A message of this device is no news; that it is revoked is, once, as the UI kits rely on it.
  const last = await ann.say(bob.userID, "last");
  await ann.chat.revokeMessage(last);
  await bob.message(({ ID }) => ID === last.ID, EVENT.MESSAGE_REVOKED);
  await eventually(() => expect(ann.messages(EVENT.MESSAGE_REVOKED)).toEqual([made, last]));
  expect(ann.messages()).toEqual([]);
});

test("a message that fails can be sent again, and arrives once", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  await bob.chat.addToBlacklist({ userIDList: [ann.userID] });
  const made = ann.chat.createTextMessage({
    ...{ to: bob.userID, conversationType: TYPES.CONV_C2C, payload: { text: "once" } },
  });
  const { ID } = made;
  const failure = await ann.chat.sendMessage(made).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ChatError);
  expect(failure).toMatchObject({ code: 20_007, data: { message: { ID, status: "fail" } } });
  await bob.chat.removeFromBlacklist({ userIDList: [ann.userID] });
  await Promise.all([ann.chat.resendMessage(made), ann.chat.resendMessage(made)]);
  expect(made).toMatchObject({ ID, status: "success" });
  await ann.say(bob.userID, "then");
  await bob.message(({ payload }) => payload.text === "then");
  expect(texts(bob.messages())).toEqual(["once", "then"]);
});

test("every kind of message arrives, files with their progress", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  const to = { to: bob.userID, conversationType: TYPES.CONV_C2C };
  const { chat } = ann;
  const progress: number[] = [];
  const onProgress = (part: number) => void progress.push(part);
  const file = new File(["some bytes"], "notes.txt", { type: "text/plain" });
  const picture = new File([PNG], "dot.png", { type: "image/png" });
  const text = chat.createTextMessage({ ...to, payload: { text: "text" }, cloudCustomData: "mine" });
  const sent = [
    text,
    chat.createFaceMessage({ ...to, payload: { index: 1, data: "tt00" } }),
    chat.createCustomMessage({ ...to, payload: { data: "d", description: "e", extension: "f" } }),
    chat.createLocationMessage({ ...to, payload: { description: "here", latitude: 1.5, longitude: -2 } }),
    chat.createFileMessage({ ...to, payload: { file }, onProgress }),
    chat.createImageMessage({ ...to, payload: { file: picture } }),
    chat.createForwardMessage({ ...to, payload: text }),
  ];
  for (const message of sent) await chat.sendMessage(message);
  expect(progress.at(-1)).toBe(1);
  await eventually(() => expect(bob.messages().length).toBe(sent.length));
  expect(bob.messages()).toMatchObject([
    { type: TYPES.MSG_TEXT, payload: { text: "text" }, cloudCustomData: "mine" },
    { type: TYPES.MSG_FACE, payload: { index: "1", data: "tt00" } },
    { type: TYPES.MSG_CUSTOM, payload: { data: "d", description: "e", extension: "f" } },
    { type: TYPES.MSG_LOCATION, payload: { description: "here", latitude: 1.5, longitude: -2 } },
    { type: TYPES.MSG_FILE, payload: { fileName: "notes.txt", fileSize: 10 } },
    { type: TYPES.MSG_IMAGE, payload: { imageInfoArray: [{ width: 1, height: 1 }, {}, {}] } },
    { type: TYPES.MSG_TEXT, payload: { text: "text" } },
  ]);
  expect(bob.messages().map(({ ID }) => ID)).toEqual(sent.map(({ ID }) => ID));
  const shown = await fetch(String(bob.messages()[4]?.payload.fileUrl));
  expect(await shown.text()).toBe("some bytes");
});

test("pages of messages go back to the first, with the objects that are known", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  const first = await ann.say(bob.userID, "0");
  for (let number = 1; number < 20; number++) await ann.say(bob.userID, String(number));
  const conversationID = `C2C${bob.userID}`;
  const { data: page } = await ann.chat.getMessageList({ conversationID });
  expect(page).toMatchObject({ isCompleted: false });
  const { nextReqMessageID } = page;
  const { data: rest } = await ann.chat.getMessageList({ conversationID, nextReqMessageID });
  expect(texts([...rest.messageList, ...page.messageList])).toEqual(
    Array.from({ length: 20 }, (_, i) => String(i)),
  );
  expect(rest).toMatchObject({ isCompleted: true, nextReqMessageID: "" });
  expect(rest.messageList[0]).toBe(first);
  expect(ann.chat.findMessage(first.ID)).toBe(first);
});

test("a message quotes another one: by the SDK, by the custom data of UI kits, and over v1", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  const one = await ann.say(bob.userID, "one");
  const got = await bob.message(({ payload }) => payload.text === "one");
  const to = { to: ann.userID, conversationType: TYPES.CONV_C2C };
  const quoteInfo = { msgID: one.ID, messageTime: one.time, messageSequence: 1 };
  const sdk = bob.chat.createTextMessage({ ...to, payload: { text: "sdk" } });
  expect(bob.chat.createQuoteMessage(sdk, got)).toBe(sdk);
  expect(sdk.quoteInfo).toEqual(quoteInfo);
  const reply = { messageID: got.ID, messageAbstract: "one" };
  const kit = bob.chat.createTextMessage({
    ...{ ...to, payload: { text: "kit" }, cloudCustomData: JSON.stringify({ messageReply: reply }) },
  });
  const file = bob.chat.createFileMessage({ ...to, payload: { file: new File(["x"], "x.txt") } });
  for (const message of [sdk, kit, bob.chat.createQuoteMessage(file, got)])
    await bob.chat.sendMessage(message);
  await ann.message(({ type }) => type === TYPES.MSG_FILE);
  for (const message of [...ann.messages(), sdk, kit, file]) {
    expect(message).toMatchObject({ quoteInfo });
    expect(JSON.parse(message.cloudCustomData)).toMatchObject({ messageReply: reply });
  }
  // What it quotes is found by the ID, where the app does not know it yet by the place.
  expect(ann.chat.findMessage(quoteInfo.msgID)).toBe(one);
  const { data } = await bob.chat.getMessageListHopping({
    ...{ conversationID: `C2C${ann.userID}`, time: quoteInfo.messageTime, direction: 0, count: 15 },
  });
  expect(data.messageList).toContain(got);
});

test("typing is passed on, and stored nowhere", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  await ann.say(bob.userID, "hello");
  await bob.message(({ payload }) => payload.text === "hello");
  const data = JSON.stringify({ businessID: "user_typing_status", typingStatus: 1, userAction: 14 });
  const typing = bob.chat.createCustomMessage({
    ...{ to: ann.userID, conversationType: TYPES.CONV_C2C },
    payload: { data, description: "", extension: "" },
  });
  await bob.chat.sendMessage(typing, { onlineUserOnly: true });
  const heard = await ann.message(({ type }) => type === TYPES.MSG_CUSTOM);
  expect(heard).toMatchObject({ from: bob.userID, flow: "in" });
  const { data: page } = await ann.chat.getMessageList({ conversationID: `C2C${bob.userID}` });
  expect(texts(page.messageList)).toEqual(["hello"]);
});

test("a message for those who are online is heard, and stored nowhere", async () => {
  const [ann, bob] = [await User.ready("ann"), await User.ready("bob")];
  await ann.say(bob.userID, "hello");
  await bob.message(({ payload }) => payload.text === "hello");
  const to = { to: bob.userID, conversationType: TYPES.CONV_C2C };
  const ring = ann.chat.createCustomMessage({
    ...to,
    payload: { data: "ring", description: "", extension: "" },
  });
  expect((await ann.chat.sendMessage(ring, { onlineUserOnly: true })).data.message).toBe(ring);
  expect(ring.status).toBe("success");
  const heard = await bob.message(({ type }) => type === TYPES.MSG_CUSTOM);
  expect(heard).toMatchObject({ ID: ring.ID, from: ann.userID, flow: "in", payload: { data: "ring" } });
  const { data: page } = await bob.chat.getMessageList({ conversationID: `C2C${ann.userID}` });
  expect(texts(page.messageList)).toEqual(["hello"]);
  expect(await bob.conversation(`C2C${ann.userID}`)).toMatchObject({ unreadCount: 1 });
  const file = ann.chat.createFileMessage({ ...to, payload: { file: new File(["x"], "x.txt") } });
  const refused = await ann.chat.sendMessage(file, { onlineUserOnly: true }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 3_122 });
});

const PNG = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
  (character) => character.charCodeAt(0),
);
