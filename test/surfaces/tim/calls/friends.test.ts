import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { deleteAccount } from "../../../support/accounts/deletion.ts";
import { befriend, contactLists, expectFriendCall } from "../../../support/accounts/friends.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { register, type SignedIn } from "../../../support/clients/api.ts";
import { interceptD1 } from "../../../support/faults/d1.ts";
import { Gate } from "../../../support/faults/gate.ts";
import { itemAt } from "../../../support/objects/room.ts";
import { data, failure, nameOf, success, tim } from "../client.ts";

const Friend = z.strictObject({
  ...{ userID: z.string(), remark: z.string(), groupList: z.array(z.string()), source: z.literal("") },
  ...{ addTime: z.int().positive(), timeStamp: z.int().positive(), friendCustomField: z.tuple([]) },
  profile: z.looseObject({ userID: z.string(), nick: z.string(), birthday: z.string() }),
});
const Failed = z.strictObject({ userID: z.string(), code: z.int(), message: z.string().min(1) });
const Profiles = z.strictObject({ friendList: z.array(Friend), failureUserIDList: z.array(Failed) });
const Applications = z.strictObject({
  friendApplicationList: z.array(
    z.strictObject({
      ...{ userID: z.string(), nick: z.string(), avatar: z.string(), time: z.int().positive() },
      ...{ source: z.literal(""), wording: z.string(), type: z.string() },
    }),
  ),
  unreadCount: z.int(),
});
const Group = z.strictObject({ name: z.string(), count: z.int(), userIDList: z.array(z.string()) });
const Changed = z.strictObject({ friendGroup: Group, failureUserIDList: z.array(Failed) });
const Asked = z.strictObject({ userID: z.string(), code: z.int(), message: z.string() });

const friendsOf = (who: SignedIn) => data(z.array(Friend), who, "/friend/getFriendList");
const groupsOf = (who: SignedIn) => data(z.array(Group), who, "/friend/getFriendGroupList");
const applicationsOf = (who: SignedIn) => data(Applications, who, "/friend/getFriendApplicationList");
const ask = (who: SignedIn, other: SignedIn, more: object = {}) =>
  data(Asked, who, "/friend/addFriend", { to: nameOf(other), ...more });

async function some(count: number): Promise<SignedIn[]> {
  return signedInUsers(count);
}

async function two(): Promise<[SignedIn, SignedIn]> {
  const users = await some(2);
  return [itemAt(users, 0), itemAt(users, 1)];
}

describe("a request for friendship", () => {
  test("that is withdrawn while it is accepted makes no friends, and asks for nothing", async () => {
    const [ann, bob] = await two();
    await ask(ann, bob);
    const held = new Gate();
    let isFirst = true;
    using _ = interceptD1(async (query, work) => {
      const answer = await work();
      if (query !== "BATCH" || !isFirst) return answer;
      isFirst = false;
      await held.pass();
      return answer;
    });
    const accepted = tim(bob, "/friend/acceptFriendApplication", { userID: nameOf(ann) });
    await held.arrived();
    const sent = { userID: nameOf(bob), type: "Pendency_Type_SendOut" };
    success(await tim(ann, "/friend/deleteFriendApplication", sent));
    held.release();
    failure(await accepted, 2_716, "no such request");
    expect([await friendsOf(ann), await friendsOf(bob)]).toEqual([[], []]);
    for (const who of [ann, bob])
      expect(await applicationsOf(who)).toEqual({ friendApplicationList: [], unreadCount: 0 });
  });

  test("is in both lists with its words, and makes friends with the remarks of both", async () => {
    const [ann, bob] = await two();
    expect(
      await ask(ann, bob, { wording: "hello, it is me", remark: "Bobby", source: "AddSource_Type_Web" }),
    ).toEqual({
      ...{ userID: nameOf(bob), code: 30_539, message: expect.any(String) },
    });
    const [got, sent] = [await applicationsOf(bob), await applicationsOf(ann)];
    expect(got).toMatchObject({
      friendApplicationList: [
        { userID: nameOf(ann), wording: "hello, it is me", type: "Pendency_Type_ComeIn" },
      ],
      unreadCount: 1,
    });
    expect(sent).toMatchObject({
      friendApplicationList: [{ userID: nameOf(bob), type: "Pendency_Type_SendOut" }],
      unreadCount: 0,
    });
    const accept = { userID: nameOf(ann), type: "Response_Action_AgreeAndAdd", remark: "Annie" };
    success(await tim(bob, "/friend/acceptFriendApplication", accept));
    expect(await friendsOf(ann)).toMatchObject([{ userID: nameOf(bob), remark: "Bobby", groupList: [] }]);
    expect(await friendsOf(bob)).toMatchObject([{ userID: nameOf(ann), remark: "Annie", groupList: [] }]);
    expect(await applicationsOf(bob)).toEqual({ friendApplicationList: [], unreadCount: 0 });
  });

  test("to a user who accepts all makes friends at once", async () => {
    const [ann, bob] = await two();
    success(await tim(bob, "/user/updateMyProfile", { allowType: "AllowType_Type_AllowAny" }));
    expect(await ask(ann, bob, { remark: "B" })).toEqual({ userID: nameOf(bob), code: 0, message: "" });
    expect(await friendsOf(ann)).toMatchObject([{ remark: "B" }]);
    expect(await friendsOf(bob)).toMatchObject([{ remark: "" }]);
  });

  test("is unread until its receiver has seen it", async () => {
    const [ann, bob, cid] = await some(3);
    if (!ann || !bob || !cid) throw new Error("there are three");
    await ask(ann, bob);
    success(await tim(bob, "/friend/setFriendApplicationRead"));
    expect((await applicationsOf(bob)).unreadCount).toBe(0);
    await ask(cid, bob);
    expect((await applicationsOf(bob)).unreadCount).toBe(1);
    expect((await applicationsOf(bob)).friendApplicationList).toHaveLength(2);
  });

  test.each([
    ["refused", "refuseFriendApplication", {}],
    ["deleted by its receiver", "deleteFriendApplication", { type: "Pendency_Type_ComeIn" }],
  ])("can be %s, and then not be made again for a day", async (_, call, more) => {
    const [ann, bob] = await two();
    await ask(ann, bob);
    success(await tim(bob, `/friend/${call}`, { userID: nameOf(ann), ...more }));
    expect(await contactLists(bob)).toMatchObject({ friends: [], requests: [] });
    failure(await tim(ann, "/friend/addFriend", { to: nameOf(bob) }), 429, "", 429);
  });

  test("can be withdrawn, and made again", async () => {
    const [ann, bob] = await two();
    await ask(ann, bob);
    const withdrawal = { userID: nameOf(bob), type: "TencentCloudChat.TYPES.SNS_APPLICATION_SENT_BY_ME" };
    success(await tim(ann, "/friend/deleteFriendApplication", withdrawal));
    expect((await applicationsOf(bob)).friendApplicationList).toEqual([]);
    expect((await ask(ann, bob)).code).toBe(30_539);
  });

  test("is not answered by who has none: nobody becomes a friend, and no friendship ends", async () => {
    const [ann, bob] = await two();
    for (const call of ["acceptFriendApplication", "refuseFriendApplication"])
      failure(await tim(ann, `/friend/${call}`, { userID: nameOf(bob) }), 2_716);
    // Ann's own request is none to Ann.
    await ask(ann, bob);
    failure(await tim(ann, "/friend/acceptFriendApplication", { userID: nameOf(bob) }), 2_716);
    expect(await friendsOf(ann)).toEqual([]);
    success(await tim(bob, "/friend/acceptFriendApplication", { userID: nameOf(ann) }));
    for (const type of ["Pendency_Type_ComeIn", "Pendency_Type_SendOut"])
      failure(await tim(bob, "/friend/deleteFriendApplication", { userID: nameOf(ann), type }), 2_716);
    failure(await tim(bob, "/friend/refuseFriendApplication", { userID: nameOf(ann) }), 2_716);
    expect(await friendsOf(ann)).toHaveLength(1);
  });

  test("is refused to friends, to oneself, across a block, and by who wants none", async () => {
    const [ann, bob, cid, dan] = await some(4);
    if (!ann || !bob || !cid || !dan) throw new Error("there are four");
    await befriend(ann, bob);
    failure(await tim(ann, "/friend/addFriend", { to: nameOf(bob) }), 2_701);
    failure(await tim(ann, "/friend/addFriend", { to: nameOf(ann) }), 70_402);
    await expectFriendCall("PUT blocks", cid, ann);
    for (const [who, other] of [
      [ann, cid],
      [cid, ann],
    ] as const)
      failure(await tim(who, "/friend/addFriend", { to: nameOf(other) }), 20_007);
    success(await tim(dan, "/user/updateMyProfile", { allowType: "AllowType_Type_DenyAny" }));
    expect(failure(await tim(ann, "/friend/addFriend", { to: nameOf(dan) }), 30_516)).not.toMatch(/\d/);
    failure(await tim(ann, "/friend/addFriend", { to: "nobody at all" }), 70_107);
    failure(await tim(ann, "/friend/addFriend", { to: nameOf(cid), wording: "x".repeat(501) }), 70_402);
    expect((await friendsOf(ann)).map(({ userID }) => userID)).toEqual([nameOf(bob)]);
  });
});

describe("friends", () => {
  let ann: SignedIn;
  let bob: SignedIn;
  let cid: SignedIn;

  beforeAll(async () => {
    const users = await some(3);
    [ann, bob, cid] = [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
    await befriend(ann, bob);
  });

  test("are listed with their profiles, without their e-mail addresses", async () => {
    const dan = await register();
    success(await tim(dan, "/user/updateMyProfile", { nick: "Dan", birthday: "20000229" }));
    const eve = itemAt(await some(1), 0);
    await befriend(eve, dan);
    const [friend] = await friendsOf(eve);
    expect(friend?.profile).toMatchObject({ userID: nameOf(dan), nick: "Dan", birthday: "20000229" });
    expect(friend?.profile).not.toHaveProperty("email");
    expect((await deleteAccount(dan)).status).toBe(204);
    expect(await friendsOf(eve)).toEqual([]);
  });

  test("are found among others, who are named with the reason", async () => {
    const userIDList = [nameOf(bob), nameOf(cid), "nobody at all"];
    const found = await data(Profiles, ann, "/friend/getFriendProfile", { userIDList });
    expect(found).toMatchObject({
      friendList: [{ userID: nameOf(bob) }],
      failureUserIDList: [
        { userID: "nobody at all", code: 70_107 },
        { userID: nameOf(cid), code: 2_700 },
      ],
    });
  });

  test("are checked", async () => {
    const userIDList = [nameOf(bob), nameOf(cid), "nobody at all"];
    const check = (type?: string) => tim(ann, "/friend/checkFriend", { userIDList, ...(type && { type }) });
    const answer = (friends: string) => ({
      successUserIDList: [
        { userID: nameOf(bob), code: 0, relation: friends },
        { userID: nameOf(cid), code: 0, relation: "CheckResult_Type_NoRelation" },
      ],
      failureUserIDList: [{ userID: "nobody at all", code: 70_107, message: expect.any(String) }],
    });
    expect(success(await check()).data).toEqual(answer("CheckResult_Type_BothWay"));
    expect(success(await check("CheckResult_Type_Both")).data).toEqual(answer("CheckResult_Type_BothWay"));
    expect(success(await check("CheckResult_Type_Single")).data).toEqual(answer("CheckResult_Type_AWithB"));
    failure(await check("both"), 70_402);
  });

  test("have a remark, which its author alone sees, also in the conversation", async () => {
    const remark = "my oldest friend";
    const updated = await data(Friend, ann, "/friend/updateFriend", { userID: nameOf(bob), remark });
    expect(updated).toMatchObject({ userID: nameOf(bob), remark });
    expect(JSON.stringify(await friendsOf(bob))).not.toContain(remark);
    failure(await tim(ann, "/friend/updateFriend", { userID: nameOf(cid), remark }), 2_700);
    failure(await tim(ann, "/friend/updateFriend", { userID: nameOf(bob), remark: "x".repeat(97) }), 70_402);
    expect(await friendsOf(ann)).toMatchObject([{ remark }]);
    // Without a remark in the call it stays.
    await data(Friend, ann, "/friend/updateFriend", { userID: nameOf(bob), friendCustomField: [] });
    expect(await friendsOf(ann)).toMatchObject([{ remark }]);
  });

  test("that are deleted are no friends of either, and lose remark and groups", async () => {
    const [eve, fay] = await two();
    await befriend(eve, fay);
    await data(Friend, eve, "/friend/updateFriend", { userID: nameOf(fay), remark: "fairy" });
    const group = { name: "work", userIDList: [nameOf(fay)] };
    await data(Changed, eve, "/friend/createFriendGroup", group);
    const userIDList = [nameOf(fay), nameOf(cid), "nobody at all"];
    const answer = success(await tim(eve, "/friend/deleteFriend", { userIDList, type: "Delete_Type_Both" }));
    expect(answer.data).toMatchObject({
      successUserIDList: [{ userID: nameOf(fay) }],
      failureUserIDList: [{ code: 70_107 }, { userID: nameOf(cid), code: 2_700 }],
    });
    expect([await friendsOf(eve), await friendsOf(fay)]).toEqual([[], []]);
    expect(await groupsOf(eve)).toEqual([{ name: "work", count: 0, userIDList: [] }]);
    await befriend(eve, fay);
    expect(await friendsOf(eve)).toMatchObject([{ remark: "", groupList: [] }]);
  });
});

describe("a group of friends", () => {
  test("has friends only, and is changed by its owner alone", async () => {
    const [ann, bob, cid] = await some(3);
    if (!ann || !bob || !cid) throw new Error("there are three");
    await befriend(ann, bob);
    const made = await data(Changed, ann, "/friend/createFriendGroup", {
      ...{ name: "家人", userIDList: [nameOf(bob), nameOf(cid)] },
    });
    expect(made).toMatchObject({
      friendGroup: { name: "家人", count: 1, userIDList: [nameOf(bob)] },
      failureUserIDList: [{ userID: nameOf(cid), code: 2_700 }],
    });
    expect(await groupsOf(bob)).toEqual([]);
    failure(await tim(bob, "/friend/addToFriendGroup", { name: "家人", userIDList: [nameOf(ann)] }), 2_711);
    expect(await friendsOf(bob)).toMatchObject([{ groupList: [] }]);
    expect(await friendsOf(ann)).toMatchObject([{ groupList: ["家人"] }]);
    // Once more changes nothing.
    const again = { name: "家人", userIDList: [nameOf(bob)] };
    expect((await data(Changed, ann, "/friend/addToFriendGroup", again)).friendGroup.count).toBe(1);
    expect(await friendsOf(ann)).toMatchObject([{ groupList: ["家人"] }]);
    expect((await data(Changed, ann, "/friend/removeFromFriendGroup", again)).friendGroup.count).toBe(0);
    expect(await friendsOf(ann)).toMatchObject([{ groupList: [] }]);
  });

  test("is renamed and deleted with its members, and its name is its own", async () => {
    const [ann, bob] = await two();
    await befriend(ann, bob);
    const create = (name: string) =>
      tim(ann, "/friend/createFriendGroup", { name, userIDList: [nameOf(bob)] });
    success(await create("one"));
    success(await create("two"));
    failure(await create("one"), 2_710);
    failure(await create(""), 70_402);
    failure(await create("x".repeat(65)), 70_402);
    const rename = (oldName: string, newName: string) =>
      tim(ann, "/friend/renameFriendGroup", { oldName, newName });
    failure(await rename("one", "two"), 2_710);
    failure(await rename("none", "three"), 2_711);
    expect(success(await rename("one", "three")).data).toEqual({
      ...{ name: "three", count: 1, userIDList: [nameOf(bob)] },
    });
    expect(await friendsOf(ann)).toMatchObject([{ groupList: ["three", "two"] }]);
    success(await tim(ann, "/friend/deleteFriendGroup", { name: "three" }));
    failure(await tim(ann, "/friend/deleteFriendGroup", { name: "three" }), 2_711);
    expect(await friendsOf(ann)).toMatchObject([{ groupList: ["two"] }]);
    expect(await groupsOf(ann)).toEqual([{ name: "two", count: 1, userIDList: [nameOf(bob)] }]);
  });

  test("is one of a hundred at most", async () => {
    const ann = itemAt(await some(1), 0);
    for (let i = 0; i < 100; i++) success(await tim(ann, "/friend/createFriendGroup", { name: `g${i}` }));
    failure(await tim(ann, "/friend/createFriendGroup", { name: "more" }), 30_011);
    expect(await groupsOf(ann)).toHaveLength(100);
  });

  test("goes with the account of its owner", async () => {
    const [ann, bob] = [await register(), itemAt(await some(1), 0)];
    await befriend(ann, bob);
    await data(Changed, ann, "/friend/createFriendGroup", { name: "secret", userIDList: [nameOf(bob)] });
    await data(Friend, ann, "/friend/updateFriend", { userID: nameOf(bob), remark: "secret" });
    expect((await deleteAccount(ann)).status).toBe(204);
    const { env } = await import("cloudflare:workers");
    for (const table of ["friend_groups", "friends"]) {
      const rows = await env.DB.prepare(`SELECT * FROM ${table} WHERE user_id = ?`).bind(ann.user.id).all();
      expect(rows.results).toEqual([]);
    }
  });
});
