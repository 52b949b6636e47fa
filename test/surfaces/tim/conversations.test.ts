import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { countRowsInD1, createGroup, openDirect, send } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { Costs } from "../../support/objects/costs.ts";
import { conversationObject, itemAt, range } from "../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";
import { failure, nameOf, success, tim } from "./client.ts";
import { ask, exactly, group, play, refused, says, story, whole } from "./story.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

const LIST = "/conversation/getConversationList";
const PROFILE = "/conversation/getConversationProfile";
const DELETE = "/conversation/deleteConversation";
const MESSAGES = "/message/getMessageList";
const AT_ALL = "__kImSDK_MesssageAtALL__";

/** What somebody's list has about a conversation. */
const lists = (who: string, conversationID: string, answer: object) =>
  ask(`${who} until`, LIST, { conversationID }, [answer]);
const shows = (who: string, conversationID: string, conversation: object) =>
  ask(who, PROFILE, { conversationID }, { conversation });
/** The texts that somebody reads in a conversation. */
const reads = (who: string, conversationID: string, ...texts: string[]) => {
  const messages = texts.map((text) => ({ message: { payload: { text } } }));
  return ask(who, MESSAGES, { conversationID }, messages);
};

describe("the id of a conversation", () => {
  const NO_GROUPS = ["GROUP{id}", "GROUP999999999", "GROUPnobodys"];
  const NO_IDS = ["", "X", "C2C", "GROUP", `GROUP${"x".repeat(49)}`, "c2cx"];
  story("is a user's or a group's with a prefix, and one that is none refuses all of several", [
    group("others", "bob", ["cid"]),
    ask("bob", "POST /v1/conversations", { kind: "direct", user_id: "{cid.id}" }, { id: "{id}" }),
    says("ann", "C2C{bob}", "one"),
    ...[PROFILE, DELETE].flatMap((path) => [
      ...refused("ann", path, {}, 2_500, { conversationID: ["GROUP{others}", ...NO_GROUPS, "C2C{ann}"] }),
      ...refused("ann", path, {}, 2_503, { conversationID: NO_IDS }),
      ...refused("ann", path, {}, "70402 conversationID", { conversationID: [null, undefined] }),
    ]),
    ...[...NO_GROUPS, ...NO_IDS].map((bad) =>
      ask("ann", DELETE, { conversationIDList: ["C2C{bob}", bad] }, NO_IDS.includes(bad) ? 2_503 : 2_500),
    ),
    ...refused("ann", DELETE, {}, 2_503, {
      conversationIDList: [[], range(1, 101).map((n) => `C2C${n}`), "x", {}],
    }),
    ask("ann", LIST, { conversationID: NO_GROUPS }, []),
    lists("ann", "C2C{bob}", {}),
  ]);

  story("names a user in either Unicode form", [
    ask("bob", "/user/updateMyProfile", { nick: "Bob" }),
    ask("ann", PROFILE, { conversationID: "C2C{bob}".normalize("NFD") }, { conversation: {} }),
  ]);
});

describe("messages", () => {
  const page = (asked: object, texts: number[], more: object) =>
    ask(
      "bob",
      MESSAGES,
      { conversationID: "C2C{ann}", ...asked },
      whole({ data: texts.map((n) => ({ message: { payload: { text: `n${n}` } } })), ...more }),
    );
  const LAST = { isCompleted: true, nextReqMessageID: "" };

  story("come fifteen a page, ascending, the newest page first, to the end", [
    page({}, [], LAST),
    ...range(1, 15).map((n) => says("ann", "C2C{bob}", `n${n}`)),
    page({}, range(1, 15), LAST),
    ...range(16, 31).map((n) => says("ann", "C2C{bob}", `n${n}`)),
    page({}, range(17, 31), { isCompleted: false, nextReqMessageID: "{next}" }),
    page({ nextReqMessageID: "{next}" }, range(2, 16), { isCompleted: false, nextReqMessageID: "{last}" }),
    page({ nextReqMessageID: "{last}" }, [1], LAST),
    page({ nextReqMessageID: "{n3}" }, [1, 2], LAST),
    page({ nextReqMessageID: "{n1}" }, [], LAST),
    page({ nextReqMessageID: "", count: "2" }, [30, 31], { isCompleted: false }),
    ...[16, "16", 1e9].map((count) => page({ count }, range(17, 31), { isCompleted: false })),
    ...refused("bob", MESSAGES, { conversationID: "C2C{ann}" }, "70402 count", {
      count: [0, -1, "0", 15.5, 1e308, "x", "", null, [], {}, true],
    }),
    // Only a message of this conversation continues it.
    says("ann", "C2C{cid}", "other"),
    ...refused("bob", MESSAGES, { conversationID: "C2C{ann}" }, "70402 nextReqMessageID", {
      nextReqMessageID: [
        "{other}",
        "{n1}-",
        "{n1} ",
        "1",
        "-",
        "9-0",
        "9-x",
        `draft-${"0".repeat(36)}`,
        1,
        null,
        [],
      ],
    }),
    ask("bob", MESSAGES, { conversationID: "C2C{dan}", nextReqMessageID: "{n1}" }, 70_402),
  ]);

  story("of a group include system messages, name cards and mentions, and revoked ones without content", [
    group("g", "ann", ["bob", "cid"]),
    ask("bob", "/member/setGroupMemberNameCard", { groupID: "{g}", nameCard: "B" }),
    ask("ann", "/group/updateGroupProfile", { groupID: "{g}", name: "we" }),
    says("bob", "GROUP{g}", "hi", { payload: { text: "hi", atUserList: ["{cid}"] } }),
    says("cid", "GROUP{g}", "secret"),
    ask("ann", "/message/revokeMessage", { ID: "{secret}" }),
    ask("ann", "/group/pinGroupMessage", { groupID: "{g}", message: "{hi}", isPinned: true }),
    ask("cid", MESSAGES, { conversationID: "GROUP{g}" }, [
      {
        message: {
          ...{ type: "TIMGroupTipElem", conversationType: "GROUP", conversationID: "GROUP{g}" },
          payload: { operationType: 6, operatorID: "{ann}", newGroupProfile: { groupName: "we" } },
        },
      },
      { message: { from: "{bob}", to: "{g}", flow: "in", nameCard: "B", atUserList: ["{cid}"] } },
      {
        message: {
          ...{ ID: "{secret}", from: "{cid}", flow: "out", isRevoked: true, revoker: "{ann}" },
          ...{ payload: exactlyNothing(), atUserList: [] },
        },
      },
      { message: { type: "TIMGroupTipElem", payload: { operationType: 6, newGroupProfile: {} } } },
    ]),
    lists("cid", "GROUP{g}", { lastMessage: { payload: expect.not.objectContaining({ text: "secret" }) } }),
  ]);
});

function exactlyNothing(): unknown {
  return expect.toSatisfy((payload: object) => Object.keys(payload).length === 0);
}

describe("reading", () => {
  const isRead = (...read: boolean[]) =>
    ask(
      "ann",
      MESSAGES,
      { conversationID: "C2C{bob}" },
      read.map((isPeerRead) => ({ message: { isPeerRead } })),
    );

  story("leaves nothing unread, and shows the other user that it was read, in lists too", [
    ...[says("ann", "C2C{bob}", "one"), says("ann", "C2C{bob}", "two")],
    ...[lists("bob", "C2C{ann}", { unreadCount: 2 }), shows("bob", "C2C{ann}", { unreadCount: 2 })],
    isRead(false, false),
    lists("ann", "C2C{bob}", { lastMessage: { isPeerRead: false }, peerReadTime: 0 }),
    ask("bob", "/message/setMessageRead", { conversationID: "C2C{ann}" }),
    ...[isRead(true, true), lists("bob", "C2C{ann}", { unreadCount: 0 })],
    lists("ann", "C2C{bob}", {
      ...{ lastMessage: { isPeerRead: true }, message: { isPeerRead: true } },
      peerReadTime: expect.closeTo(Date.now() / 1_000, -3),
    }),
    shows("ann", "C2C{bob}", { peerReadTime: expect.closeTo(Date.now() / 1_000, -3) }),
    // The recipient does not see a received message as read by the sender.
    ask("bob", MESSAGES, { conversationID: "C2C{ann}" }, [
      ...[1, 2].map(() => ({ message: { isPeerRead: false } })),
    ]),
    ...[says("ann", "C2C{bob}", "three"), isRead(true, true, false)],
    // An answer reads what is before it.
    ...[says("bob", "C2C{ann}", "four"), isRead(true, true, true, false)],
  ]);

  test("in a conversation that was never opened reads nothing, shows nothing and opens none", async () => {
    const users = new Map((await signedInUsers(2)).map((user, i) => [["ann", "bob"][i] ?? "", user]));
    const before = await countRowsInD1();
    const conversationID = "C2C{bob}";
    await play(
      [
        ask("ann", "/message/setMessageRead", { conversationID }, exactly({})),
        shows("ann", conversationID, { unreadCount: 0 }),
        ask("ann", LIST, { conversationID }, []),
        ask("ann", DELETE, { conversationID }, 2_500),
        ask("bob", LIST, {}, []),
      ],
      users,
    );
    expect(await countRowsInD1()).toEqual(before);
  });
});

describe("revoking", () => {
  const REVOKE = "/message/revokeMessage";
  const back = (id: number, seconds: number) =>
    runInDurableObject(conversationObject(ConversationId.parse(id)), (_, { storage }) => {
      storage.sql.exec("UPDATE messages SET created_at = created_at - ?", seconds * 1_000);
    });

  test("is allowed to the sender for two minutes, or as long as the server says, and to owners at any time", async () => {
    const [ann, bob] = await signedInUsers(2);
    if (!ann || !bob) throw new Error("there are two");
    const { id } = await openDirect(ann, bob);
    const { id: ofGroup } = await createGroup(ann, [bob]);
    await send(ann, id, "old");
    await send(bob, ofGroup, "old");
    for (const one of [id, ofGroup]) await back(one, 121);
    failure(await tim(ann, REVOKE, { ID: `${id}-1` }), 20_016);
    const settings = { TIM_REVOKE_WINDOW_S: "600" };
    success(await tim(ann, REVOKE, { ID: `${id}-1` }, { settings }));
    const revoked = success(await tim(ann, REVOKE, { ID: `${ofGroup}-1` })).data;
    expect(revoked).toMatchObject({
      message: { isRevoked: true, revoker: nameOf(ann), from: nameOf(bob), flow: "in" },
    });
  });

  story("takes the message as it was returned: fields that a client changed have no effect", [
    group("g", "ann", ["bob"]),
    ...[says("ann", "C2C{bob}", "one"), says("ann", "C2C{bob}", "two")],
    ask(
      "ann",
      REVOKE,
      { message: { ID: "{one}", from: "{bob}", payload: { text: "x" } } },
      {
        message: { ID: "{one}", from: "{ann}", isRevoked: true, payload: {}, revoker: "{ann}", flow: "out" },
      },
    ),
    ask("ann", REVOKE, { ID: "{one}" }, 20_023),
    ask("ann", "/group/updateGroupProfile", { groupID: "{g}", name: "a tip" }),
    ask("ann", MESSAGES, { conversationID: "GROUP{g}" }, [{ message: { ID: "{tip}" } }]),
    ask("ann", REVOKE, { ID: "{tip}" }, 10_007),
    ask("cid", REVOKE, { ID: "{two}" }, 20_022),
    ...refused("ann", REVOKE, {}, 20_022, {
      ID: ["", "x", "1", "1-", "-1", "0-0", "1-1-1", "999999999-1", `draft-${"0".repeat(36)}`],
    }),
    ...refused("ann", REVOKE, {}, "70402 ID", { ID: [undefined, 1, null, {}, [], true] }),
    ...refused("ann", REVOKE, {}, "70402 message", { message: [{}, null, "x", [], { ID: 1 }] }),
  ]);
});

describe("the list", () => {
  const listed = (asked: object, ...ids: string[]) =>
    ask(
      "ann",
      LIST,
      asked,
      ids.map((conversationID) => ({ conversationID })),
    );
  // Without the notification of a new group.
  const ALL = { conversationID: ["C2C{bob}", "GROUP{g}", "C2C{cid}"] };
  const SOME = { conversationID: ["C2C{bob}", "C2C{cid}", "C2C{bob}", "GROUP999999999", "C2C{ann}"] };

  story("has pinned ones first, then the newest, each with its last message, as a profile has it", [
    ask(
      "bob",
      "POST /v1/conversations",
      { kind: "group", name: "us", member_ids: ["{ann.id}"] },
      { id: "{g}" },
    ),
    ask("ann", "POST /v1/conversations", { kind: "direct", user_id: "{cid.id}" }),
    says("bob", "C2C{ann}", "hi"),
    says("ann", "GROUP{g}", "hello"),
    ask("ann", "/conversation/pinConversation", { conversationID: "C2C{cid}", isPinned: true }),
    ask("ann until", LIST, ALL, [
      { conversationID: "C2C{cid}", isPinned: true, message: null, lastMessage: { lastSequence: 0 } },
      {
        ...{ conversationID: "GROUP{g}", type: "GROUP", subType: "Public" },
        ...{ groupProfile: { name: "us", memberCount: 2 } },
        lastMessage: {
          messageForShow: "hello",
          type: "TIMTextElem",
          fromAccount: "{ann}",
          isPeerRead: false,
        },
      },
      {
        ...{ conversationID: "C2C{bob}", unreadCount: 1 },
        lastMessage: { fromAccount: "{bob}", messageForShow: "hi", lastSequence: 1 },
        message: { ID: "{hi}", from: "{bob}", to: "{ann}", flow: "in", payload: { text: "hi" } },
      },
    ]),
    listed({ ...ALL, count: 2 }, "C2C{cid}", "GROUP{g}"),
    listed(SOME, "C2C{cid}", "C2C{bob}"),
    listed({ ...SOME, count: "1" }, "C2C{cid}"),
    ...refused("ann", LIST, {}, "70402 count", { count: [0, -1, "0", 1.5, "x", null, {}] }),
    ...refused("ann", LIST, {}, "2503 conversationID", {
      conversationID: ["", ["x"], ["C2Cx", ""], ["C2Cx", 1], 1, {}, [], range(1, 101).map((n) => `C2C${n}`)],
    }),
    ask("ann", LIST, { conversationID: null }, "70402 conversationID"),
  ]);

  test("costs one call of the inbox and one of D1, for any length", async () => {
    const [ann, bob, cid] = await signedInUsers(3);
    if (!ann || !bob || !cid) throw new Error("there are three");
    const ids: number[] = [];
    for (const other of [bob, cid]) await send(other, (await openDirect(ann, other)).id, "hi");
    for (const n of range(1, 5)) {
      const { id } = await createGroup(bob, [ann, cid], `group ${n}`);
      ids.push(id);
      await send(cid, id, { kind: "text", body: { text: "x" }, mentions: "all" });
      await call("PATCH", `/v1/conversations/${id}`, { token: bob.token, body: { name: "a tip" } });
    }
    const Counts = z.array(z.looseObject({ unreadCount: z.int() }));
    const unread = async () => {
      const all = Counts.parse(success(await tim(ann, LIST)).data);
      return all.filter(({ unreadCount }) => unreadCount > 0);
    };
    // With the notifications.
    await eventually(async () => expect(await unread()).toHaveLength(8));
    // Without this the list would ask conversations with recent activity.
    overrideTiming({ recent: { listMs: 0 } });
    await eventually(async () => {
      using costs = new Costs();
      let asked = 0;
      using _ = interceptD1((_, work) => {
        asked++;
        return work();
      });
      expect(await unread()).toHaveLength(8);
      expect([costs.callsTo([ann.user.id, ...ids]), asked]).toEqual([1, 1]);
    });
  });

  const mention = (who: string, messageSequence: number, type: number) => ({
    ...{ from: `{${who}}`, groupID: "{g}", messageSequence, atTypeArray: [type] },
  });
  const mentions = (who: string, ...groupAtInfoList: object[]) => [
    shows(who, "GROUP{g}", { groupAtInfoList }),
    lists(who, "GROUP{g}", { groupAtInfoList }),
  ];
  const at = (...atUserList: string[]) => ({ payload: { text: "hi", atUserList } });

  story("names who mentioned the caller in a group, until the caller has read it", [
    group("g", "ann", ["bob", "cid"]),
    says("ann", "GROUP{g}", "one", at("{bob}")),
    says("cid", "GROUP{g}", "two", at(AT_ALL)),
    says("cid", "GROUP{g}", "three"),
    ...mentions("bob", mention("cid", 2, 2), mention("ann", 1, 1)),
    ask("bob", "/message/setMessageRead", { conversationID: "GROUP{g}" }),
    ...mentions("bob"),
  ]);

  const both = { message: { atUserList: [AT_ALL, "{bob}"] } };
  story("tells members whom a mention of everybody names besides from the others, until it is revoked", [
    group("g", "ann", ["bob", "cid"]),
    says("ann", "GROUP{g}", "one", at("{bob}", AT_ALL, "{bob}")),
    ...[...mentions("bob", mention("ann", 1, 3)), ...mentions("cid", mention("ann", 1, 2))],
    ...[lists("bob", "GROUP{g}", both), ask("cid", MESSAGES, { conversationID: "GROUP{g}" }, [both])],
    // An outsider cannot be named, and a revoke takes the names away.
    ask(
      "ann",
      "/message/createMessage",
      { to: "{g}", conversationType: "GROUP", ...at(AT_ALL, "{dan}") },
      { ID: "{draft}" },
    ),
    ask("ann", "/message/sendMessage", { ID: "{draft}" }, 70_107),
    ask("ann", "/message/revokeMessage", { ID: "{one}" }),
    ask("bob", MESSAGES, { conversationID: "GROUP{g}" }, [{ message: { atUserList: [] } }]),
    ...mentions("bob"),
  ]);

  for (const type of ["ChatRoom", "AVChatRoom"])
    story(`has nothing unread of a ${type}`, [
      group("g", "ann", [], { type }),
      ask("bob", "/group/joinGroup", { groupID: "{g}" }),
      says("ann", "GROUP{g}", "one", at(AT_ALL)),
      shows("bob", "GROUP{g}", { unreadCount: 0, groupAtInfoList: [] }),
      lists("bob", "GROUP{g}", { unreadCount: 0, lastMessage: { messageForShow: "hi" } }),
    ]);
});

describe("deleting a conversation", () => {
  story("removes it from the caller's list with its history, until a new message", [
    ...[says("bob", "C2C{ann}", "one"), says("bob", "C2C{ann}", "two")],
    ...[1, 2].map(() => ask("ann", DELETE, { conversationID: "C2C{bob}" })),
    ...[ask("ann", LIST, {}, []), reads("ann", "C2C{bob}"), reads("bob", "C2C{ann}", "one", "two")],
    ...[says("bob", "C2C{ann}", "three"), reads("ann", "C2C{bob}", "three")],
    lists("ann", "C2C{bob}", { unreadCount: 1 }),
  ]);

  story("may keep the history, of a group too, and takes several at once", [
    ...[group("g", "bob", ["ann"]), says("bob", "GROUP{g}", "one"), says("bob", "C2C{ann}", "two")],
    ...refused("ann", DELETE, { conversationID: "GROUP{g}" }, "70402 clearHistoryMessage", {
      clearHistoryMessage: ["false", 0, null],
    }),
    ask("ann", DELETE, { conversationID: "GROUP{g}", clearHistoryMessage: false }),
    ...[ask("ann", LIST, { conversationID: "GROUP{g}" }, []), reads("ann", "GROUP{g}", "one")],
    ...[says("bob", "GROUP{g}", "three"), lists("ann", "GROUP{g}", { unreadCount: 1 })],
    ask(
      "ann",
      DELETE,
      { conversationIDList: ["C2C{bob}", "GROUP{g}", "C2C{bob}"] },
      exactly({ conversationID: ["C2C{bob}", "GROUP{g}", "C2C{bob}"] }),
    ),
    ask("ann", LIST, { conversationID: ["C2C{bob}", "GROUP{g}"] }, []),
    reads("ann", "GROUP{g}"),
  ]);
});

describe("message notifications", () => {
  const REMIND = "/group/setMessageRemindType";

  const reminds = (messageRemindType: string, unreadCount: number) => [
    ask("bob", REMIND, { groupID: "{g}", messageRemindType }, { group: { selfInfo: { messageRemindType } } }),
    shows("bob", "GROUP{g}", { messageRemindType, unreadCount }),
    lists("bob", "GROUP{g}", { messageRemindType, unreadCount }),
  ];
  story("of a group are silent, as on other APIs, or off, with nothing unread on any", [
    ...[group("g", "ann", ["bob"]), says("ann", "GROUP{g}", "one")],
    ...[...reminds("AcceptNotNotify", 1), ...reminds("Discard", 0), ...reminds("Discard", 0)],
    says("ann", "GROUP{g}", "two", { payload: { text: "two", atUserList: [AT_ALL] } }),
    lists("bob", "GROUP{g}", { unreadCount: 0, groupAtInfoList: [], lastMessage: { messageForShow: "two" } }),
    ...[...reminds("AcceptAndNotify", 0), says("ann", "GROUP{g}", "three")],
    lists("bob", "GROUP{g}", { unreadCount: 1 }),
    lists("ann", "GROUP{g}", { messageRemindType: "AcceptAndNotify" }),
    ...refused("bob", REMIND, { groupID: "{g}" }, "70402 messageRemindType", {
      messageRemindType: [undefined, null, "", "discard", 1, {}],
    }),
    ...refused("bob", REMIND, { messageRemindType: "Discard" }, "70402 userIDList", {
      userIDList: [[], "x", [""], [1.5], range(1, 101).map(String)],
    }),
  ]);

  const ofUsers = (messageRemindType: string) =>
    ask(
      "ann",
      REMIND,
      { userIDList: ["{bob}", "{cid}", "nobody-at-all", "{ann}", "{bob}"], messageRemindType },
      {
        successUserList: [{ userID: "{bob}" }],
        failureUserList: [
          { userID: "{cid}", code: 2_500 },
          { userID: "nobody-at-all", code: 70_107 },
          { userID: "{ann}", code: 70_107 },
        ],
      },
    );
  const isRead = (isPeerRead: boolean) =>
    ask("bob", MESSAGES, { conversationID: "C2C{ann}" }, [{ message: { isPeerRead } }]);
  story("of a user are set in an existing conversation with them, which is read where they are on again", [
    ...[says("bob", "C2C{ann}", "one"), ofUsers("Discard")],
    ...[shows("ann", "C2C{bob}", { unreadCount: 0, messageRemindType: "Discard" }), isRead(false)],
    ...[ofUsers("AcceptAndNotify"), isRead(true)],
  ]);

  test("changed ten times at once end as one of the requested values, the same everywhere", async () => {
    const [ann, bob] = await signedInUsers(2);
    if (!ann || !bob) throw new Error("there are two");
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, "1");
    const types = ["Discard", "AcceptAndNotify", "AcceptNotNotify"];
    const set = (n: number) =>
      tim(bob, REMIND, { groupID: String(id), messageRemindType: itemAt(types, n % 3) });
    for (const answer of await Promise.all(range(1, 10).map(set))) success(answer);
    const users = new Map<string, SignedIn>([["bob", bob]]);
    const one = { messageRemindType: "{type}", unreadCount: "{unread}" };
    await play([shows("bob", `GROUP${id}`, one), lists("bob", `GROUP${id}`, one)], users);
  });
});
