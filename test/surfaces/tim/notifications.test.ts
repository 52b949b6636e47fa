import { beforeAll, describe, test } from "vitest";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { register } from "../../support/clients/api.ts";
import { range } from "../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";
import { ask, exactly, group, play, refused, type Step, story, whole } from "./story.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

const SYSTEM = "@TIM#SYSTEM";
const MESSAGES = "/message/getMessageList";
const LIST = "/conversation/getConversationList";
const DELETE = "/conversation/deleteConversation";
const HANDLE = "/group/handleGroupApplication";
const GROUP = { groupID: "{g}", name: "a group", type: "Public" };

/** All notifications of somebody, the oldest first: their numbers, or more of them. */
const notices = (who: string, ...operations: (number | object)[]) =>
  ask(
    `${who} until`,
    MESSAGES,
    { conversationID: SYSTEM },
    operations.map((one) => ({
      message: { payload: typeof one === "number" ? { operationType: one } : one },
    })),
  );
/** The notification of somebody's request: its signature and number get names. */
const application = (who: string, more: object = {}) => ({
  ...{ operationType: 1, operatorID: `{${who}}`, ...more },
  ...{ authentication: `{${who}Sign}`, messageKey: `{${who}Key}` },
});
/** What a decision needs of it. */
const inWords = (who: string) => ({
  ...{ applicant: `{${who}}`, groupID: "{g}" },
  ...{ authentication: `{${who}Sign}`, messageKey: `{${who}Key}` },
});
const made = (members: string[] = [], more: object = {}) =>
  group("g", "ann", members, { name: "a group", ...more });
const applies = (who: string, groupID = "{g}") =>
  ask(who, "/group/joinGroup", { groupID, applyMessage: "let me in" }, { status: "WaitAdminApproval" });
const decides = (who: string, handleAction: string, fields: object, answer: object | number = 0) =>
  ask(who, HANDLE, { handleAction, ...fields }, answer);
const role = (userID: string, to: string) =>
  ask("ann", "/member/setGroupMemberRole", { groupID: "{g}", userID, role: to });

describe("join requests", () => {
  story("are shown to the owner, who admits by means of the notification, and the applicant is notified", [
    ...[made(), applies("bob")],
    notices(
      "ann",
      6,
      application("bob", { applyMessage: "let me in", handleMessage: "", groupProfile: GROUP }),
    ),
    ask("ann", MESSAGES, { conversationID: SYSTEM, count: 1 }, [
      { message: { from: SYSTEM, to: "{ann}", flow: "in", status: "success", isRevoked: false } },
    ]),
    decides(
      "ann",
      "Agree",
      {
        handleMessage: "welcome",
        message: {
          payload: {
            ...{ operatorID: "{bob}", groupProfile: { groupID: "{g}" } },
            ...{ authentication: "{bobSign}", messageKey: "{bobKey}" },
          },
        },
      },
      { group: { groupID: "{g}", memberCount: 2 } },
    ),
    notices("bob", {
      ...{ operatorID: "{ann}", operationType: 2, messageKey: 1, authentication: "", groupProfile: GROUP },
      ...{ applyMessage: "let me in", handleMessage: "welcome" },
    }),
  ]);

  test("are decided in few words, with a key as text, and made again they are others", async () => {
    overrideTiming({ rejections: { cooldownMs: 0 } });
    await play([
      ...[made(), applies("bob"), notices("ann", 6, application("bob"))],
      decides("ann", "Reject", { application: { ...inWords("bob"), messageKey: "1" }, handleMessage: "no" }),
      ...[notices("bob", 3), applies("bob"), notices("ann", 6, 1, 1)],
      decides("ann", "Agree", { application: { ...inWords("bob"), messageKey: 2 } }, 70_402),
    ]);
  });

  const WRONG = [
    ...["", "{otherSign}", 5, undefined].map((authentication) => ({ authentication })),
    ...[2, 0, "x"].map((messageKey) => ({ messageKey })),
    ...["{cid}", undefined].map((applicant) => ({ applicant })),
    { groupID: "{other}" },
  ];
  const { applicant: operatorID, ...signed } = inWords("bob");
  const elsewhere = { payload: { operatorID, ...signed, groupProfile: { groupID: "" } } };
  story("are decided only with the sent authentication, in their group, for their applicant", [
    ...[group("other", "ann", []), applies("bob", "{other}")],
    notices("ann", 6, { operationType: 1, authentication: "{otherSign}" }),
    ...[made(), applies("bob"), notices("ann", 6, 1, 6, application("bob"))],
    ...refused("ann", HANDLE, { handleAction: "Agree" }, 70_402, {
      application: WRONG.map((wrong) => ({ ...inWords("bob"), ...wrong })),
    }),
    decides("ann", "Agree", { message: elsewhere }, 10_015),
    ...refused("ann", HANDLE, { handleAction: "Agree" }, "70402 message", { message: [undefined, {}, "x"] }),
    ...refused("ann", HANDLE, { application: inWords("bob") }, "70402 handleAction", {
      handleAction: ["Maybe"],
    }),
    ...refused("ann", HANDLE, { application: inWords("bob"), handleAction: "Agree" }, "70402 handleMessage", {
      handleMessage: ["x".repeat(501)],
    }),
    decides("ann", "Agree", { application: inWords("bob") }),
    notices("bob", 2),
  ]);

  story("are shown to admins, are not theirs who are none any more, and stay where the group is full", [
    made(["bob"], { maxMemberNum: 3 }),
    ...[role("{bob}", "Admin"), applies("cid"), applies("dan")],
    notices("bob", 7, 9, application("cid"), application("dan")),
    decides("bob", "Agree", { application: inWords("cid") }),
    ...[role("{bob}", "Member"), notices("bob", 7, 9, 1, 1, 10), notices("ann", 6, 1, 1)],
    decides("bob", "Agree", { application: inWords("dan") }, 10_007),
    decides("ann", "Agree", { application: inWords("dan") }, 10_014),
    decides("ann", "Reject", { application: inWords("dan") }),
  ]);

  test("of a user who is a member by now answer so, and of a deleted account are unknown", async () => {
    const [ann, bob] = await signedInUsers(2);
    const cid = await register();
    if (!ann || !bob) throw new Error("there are two");
    const people = new Map(Object.entries({ ann, bob, cid }));
    const ofV1 = (method: string, path: string, body: object): Step =>
      ask("ann", `${method} /v1/conversations/{g}/${path}`, body);
    const body = { kind: "group", name: "x", member_ids: [] };
    const asked = [notices("ann", 6, application("bob"), application("cid"))];
    await play(
      [
        ask("ann", "POST /v1/conversations", body, { id: "{g}" }),
        ...[applies("bob"), applies("cid"), ...asked],
        ofV1("POST", "members", { user_ids: ["{bob.id}"] }),
        decides("ann", "Agree", { application: inWords("bob") }, 10_013),
        decides("ann", "Reject", { application: inWords("bob") }, 10_024),
        notices("bob", 7),
      ],
      people,
    );
    await deleteAccount(cid);
    const deleted = { operatorID: `deleted-${cid.user.id}`, groupProfile: { groupID: "{g}" } };
    await play(
      [
        notices("ann", 6, 1, { ...application("cid"), ...deleted }),
        decides("ann", "Agree", { application: inWords("cid") }, 70_107),
      ],
      people,
    );
  });

  story("that v1 decides are notified here", [
    ask("ann", "POST /v1/conversations", { kind: "group", name: "x", member_ids: [] }, { id: "{g}" }),
    applies("bob"),
    ask("ann", "POST /v1/conversations/{g}/applications/1", { action: "reject" }),
    notices("bob", 3),
  ]);
});

story("each operation is notified with its number", [
  made(["bob"], { type: "Community" }),
  ask("ann", "/member/addGroupMember", { groupID: "{g}", userIDList: ["{cid}"] }),
  ...["Admin", "Member"].map((to) => role("{bob}", to)),
  ask("ann", "/member/deleteGroupMember", { groupID: "{g}", userIDList: ["{cid}"], reason: "spam" }),
  ask("ann", "/group/dismissGroup", { groupID: "{g}" }),
  ...[notices("ann", 6, 5), notices("bob", 7, 9, 10, 5)],
  notices("cid", 7, {
    ...{ operationType: 4, operatorID: "{ann}", handleMessage: "spam", applyMessage: "", authentication: "" },
    groupProfile: { ...GROUP, type: "Community" },
  }),
]);

describe("the conversation with notifications", () => {
  const unread = (count: number, more: object = {}) =>
    ask("bob until", LIST, { conversationID: SYSTEM }, [
      { conversationID: SYSTEM, unreadCount: count, ...more },
    ]);
  const page = (asked: object, first: number, last: number, more: object) =>
    ask(
      "bob",
      MESSAGES,
      { conversationID: SYSTEM, ...asked },
      whole({ data: range(first, last).map((sequence) => ({ message: { sequence } })), ...more }),
    );
  const LAST = { isCompleted: true, nextReqMessageID: "" };
  const shows = (unreadCount: number) =>
    ask(
      "bob",
      "/conversation/getConversationProfile",
      { conversationID: SYSTEM },
      {
        conversation: { conversationID: SYSTEM, unreadCount },
      },
    );

  story("is paged, counted unread, read, deleted and restored by a new notification", [
    ...[ask("bob", LIST, {}, []), shows(0), page({}, 1, 0, LAST)],
    made(["bob"], { type: "Community" }),
    ...range(1, 30).map((i) => role("{bob}", i % 2 === 0 ? "Member" : "Admin")),
    page({}, 17, 31, { isCompleted: false, nextReqMessageID: "{next}" }),
    page({ nextReqMessageID: "{next}" }, 2, 16, { isCompleted: false, nextReqMessageID: "{last}" }),
    page({ nextReqMessageID: "{last}" }, 1, 1, LAST),
    page({ count: 1 }, 31, 31, { data: [{ message: { ID: `${SYSTEM}-31` } }] }),
    ...refused("bob", MESSAGES, { conversationID: SYSTEM }, 70_402, {
      ...{ count: [0], nextReqMessageID: ["1-1", `${SYSTEM}-0`, `${SYSTEM}-x`, "x", 1, null] },
    }),
    ask("bob until", LIST, {}, [{}, {}]),
    ask("bob", "/message/revokeMessage", { ID: `${SYSTEM}-1` }, 20_022),
    shows(31),
    unread(31, {
      ...{ type: SYSTEM, message: { sequence: 31 } },
      lastMessage: { type: "TIMGroupSystemNoticeElem", payload: { operationType: 10 } },
    }),
    ask("bob", "/message/setMessageRead", { conversationID: SYSTEM }),
    unread(0),
    ask("bob", DELETE, { conversationID: SYSTEM, clearHistoryMessage: false }),
    ...[
      ask("bob", LIST, { conversationID: SYSTEM }, []),
      page({}, 17, 31, {}),
      role("{bob}", "Admin"),
      unread(1),
    ],
    ask("bob", DELETE, { conversationIDList: [SYSTEM] }),
    ...[ask("bob", LIST, { conversationID: SYSTEM }, []), page({}, 1, 0, LAST)],
    ask("ann", "/group/dismissGroup", { groupID: "{g}" }),
    ...[notices("bob", 5), unread(1, { message: { sequence: 33 } })],
  ]);

  const conversationID = "SYSTEM";
  const list = (...found: object[]) => ask("bob", LIST, { conversationID: [conversationID] }, found);
  story("goes by its short name too", [
    made(["bob"]),
    ask("bob until", MESSAGES, { conversationID }, [{ message: { conversationID: SYSTEM } }]),
    list({ conversationID: SYSTEM, unreadCount: 1 }),
    ask("bob", "/message/setMessageRead", { conversationID }),
    list({ unreadCount: 0 }),
    ask("bob", DELETE, { conversationID }, exactly({ conversationID: SYSTEM })),
    list(),
  ]);
});
