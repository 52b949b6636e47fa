import { describe, expect, test } from "vitest";
import { befriend } from "../../../support/accounts/friends.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { freshName } from "../../../support/clients/api.ts";
import { openDevice } from "../../../support/clients/socket.ts";
import { eventually } from "../../../support/eventually.ts";
import { itemAt, range } from "../../../support/objects/room.ts";
import { nameOf, success, tim } from "../client.ts";
import { ask, exactly, group, refused, says, story } from "../story.ts";

story("logout ends the session of the token, and no other", [
  ask("ann", "/user/logout"),
  ask("ann", "/user/getMyProfile", {}, 70_001),
  ask("bob", "/user/getMyProfile"),
]);

/** What somebody's list has about a conversation. */
const lists = (who: string, conversationID: string, answer: object) =>
  ask(`${who} until`, "/conversation/getConversationList", { conversationID }, [answer]);

describe("conversations", () => {
  story("are pinned and unpinned for the caller alone, and notifications are not", [
    says("ann", "C2C{bob}", "one"),
    ask("bob", "/conversation/pinConversation", { conversationID: "C2C{ann}", isPinned: true }),
    lists("bob", "C2C{ann}", { isPinned: true }),
    lists("ann", "C2C{bob}", { isPinned: false }),
    ask("bob", "/conversation/pinConversation", { conversationID: "C2C{ann}", isPinned: false }),
    lists("bob", "C2C{ann}", { isPinned: false }),
    ask("ann", "/conversation/pinConversation", { conversationID: "@TIM#SYSTEM", isPinned: true }, 2_500),
    ask("bob", "/conversation/pinConversation", { conversationID: "C2C{ann}", isPinned: "yes" }, 70_402),
  ]);

  story("stay in the list without their history, for the caller alone", [
    ...[group("g", "ann", ["bob"]), says("ann", "GROUP{g}", "one"), says("ann", "GROUP{g}", "two")],
    ask("bob", "/message/clearHistoryMessage", { conversationID: "GROUP{g}" }),
    ask("bob", "/message/getMessageList", { conversationID: "GROUP{g}" }, []),
    ask("ann", "/message/getMessageList", { conversationID: "GROUP{g}" }, [{}, {}]),
    lists("bob", "GROUP{g}", { unreadCount: 0, lastMessage: { messageForShow: "" } }),
    says("ann", "GROUP{g}", "three"),
    lists("bob", "GROUP{g}", { unreadCount: 1 }),
    ask("bob", "/message/getMessageList", { conversationID: "GROUP{g}" }, [{ message: { ID: "{three}" } }]),
  ]);

  const total = (unread: number) =>
    ask("bob until", "/conversation/getTotalUnreadMessageCount", {}, exactly(unread));
  story("are read all at once, or those of one kind, and counted without silent ones", [
    ...[says("ann", "C2C{bob}", "one"), says("ann", "C2C{bob}", "two")],
    ...[group("g", "ann", ["bob"]), says("ann", "GROUP{g}", "three")],
    ...[group("silent", "cid", ["bob"]), says("cid", "GROUP{silent}", "four")],
    total(4),
    ask("bob", "/group/setMessageRemindType", { groupID: "{silent}", messageRemindType: "AcceptNotNotify" }),
    total(3),
    ask("bob", "/message/setAllMessageRead", { scope: "readAllC2CMessage" }),
    total(1),
    ask("bob", "/message/setAllMessageRead", { scope: "TencentCloudChat.TYPES.READ_ALL_MSG" }),
    lists("bob", "GROUP{g}", { unreadCount: 0 }),
    lists("bob", "GROUP{silent}", { unreadCount: 0 }),
  ]);
});

describe("getMessageListHopping", () => {
  const NOW = Math.floor(Date.now() / 1_000);
  const hop = (more: object, [...sequences]: number[], nextMessageSeq: number) =>
    ask(
      "bob",
      "/message/getMessageListHopping",
      { conversationID: "C2C{ann}", ...more },
      {
        messageList: sequences.map((sequence) => ({ sequence })),
        ...{ nextMessageSeq, isCompleted: nextMessageSeq === 0 },
      },
    );

  story("goes from a message, or a time, in both directions", [
    ...range(1, 9).map((i) => says("ann", "C2C{bob}", `m${i}`)),
    hop({ sequence: 5, count: 3 }, [3, 4, 5], 2),
    hop({ sequence: 2, count: 3 }, [1, 2], 0),
    hop({ sequence: 5, direction: 1, count: 3 }, [5, 6, 7], 8),
    hop({ sequence: 8, direction: 1, count: 3 }, [8, 9], 0),
    hop({ time: NOW + 600, count: 2 }, [8, 9], 7),
    hop({ time: NOW - 600, count: 2 }, [], 0),
    hop({ time: NOW - 600, direction: 1, count: 2 }, [1, 2], 3),
    hop({ count: 2 }, [8, 9], 7),
    hop({ conversationID: "C2C{cid}" }, [], 0),
    ...refused("bob", "/message/getMessageListHopping", { conversationID: "C2C{ann}" }, 70_402, {
      direction: [2],
      sequence: [-1],
    }),
  ]);
});

describe("searchCloudMessages", () => {
  const PATH = "/message/searchCloudMessages";
  /** @param found of one conversation: of several those come first that have got a message later */
  const finds = (query: object, totalCount: number, found?: [conversationID: string, ...texts: string[]]) => {
    const [conversationID, ...texts] = found ?? [];
    const messageList = texts.map((text) => ({ payload: { text } }));
    const only = found && [{ conversationID, messageCount: texts.length, messageList }];
    return ask("bob until", PATH, query, { totalCount, ...(only && { searchResultList: only }) });
  };
  const elements = (list: string) => list.split(" ").map((name) => `TIM${name}Elem`);
  const FOUND = "Text File Image VideoFile Sound Location Custom Relay";
  const word = freshName("w");
  const green: [string, string] = ["GROUP{g}", `green ${word}`];
  const both: [string, string, string] = ["C2C{ann}", `blue ${word}`, `red ${word}`];

  story("finds messages of the caller's conversations by words, sender and kind", [
    ...["red", "blue"].map((color) => says("ann", "C2C{bob}", `${color} ${word}`)),
    ...[group("g", "ann", ["bob", "cid"]), says("cid", ...green)],
    ...[group("others", "ann", ["cid"]), says("ann", "GROUP{others}", `secret ${word}`)],
    finds({ keywordList: [word] }, 3),
    finds({ keywordList: [word], conversationID: "C2C{ann}" }, 2, both),
    finds({ keywordList: ["red", word], keywordListMatchType: "and" }, 1, ["C2C{ann}", `red ${word}`]),
    finds({ keywordList: [`red ${word}`, `green ${word}`] }, 2),
    finds({ keywordList: [word], senderUserIDList: ["{cid}", "nobody at all"] }, 1, green),
    finds({ keywordList: [word], conversationID: "GROUP{g}" }, 1, green),
    finds({ keywordList: [word], messageTypeList: ["TIMImageElem"] }, 0),
    finds({ keywordList: [word], messageTypeList: elements(FOUND) }, 3),
    finds({ keywordList: [word], timePosition: 1_000_000_000, timePeriod: 3_600 }, 0),
  ]);

  const texts = (...numbers: number[]) => ({
    searchResultList: [{ messageList: numbers.map((n) => ({ payload: { text: `n${n} ${word}p` } })) }],
  });
  story("pages through what it finds, in all conversations and in one", [
    ...range(1, 5).map((n) => says("ann", "C2C{bob}", `n${n} ${word}p`)),
    ...[{}, { conversationID: "C2C{ann}" }].flatMap((where, i) => {
      const query = { keywordList: [`${word}p`], count: 2, ...where };
      return [
        ask("bob until", PATH, query, { ...texts(5, 4), cursor: `{first${i}}` }),
        ask("bob", PATH, { ...query, cursor: `{first${i}}` }, { ...texts(3, 2), cursor: `{second${i}}` }),
        ask("bob", PATH, { ...query, cursor: `{second${i}}` }, { ...texts(1), cursor: "" }),
      ];
    }),
  ]);

  story("refuses what it cannot look for", [
    ...refused("ann", PATH, {}, 70_402, {
      keywordList: [undefined, [], [""], ["x".repeat(101)], ["a", "b", "c", "d", "e", "f"]],
    }),
    ...refused("ann", PATH, { keywordList: ["a", "b", "c"] }, 70_402, {
      senderUserIDList: [["d", "e"]],
      cursor: ["nonsense", '["nonsense"]', "[null,null]"],
      messageTypeList: [["TIMNoElem"], elements("Text File Image VideoFile Sound Location")],
    }),
  ]);
});

const people = (keyword: string, found: string[]) =>
  ask(
    "ann",
    "/user/searchCloudUsers",
    { keywordList: [keyword] },
    { searchResultList: found.map((userID) => ({ userID })) },
  );
const groups = (keyword: string, found: string[]) =>
  ask(
    "ann",
    "/group/searchCloudGroups",
    { keywordList: [keyword] },
    { searchResultList: found.map((groupID) => ({ groupID })) },
  );
const nick = freshName("Nick");
const handle = freshName("hidden");

story("people and groups are found by name among those whom the caller knows, others by their exact name", [
  ...["bob", "cid"].map((who) => ask(who, "/user/updateMyProfile", { nick })),
  ...[
    ask("bob", "/friend/addFriend", { to: "{ann}" }),
    ask("ann", "/friend/acceptFriendApplication", { userID: "{bob}" }),
  ],
  people(nick.slice(1), ["{bob}"]),
  people("{cid}", ["{cid}"]),
  people("igned", ["{bob}"]),
  ...[
    group("g", "ann", ["bob"], { name: nick }),
    group("hidden", "cid", ["bob"], { name: nick, type: "Private" }),
  ],
  groups(nick.slice(1, -1), ["{g}"]),
  groups("{hidden}", []),
  group("seen", "cid", ["bob"], { name: nick, groupID: handle }),
  groups("{seen}", ["{seen}"]),
]);

test("the status of users is shown of friends, and of nobody else", async () => {
  const users = await signedInUsers(3);
  const [ann, bob, cid] = [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
  await befriend(ann, bob);
  await openDevice(bob.token);
  await openDevice(cid.token);
  const userIDList = [nameOf(bob), nameOf(cid), "nobody at all"];
  await eventually(async () =>
    expect(success(await tim(ann, "/user/getUserStatus", { userIDList })).data).toMatchObject({
      successUserList: [
        { userID: nameOf(bob), statusType: 1 },
        { userID: nameOf(cid), statusType: 2 },
      ],
      failureUserList: [{ userID: "nobody at all", code: 70_107 }],
    }),
  );
});

const open = (who: string, applicants: object[]) =>
  ask(`${who} until`, "/group/getGroupApplicationList", {}, { applicationList: applicants });

story("getGroupApplicationList has the open requests, as handleGroupApplication takes them", [
  group("g", "ann", []),
  ...["bob", "cid"].map((who) => ask(who, "/group/joinGroup", { groupID: "{g}", applyMessage: `{${who}}?` })),
  open("ann", [
    { applicant: "{bob}", groupID: "{g}", note: "{bob}?", authentication: "{sign}", messageKey: "{key}" },
    { applicant: "{cid}", note: "{cid}?" },
  ]),
  open("bob", []),
  ask("ann", "/group/handleGroupApplication", {
    handleAction: "Agree",
    application: { applicant: "{bob}", groupID: "{g}", authentication: "{sign}", messageKey: "{key}" },
  }),
  open("ann", [{ applicant: "{cid}" }]),
]);
