import { describe, expect, test } from "vitest";
import { z } from "zod";
import { expectFriendCall } from "../../../support/accounts/friends.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { createGroup, deleteMessage, openDirect, page, send } from "../../../support/clients/chat.ts";
import { itemAt } from "../../../support/objects/room.ts";
import { called } from "../../kook/client.ts";
import { data, failure, nameOf, success, tim } from "../client.ts";

const Message = z.looseObject({
  ...{ ID: z.string(), payload: z.looseObject({}), version: z.int(), isModified: z.boolean() },
  ...{ sequence: z.int(), isDeleted: z.boolean(), isPeerRead: z.boolean() },
});
const List = z.object({ messageList: z.array(Message) });
const One = z.object({ message: Message });
const User = z.strictObject({ userID: z.string(), nick: z.string(), avatar: z.string() });
const Reactions = z.strictObject({
  resultList: z.array(
    z.strictObject({
      messageID: z.string(),
      reactionList: z.array(
        z.strictObject({
          ...{ reactionID: z.string(), totalUserCount: z.int(), partialUserList: z.array(User) },
          reactedByMyself: z.boolean(),
        }),
      ),
    }),
  ),
});
const Users = z.strictObject({ userList: z.array(User), nextSeq: z.int(), isCompleted: z.boolean() });

async function three(): Promise<[SignedIn, SignedIn, SignedIn]> {
  const users = await signedInUsers(3);
  return [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
}

const textsOf = async (who: SignedIn, conversationID: string) => {
  const { data: page } = success(await tim(who, "/message/getMessageList", { conversationID }));
  return z
    .array(One)
    .parse(page)
    .map(({ message }) => message.payload.text);
};

describe("deleteMessage", () => {
  test("hides messages from the caller alone", async () => {
    const [ann, bob] = await three();
    const { id } = await openDirect(ann, bob);
    for (const text of ["one", "two", "three"]) await send(ann, id, text);
    const messageList = [`${id}-1`, { ID: `${id}-3` }, `${id}-1`];
    const hidden = await data(List, bob, "/message/deleteMessage", { messageList });
    expect(hidden.messageList).toMatchObject([
      { ID: `${id}-1`, isDeleted: true },
      { ID: `${id}-3`, isDeleted: true },
    ]);
    expect(await textsOf(bob, `C2C${nameOf(ann)}`)).toEqual(["two"]);
    expect(await textsOf(ann, `C2C${nameOf(bob)}`)).toEqual(["one", "two", "three"]);
  });

  test("hides none if one is unknown, of another conversation, or of one without the caller", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await openDirect(ann, bob);
    const { id: group } = await createGroup(ann, [bob]);
    await send(ann, id, "one");
    await send(ann, group, "two");
    const remove = (who: SignedIn, ...messageList: string[]) =>
      tim(who, "/message/deleteMessage", { messageList });
    failure(await remove(bob, `${id}-1`, `${id}-9`), 20_022);
    failure(await remove(bob, `${group}-1`, `${group}-99`), 10_030);
    failure(await remove(bob, `${id}-1`, `${group}-1`), 70_402);
    failure(await remove(cid, `${id}-1`), 20_022);
    failure(await remove(cid, `${group}-1`), 20_022);
    failure(await remove(bob, "draft-1"), 20_022);
    failure(await remove(bob, ...Array.from({ length: 31 }, () => `${id}-1`)), 70_402);
    expect(await textsOf(bob, `C2C${nameOf(ann)}`)).toEqual(["one"]);
  });
});

describe("modifyMessage", () => {
  const modify = (who: SignedIn, message: object) => tim(who, "/message/modifyMessage", { message });

  test("gives a message other words, and its version rises", async () => {
    const [ann, bob] = await three();
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "helo");
    const ID = `${id}-1`;
    const first = One.parse(success(await modify(ann, { ID, payload: { text: "hello" }, version: 0 })).data);
    expect(first.message).toMatchObject({ ID, payload: { text: "hello" }, version: 1, isModified: true });
    // The same again changes nothing, whatever the version.
    const again = One.parse(success(await modify(ann, { ID, payload: { text: "hello" }, version: 0 })).data);
    expect(again.message.version).toBe(1);
    expect(await textsOf(bob, `C2C${nameOf(ann)}`)).toEqual(["hello"]);
    // Without a version the last one who writes wins; the message may be the body itself.
    success(await tim(ann, "/message/modifyMessage", { ID, payload: { text: "hello!" } }));
    expect(await textsOf(bob, `C2C${nameOf(ann)}`)).toEqual(["hello!"]);
  });

  test("of an older version changes nothing, and answers the newest message", async () => {
    const [ann, bob] = await three();
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "one");
    const ID = `${id}-1`;
    success(await modify(ann, { ID, payload: { text: "two" }, version: 0 }));
    const { status, body } = await modify(ann, { ID, payload: { text: "three" }, version: 0 });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { code: 2_480, data: { message: { ID, payload: { text: "two" }, version: 1 } } },
    });
    expect(await textsOf(bob, `C2C${nameOf(ann)}`)).toEqual(["two"]);
  });

  test("of two at once from one version changes it once", async () => {
    const [ann, bob] = await three();
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "one");
    const each = ["a", "b"].map((text) => modify(ann, { ID: `${id}-1`, payload: { text }, version: 0 }));
    const codes = (await Promise.all(each)).map(({ body }) => z.object({ code: z.int() }).parse(body).code);
    expect(codes.sort()).toEqual([0, 2_480]);
  });

  test("is for the sender of a message that can be changed", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await openDirect(ann, bob);
    const { id: group } = await createGroup(ann, [bob]);
    await send(ann, id, "one");
    await send(bob, group, "two");
    await send(ann, id, { kind: "face", body: { index: "1", data: "x" } });
    await send(ann, id, "gone");
    await deleteMessage(ann, id, 3, "everyone");
    const to = (who: SignedIn, ID: string, payload: object = { text: "x" }) => modify(who, { ID, payload });
    failure(await to(bob, `${id}-1`), 10_007);
    failure(await to(cid, `${id}-1`), 20_022);
    failure(await to(ann, `${group}-1`), 10_007);
    failure(await to(ann, `${id}-9`), 20_022);
    failure(await to(ann, `${group}-9`), 10_030);
    failure(await to(ann, `${id}-2`, { index: "2", data: "x" }), 70_402);
    failure(await to(ann, `${id}-3`), 70_402);
    failure(await to(ann, `${id}-1`, { text: "" }), 70_402);
    failure(await to(ann, `${id}-1`, { text: "x".repeat(8_001) }), 80_002);
    expect(await textsOf(bob, `C2C${nameOf(ann)}`)).toEqual(["one", undefined, undefined]);
    await expectFriendCall("PUT blocks", bob, ann);
    failure(await to(ann, `${id}-1`), 20_007);
    failure(await modify(bob, { ID: `${id}-1`, cloudCustomData: "y" }), 20_007);
  });

  test("gives any message other custom data, for every member, who keeps its words and its editing", async () => {
    const [ann, bob] = await three();
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "one");
    await send(ann, id, { kind: "face", body: { index: "1", data: "x" } });
    const ID = `${id}-1`;
    const replies = '{"messageReplies":{"version":1}}';
    // The SDK sends the whole message.
    const whole = { ID, payload: { text: "one" }, version: 0 };
    const first = One.parse(success(await modify(bob, { ...whole, cloudCustomData: replies })).data);
    expect(first.message).toMatchObject({
      ...{ cloudCustomData: replies, payload: { text: "one" }, version: 1, isModified: true },
    });
    // Another member has changed it meanwhile.
    const late = await modify(ann, { ...whole, cloudCustomData: "late" });
    expect(late.body).toMatchObject({
      code: 2_480,
      data: { message: { cloudCustomData: replies, version: 1 } },
    });
    // The same again is no conflict, and its sender may change words and custom data at once.
    success(await modify(bob, { ...whole, cloudCustomData: replies }));
    const own = { ID, payload: { text: "two" }, version: 1, cloudCustomData: "" };
    const both = One.parse(success(await modify(ann, own)).data);
    expect(both.message).toMatchObject({ cloudCustomData: "", payload: { text: "two" }, version: 3 });
    success(
      await modify(bob, { ID: `${id}-2`, payload: { index: "1", data: "x" }, cloudCustomData: "face" }),
    );
    success(await modify(ann, { ID: `${id}-2`, cloudCustomData: "face!" }));
    const [shown, face] = (await page(bob, id)).items;
    expect(shown).toMatchObject({ version: 2, body: { text: "two" } });
    expect(face).toMatchObject({ version: 1 });
    const { data: list } = success(await tim(bob, "/conversation/getConversationList", {}));
    expect(list).toMatchObject([{ message: { ID: `${id}-2`, cloudCustomData: "face!", version: 2 } }]);
  });

  test("refuses custom data of a message that the caller may not change", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await openDirect(ann, bob);
    const AVChatRoom = { name: "live", type: "AVChatRoom" };
    const Group = z.object({ group: z.object({ groupID: z.string() }) });
    const { group } = await data(Group, ann, "/group/createGroup", AVChatRoom);
    success(await tim(bob, "/group/joinGroup", { groupID: group.groupID }));
    await send(ann, id, "one");
    await send(ann, id, "gone");
    await deleteMessage(ann, id, 2, "everyone");
    await send(ann, Number(group.groupID), "live");
    const { messageList } = await data(List, ann, "/message/getMessageListHopping", {
      ...{ conversationID: `GROUP${group.groupID}`, sequence: 1, direction: 1 },
    });
    const live = messageList.at(-1)?.ID;
    const change = (who: SignedIn, ID: string | undefined, cloudCustomData = "x") =>
      modify(who, { ID, cloudCustomData });
    failure(await change(cid, `${id}-1`), 20_022);
    failure(await change(bob, `${id}-9`), 20_022);
    failure(await change(bob, `${id}-2`), 70_402);
    failure(await change(bob, live), 2_481);
    failure(await change(bob, `${id}-1`, "x".repeat(32 * 1_024 + 1)), 80_002);
    failure(await modify(bob, { ID: `${id}-1`, payload: { text: "others" }, cloudCustomData: "x" }), 10_007);
    expect((await page(ann, id)).items).toMatchObject([{ body: { text: "one" } }, {}]);
    success(await modify(bob, { ID: `${id}-1`, cloudCustomData: "x" }));
  });

  test("leaves the mark by which kook knows its own texts", async () => {
    const [ann, bob] = await three();
    const { id } = await openDirect(ann, bob);
    const body = { type: 9, target_id: String(bob.user.id), content: "**bold**" };
    await called(ann, "POST direct-message/create", body);
    failure(await modify(bob, { ID: `${id}-1`, cloudCustomData: "x" }), 70_402);
    await send(ann, id, "plain");
    failure(await modify(bob, { ID: `${id}-2`, cloudCustomData: '{"kook_type":9}' }), 70_402);
  });
});

describe("reactions", () => {
  const react = (who: SignedIn, ID: string, reactionID: string, call = "addMessageReaction") =>
    tim(who, `/message/${call}`, { message: { ID }, reactionID });
  const reactionsOf = (who: SignedIn, ...messageList: string[]) =>
    data(Reactions, who, "/message/getMessageReactions", { messageList, maxUserCountPerReaction: 10 });

  test("have the ids that clients give them, over v1 too", async () => {
    const [ann, bob] = await three();
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "one");
    const ids = ["[TUIEmoji_TearsLaugh]", "[TUIEmoji_666]", "emoji_1", "HiThere", "👍", ":party_parrot:"];
    for (const reactionID of ids) success(await react(bob, `${id}-1`, reactionID));
    success(await react(bob, `${id}-1`, itemAt(ids, 0)));
    const { resultList } = await reactionsOf(ann, `${id}-1`);
    expect(resultList).toMatchObject([{ messageID: `${id}-1` }]);
    expect(resultList[0]?.reactionList.map(({ reactionID }) => reactionID)).toEqual(ids);
    expect(resultList[0]?.reactionList[0]).toMatchObject({ totalUserCount: 1, reactedByMyself: false });
    success(await react(bob, `${id}-1`, "[TUIEmoji_TearsLaugh]", "removeMessageReaction"));
    success(await react(bob, `${id}-1`, "[TUIEmoji_TearsLaugh]", "removeMessageReaction"));
    const after = await reactionsOf(bob, `${id}-1`);
    expect(after.resultList[0]?.reactionList.map(({ reactionID }) => reactionID)).toEqual(ids.slice(1));
    expect(after.resultList[0]?.reactionList[0]?.reactedByMyself).toBe(true);
  });

  test("are counted, and their users come in pages", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await createGroup(ann, [bob, cid]);
    await send(ann, id, "one");
    for (const who of [ann, bob, cid]) success(await react(who, `${id}-1`, "👍"));
    const { resultList } = await reactionsOf(bob, `${id}-1`);
    expect(resultList[0]?.reactionList).toMatchObject([
      { totalUserCount: 3, partialUserList: [ann, bob, cid].map((who) => ({ userID: nameOf(who) })) },
    ]);
    const page = (nextSeq: number) =>
      data(Users, bob, "/message/getAllUserListOfMessageReaction", {
        ...{ message: { ID: `${id}-1` }, reactionID: "👍", nextSeq, count: 2 },
      });
    const first = await page(0);
    expect(first).toMatchObject({
      isCompleted: false,
      userList: [{ userID: nameOf(ann) }, { userID: nameOf(bob) }],
    });
    const second = await page(first.nextSeq);
    expect(second).toMatchObject({ isCompleted: true, nextSeq: 0, userList: [{ userID: nameOf(cid) }] });
  });

  test("to messages of others' conversations are refused, and so are ids that are none", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await openDirect(ann, bob);
    const { id: group } = await createGroup(ann, [bob]);
    await send(ann, id, "one");
    await send(ann, group, "two");
    for (const ID of [`${id}-1`, `${group}-1`]) {
      for (const call of ["addMessageReaction", "removeMessageReaction"])
        failure(await react(cid, ID, "👍", call), 20_022);
      failure(await tim(cid, "/message/getMessageReactions", { messageList: [ID] }), 20_022);
      const users = { message: { ID }, reactionID: "👍", nextSeq: 0 };
      failure(await tim(cid, "/message/getAllUserListOfMessageReaction", users), 20_022);
    }
    for (const reactionID of ["", "two words", "[微笑]", "x".repeat(40), "👍👍"])
      failure(await react(bob, `${id}-1`, reactionID), 70_402);
    failure(await react(bob, `${id}-7`, "👍"), 20_022);
    await expectFriendCall("PUT blocks", ann, bob);
    failure(await react(bob, `${id}-1`, "👍"), 20_007);
    expect((await reactionsOf(ann, `${id}-1`)).resultList[0]?.reactionList).toEqual([]);
  });
});

describe("pinned messages of a group", () => {
  test("are pinned by who may, for all members", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await createGroup(ann, [bob]);
    const { id: other } = await createGroup(ann, [bob]);
    await send(bob, id, "one");
    await send(bob, other, "two");
    const groupID = String(id);
    const pin = (who: SignedIn, isPinned: boolean, ID = `${id}-1`) =>
      tim(who, "/group/pinGroupMessage", { groupID, message: { ID }, isPinned });
    const pinned = (who: SignedIn) => tim(who, "/group/getPinnedGroupMessageList", { groupID });
    failure(await pin(bob, true), 10_007);
    failure(await pin(cid, true), 10_010);
    failure(await pinned(cid), 10_010);
    failure(await pin(ann, true, `${other}-1`), 70_402);
    failure(await pin(ann, true, `${id}-9`), 10_030);
    success(await pin(ann, true));
    success(await pin(ann, true));
    expect(List.parse(success(await pinned(bob)).data).messageList).toMatchObject([
      { ID: `${id}-1`, payload: { text: "one" }, conversationID: `GROUP${id}` },
    ]);
    success(await pin(ann, false));
    expect(success(await pinned(bob)).data).toEqual({ messageList: [] });
  });
});

describe("receipts", () => {
  const Receipt = z.object({
    messageList: z.array(
      z.looseObject({
        ID: z.string(),
        readReceiptInfo: z.looseObject({ readCount: z.int(), unreadCount: z.int() }),
      }),
    ),
  });
  const Readers = z.strictObject({
    ...{ cursor: z.string(), isCompleted: z.boolean(), messageID: z.string() },
    ...{ readUserIDList: z.array(z.string()), unreadUserIDList: z.array(z.string()) },
    ...{ readUserInfoList: z.array(User), unreadUserInfoList: z.array(User) },
  });

  test("say how many members of a group have read a message, and who", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await createGroup(ann, [bob, cid]);
    await send(ann, id, "one");
    await send(ann, id, "two");
    const messageList = [`${id}-1`, `${id}-2`];
    success(await tim(bob, "/message/sendMessageReadReceipt", { messageList: [`${id}-1`] }));
    const { messageList: list } = await data(Receipt, ann, "/message/getMessageReadReceiptList", {
      messageList,
    });
    expect(list).toMatchObject([
      { ID: `${id}-1`, readReceiptInfo: { readCount: 1, unreadCount: 1 } },
      { ID: `${id}-2`, readReceiptInfo: { readCount: 0, unreadCount: 2 } },
    ]);
    const readers = (filter: number, more: object = {}) =>
      data(Readers, ann, "/message/getGroupMessageReadMemberList", {
        message: { ID: `${id}-1` },
        filter,
        ...more,
      });
    expect(await readers(0)).toMatchObject({
      ...{ readUserIDList: [nameOf(bob)], unreadUserIDList: [], isCompleted: true, cursor: "" },
    });
    expect(await readers(1)).toMatchObject({ readUserIDList: [], unreadUserIDList: [nameOf(cid)] });
    const of = { message: { ID: `${id}-2` }, filter: 1, count: 1 };
    const first = await data(Readers, ann, "/message/getGroupMessageReadMemberList", of);
    const second = await data(Readers, ann, "/message/getGroupMessageReadMemberList", {
      ...of,
      cursor: first.cursor,
    });
    expect([first.unreadUserIDList, second.unreadUserIDList, second.isCompleted]).toEqual([
      [nameOf(bob)],
      [nameOf(cid)],
      true,
    ]);
  });

  test("of messages of others are refused, and a block hides them", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "one");
    for (const call of ["getMessageReadReceiptList", "sendMessageReadReceipt"])
      failure(await tim(cid, `/message/${call}`, { messageList: [`${id}-1`] }), 20_022);
    failure(await tim(cid, "/message/getGroupMessageReadMemberList", { message: `${id}-1` }), 20_022);
    success(await tim(bob, "/message/sendMessageReadReceipt", { messageList: [`${id}-1`] }));
    const read = async () =>
      (await data(Receipt, ann, "/message/getMessageReadReceiptList", { messageList: [`${id}-1`] }))
        .messageList[0];
    expect(await read()).toMatchObject({
      isPeerRead: true,
      readReceiptInfo: { readCount: 1, isPeerRead: true },
    });
    await expectFriendCall("PUT blocks", bob, ann);
    expect(await read()).toMatchObject({
      isPeerRead: false,
      readReceiptInfo: { readCount: 0, isPeerRead: false },
    });
  });
});

describe("a merged message", () => {
  test("is created of messages and one's own drafts that were sent, and holds them as they are then", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await openDirect(ann, bob);
    for (const text of ["one", "two"]) await send(bob, id, text);
    const to = { to: nameOf(cid), conversationType: "C2C" };
    const ID = `${nameOf(ann)}-${Date.now()}-1`;
    const payload = { messageList: [`${id}-1`, { ID: `${id}-2` }], title: "Chat of two" };
    const whole = { ID, ...to, type: "TIMRelayElem", payload };
    const { message } = await data(One, ann, "/message/sendMessage", whole);
    expect(message).toMatchObject({
      ...{ clientID: ID, type: "TIMRelayElem" },
      payload: {
        title: "Chat of two",
        messageList: [
          { from: nameOf(bob), messageBody: [{ payload: { text: "one" } }] },
          { messageBody: [{ payload: { text: "two" } }] },
        ],
      },
    });
    // A repeat, and the draft of two calls, is one message.
    expect((await data(One, ann, "/message/sendMessage", whole)).message.ID).toBe(message.ID);
    const draft = await data(z.looseObject({ ID: z.string() }), ann, "/message/createMessage", {
      ...{ ...to, payload: { messageList: [{ ID }] } },
    });
    const { message: nested } = await data(One, ann, "/message/sendMessage", { ID: draft.ID });
    expect(nested.payload).toMatchObject({ messageList: [{ messageBody: [{ type: "TIMRelayElem" }] }] });
    await deleteMessage(bob, id, 1, "everyone");
    const [first] = (await textsOf(cid, `C2C${nameOf(ann)}`)) && [message];
    expect(first?.payload).toMatchObject({
      messageList: [{ messageBody: [{ payload: { text: "one" } }] }, {}],
    });
    const again = { ...to, payload: { messageList: [`${id}-2`, `${id}-1`] } };
    expect(failure(await tim(ann, "/message/createMessage", again), 2_453)).toContain("messageList.1");
    for (const messageList of [[], Array.from({ length: 51 }, () => `${id}-2`)])
      failure(await tim(ann, "/message/createMessage", { ...to, payload: { messageList } }), 70_402);
    failure(
      await tim(cid, "/message/createMessage", { to: nameOf(ann), conversationType: "C2C", payload }),
      20_022,
    );
  });

  test("is downloaded with all that it holds", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "one");
    const items = [{ conversation_id: id, seq: 1 }];
    await send(ann, id, { kind: "merged", body: { title: "t", items } });
    const message = { ID: `${id}-2` };
    expect(success(await tim(bob, "/message/downloadMergerMessage", { message })).data).toMatchObject({
      ...{ type: "TIMRelayElem", ID: `${id}-2` },
      payload: { messageList: [{ messageBody: [{ type: "TIMTextElem", payload: { text: "one" } }] }] },
    });
    failure(await tim(cid, "/message/downloadMergerMessage", { message }), 20_022);
  });
});
