import { expect, test } from "vitest";
import { z } from "zod";
import { UserId } from "../../../src/domain/ids.ts";
import { befriend } from "../../support/accounts/friends.ts";
import { notificationEvents, notificationsOf } from "../../support/accounts/notifications.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { call } from "../../support/clients/api.ts";
import { page } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { conversationObject, itemAt } from "../../support/objects/room.ts";
import { data, Failure, failure, nameOf, success, tim } from "./client.ts";

const Fields = z.array(z.strictObject({ key: z.string(), value: z.string() }));
const Member = z.strictObject({
  ...{ userID: z.string(), nick: z.string(), avatar: z.string(), nameCard: z.string() },
  ...{ role: z.enum(["Owner", "Admin", "Member"]), joinTime: z.int(), muteUntil: z.int() },
  ...{ memberCustomField: Fields, isOnline: z.boolean() },
});
const Group = z.looseObject({ groupID: z.string(), memberCount: z.int() });
const Changed = z.strictObject({ group: Group, member: Member });
const List = z.strictObject({ memberList: z.array(Member), offset: z.int() });
const Found = z.strictObject({ memberList: z.array(Member) });
const Added = z.strictObject({
  ...{ successUserIDList: z.array(z.string()), failureUserIDList: z.array(z.string()) },
  ...{ existedUserIDList: z.array(z.string()), overLimitUserIDList: z.array(z.string()), group: Group },
});
const Removed = z.strictObject({ group: Group, userIDList: z.array(z.string()) });

const failureOf = (body: unknown) => Failure.parse(body);
const names = (people: SignedIn[]): string[] => people.map(nameOf);

/** Ann owns a group of a kind with all other users but the last. @returns the users, and the group's id */
async function stage(count: number, policy: Parameters<typeof createGroupOfKind>[0] = "private") {
  const people = await signedInUsers(count);
  const [ann, outsider] = [itemAt(people, 0), itemAt(people, count - 1)];
  const others = people.slice(1, -1);
  const id = await createGroupOfKind(policy, ann, others);
  return { ann, others, outsider, id, groupID: String(id) };
}

async function six(): Promise<[SignedIn, SignedIn, SignedIn, SignedIn, SignedIn, SignedIn]> {
  const [a, b, c, d, e, f] = await signedInUsers(6);
  if (!a || !b || !c || !d || !e || !f) throw new Error("there are six");
  return [a, b, c, d, e, f];
}

/** The members that a user sees, with their roles, by name. */
async function roles(who: SignedIn, groupID: string): Promise<Record<string, string>> {
  const { memberList } = await data(List, who, "/member/getGroupMemberList", { groupID, count: 100 });
  return Object.fromEntries(memberList.map(({ userID, role }) => [userID, role]));
}

test("members are listed page by page in the order of joining, under each of the three paths", async () => {
  const { ann, others, groupID } = await stage(21);
  const all = names([ann, ...others]);
  for (const area of ["member", "groupMember", "group"]) {
    const list = (range: object) => data(List, ann, `/${area}/getGroupMemberList`, { groupID, ...range });
    const first = await list({});
    expect([first.memberList.map(({ userID }) => userID), first.offset]).toEqual([all.slice(0, 15), 15]);
    const second = await list({ offset: first.offset });
    expect([second.memberList.map(({ userID }) => userID), second.offset]).toEqual([all.slice(15), 0]);
    // Exactly one page, one more, one less, and past the end.
    expect(await list({ count: 20 })).toMatchObject({ memberList: { length: 20 }, offset: 0 });
    expect(await list({ count: "20", offset: "0" })).toEqual(await list({ count: 20 }));
    for (const count of [101, "1000"]) expect(await list({ count })).toEqual(await list({ count: 100 }));
    expect(await list({ count: 19 })).toMatchObject({ memberList: { length: 19 }, offset: 19 });
    expect(await list({ count: 100, offset: 19 })).toMatchObject({ memberList: { length: 1 }, offset: 0 });
    for (const offset of [20, 1_000, Number.MAX_SAFE_INTEGER])
      expect(await list({ count: 1, offset })).toEqual({ memberList: [], offset: 0 });
  }
  for (const range of [
    ...[{ count: 0 }, { count: -1 }, { count: 1.5 }, { count: "x" }],
    ...[{ offset: -1 }, { offset: "x" }, { offset: 2 ** 53 }],
  ])
    failure(
      await tim(ann, "/member/getGroupMemberList", { groupID, ...range }),
      70_402,
      Object.keys(range)[0],
    );
});

test("profiles of members are returned, and users who are no members are left out", async () => {
  const { ann, others, outsider, groupID } = await stage(4);
  const [bob, cid] = [itemAt(others, 0), itemAt(others, 1)];
  await call("PATCH", "/v1/me", {
    token: bob.token,
    body: { nickname: "Bob", avatar: "https://example.com/b" },
  });
  const userIDList = [nameOf(cid), "nobody-at-all", nameOf(bob), nameOf(outsider), nameOf(cid)];
  const { memberList } = await data(Found, ann, "/member/getGroupMemberProfile", { groupID, userIDList });
  expect(memberList).toEqual([
    expect.objectContaining({ userID: nameOf(cid), nick: "" }),
    {
      ...{ userID: nameOf(bob), nick: "Bob", avatar: "https://example.com/b", role: "Member" },
      ...{ nameCard: "", muteUntil: 0, memberCustomField: [], isOnline: false },
      joinTime: expect.closeTo(Date.now() / 1_000, -2),
    },
  ]);
  const fifty = Array.from({ length: 50 }, (_, i) => `nobody-${i}`);
  const ask = (list: unknown) =>
    tim(ann, "/member/getGroupMemberProfile", { groupID, ...{ userIDList: list } });
  expect((await ask(fifty)).body).toMatchObject({ code: 0, data: { memberList: [] } });
  for (const bad of [[...fifty, "x"], [], undefined, "x", [null], [{}], [""]])
    failure(await ask(bad), 70_402, "userIDList");
});

test("the online count is the number of members with an open socket", async () => {
  const { ann, others, outsider, groupID } = await stage(4);
  await befriend(ann, itemAt(others, 0));
  const count = (who: SignedIn) => tim(who, "/member/getGroupOnlineMemberCount", { groupID });
  expect((await count(ann)).body).toMatchObject({ data: { memberCount: 0 } });
  const sockets = await Promise.all([openDevice(itemAt(others, 0).token), openDevice(outsider.token)]);
  const online = z.object({ data: z.object({ memberCount: z.int() }) });
  while (online.parse((await count(ann)).body).data.memberCount === 0);
  expect((await count(ann)).body).toMatchObject({ data: { memberCount: 1 } });
  const userIDList = names([ann, itemAt(others, 0)]);
  const found = await data(Found, ann, "/member/getGroupMemberProfile", { groupID, userIDList });
  expect(found.memberList.map(({ isOnline }) => isOnline)).toEqual([false, true]);
  failure(await count(outsider), 10_007);
  for (const socket of sockets) socket.close();
});

test("adding answers for each user: added, already a member, not possible, or no place", async () => {
  const [ann, bob, cid, dan, eve, fay] = await six();
  await call("PUT", `/v1/blocks/${ann.user.id}`, { token: fay.token });
  const id = await createGroupOfKind("private", ann, [bob], "approval", 4);
  const groupID = String(id);
  const add = (who: SignedIn, userIDList: string[]) =>
    data(Added, who, "/member/addGroupMember", { groupID, userIDList });
  const nobody = {
    successUserIDList: [],
    failureUserIDList: [],
    existedUserIDList: [],
    overLimitUserIDList: [],
  };
  expect(
    await add(ann, [...names([cid, bob, fay, ann]), "nobody-at-all", ...names([cid, dan, eve])]),
  ).toEqual({
    ...{ successUserIDList: names([cid, dan]), existedUserIDList: names([bob, ann]) },
    ...{ failureUserIDList: [nameOf(fay), "nobody-at-all"], overLimitUserIDList: [nameOf(eve)] },
    group: expect.objectContaining({ groupID, memberCount: 4 }),
  });
  const { items } = await page(ann, id);
  expect(items.map(({ body }) => body)).toEqual([
    { event: "joined", actor_id: ann.user.id, user_ids: [cid.user.id, dan.user.id] },
  ]);
  // A full group takes nobody, and sends no notification. A user whom one member cannot add, another can.
  expect(await add(bob, names([fay, eve]))).toMatchObject({
    ...nobody,
    overLimitUserIDList: names([fay, eve]),
  });
  expect(await add(ann, [nameOf(bob)])).toMatchObject({ ...nobody, existedUserIDList: [nameOf(bob)] });
  expect((await page(ann, id)).items.length).toBe(1);
  await data(Removed, ann, "/member/deleteGroupMember", { groupID, userIDList: [nameOf(dan)] });
  expect(await add(bob, names([fay]))).toMatchObject({ ...nobody, successUserIDList: names([fay]) });
  expect(Object.keys(await roles(fay, groupID))).toEqual(names([ann, bob, cid, fay]));

  const many = Array.from({ length: 501 }, (_, i) => `nobody-${i}`);
  for (const bad of [[], many, undefined, "x", [7.5], [""]])
    failure(await tim(ann, "/member/addGroupMember", { groupID, userIDList: bad }), 70_402, "userIDList");
  expect(await add(ann, many.slice(1))).toMatchObject({ ...nobody, failureUserIDList: many.slice(1) });
});

test("fifty users added by fifty concurrent calls each come in once, up to the limit", async () => {
  const people = await signedInUsers(30);
  const [ann, ...others] = people;
  if (!ann) throw new Error("there is one");
  const groupID = String(await createGroupOfKind("community", ann, others.slice(0, 9), "approval", 20));
  const userIDList = names(others.slice(9));
  const answers = await Promise.all(
    people
      .slice(0, 10)
      .flatMap((who) =>
        Array.from({ length: 5 }, () => data(Added, who, "/member/addGroupMember", { groupID, userIDList })),
      ),
  );
  const added = answers.flatMap(({ successUserIDList }) => successUserIDList);
  expect(added.length).toBe(10);
  expect(new Set(added).size).toBe(10);
  for (const { existedUserIDList, overLimitUserIDList, successUserIDList } of answers)
    expect([...existedUserIDList, ...overLimitUserIDList, ...successUserIDList].sort()).toEqual(
      [...userIDList].sort(),
    );
  expect(Object.keys(await roles(ann, groupID)).length).toBe(20);
});

test("members are removed all together with one system message, or not at all", async () => {
  const { ann, others, outsider, id, groupID } = await stage(6);
  const [bob, cid, dan, eve] = [itemAt(others, 0), itemAt(others, 1), itemAt(others, 2), itemAt(others, 3)];
  const remove = (who: SignedIn, userIDList: unknown, reason?: unknown) =>
    tim(who, "/member/deleteGroupMember", { groupID, userIDList, reason });
  const before = await roles(ann, groupID);
  failure(await remove(ann, [nameOf(bob), nameOf(outsider)]), 10_007);
  failure(await remove(ann, [nameOf(bob), "nobody-at-all"]), 70_107, "nobody-at-all");
  failure(await remove(ann, [nameOf(bob), nameOf(ann)]), 10_007);
  failure(await remove(bob, [nameOf(cid)]), 10_007);
  failure(await remove(ann, [nameOf(bob)], 7), 70_402, "reason");
  for (const bad of [[], undefined, "x", Array.from({ length: 101 }, () => nameOf(bob))])
    failure(await remove(ann, bad), 70_402, "userIDList");
  expect(await roles(ann, groupID)).toEqual(before);

  const removed = Removed.parse(
    z.object({ data: z.unknown() }).parse((await remove(ann, names([bob, cid, bob]), "bye")).body).data,
  );
  expect(removed).toMatchObject({ userIDList: names([bob, cid]), group: { memberCount: 3 } });
  expect(Object.keys(await roles(dan, groupID))).toEqual(names([ann, dan, eve]));
  while (!(await notificationEvents(bob, id)).includes("removed"));
  expect((await notificationsOf(bob, id)).at(-1)).toMatchObject({ event: "removed", message: "bye" });
  const { items } = await page(ann, id);
  expect(items.map(({ body }) => body)).toEqual([
    { event: "removed", actor_id: ann.user.id, user_ids: [bob.user.id, cid.user.id] },
  ]);
  failure(await tim(bob, "/member/getGroupMemberList", { groupID }), 10_007);
});

test("a mute lasts for the given time, and is returned", async () => {
  const { ann, others, groupID, id } = await stage(4, "public");
  const bob = itemAt(others, 0);
  const mute = (muteTime: unknown, who = ann, userID: unknown = nameOf(bob)) =>
    tim(who, "/member/setGroupMemberMuteTime", { groupID, userID, muteTime });
  const displayed = async (answer: ReturnType<typeof mute>) =>
    Changed.parse(z.object({ data: z.unknown() }).parse((await answer).body).data).member.muteUntil;
  const now = Date.now() / 1_000;
  const until = await displayed(mute(600));
  expect(until).toBeGreaterThanOrEqual(now + 600);
  expect(until).toBeLessThan(now + 660);
  const sent = await call("POST", `/v1/conversations/${id}/messages`, {
    ...{ token: bob.token, body: { kind: "text", body: { text: "hm" } } },
  });
  expect(sent.status).toBe(403);
  expect(await displayed(mute("0"))).toBe(0);
  failure(await mute(5, bob), 2_685);
  failure(await mute(5, ann, nameOf(ann)), 2_685);
  failure(await mute(5, bob, nameOf(ann)), 10_007);
  failure(await mute(5, ann, "nobody-at-all"), 70_107);
  for (const bad of [-1, 1.5, "x", undefined, 315_360_001, null])
    failure(await mute(bad), 70_402, "muteTime");
  const answer = await conversationObject(id).page({ userId: UserId.parse(ann.user.id), limit: 9 });
  expect(answer.ok && answer.value.items.map(({ systemMessage: tip }) => tip?.mutedForS)).toEqual([600, 0]);
});

test("the owner alone gives roles, in groups that have some", async () => {
  const { ann, others, outsider, groupID } = await stage(5, "public");
  const [bob, cid] = [itemAt(others, 0), itemAt(others, 1)];
  const give = (who: SignedIn, userID: unknown, role: unknown, group = groupID) =>
    tim(who, "/member/setGroupMemberRole", { groupID: group, userID, role });
  const { group, member } = await data(Changed, ann, "/member/setGroupMemberRole", {
    ...{ groupID, userID: nameOf(bob), role: "Admin" },
  });
  expect([group.groupID, member.role]).toEqual([groupID, "Admin"]);
  failure(await give(bob, nameOf(cid), "Admin"), 2_681);
  failure(await give(bob, nameOf(bob), "Member"), 2_681);
  failure(await give(ann, nameOf(ann), "Member"), 2_684);
  for (const bad of ["Owner", "admin", "", 7, ["Admin"]])
    failure(await give(ann, nameOf(cid), bad), 2_683, "role");
  failure(await give(ann, nameOf(cid), undefined), 70_402, "role");
  failure(await give(ann, nameOf(outsider), "Admin"), 10_007);
  failure(await give(ann, "nobody-at-all", "Admin"), 70_107);
  failure(await give(outsider, nameOf(bob), "Admin"), 10_007);
  expect(await roles(cid, groupID)).toEqual({
    ...{ [nameOf(ann)]: "Owner", [nameOf(bob)]: "Admin" },
    ...{ [nameOf(cid)]: "Member", [nameOf(itemAt(others, 2))]: "Member" },
  });
  for (const policy of ["private", "livestream"] as const) {
    const none = String(await createGroupOfKind(policy, ann, [bob]));
    failure(await give(ann, nameOf(bob), "Admin", none), 2_682);
  }
});

test("name cards and custom fields are set by the member, and by owner and admins for others", async () => {
  const { ann, others, outsider, groupID } = await stage(5, "community");
  const [bob, cid] = [itemAt(others, 0), itemAt(others, 1)];
  const card = (who: SignedIn, nameCard: unknown, userID?: string) =>
    tim(who, "/member/setGroupMemberNameCard", { groupID, nameCard, userID });
  const keep = (who: SignedIn, memberCustomField: unknown, userID?: string) =>
    tim(who, "/member/setGroupMemberCustomField", { groupID, memberCustomField, userID });
  const field = (key: string, value: string) => ({ key, value });
  expect((await card(bob, "Bobby")).body).toMatchObject({
    ...{ code: 0, data: { group: { groupID }, member: { userID: nameOf(bob), nameCard: "Bobby" } } },
  });
  expect((await card(ann, "Cid!", nameOf(cid))).body).toMatchObject({
    data: { member: { nameCard: "Cid!" } },
  });
  failure(await card(bob, "x", nameOf(cid)), 10_007);
  failure(await card(outsider, "x"), 10_007);
  failure(await card(ann, "x", nameOf(outsider)), 10_007);
  for (const bad of [undefined, 7, "x".repeat(101)]) failure(await card(bob, bad), 70_402, "nameCard");
  expect((await card(cid, "")).body).toMatchObject({ data: { member: { nameCard: "" } } });

  await keep(bob, [field("a", "1"), field("b", "2"), field("a", "3")]);
  const kept = { data: { member: { memberCustomField: [field("a", "3"), field("b", "4")] } } };
  expect((await keep(ann, [field("b", "4")], nameOf(bob))).body).toMatchObject(kept);
  failure(await keep(bob, [field("b", "4")], nameOf(cid)), 10_007);
  failure(await keep(outsider, [field("b", "4")]), 10_007);
  const nineteen = Array.from({ length: 19 }, (_, i) => field(`key ${i}`, ""));
  for (const bad of [
    ...[undefined, [], {}, "x", [{ key: "a" }], [field("", "x")], [{ key: "a", value: 1 }]],
    ...[[field("k".repeat(65), "")], [field("k", "x".repeat(513))], nineteen],
  ])
    failure(await keep(bob, bad), 70_402, "ustomField");
  const userIDList = [nameOf(bob)];
  const displayed = async () =>
    (await data(Found, cid, "/member/getGroupMemberProfile", { groupID, userIDList })).memberList[0];
  expect(await displayed()).toMatchObject({
    nameCard: "Bobby",
    memberCustomField: [field("a", "3"), field("b", "4")],
  });
  // A member who returns starts afresh.
  await call("POST", `/v1/conversations/${groupID}/leave`, { token: bob.token });
  await call("POST", `/v1/conversations/${groupID}/join`, { token: bob.token, body: {} });
  expect(await displayed()).toMatchObject({ nameCard: "", memberCustomField: [] });
});

test("an outsider gets the same code from every call, and so does a caller who names an unknown user", async () => {
  const { ann, others, outsider, id } = await stage(4);
  const [bob, cid] = [itemAt(others, 0), itemAt(others, 1)];
  const direct = await call("POST", "/v1/conversations", {
    ...{ token: ann.token, body: { kind: "direct", user_id: bob.user.id } },
  });
  const { id: ofTwo } = z.object({ id: z.int() }).parse(direct.body);
  const dissolved = await createGroupOfKind("public", ann, [bob]);
  expect((await call("DELETE", `/v1/conversations/${dissolved}`, { token: ann.token })).status).toBe(204);
  const calls: [string, object][] = [
    ["getGroupMemberList", {}],
    ["getGroupMemberProfile", { userIDList: [nameOf(ann)] }],
    ["getGroupOnlineMemberCount", {}],
    ["addGroupMember", { userIDList: [nameOf(outsider)] }],
    ["deleteGroupMember", { userIDList: [nameOf(cid)] }],
    ["setGroupMemberMuteTime", { userID: nameOf(cid), muteTime: 5 }],
    ["setGroupMemberRole", { userID: nameOf(cid), role: "Admin" }],
    ["setGroupMemberNameCard", { nameCard: "x" }],
    ["setGroupMemberCustomField", { memberCustomField: [{ key: "a", value: "b" }] }],
  ];
  const before = await roles(ann, String(id));
  for (const [name, fields] of calls) {
    const ask = (who: SignedIn | undefined, groupID: unknown) =>
      tim(who, `/member/${name}`, { ...fields, groupID });
    failure(await ask(outsider, String(id)), 10_007);
    failure(await ask(undefined, String(id)), 70_001);
    for (const none of [String(ofTwo), String(dissolved), "9007199254740991", "no such group", "0", "-1"])
      failure(await ask(ann, none), 10_010);
    for (const bad of ["", "\u00e4", "x".repeat(49), null, {}, [1], true]) {
      const answer = failureOf((await ask(ann, bad)).body);
      expect([10_015, 70_402]).toContain(answer.code);
      expect(answer.msg).toContain("groupID");
    }
    // A number counts as its digits.
    expect(failureOf((await ask(outsider, id)).body).code).toBe(10_007);
  }
  expect(await roles(ann, String(id))).toEqual(before);
});

test("a system message names actor, action and targets, and the state of the group then", async () => {
  const [ann, bob, cid, dan] = await six();
  const groupID = String(await createGroupOfKind("community", ann, [bob]));
  const does = async (who: SignedIn, path: string, fields: object) =>
    success(await tim(who, path, { groupID, ...fields }));
  await does(ann, "/member/addGroupMember", { userIDList: names([cid, dan]) });
  await does(ann, "/member/setGroupMemberRole", { userID: nameOf(bob), role: "Admin" });
  await does(bob, "/member/setGroupMemberMuteTime", { userID: nameOf(cid), muteTime: 60 });
  await does(bob, "/member/setGroupMemberMuteTime", { userID: nameOf(cid), muteTime: 0 });
  await does(ann, "/member/setGroupMemberRole", { userID: nameOf(bob), role: "Member" });
  const groupCustomField = [{ key: "a", value: "b" }];
  await does(ann, "/group/updateGroupProfile", { name: "renamed", notification: "hi", muteAllMembers: true });
  await does(ann, "/group/updateGroupProfile", { groupCustomField, introduction: "in" });
  await does(ann, "/member/deleteGroupMember", { userIDList: names([cid]) });
  await does(dan, "/group/quitGroup", {});
  await does(dan, "/group/joinGroup", {});
  await does(ann, "/group/changeGroupOwner", { newOwnerID: nameOf(bob) });
  await does(bob, "/group/updateGroupProfile", { name: "at last" });

  const Tips = z.array(z.object({ message: z.looseObject({ type: z.string(), payload: z.unknown() }) }));
  const found = await data(Tips, ann, "/message/getMessageList", { conversationID: `GROUP${groupID}` });
  expect(new Set(found.map(({ message }) => message.type))).toEqual(new Set(["TIMGroupTipElem"]));
  const member = (who: SignedIn, more = {}) => ({ userID: nameOf(who), nick: "", avatar: "", ...more });
  const tip = (operationType: number, by: SignedIn, of: SignedIn[], memberCount: number, more = {}) => ({
    ...{ operatorID: nameOf(by), operationType, userIDList: names(of), memberCount },
    memberList: of.map((one) => member(one)),
    groupProfile: { groupID, groupName: "community" },
    ...more,
  });
  const renamed = { groupProfile: { groupID, groupName: "renamed" } };
  expect(found.map(({ message }) => message.payload)).toEqual([
    tip(1, ann, [cid, dan], 4),
    tip(4, ann, [bob], 4),
    tip(7, bob, [cid], 4, { memberList: [member(cid, { muteTime: 60 })] }),
    tip(7, bob, [cid], 4, { memberList: [member(cid, { muteTime: 0 })] }),
    tip(5, ann, [bob], 4),
    tip(6, ann, [], 4, {
      ...renamed,
      newGroupProfile: { groupName: "renamed", notification: "hi", muteAllMembers: true },
    }),
    tip(6, ann, [], 4, { ...renamed, newGroupProfile: { introduction: "in", groupCustomField } }),
    tip(3, ann, [cid], 3, renamed),
    tip(2, dan, [dan], 2, renamed),
    tip(1, dan, [dan], 3, renamed),
    tip(6, ann, [bob], 3, { ...renamed, newGroupProfile: { ownerID: nameOf(bob) } }),
    tip(6, bob, [], 3, {
      groupProfile: { groupID, groupName: "at last" },
      newGroupProfile: { groupName: "at last" },
    }),
  ]);
  // v1 shows what has changed, and nothing of the group's state then.
  const facts = (await page(ann, Number(groupID))).items.map(({ body }) => Object.keys(body).slice(3));
  const [mute, role, name] = [["muted_for_s"], ["role"], ["changed", "name"]];
  expect(facts).toEqual([[], role, mute, mute, role, name, ["changed"], [], [], [], [], name]);
});
