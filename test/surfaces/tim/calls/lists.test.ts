import { describe, expect, test } from "vitest";
import { z } from "zod";
import { befriend } from "../../../support/accounts/friends.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { call, freshName, register, type SignedIn } from "../../../support/clients/api.ts";
import { createGroup, openDirect, send, sendAll } from "../../../support/clients/chat.ts";
import { openDevice } from "../../../support/clients/socket.ts";
import { eventually } from "../../../support/eventually.ts";
import { itemAt, range } from "../../../support/objects/room.ts";
import { data, failure, nameOf, success, tim } from "../client.ts";

const Listed = z.array(
  z.looseObject({
    ...{ conversationID: z.string(), isPinned: z.boolean(), unreadCount: z.int() },
    lastMessage: z.looseObject({ messageForShow: z.string() }),
  }),
);
const Message = z.looseObject({ ID: z.string(), sequence: z.int(), payload: z.looseObject({}) });
const Page = z.array(z.object({ message: Message }));
const Hop = z.strictObject({
  ...{ messageList: z.array(Message), isCompleted: z.boolean() },
  ...{ nextMessageSeq: z.int(), nextMessageTime: z.int() },
});
const Found = z.strictObject({
  ...{ totalCount: z.int(), cursor: z.string() },
  searchResultList: z.array(
    z.strictObject({
      ...{ conversationID: z.string(), messageCount: z.int(), messageList: z.array(Message) },
    }),
  ),
});

async function three(): Promise<[SignedIn, SignedIn, SignedIn]> {
  const users = await signedInUsers(3);
  return [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
}

/** The list without the notifications, which new groups bring. */
async function listOf(who: SignedIn): Promise<z.infer<typeof Listed>> {
  const list = await data(Listed, who, "/conversation/getConversationList", {});
  return list.filter(({ conversationID }) => conversationID !== "@TIM#SYSTEM");
}

test("logout ends the session of the token, and no other", async () => {
  const ann = await register();
  const [other] = await signedInUsers(1);
  success(await tim(ann, "/user/logout"));
  failure(await tim(ann, "/user/getMyProfile"), 70_001);
  failure(await tim(ann, "/user/logout"), 70_001);
  success(await tim(other, "/user/getMyProfile"));
});

describe("conversations", () => {
  test("are pinned and unpinned for the caller alone", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await openDirect(ann, bob);
    const { id: group } = await createGroup(ann, [bob]);
    await send(ann, id, "one");
    await send(ann, group, "two");
    const pin = (who: SignedIn, conversationID: string, isPinned?: unknown) =>
      tim(who, "/conversation/pinConversation", { conversationID, isPinned });
    const conversationID = `C2C${nameOf(ann)}`;
    expect(success(await pin(bob, conversationID, true)).data).toEqual({ conversationID, isPinned: true });
    expect(await listOf(bob)).toMatchObject([{ conversationID, isPinned: true }, { isPinned: false }]);
    expect((await listOf(ann)).some(({ isPinned }) => isPinned)).toBe(false);
    success(await pin(bob, conversationID, false));
    expect((await listOf(bob)).some(({ isPinned }) => isPinned)).toBe(false);
    failure(await pin(cid, `GROUP${group}`, true), 2_500);
    failure(await pin(cid, `C2C${nameOf(ann)}`, true), 2_500);
    failure(await pin(ann, "@TIM#SYSTEM", true), 2_500);
    failure(await pin(ann, "nothing", true), 2_503);
    failure(await pin(bob, conversationID, "yes"), 70_402);
  });

  test("stay in the list without their history, for the caller alone", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await createGroup(ann, [bob]);
    await sendAll(ann, id, ["one", "two"]);
    const conversationID = `GROUP${id}`;
    const clear = (who: SignedIn, name = conversationID) =>
      tim(who, "/message/clearHistoryMessage", { conversationID: name });
    failure(await clear(cid), 2_500);
    expect(success(await clear(bob)).data).toEqual({ conversationID });
    success(await clear(bob));
    const pageOf = async (who: SignedIn) =>
      Page.parse(success(await tim(who, "/message/getMessageList", { conversationID })).data);
    expect(await pageOf(bob)).toEqual([]);
    expect(await pageOf(ann)).toHaveLength(2);
    expect(await listOf(bob)).toMatchObject([
      { conversationID, unreadCount: 0, lastMessage: { messageForShow: "" } },
    ]);
    await send(ann, id, "three");
    await eventually(async () => expect(await listOf(bob)).toMatchObject([{ unreadCount: 1 }]));
    expect(await pageOf(bob)).toMatchObject([{ message: { payload: { text: "three" } } }]);
  });

  test("are read all at once, or those of one kind, and counted without silent ones", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await openDirect(ann, bob);
    const { id: group } = await createGroup(ann, [bob]);
    const { id: silent } = await createGroup(cid, [bob]);
    await sendAll(ann, id, ["one", "two"]);
    await send(ann, group, "three");
    await send(cid, silent, "four");
    const total = () => data(z.int(), bob, "/conversation/getTotalUnreadMessageCount");
    await eventually(async () => expect(await total()).toBe(4));
    const reminder = { groupID: String(silent), messageRemindType: "AcceptNotNotify" };
    success(await tim(bob, "/group/setMessageRemindType", reminder));
    await eventually(async () => expect(await total()).toBe(3));
    const readAll = (scope?: string) => tim(bob, "/message/setAllMessageRead", { ...(scope && { scope }) });
    failure(await readAll("everything"), 70_402);
    success(await readAll("readAllC2CMessage"));
    await eventually(async () => expect(await total()).toBe(1));
    success(await readAll("TencentCloudChat.TYPES.READ_ALL_MSG"));
    await eventually(async () =>
      expect((await listOf(bob)).map(({ unreadCount }) => unreadCount)).toEqual([0, 0, 0]),
    );
    expect((await listOf(ann)).length).toBe(2);
  });
});

describe("getMessageListHopping", () => {
  test("goes from a message, or a time, in both directions", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await createGroup(ann, [bob]);
    await sendAll(
      ann,
      id,
      range(1, 9).map((i) => `m${i}`),
    );
    const conversationID = `GROUP${id}`;
    const hop = (more: object, who = bob) =>
      tim(who, "/message/getMessageListHopping", { conversationID, ...more });
    const seqs = async (more: object) => {
      const page = Hop.parse(success(await hop(more)).data);
      return [page.messageList.map(({ sequence }) => sequence), page.nextMessageSeq, page.isCompleted];
    };
    expect(await seqs({ sequence: 5, count: 3 })).toEqual([[3, 4, 5], 2, false]);
    expect(await seqs({ sequence: 2, count: 3 })).toEqual([[1, 2], 0, true]);
    expect(await seqs({ sequence: 5, direction: 1, count: 3 })).toEqual([[5, 6, 7], 8, false]);
    expect(await seqs({ sequence: 8, direction: 1, count: 3 })).toEqual([[8, 9], 0, true]);
    const now = Math.floor(Date.now() / 1_000);
    expect(await seqs({ time: now + 5, count: 2 })).toEqual([[8, 9], 7, false]);
    expect(await seqs({ time: now - 600, count: 2 })).toEqual([[], 0, true]);
    expect(await seqs({ time: now - 600, direction: 1, count: 2 })).toEqual([[1, 2], 3, false]);
    expect(await seqs({ count: 2 })).toEqual([[8, 9], 7, false]);
    failure(await hop({ direction: 2 }), 70_402);
    failure(await hop({ sequence: -1 }), 70_402);
    failure(await hop({}, cid), 2_500);
    const unopened = { conversationID: `C2C${nameOf(cid)}` };
    expect(success(await hop(unopened)).data).toMatchObject({ messageList: [], isCompleted: true });
  });
});

describe("searchCloudMessages", () => {
  const search = (who: SignedIn, query: object) => tim(who, "/message/searchCloudMessages", query);
  const found = async (who: SignedIn, query: object) => Found.parse(success(await search(who, query)).data);
  const elements = (list: string) => list.split(" ").map((name) => `TIM${name}Elem`);
  const textsIn = ({ searchResultList }: z.infer<typeof Found>) =>
    searchResultList.map(({ conversationID, messageList }) => [
      conversationID,
      messageList.map(({ payload }) => payload.text),
    ]);

  test("finds messages of the caller's conversations by words, sender and kind", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await openDirect(ann, bob);
    const { id: group } = await createGroup(ann, [bob, cid]);
    const { id: others } = await createGroup(ann, [cid]);
    const word = freshName("w");
    await sendAll(ann, id, [`${word} red`, `${word} blue`, "nothing"]);
    await send(cid, group, `${word} green`);
    await send(ann, others, `${word} secret`);
    const all = await eventually(async () => {
      const page = await found(bob, { keywordList: [word] });
      expect(page.totalCount).toBe(3);
      return page;
    });
    expect(new Map(textsIn(all).map(([name, texts]) => [name, texts]))).toEqual(
      new Map<unknown, unknown>([
        [`C2C${nameOf(ann)}`, [`${word} blue`, `${word} red`]],
        [`GROUP${group}`, [`${word} green`]],
      ]),
    );
    const both = await found(bob, { keywordList: ["red", word], keywordListMatchType: "and" });
    expect(textsIn(both)).toEqual([[`C2C${nameOf(ann)}`, [`${word} red`]]]);
    const either = await found(bob, { keywordList: [`${word} red`, `${word} green`] });
    expect(either.totalCount).toBe(2);
    const bySender = await found(bob, {
      keywordList: [word],
      senderUserIDList: [nameOf(cid), "nobody at all"],
    });
    expect(textsIn(bySender)).toEqual([[`GROUP${group}`, [`${word} green`]]]);
    const inOne = await found(bob, { keywordList: [word], conversationID: `GROUP${group}` });
    expect(inOne.totalCount).toBe(1);
    const images = await found(bob, { keywordList: [word], messageTypeList: ["TIMImageElem"] });
    expect(images).toEqual({ totalCount: 0, searchResultList: [], cursor: "" });
    const messageTypeList = elements("Text File Image VideoFile Sound Location Custom Relay");
    expect(await found(bob, { keywordList: [word], messageTypeList })).toEqual(all);
    const past = await found(bob, { keywordList: [word], timePosition: 1_000_000_000, timePeriod: 3_600 });
    expect(past.totalCount).toBe(0);
  });

  test("pages through what it finds", async () => {
    const [ann, bob] = await three();
    const { id } = await openDirect(ann, bob);
    const word = freshName("w");
    await sendAll(
      ann,
      id,
      range(1, 5).map((i) => `${word} ${i}`),
    );
    for (const where of [{}, { conversationID: `C2C${nameOf(ann)}` }]) {
      const texts: unknown[] = [];
      for (let cursor = "", pages = 0; pages === 0 || cursor !== ""; pages++) {
        expect(pages).toBeLessThan(9);
        const page = await found(bob, { keywordList: [word], count: 2, cursor, ...where });
        texts.push(
          ...page.searchResultList.flatMap(({ messageList }) =>
            messageList.map(({ payload }) => payload.text),
          ),
        );
        cursor = page.cursor;
      }
      expect(texts).toEqual([5, 4, 3, 2, 1].map((i) => `${word} ${i}`));
    }
  });

  test("refuses what it cannot look for, and conversations of others", async () => {
    const [ann, bob, cid] = await three();
    const { id: group } = await createGroup(ann, [bob]);
    failure(await search(cid, { keywordList: ["x"], conversationID: `GROUP${group}` }), 2_500);
    for (const query of [
      {},
      { keywordList: [] },
      { keywordList: [""] },
      { keywordList: ["x".repeat(101)] },
      { keywordList: ["a", "b", "c", "d", "e", "f"] },
      { keywordList: ["a", "b", "c"], senderUserIDList: ["d", "e"] },
      { keywordList: ["a"], cursor: "nonsense" },
      { keywordList: ["a"], cursor: '["nonsense"]' },
      { keywordList: ["a"], cursor: "[null,null]" },
      { keywordList: ["a"], messageTypeList: ["TIMNoElem"] },
      { keywordList: ["a"], messageTypeList: elements("Text File Image VideoFile Sound Location") },
    ])
      failure(await search(ann, query), 70_402);
  });
});

describe("people and groups", () => {
  const Profiles = z.object({ searchResultList: z.array(z.looseObject({ userID: z.string() })) });
  const Groups = z.object({
    searchResultList: z.array(z.looseObject({ groupID: z.string(), name: z.string() })),
  });

  test("are found by name among those whom the caller knows, others by their exact name", async () => {
    const [ann, bob, cid] = await three();
    await befriend(ann, bob);
    const nick = freshName("Nick");
    for (const who of [bob, cid]) success(await tim(who, "/user/updateMyProfile", { nick }));
    const people = async (...keywordList: string[]) =>
      (await data(Profiles, ann, "/user/searchCloudUsers", { keywordList })).searchResultList.map(
        ({ userID }) => userID,
      );
    expect(await people(nick.slice(1))).toEqual([nameOf(bob)]);
    expect(await people(nameOf(cid))).toEqual([nameOf(cid)]);
    expect(await people(nameOf(cid).slice(1))).toEqual([]);
    failure(await tim(ann, "/user/searchCloudUsers", {}), 70_402);
    const name = freshName("Group");
    const { id } = await createGroup(ann, [bob], name);
    const secret = await createGroup(cid, [bob], name);
    const groups = async (who: SignedIn, ...keywordList: string[]) =>
      (await data(Groups, who, "/group/searchCloudGroups", { keywordList })).searchResultList.map(
        ({ groupID }) => groupID,
      );
    expect(await groups(ann, name.slice(1, -1))).toEqual([String(id)]);
    expect(await groups(ann, String(secret.id))).toEqual([]);
    await call("PATCH", `/v1/conversations/${secret.id}`, { token: cid.token, body: { discoverable: true } });
    expect(await groups(ann, String(secret.id))).toEqual([String(secret.id)]);
    failure(await tim(ann, "/group/searchCloudGroups", { keywordList: [] }), 70_402);
  });
});

describe("the status of users", () => {
  const Statuses = z.strictObject({
    successUserList: z.array(
      z.strictObject({ userID: z.string(), statusType: z.int(), customStatus: z.literal("") }),
    ),
    failureUserList: z.array(z.looseObject({ userID: z.string(), code: z.int() })),
  });

  test("is shown of friends, and of nobody else", async () => {
    const [ann, bob, cid] = await three();
    await befriend(ann, bob);
    await openDevice(bob.token);
    await openDevice(cid.token);
    const userIDList = [nameOf(bob), nameOf(cid), "nobody at all"];
    await eventually(async () =>
      expect(await data(Statuses, ann, "/user/getUserStatus", { userIDList })).toMatchObject({
        successUserList: [
          { userID: nameOf(bob), statusType: 1 },
          { userID: nameOf(cid), statusType: 2 },
        ],
        failureUserList: [{ userID: "nobody at all", code: 70_107 }],
      }),
    );
    const subscribed = success(await tim(ann, "/user/subscribeUserStatus", { userIDList })).data;
    expect(subscribed).toMatchObject({ failureUserList: [{ userID: "nobody at all" }] });
    success(await tim(ann, "/user/unsubscribeUserStatus"));
    failure(await tim(ann, "/user/getUserStatus", {}), 70_402);
  });
});

describe("getGroupApplicationList", () => {
  const Applications = z.strictObject({
    applicationList: z.array(
      z.strictObject({
        ...{ applicant: z.string(), applicantNick: z.string(), applicantAvatar: z.string() },
        ...{ groupID: z.string(), groupName: z.string(), applicationType: z.literal(0) },
        ...{ userID: z.literal(""), note: z.string(), authentication: z.string().min(1) },
        messageKey: z.int(),
      }),
    ),
  });
  const applications = async (who: SignedIn) =>
    (await data(Applications, who, "/group/getGroupApplicationList")).applicationList;

  test("has the open requests, as handleGroupApplication takes them", async () => {
    const [ann, bob, cid] = await three();
    const groupID = freshName("asking");
    success(await tim(ann, "/group/createGroup", { name: "asking", type: "Public", groupID }));
    for (const who of [bob, cid])
      success(await tim(who, "/group/joinGroup", { groupID, applyMessage: `I am ${nameOf(who)}` }));
    await eventually(async () => expect(await applications(ann)).toHaveLength(2));
    const [first] = await applications(ann);
    expect(first).toMatchObject({ applicant: nameOf(bob), groupID, note: `I am ${nameOf(bob)}` });
    expect(await applications(bob)).toEqual([]);
    success(await tim(ann, "/group/handleGroupApplication", { handleAction: "Agree", application: first }));
    expect((await applications(ann)).map(({ applicant }) => applicant)).toEqual([nameOf(cid)]);
  });
});
