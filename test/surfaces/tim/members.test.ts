import { expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { nameOf } from "./client.ts";
import { ask, group, play, refused, story } from "./story.ts";

const LIST = "/member/getGroupMemberList";
const ADD = "/member/addGroupMember";
const DELETE = "/member/deleteGroupMember";
const UPDATE = "/group/updateGroupProfile";

const users = (...names: string[]) => names.map((userID) => ({ userID }));
/** The members in the order of joining, as somebody sees them. */
const members = (who: string, ...names: string[]) =>
  ask(who, LIST, { groupID: "{g}", count: 100 }, { memberList: users(...names) });
const nobodies = (count: number) => range(1, count).map((i) => `nobody-${i}`);

test("members are listed page by page in the order of joining, under each of the three paths", async () => {
  const people = await signedInUsers(20);
  const ann = itemAt(people, 0);
  const groupID = String(await createGroupOfKind("private", ann, people.slice(1)));
  const page = (range: object, first: number, last: number, offset: number, area = "member") =>
    ask(
      "ann",
      `/${area}/getGroupMemberList`,
      { groupID, ...range },
      {
        ...{ memberList: users(...people.slice(first, last).map(nameOf)), offset },
      },
    );
  await play(
    [
      ...["member", "groupMember", "group"].flatMap((area) => [
        page({}, 0, 15, 15, area),
        page({ offset: 15 }, 15, 20, 0, area),
      ]),
      // Exactly one page, one more, one less, and past the end.
      ...[20, "20", 101, "1000"].map((count) => page({ count, offset: "0" }, 0, 20, 0)),
      page({ count: 19 }, 0, 19, 19),
      page({ count: 100, offset: 19 }, 19, 20, 0),
      ...[20, 1_000, Number.MAX_SAFE_INTEGER].map((offset) => page({ count: 1, offset }, 0, 0, 0)),
      ...refused("ann", LIST, { groupID }, "70402 count", { count: [0, -1, 1.5, "x"] }),
      ...refused("ann", LIST, { groupID }, "70402 offset", { offset: [-1, "x", 2 ** 53] }),
    ],
    new Map([["ann", ann]]),
  );
});

const listed = (role: string | undefined, ...names: string[]) =>
  ask("cid", LIST, { groupID: "{g}", role }, { memberList: users(...names) });
story("members are listed by role", [
  group("g", "ann", ["bob", "cid"]),
  ask("ann", "/member/setGroupMemberRole", { groupID: "{g}", userID: "{bob}", role: "Admin" }),
  ...[listed("Owner", "{ann}"), listed("TIM.TYPES.GRP_MBR_ROLE_ADMIN", "{bob}"), listed("Member", "{cid}")],
  ...["", undefined].map((role) => listed(role, "{ann}", "{bob}", "{cid}")),
  ask("cid", LIST, { groupID: "{g}", role: "King" }, "70402 role"),
]);

const PROFILES = "/member/getGroupMemberProfile";
const found = (userIDList: unknown, answer: object) =>
  ask("ann", PROFILES, { groupID: "{g}", userIDList }, answer);
story("profiles of members are returned in the requested order, and users who are no members are left out", [
  group("g", "ann", ["bob", "cid"]),
  ask("bob", "/user/updateMyProfile", { nick: "Bob", avatar: "https://example.com/b" }),
  found(["{cid}", "nobody-at-all", "{bob}", "{dan}", "{cid}"], {
    memberList: [
      { userID: "{cid}", nick: "" },
      { userID: "{bob}", nick: "Bob", avatar: "https://example.com/b", role: "Member", isOnline: false },
    ],
  }),
  found(nobodies(50), { memberList: [] }),
  ...refused("ann", PROFILES, { groupID: "{g}" }, "70402 userIDList", {
    userIDList: [nobodies(51), [], undefined, "x", [null], [{}], [""]],
  }),
]);

const online = (memberCount: number) =>
  ask("ann until", "/member/getGroupOnlineMemberCount", { groupID: "{g}" }, { memberCount });
test("the online count is the number of members with an open socket", async () => {
  const known = ask("ann", "/group/getGroupList", {}, { groupList: [{ groupID: "{g}" }] });
  const people = await play([
    ...[group("g", "ann", ["bob"]), ask("cid", "/user/getMyProfile")],
    ask("bob", "/friend/addFriend", { to: "{ann}" }),
    ask("ann", "/friend/acceptFriendApplication", { userID: "{bob}" }),
    online(0),
  ]);
  for (const [name, { token }] of people) if (name !== "ann") await openDevice(token);
  const isOnline = found(["{ann}", "{bob}"], { memberList: [{ isOnline: false }, { isOnline: true }] });
  await play([known, online(1), isOnline], people);
});

const adds = (who: string, userIDList: string[], answer: object) =>
  ask(
    who,
    ADD,
    { groupID: "{g}", userIDList },
    {
      ...{ successUserIDList: [], failureUserIDList: [], existedUserIDList: [], overLimitUserIDList: [] },
      ...answer,
    },
  );
story("adding answers for each user: added, already a member, not possible, or no place", [
  group("g", "ann", [], { type: "Private", maxMemberNum: 3 }),
  ask("cid", "/user/addToBlacklist", { userIDList: ["{ann}"] }),
  adds("ann", ["{bob}", "{cid}", "{ann}", "nobody-at-all", "{bob}"], {
    ...{ successUserIDList: ["{bob}"], existedUserIDList: ["{ann}"] },
    ...{ failureUserIDList: ["{cid}", "nobody-at-all"], group: { memberCount: 2 } },
  }),
  // A user whom one member cannot add, another can; a full group takes nobody.
  adds("bob", ["{cid}", "{dan}"], { successUserIDList: ["{cid}"], overLimitUserIDList: ["{dan}"] }),
  adds("ann", ["{bob}"], { existedUserIDList: ["{bob}"] }),
  members("cid", "{ann}", "{bob}", "{cid}"),
  ...refused("ann", ADD, { groupID: "{g}" }, "70402 userIDList", {
    userIDList: [[], nobodies(501), undefined, "x", [7.5], [""]],
  }),
  adds("ann", nobodies(500), { failureUserIDList: nobodies(500) }),
]);

const remove = (userIDList: unknown, answer: object | number | string, more: object = {}, who = "ann") =>
  ask(who, DELETE, { groupID: "{g}", userIDList, ...more }, answer);
story("members are removed all together with one system message, or not at all", [
  group("g", "ann", ["bob", "cid"]),
  remove(["{bob}", "{dan}"], 10_007),
  remove(["{bob}", "nobody-at-all"], "70107 nobody-at-all"),
  remove(["{bob}", "{ann}"], 10_007),
  remove(["{cid}"], 10_007, {}, "bob"),
  remove(["{bob}"], "70402 reason", { reason: 7 }),
  ...[[], undefined, "x", range(1, 101).map(() => "{bob}")].map((bad) => remove(bad, "70402 userIDList")),
  members("cid", "{ann}", "{bob}", "{cid}"),
  remove(["{bob}", "{cid}", "{bob}"], { userIDList: ["{bob}", "{cid}"], group: { memberCount: 1 } }),
  members("ann", "{ann}"),
  ask("ann", "/message/getMessageList", { conversationID: "GROUP{g}" }, [
    { message: { payload: { operationType: 3, userIDList: ["{bob}", "{cid}"] } } },
  ]),
  ask("bob", LIST, { groupID: "{g}" }, 10_007),
]);

const MUTE = "/member/setGroupMemberMuteTime";
story("a mute lasts for the given time, holds, and is returned", [
  group("g", "ann", ["bob"]),
  ask(
    "ann",
    MUTE,
    { groupID: "{g}", userID: "{bob}", muteTime: 600 },
    {
      member: { muteUntil: expect.closeTo(Date.now() / 1_000 + 630, -2) },
    },
  ),
  ask(
    "bob",
    "/message/sendMessage",
    { ID: "{bob}-1-1", to: "{g}", conversationType: "GROUP", payload: { text: "hm" } },
    10_017,
  ),
  ask("ann", MUTE, { groupID: "{g}", userID: "{bob}", muteTime: "0" }, { member: { muteUntil: 0 } }),
  ask("bob", MUTE, { groupID: "{g}", userID: "{ann}", muteTime: 5 }, 10_007),
  ...refused("ann", MUTE, { groupID: "{g}", userID: "{bob}" }, "70402 muteTime", {
    muteTime: [-1, 1.5, "x", undefined, 315_360_001, null],
  }),
]);

const ROLE = "/member/setGroupMemberRole";
story("roles are given to members, and are those that there are", [
  group("g", "ann", ["bob"]),
  ask("ann", ROLE, { groupID: "{g}", userID: "{bob}", role: "Admin" }, { member: { role: "Admin" } }),
  ask("bob", ROLE, { groupID: "{g}", userID: "{bob}", role: "Member" }, 2_681),
  ask("ann", ROLE, { groupID: "{g}", userID: "{cid}", role: "Admin" }, 10_007),
  ...refused("ann", ROLE, { groupID: "{g}", userID: "{bob}" }, "2683 role", {
    role: ["Owner", "admin", "", 7, ["Admin"]],
  }),
  ask("ann", ROLE, { groupID: "{g}", userID: "{bob}" }, "70402 role"),
]);

const CARD = "/member/setGroupMemberNameCard";
const FIELDS = "/member/setGroupMemberCustomField";
const card = (who: string, nameCard: unknown, answer: object | number, userID?: string) =>
  ask(
    who,
    CARD,
    { groupID: "{g}", nameCard, userID },
    typeof answer === "number" ? answer : { member: answer },
  );
const field = (key: string, value: string) => ({ key, value });
const keeps = (who: string, memberCustomField: object[], answer: object[] | number, userID?: string) =>
  ask(
    who,
    FIELDS,
    { groupID: "{g}", memberCustomField, userID },
    Array.isArray(answer) ? { member: { memberCustomField: answer } } : answer,
  );

story("name cards and custom fields are set by the member, and by owner and admins for others", [
  group("g", "ann", ["bob", "cid"], { joinOption: "FreeAccess" }),
  card("bob", "Bobby", { userID: "{bob}", nameCard: "Bobby" }),
  card("ann", "Cid!", { nameCard: "Cid!" }, "{cid}"),
  ...[card("bob", "x", 10_007, "{cid}"), card("ann", "x", 10_007, "{dan}")],
  ...refused("bob", CARD, { groupID: "{g}" }, "70402 nameCard", {
    nameCard: [undefined, 7, "x".repeat(101)],
  }),
  card("cid", "", { nameCard: "" }),
  keeps("bob", [field("a", "1"), field("b", "2"), field("a", "3")], [field("a", "3"), field("b", "2")]),
  keeps("ann", [field("b", "4")], [field("a", "3"), field("b", "4")], "{bob}"),
  keeps("bob", [field("b", "4")], 10_007, "{cid}"),
  ...refused("bob", FIELDS, { groupID: "{g}" }, "70402 ustomField", {
    memberCustomField: [
      ...[undefined, [], {}, "x", [{ key: "a" }], [field("", "x")], [{ key: "a", value: 1 }]],
      ...[
        [field("k".repeat(65), "")],
        [field("k", "x".repeat(513))],
        range(1, 19).map((i) => field(`${i}`, "")),
      ],
    ],
  }),
  found(["{bob}"], {
    memberList: [{ nameCard: "Bobby", memberCustomField: [field("a", "3"), field("b", "4")] }],
  }),
  // A member who returns starts afresh.
  ask("bob", "/group/quitGroup", { groupID: "{g}" }),
  ask("bob", "/group/joinGroup", { groupID: "{g}" }),
  found(["{bob}"], { memberList: [{ nameCard: "", memberCustomField: [] }] }),
]);

const member = (userID: string, more = {}) => ({ userID, nick: "", avatar: "", ...more });
const tip = (operationType: number, operatorID: string, of: string[], memberCount: number, more = {}) => ({
  message: {
    type: "TIMGroupTipElem",
    payload: {
      ...{ operatorID, operationType, userIDList: of, memberCount, memberList: of.map((one) => member(one)) },
      ...{ groupProfile: { groupID: "{g}", groupName: "community" }, ...more },
    },
  },
});
const does = (who: string, path: string, fields: object = {}) =>
  ask(who, path, { groupID: "{g}", ...fields });
const groupCustomField = [field("a", "b")];
const renamed = { groupProfile: { groupID: "{g}", groupName: "renamed" } };
const dinner = { groupName: "renamed", notification: "hi", muteAllMembers: true };

story("a system message names actor, action and targets, and the state of the group then", [
  group("g", "ann", ["bob"], { name: "community", type: "Community" }),
  does("ann", ADD, { userIDList: ["{cid}", "{dan}"] }),
  does("ann", ROLE, { userID: "{bob}", role: "Admin" }),
  ...[60, 0].map((muteTime) => does("bob", MUTE, { userID: "{cid}", muteTime })),
  does("ann", ROLE, { userID: "{bob}", role: "Member" }),
  does("ann", UPDATE, { name: "renamed", notification: "hi", muteAllMembers: true }),
  does("ann", UPDATE, { groupCustomField, introduction: "in" }),
  does("ann", DELETE, { userIDList: ["{cid}"] }),
  ...[does("dan", "/group/quitGroup"), does("dan", "/group/joinGroup")],
  does("ann", "/group/changeGroupOwner", { newOwnerID: "{bob}" }),
  does("bob", UPDATE, { name: "at last" }),
  ask("ann", "/message/getMessageList", { conversationID: "GROUP{g}" }, [
    tip(1, "{ann}", ["{cid}", "{dan}"], 4),
    tip(4, "{ann}", ["{bob}"], 4),
    ...[60, 0].map((muteTime) =>
      tip(7, "{bob}", ["{cid}"], 4, { memberList: [member("{cid}", { muteTime })] }),
    ),
    tip(5, "{ann}", ["{bob}"], 4),
    tip(6, "{ann}", [], 4, { ...renamed, newGroupProfile: dinner }),
    tip(6, "{ann}", [], 4, { ...renamed, newGroupProfile: { introduction: "in", groupCustomField } }),
    tip(3, "{ann}", ["{cid}"], 3, renamed),
    tip(2, "{dan}", ["{dan}"], 2, renamed),
    tip(1, "{dan}", ["{dan}"], 3, renamed),
    tip(6, "{ann}", ["{bob}"], 3, { ...renamed, newGroupProfile: { ownerID: "{bob}" } }),
    tip(6, "{bob}", [], 3, {
      groupProfile: { groupID: "{g}", groupName: "at last" },
      newGroupProfile: { groupName: "at last" },
    }),
  ]),
]);
