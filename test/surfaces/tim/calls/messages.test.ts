import { describe, test } from "vitest";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { openDirect, send } from "../../../support/clients/chat.ts";
import { itemAt, range } from "../../../support/objects/room.ts";
import { called } from "../../kook/client.ts";
import { failure, tim } from "../client.ts";
import { ask, group, refused, type Step, says, story } from "../story.ts";

/** What somebody reads in a conversation: texts, and `undefined` for what has none. */
const reads = (who: string, conversationID: string, texts: (string | undefined)[]): Step =>
  ask(
    who,
    "/message/getMessageList",
    { conversationID },
    texts.map((text) => ({ message: { payload: text === undefined ? {} : { text } } })),
  );
const TWO = [says("ann", "C2C{bob}", "one"), says("ann", "C2C{bob}", "two")];

describe("deleteMessage", () => {
  story("hides messages from the caller alone, all or none", [
    ...[...TWO, says("ann", "C2C{bob}", "three")],
    ...[group("g", "ann", ["bob"]), says("ann", "GROUP{g}", "four")],
    ask("bob", "/message/deleteMessage", { messageList: ["{one}", "{four}"] }, 70_402),
    ask("bob", "/message/deleteMessage", { messageList: ["{one}", "{one}9"] }, 20_022),
    ask("bob", "/message/deleteMessage", { messageList: range(1, 31).map(() => "{one}") }, 70_402),
    reads("bob", "C2C{ann}", ["one", "two", "three"]),
    ask(
      "bob",
      "/message/deleteMessage",
      { messageList: ["{one}", { ID: "{three}" }, "{one}"] },
      {
        messageList: [{ ID: "{one}", isDeleted: true }, { ID: "{three}" }],
      },
    ),
    reads("bob", "C2C{ann}", ["two"]),
    reads("ann", "C2C{bob}", ["one", "two", "three"]),
  ]);
});

describe("modifyMessage", () => {
  const PATH = "/message/modifyMessage";
  const modified = (who: string, message: object, answer: object | number): Step =>
    ask(who, PATH, { message }, typeof answer === "number" ? answer : { message: answer });

  story("gives a message other words, and its version rises", [
    says("ann", "C2C{bob}", "one"),
    modified(
      "ann",
      { ID: "{one}", payload: { text: "hello" }, version: 0 },
      { version: 1, isModified: true },
    ),
    // The same again changes nothing, whatever the version.
    modified("ann", { ID: "{one}", payload: { text: "hello" }, version: 0 }, { version: 1 }),
    modified("ann", { ID: "{one}", payload: { text: "late" }, version: 0 }, 2_480),
    reads("bob", "C2C{ann}", ["hello"]),
    // Without a version the last one who writes wins; the message may be the body itself.
    ask("ann", PATH, { ID: "{one}", payload: { text: "hello!" } }),
    reads("bob", "C2C{ann}", ["hello!"]),
  ]);

  story("changes texts that are there, into texts", [
    ...TWO,
    says("ann", "C2C{bob}", "face", { payload: { index: 1, data: "x" } }),
    ask("ann", "/message/revokeMessage", { ID: "{two}" }),
    modified("ann", { ID: "{face}", payload: { index: "2", data: "x" } }, 70_402),
    modified("ann", { ID: "{two}", payload: { text: "x" } }, 70_402),
    modified("ann", { ID: "{one}", payload: { text: "" } }, 70_402),
    modified("ann", { ID: "{one}", payload: { text: "x".repeat(8_001) } }, 80_002),
    reads("bob", "C2C{ann}", ["one", undefined, undefined]),
  ]);

  story("gives any message other custom data, for every member, who keeps its words and its editing", [
    ...TWO,
    // The SDK sends the whole message.
    modified(
      "bob",
      { ID: "{one}", payload: { text: "one" }, version: 0, cloudCustomData: "reply" },
      { cloudCustomData: "reply", payload: { text: "one" }, version: 1, isModified: true },
    ),
    // Another member has changed it meanwhile.
    modified("ann", { ID: "{one}", payload: { text: "one" }, version: 0, cloudCustomData: "late" }, 2_480),
    // The same again is no conflict, and its sender may change words and custom data at once.
    modified("bob", { ID: "{one}", payload: { text: "one" }, version: 0, cloudCustomData: "reply" }, {}),
    modified(
      "ann",
      { ID: "{one}", payload: { text: "uno" }, version: 1, cloudCustomData: "" },
      { cloudCustomData: "", payload: { text: "uno" }, version: 3 },
    ),
    modified("bob", { ID: "{two}", cloudCustomData: "x".repeat(32 * 1_024 + 1) }, 80_002),
    modified("bob", { ID: "{two}", payload: { text: "others" }, cloudCustomData: "x" }, 10_007),
    modified("bob", { ID: "{two}", cloudCustomData: "of the last" }, {}),
    ask("bob", "/conversation/getConversationList", {}, [{ message: { cloudCustomData: "of the last" } }]),
    ask("ann", "/message/revokeMessage", { ID: "{two}" }),
    modified("bob", { ID: "{two}", cloudCustomData: "x" }, 70_402),
    ask("bob", "/user/addToBlacklist", { userIDList: ["{ann}"] }),
    modified("bob", { ID: "{one}", cloudCustomData: "y" }, 20_007),
  ]);

  test("leaves the mark by which kook knows its own texts", async () => {
    const users = await signedInUsers(2);
    const [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
    const { id } = await openDirect(ann, bob);
    const body = { type: 9, target_id: String(bob.user.id), content: "**bold**" };
    await called(ann, "POST direct-message/create", body);
    await send(ann, id, "plain");
    failure(await tim(bob, PATH, { ID: `${id}-1`, cloudCustomData: "x" }), 70_402);
    failure(await tim(bob, PATH, { ID: `${id}-2`, cloudCustomData: '{"kook_type":9}' }), 70_402);
  });
});

describe("reactions", () => {
  const react = (who: string, reactionID: string, call = "addMessageReaction"): Step =>
    ask(who, `/message/${call}`, { message: { ID: "{one}" }, reactionID });
  const seen = (who: string, reactionList: object[]): Step =>
    ask(
      who,
      "/message/getMessageReactions",
      { messageList: ["{one}"], maxUserCountPerReaction: 10 },
      { resultList: [{ messageID: "{one}", reactionList }] },
    );
  const IDS = ["[TUIEmoji_TearsLaugh]", "[TUIEmoji_666]", "emoji_1", "HiThere", "👍", ":party_parrot:"];
  const NONE = ["", "two words", "[微笑]", "x".repeat(40), "👍👍"];

  story("have the ids that clients give them, each once for a user", [
    says("ann", "C2C{bob}", "one"),
    ...[...IDS, "HiThere"].map((id) => react("bob", id)),
    seen(
      "ann",
      IDS.map((reactionID) => ({ reactionID, totalUserCount: 1, reactedByMyself: false })),
    ),
    react("bob", "[TUIEmoji_TearsLaugh]", "removeMessageReaction"),
    react("bob", "[TUIEmoji_TearsLaugh]", "removeMessageReaction"),
    ...refused("bob", "/message/addMessageReaction", { ID: "{one}" }, 70_402, { reactionID: NONE }),
    seen(
      "bob",
      IDS.slice(1).map((reactionID) => ({ reactionID, reactedByMyself: true })),
    ),
  ]);

  const page = (nextSeq: unknown, users: string[], answer: object): Step =>
    ask(
      "bob",
      "/message/getAllUserListOfMessageReaction",
      { message: "{one}", reactionID: "👍", nextSeq, count: 2 },
      { userList: users.map((userID) => ({ userID })), ...answer },
    );
  story("are counted, and their users come in pages", [
    group("g", "ann", ["bob", "cid"]),
    says("ann", "GROUP{g}", "one"),
    ...["ann", "bob", "cid"].map((who) => react(who, "👍")),
    seen("bob", [
      { totalUserCount: 3, partialUserList: [{ userID: "{ann}" }, { userID: "{bob}" }, { userID: "{cid}" }] },
    ]),
    page(0, ["{ann}", "{bob}"], { isCompleted: false, nextSeq: "{next}" }),
    page("{next}", ["{cid}"], { isCompleted: true, nextSeq: 0 }),
  ]);
});

story("pinned messages are those of their group, and each is pinned once", [
  ...[group("g", "ann", ["bob"]), says("bob", "GROUP{g}", "one")],
  ...[group("h", "ann", ["bob"]), says("bob", "GROUP{h}", "two")],
  ask("ann", "/group/pinGroupMessage", { groupID: "{g}", message: "{two}", isPinned: true }, 70_402),
  ask("ann", "/group/pinGroupMessage", { groupID: "{g}", message: { ID: "{one}" }, isPinned: true }),
  ask("ann", "/group/pinGroupMessage", { groupID: "{g}", message: { ID: "{one}" }, isPinned: true }),
  ask("bob", "/group/getPinnedGroupMessageList", { groupID: "{g}" }, { messageList: [{ ID: "{one}" }] }),
  ask("ann", "/group/pinGroupMessage", { groupID: "{g}", message: { ID: "{one}" }, isPinned: false }),
  ask("bob", "/group/getPinnedGroupMessageList", { groupID: "{g}" }, { messageList: [] }),
]);

describe("receipts", () => {
  const readers = (more: object, answer: object): Step =>
    ask("ann", "/message/getGroupMessageReadMemberList", more, answer);
  const receipts = (infos: object[], ...messageList: string[]): Step =>
    ask(
      "ann",
      "/message/getMessageReadReceiptList",
      { messageList },
      { messageList: infos.map((readReceiptInfo) => ({ readReceiptInfo })) },
    );

  story("say how many members of a group have read a message, and who", [
    ...[group("g", "ann", ["bob", "cid"]), says("ann", "GROUP{g}", "one"), says("ann", "GROUP{g}", "two")],
    ask("bob", "/message/sendMessageReadReceipt", { messageList: ["{one}"] }),
    receipts(
      [
        { readCount: 1, unreadCount: 1 },
        { readCount: 0, unreadCount: 2 },
      ],
      ...["{one}", "{two}"],
    ),
    readers(
      { message: "{one}", filter: 0 },
      { readUserIDList: ["{bob}"], unreadUserIDList: [], isCompleted: true },
    ),
    readers({ message: "{one}", filter: 1 }, { readUserIDList: [], unreadUserIDList: ["{cid}"] }),
    readers({ message: "{two}", filter: 1, count: 1 }, { unreadUserIDList: ["{bob}"], cursor: "{next}" }),
    readers(
      { message: "{two}", filter: 1, count: 1, cursor: "{next}" },
      { unreadUserIDList: ["{cid}"], isCompleted: true, cursor: "" },
    ),
  ]);

  story("of two say whether it was read, unless one blocks the other", [
    says("ann", "C2C{bob}", "one"),
    ask("bob", "/message/sendMessageReadReceipt", { messageList: ["{one}"] }),
    receipts([{ readCount: 1, isPeerRead: true }], "{one}"),
    ask("bob", "/user/addToBlacklist", { userIDList: ["{ann}"] }),
    receipts([{ readCount: 0, isPeerRead: false }], "{one}"),
  ]);
});

describe("a merged message", () => {
  const WHOLE = { to: "{cid}", conversationType: "C2C" };
  const merged = { title: "Chat of two", messageList: ["{one}", { ID: "{two}" }] };
  const held = [
    { from: "{bob}", messageBody: [{ payload: { text: "one" } }] },
    { messageBody: [{ payload: { text: "two" } }] },
  ];
  const made: Step = ask(
    "ann",
    "/message/sendMessage",
    { ID: "{ann}-1-1", ...WHOLE, type: "TIMRelayElem", payload: merged },
    {
      message: { ID: "{whole}", type: "TIMRelayElem", payload: { title: "Chat of two", messageList: held } },
    },
  );

  story("is created of messages and one's own drafts that were sent, and holds them as they are then", [
    ...[says("bob", "C2C{ann}", "one"), says("bob", "C2C{ann}", "two")],
    // A repeat, and the draft of two calls, is one message.
    ...[made, made],
    says("ann", "C2C{cid}", "nested", { payload: { messageList: [{ ID: "{ann}-1-1" }] } }),
    ask("bob", "/message/revokeMessage", { ID: "{one}" }),
    ask("cid", "/message/getMessageList", { conversationID: "C2C{ann}" }, [
      { message: { ID: "{whole}", payload: { messageList: held } } },
      { message: { payload: { messageList: [{ messageBody: [{ type: "TIMRelayElem" }] }] } } },
    ]),
    ask("ann", "/message/createMessage", { ...WHOLE, payload: { messageList: ["{two}", "{one}"] } }, 2_453),
    ask(
      "cid",
      "/message/createMessage",
      { ...WHOLE, to: "{ann}", payload: { messageList: ["{two}"] } },
      20_022,
    ),
    ...refused("ann", "/message/createMessage", WHOLE, 70_402, {
      payload: [[], range(1, 51).map(() => "{two}")].map((messageList) => ({ messageList })),
    }),
  ]);
});
