import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import { countRowsInD1, send, storedInConversation } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { itemAt } from "../../support/objects/room.ts";
import { data, failure, nameOf, success, tim } from "./client.ts";

const Own = z.strictObject({
  role: z.enum(["Owner", "Admin", "Member"]),
  joinTime: z.int(),
  messageRemindType: z.string(),
  readedSequence: z.int(),
  nameCard: z.string().optional(),
  muteUntil: z.int().optional(),
  memberCustomField: z.array(z.strictObject({ key: z.string(), value: z.string() })).optional(),
});

const Group = z.strictObject({
  ...{ groupID: z.string(), name: z.string(), avatar: z.string(), type: z.string() },
  ...{ introduction: z.string(), notification: z.string(), ownerID: z.string(), createTime: z.int() },
  ...{ infoSequence: z.int(), lastInfoTime: z.int(), selfInfo: Own.optional() },
  lastMessage: z.looseObject({ lastSequence: z.int(), messageForShow: z.string() }),
  ...{ nextMessageSeq: z.int(), memberCount: z.int(), maxMemberCount: z.int() },
  ...{ muteAllMembers: z.boolean(), joinOption: z.string() },
  groupCustomField: z.array(z.strictObject({ key: z.string(), value: z.string() })),
});
type Group = z.infer<typeof Group>;
const OneGroup = z.strictObject({ group: Group });
const Created = z.strictObject({ group: Group, overLimitUserIDList: z.array(z.string()) });
const Joined = z.strictObject({ status: z.string(), group: Group.optional() });
const Named = z.strictObject({ groupID: z.string() });
const Groups = z.strictObject({ groupList: z.array(Group) });

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  const all = await signedInUsers(4);
  [ann, bob, cid, dan] = [itemAt(all, 0), itemAt(all, 1), itemAt(all, 2), itemAt(all, 3)];
});

let given = 0;
const fresh = () => `club ${given++} ~`;

/** Creates a group of Ann and `members`. */
async function create(type: string, members: SignedIn[] = [], fields: object = {}): Promise<Group> {
  const memberList = members.map((member) => ({ userID: nameOf(member) }));
  const request = { name: type, type, memberList, ...fields };
  return (await data(Created, ann, "/group/createGroup", request)).group;
}

const profile = async (who: SignedIn, groupID: string) =>
  (await data(OneGroup, who, "/group/getGroupProfile", { groupID })).group;
const search = (who: SignedIn, groupID: string) => tim(who, "/group/searchGroupByID", { groupID });
const join = (who: SignedIn, groupID: string) => data(Joined, who, "/group/joinGroup", { groupID });

/** The number of a group in other APIs. */
async function idOf(groupID: string): Promise<number> {
  const row = await env.DB.prepare("SELECT id FROM conversations WHERE handle = ?1 OR CAST(id AS TEXT) = ?1")
    .bind(groupID)
    .first();
  return z.object({ id: z.int() }).parse(row).id;
}

describe("createGroup", () => {
  test("stores every field of a group", async () => {
    const groupID = fresh();
    const { group, overLimitUserIDList } = await data(Created, ann, "/group/createGroup", {
      ...{ name: "Chess", type: "Public", groupID, introduction: "on Mondays", notification: "at six" },
      ...{ avatar: "https://x.test/a.png", maxMemberNum: "10", joinOption: "FreeAccess" },
      memberList: [
        { userID: nameOf(bob), role: "Admin", memberCustomField: [{ key: "elo", value: "1500" }] },
        { userID: nameOf(cid) },
        { userID: nameOf(ann), role: "Member" },
        { userID: nameOf(cid) },
      ],
      groupCustomField: [{ key: "city", value: "北京" }],
    });
    expect(overLimitUserIDList).toEqual([]);
    expect(group).toMatchObject({
      ...{ groupID, name: "Chess", type: "Public", introduction: "on Mondays", notification: "at six" },
      ...{ avatar: "https://x.test/a.png", ownerID: nameOf(ann), joinOption: "FreeAccess" },
      ...{ infoSequence: 0, memberCount: 3, maxMemberCount: 10, muteAllMembers: false, nextMessageSeq: 1 },
      groupCustomField: [{ key: "city", value: "北京" }],
      selfInfo: { role: "Owner", messageRemindType: "AcceptAndNotify", nameCard: "", memberCustomField: [] },
    });
    expect(Math.abs(group.createTime - Date.now() / 1_000)).toBeLessThan(60);
    expect(group.lastInfoTime).toBe(group.createTime);
    const bobs = await profile(bob, groupID);
    expect(bobs.selfInfo).toMatchObject({
      role: "Admin",
      memberCustomField: [{ key: "elo", value: "1500" }],
    });
    expect((await profile(cid, groupID)).selfInfo).toMatchObject({ role: "Member" });
    const seen = await call("GET", `/v1/conversations/${await idOf(groupID)}`, { token: bob.token });
    expect(seen.body).toMatchObject({
      name: "Chess",
      announcement: "at six",
      role: "admin",
      member_count: 3,
    });
  });

  test.each([
    ["Private", "Private", "DisableApply"],
    ["Work", "Private", "DisableApply"],
    ["Public", "Public", "NeedPermission"],
    ["ChatRoom", "ChatRoom", "FreeAccess"],
    ["Meeting", "ChatRoom", "FreeAccess"],
    ["Community", "Community", "FreeAccess"],
    ["AVChatRoom", "AVChatRoom", "FreeAccess"],
    [undefined, "Private", "DisableApply"],
  ])(
    "of type %s makes one of %s, with that type's usual way to join",
    async (type, displayed, joinOption) => {
      const group = await data(Created, ann, "/group/createGroup", { name: "x", ...(type && { type }) });
      expect(group.group).toMatchObject({
        type: displayed,
        joinOption,
        groupID: expect.stringMatching(/^\d+$/),
      });
      const other = { name: "x", ...(type && { type }), joinOption: "FreeAccess" };
      const set = await data(Created, ann, "/group/createGroup", other);
      expect(set.group.joinOption).toBe(displayed === "Public" ? "FreeAccess" : joinOption);
    },
  );

  test("leaves out members beyond the limit, and all where members only join by themselves", async () => {
    const memberList = [bob, cid, dan].map((who) => ({ userID: nameOf(who) }));
    const small = await data(Created, ann, "/group/createGroup", {
      ...{ name: "small", type: "Public", maxMemberNum: 2, memberList, joinOption: "FreeAccess" },
    });
    expect(small.group).toMatchObject({ memberCount: 2, maxMemberCount: 2 });
    expect(small.overLimitUserIDList).toEqual([nameOf(cid), nameOf(dan)]);
    failure(await tim(dan, "/group/joinGroup", { groupID: small.group.groupID }), 10_014);
    const live = await data(Created, ann, "/group/createGroup", {
      name: "x",
      type: "AVChatRoom",
      memberList,
    });
    expect(live).toMatchObject({ group: { memberCount: 1 }, overLimitUserIDList: [] });
  });

  test("refuses invalid groups, and creates nothing", async () => {
    const before = await count();
    const groupID = fresh();
    for (const [fields, code, naming] of [
      [{ type: "Room" }, 2_600, "type"],
      [{ type: 1 }, 2_600, "type"],
      [{ name: "" }, 70_402, "name"],
      [{ name: undefined }, 70_402, "name"],
      [{ name: "x".repeat(101) }, 70_402, "name"],
      [{ groupID: "" }, 10_015, "groupID"],
      [{ groupID: "12345" }, 10_015, "groupID"],
      [{ groupID: 12_345 }, 10_015, "groupID"],
      [{ groupID: "@TGS#1" }, 10_015, "groupID"],
      [{ groupID: "x".repeat(49) }, 10_015, "groupID"],
      [{ groupID: "größe" }, 10_015, "groupID"],
      [{ groupID: "a\nb" }, 10_015, "groupID"],
      [{ joinOption: "free" }, 70_402, "joinOption"],
      [{ maxMemberNum: 0 }, 70_402, "maxMemberNum"],
      [{ maxMemberNum: 1_001 }, 70_402, "maxMemberNum"],
      [{ memberList: [{ userID: "no such user" }] }, 70_107, "no such user"],
      [{ memberList: [{ userID: nameOf(bob), role: "Owner" }] }, 70_402, "role"],
      [{ type: "Private", memberList: [{ userID: nameOf(bob), role: "Admin" }] }, 2_682, ""],
      [{ groupCustomField: [{ key: "", value: "x" }] }, 70_402, "groupCustomField"],
      [{ groupCustomField: [{ key: "__proto__", value: "x" }] }, 70_402, "groupCustomField"],
      [{ groupCustomField: many(21) }, 70_402, "groupCustomField"],
      [{ introduction: "x".repeat(2_001) }, 70_402, "introduction"],
    ] as const) {
      const request = { name: "x", type: "Public", groupID, ...fields };
      failure(await tim(ann, "/group/createGroup", request), code, naming);
    }
    expect(await count()).toEqual(before);
    expect((await create("Public", [], { groupID })).groupID).toBe(groupID);
  });

  test("adds no user across a block", async () => {
    const [eve, fay] = await signedInUsers(2);
    if (!eve || !fay) throw new Error("there are two");
    success(await tim(fay, "/user/addToBlacklist", { userIDList: [nameOf(eve)] }));
    const before = await count();
    const request = { name: "x", type: "Public", groupID: fresh(), memberList: [{ userID: nameOf(fay) }] };
    failure(await tim(eve, "/group/createGroup", request), 20_007);
    expect(await count()).toEqual(before);
  });

  test("keeps nothing of users with deleted accounts", async () => {
    const deleted = await register();
    const field = { key: "diet", value: "told in confidence" };
    const memberList = [{ userID: nameOf(deleted), memberCustomField: [field] }];
    const { groupID } = (await data(Created, ann, "/group/createGroup", { name: "x", memberList })).group;
    const id = await idOf(groupID);
    const kept = () =>
      env.DB.prepare("SELECT custom_fields FROM memberships WHERE user_id = ?").bind(deleted.user.id).first();
    expect(JSON.stringify(await kept())).toContain(field.value);
    const body = { password: PASSWORD };
    expect((await call("DELETE", "/v1/me", { token: deleted.token, body })).status).toBe(204);
    await expect.poll(async () => (await profile(ann, groupID)).memberCount).toBe(1);
    expect(await kept()).toEqual({ custom_fields: "{}" });
    expect(await storedInConversation(id)).not.toContain(field.value);
  });

  test("gives an id to one of twenty callers who want it, and never again", async () => {
    const groupID = fresh();
    const request = { name: "x", type: "Public", groupID, joinOption: "FreeAccess" };
    const before = await count();
    const who = Array.from({ length: 20 }, (_, i) => itemAt([ann, bob], i % 2));
    const answers = await Promise.all(who.map((one) => tim(one, "/group/createGroup", request)));
    const made = answers.filter(({ body }) => z.looseObject({ code: z.literal(0) }).safeParse(body).success);
    expect(made.length).toBe(1);
    const { group } = Created.parse(success(itemAt(made, 0)).data);
    for (const [i, answer] of answers.entries()) {
      if (answer === made[0]) continue;
      failure(answer, nameOf(itemAt(who, i)) === group.ownerID ? 10_025 : 10_021);
    }
    expect(await count()).toEqual({
      conversations: before.conversations + 1,
      memberships: before.memberships + 1,
    });
    const owner = group.ownerID === nameOf(ann) ? ann : bob;
    const other = owner === ann ? bob : ann;
    failure(await tim(other, "/group/createGroup", request), 10_021);
    success(await tim(owner, "/group/dismissGroup", { groupID }));
    failure(await tim(owner, "/group/createGroup", request), 10_025);
    failure(await tim(other, "/group/getGroupProfile", { groupID }), 10_010);
  });
});

const many = (n: number) => Array.from({ length: n }, (_, i) => ({ key: `key ${i}`, value: "" }));

const Rows = z.object({ conversations: z.int(), memberships: z.int() });

const count = async () => Rows.parse(await countRowsInD1());

describe("the id of a group", () => {
  test("is its number or its chosen id, never either", async () => {
    const { groupID } = await create("Public", [bob], { groupID: fresh() });
    const number = String(await idOf(groupID));
    failure(await tim(bob, "/group/getGroupProfile", { groupID: number }), 10_010);
    const plain = await create("Public", [bob]);
    expect((await profile(bob, plain.groupID)).groupID).toBe(plain.groupID);
    const asNumber = await data(OneGroup, bob, "/group/getGroupProfile", { groupID: Number(plain.groupID) });
    expect(asNumber.group.groupID).toBe(plain.groupID);
    failure(await tim(bob, "/group/getGroupProfile", { groupID: `0${plain.groupID}` }), 10_010);
    failure(await tim(bob, "/group/getGroupProfile", { groupID: groupID.toUpperCase() }), 10_010);
  });

  test("never names a direct conversation", async () => {
    const body = { kind: "direct", user_id: bob.user.id };
    const opened = await call("POST", "/v1/conversations", { token: ann.token, body });
    const groupID = String(z.looseObject({ id: z.int() }).parse(opened.body).id);
    for (const path of ["getGroupProfile", "searchGroupByID", "joinGroup", "quitGroup", "dismissGroup"])
      failure(await tim(ann, `/group/${path}`, { groupID }), 10_010);
    failure(await tim(ann, "/group/updateGroupProfile", { groupID, name: "x" }), 10_010);
    failure(await tim(ann, "/group/changeGroupOwner", { groupID, newOwnerID: nameOf(bob) }), 10_010);
  });

  test("is refused where it is invalid", async () => {
    for (const groupID of ["", "ü", "x".repeat(49), true, {}])
      failure(await tim(ann, "/group/getGroupProfile", { groupID }), 10_015, "groupID");
    for (const nothing of [{}, { groupID: null }])
      failure(await tim(ann, "/group/getGroupProfile", nothing), 70_402, "groupID");
    for (const groupID of ["999999999", "no such group", "@TGS#1", "99999999999999999999"])
      failure(await tim(ann, "/group/getGroupProfile", { groupID }), 10_010);
  });
});

describe("the visibility of groups", () => {
  test.each([
    ["Private", false],
    ["Public", true],
    ["ChatRoom", true],
    ["Community", true],
    ["AVChatRoom", true],
  ])("%s: visible to outsiders: %s", async (type, isSeen) => {
    const { groupID } = await create(type, [], { joinOption: "DisableApply" });
    await send(ann, await idOf(groupID), "a secret");
    expect((await profile(ann, groupID)).lastMessage).toMatchObject({ messageForShow: "a secret" });
    const own = await search(ann, groupID);
    if (!isSeen) {
      failure(await tim(bob, "/group/getGroupProfile", { groupID }), 10_007);
      failure(await search(bob, groupID), 10_010);
      failure(own, 10_010);
      return;
    }
    const others = await profile(bob, groupID);
    expect(others).toMatchObject({ memberCount: 1, ownerID: nameOf(ann), nextMessageSeq: 0 });
    expect(others.selfInfo).toBeUndefined();
    expect(JSON.stringify(others)).not.toContain("a secret");
    expect(OneGroup.parse(success(await search(bob, groupID)).data).group).toEqual(others);
    expect(OneGroup.parse(success(own).data).group).toEqual(others);
  });

  test.each([
    ["free", "FreeAccess", true],
    ["free", "FreeAccess", false],
    ["approval", "NeedPermission", true],
    ["approval", "NeedPermission", false],
    ["closed", "DisableApply", true],
    ["closed", "DisableApply", false],
  ])(
    "a group made on another API is a public one, with its join policy set to %s it is %s, discoverable: %s",
    async (policy, joinOption, isSeen) => {
      const fields = { name: "elsewhere", member_ids: [bob.user.id], join_policy: policy };
      const body = { kind: "group", ...fields, discoverable: isSeen };
      const made = await call("POST", "/v1/conversations", { token: ann.token, body });
      const groupID = String(z.looseObject({ id: z.int() }).parse(made.body).id);
      expect(await profile(bob, groupID)).toMatchObject({ type: "Public", joinOption, name: "elsewhere" });
      const found = await search(cid, groupID);
      if (isSeen) expect(OneGroup.parse(success(found).data).group.joinOption).toBe(joinOption);
      else failure(found, 10_010);
      const asked = await tim(cid, "/group/joinGroup", { groupID });
      if (policy === "closed") failure(asked, isSeen ? 10_007 : 10_010);
      else
        expect(success(asked).data).toMatchObject({
          status: policy === "free" ? "JoinedSuccess" : "WaitAdminApproval",
        });
    },
  );

  test("the list has all groups of the caller, also one that the caller has deleted", async () => {
    const [who] = await signedInUsers(1);
    if (!who) throw new Error("no user is left");
    const listed = async () =>
      (await data(Groups, who, "/group/getGroupList")).groupList.map(({ groupID }) => groupID);
    expect(await listed()).toEqual([]);
    const [first, second, third] = [
      await create("Public", [who]),
      await create("Community", [who], { groupID: fresh() }),
      await create("Private", [who]),
    ];
    await send(ann, await idOf(first.groupID), "newest");
    await expect.poll(listed).toEqual([first.groupID, third.groupID, second.groupID]);
    const { groupList } = await data(Groups, who, "/group/getGroupList");
    expect(groupList[0]).toMatchObject({
      ...{ ownerID: nameOf(ann), memberCount: 2, nextMessageSeq: 2 },
      selfInfo: { role: "Member", messageRemindType: "AcceptAndNotify", readedSequence: 0 },
      lastMessage: { lastSequence: 1, fromAccount: nameOf(ann), messageForShow: "newest" },
    });
    success(await tim(who, "/group/quitGroup", { groupID: third.groupID }));
    success(await tim(ann, "/group/dismissGroup", { groupID: second.groupID }));
    expect(await listed()).toEqual([first.groupID]);
  });
});

describe("updateGroupProfile", () => {
  test("changes the named fields, counts the changes and returns their time", async () => {
    const { groupID } = await create("Public", [bob], { groupCustomField: [{ key: "a", value: "1" }] });
    const change = async (fields: object) =>
      (await data(OneGroup, ann, "/group/updateGroupProfile", { groupID, ...fields })).group;
    const changed = await change({
      ...{ name: "neu", avatar: "https://x.test/b.png", introduction: "i", notification: "n" },
      ...{ joinOption: "FreeAccess", muteAllMembers: true, groupCustomField: [{ key: "b", value: "2" }] },
    });
    expect(changed).toMatchObject({
      ...{ name: "neu", avatar: "https://x.test/b.png", introduction: "i", notification: "n" },
      ...{ joinOption: "FreeAccess", muteAllMembers: true, infoSequence: 1, ownerID: nameOf(ann) },
      groupCustomField: [
        { key: "a", value: "1" },
        { key: "b", value: "2" },
      ],
    });
    expect((await change({ name: "neu", groupCustomField: [{ key: "b", value: "2" }] })).infoSequence).toBe(
      1,
    );
    expect((await change({})).infoSequence).toBe(1);
    const last = await change({ muteAllMembers: false, groupCustomField: [{ key: "a", value: "" }] });
    expect(last).toMatchObject({ infoSequence: 2, muteAllMembers: false });
    const { lastMessage: _, selfInfo: __, nextMessageSeq: ___, ...seen } = last;
    expect(OneGroup.parse(success(await search(bob, groupID)).data).group).toMatchObject(seen);
    const toStrangers = { ...seen, notification: "", groupCustomField: [] };
    expect(OneGroup.parse(success(await search(cid, groupID)).data).group).toMatchObject(toStrangers);
    const { groupList } = await data(Groups, bob, "/group/getGroupList");
    expect(groupList.find((group) => group.groupID === groupID)).toMatchObject(seen);
  });

  test("refuses invalid changes, and changes nothing", async () => {
    const { groupID } = await create("Public", [bob], { groupCustomField: many(20) });
    const before = await profile(bob, groupID);
    for (const [fields, code] of [
      [{ name: "" }, 70_402],
      [{ muteAllMembers: "true" }, 70_402],
      [{ joinOption: "closed" }, 70_402],
      [{ avatar: "no url" }, 70_402],
      [{ name: "x", groupCustomField: [{ key: "one more", value: "" }] }, 70_402],
      [{ name: "x", groupCustomField: [{ key: "x", value: "x".repeat(513) }] }, 70_402],
    ] as const)
      failure(await tim(ann, "/group/updateGroupProfile", { groupID, ...fields }), code);
    failure(await tim(bob, "/group/updateGroupProfile", { groupID, name: "x" }), 10_007);
    failure(await tim(dan, "/group/updateGroupProfile", { groupID, name: "x" }), 10_007);
    failure(await tim(dan, "/group/updateGroupProfile", { groupID: "none", name: "x" }), 10_010);
    const room = await create("ChatRoom");
    const set = { groupID: room.groupID, joinOption: "DisableApply" };
    failure(await tim(ann, "/group/updateGroupProfile", set), 10_007);
    expect(await profile(bob, groupID)).toEqual(before);
  });

  test("keeps every one of twenty fields that are set at once", async () => {
    const { groupID } = await create("Private", [bob]);
    const set = (field: object, who: SignedIn) =>
      tim(who, "/group/updateGroupProfile", { groupID, groupCustomField: [field] });
    const answers = await Promise.all(many(20).map((field, i) => set(field, i % 2 ? ann : bob)));
    for (const answer of answers) success(answer);
    const kept = await profile(bob, groupID);
    expect(kept.infoSequence).toBe(20);
    expect(new Set(kept.groupCustomField.map(({ key }) => key)).size).toBe(20);
    failure(await set({ key: "one more", value: "" }, ann), 70_402, "customFields");
    expect((await profile(bob, groupID)).groupCustomField).toEqual(kept.groupCustomField);
  });

  test.each([
    ["Private", undefined],
    ["Public", "Admin"],
    ["ChatRoom", "Admin"],
    ["Community", "Admin"],
    ["AVChatRoom", "Owner"],
  ])("%s: every member is muted by the %s only", async (type, lowest) => {
    const { groupID } = await create(type, type === "AVChatRoom" ? [] : [bob, cid]);
    const id = await idOf(groupID);
    if (type === "AVChatRoom") await Promise.all([bob, cid].map((who) => join(who, groupID)));
    if (lowest === "Admin")
      await call("PATCH", `/v1/conversations/${id}/members/${bob.user.id}`, {
        ...{ token: ann.token, body: { role: "admin" } },
      });
    for (const [who, role] of [
      [cid, "Member"],
      [bob, lowest === "Admin" ? "Admin" : "Member"],
      [ann, "Owner"],
    ] as const) {
      const answer = await tim(who, "/group/updateGroupProfile", { groupID, muteAllMembers: true });
      const may = lowest === "Admin" ? role !== "Member" : lowest === "Owner" && role === "Owner";
      if (may) success(answer);
      else failure(answer, 10_007);
    }
    expect((await profile(cid, groupID)).muteAllMembers).toBe(lowest !== undefined);
  });

  test("a mute of all members holds on every API, and ends", async () => {
    const { groupID } = await create("Public", [bob, cid]);
    const id = await idOf(groupID);
    const v1 = (who: SignedIn, path: string, body: object, method = "POST") =>
      call(method, `/v1/conversations/${id}${path}`, { token: who.token, body });
    await v1(ann, `/members/${bob.user.id}`, { role: "admin" }, "PATCH");
    const text = (who: SignedIn) => v1(who, "/messages", { kind: "text", body: { text: "hi" } });
    expect((await text(cid)).status).toBe(201);
    success(await tim(ann, "/group/updateGroupProfile", { groupID, muteAllMembers: true }));
    const refused = await text(cid);
    expect(refused).toMatchObject({ status: 403, body: { code: "muted" } });
    expect(refused.body).not.toHaveProperty("muted_until");
    const appkey = await wire({
      ...{ method: "POST", path: "/message" },
      headers: { "X-APP-Key": "test-key-of-an-app", "X-APP-Session": cid.token },
      body: { conversationid: -(100_000_000 + id), content: "hi" },
    });
    expect(appkey.body).toMatchObject({ code: 1 });
    expect((await text(ann)).status).toBe(201);
    expect((await text(bob)).status).toBe(201);
    success(await tim(bob, "/group/updateGroupProfile", { groupID, muteAllMembers: false }));
    expect((await text(cid)).status).toBe(201);
  });
});

describe("joinGroup", () => {
  test.each([
    ["Private", undefined, 2_601],
    ["Public", "FreeAccess", "JoinedSuccess"],
    ["Public", "NeedPermission", "WaitAdminApproval"],
    ["Public", "DisableApply", 10_007],
    ["ChatRoom", undefined, "JoinedSuccess"],
    ["Community", undefined, "JoinedSuccess"],
    ["AVChatRoom", undefined, "JoinedSuccess"],
  ])("%s, %s: %s", async (type, joinOption, expected) => {
    const { groupID } = await create(type, [], joinOption ? { joinOption } : {});
    const answer = await tim(bob, "/group/joinGroup", { groupID, applyMessage: "let me in" });
    if (typeof expected === "number") {
      failure(answer, expected);
      return;
    }
    const { status, group } = Joined.parse(success(answer).data);
    expect(status).toBe(expected);
    if (expected === "WaitAdminApproval") {
      expect(group).toBeUndefined();
      expect((await join(bob, groupID)).status).toBe("WaitAdminApproval");
      failure(await tim(bob, "/group/quitGroup", { groupID }), 2_623);
      return;
    }
    expect(group).toMatchObject({ groupID, memberCount: 2, selfInfo: { role: "Member" } });
    const again = await join(bob, groupID);
    expect(again).toMatchObject({ status: "AlreadyInGroup", group: { memberCount: 2 } });
    expect((await join(ann, groupID)).status).toBe("AlreadyInGroup");
  });

  test("called twenty times at once makes the caller a member once", async () => {
    const { groupID } = await create("Community");
    const answers = await Promise.all(Array.from({ length: 20 }, () => join(dan, groupID)));
    expect(answers.filter(({ status }) => status === "JoinedSuccess").length).toBe(1);
    expect(answers.filter(({ status }) => status === "AlreadyInGroup").length).toBe(19);
    expect(await profile(dan, groupID)).toMatchObject({ memberCount: 2, nextMessageSeq: 2 });
  });

  test("fills a group up to its limit, whoever comes first", async () => {
    const { groupID } = await create("ChatRoom", [], { maxMemberNum: 10 });
    const users = await signedInUsers(20);
    const answers = await Promise.all(users.map((who) => tim(who, "/group/joinGroup", { groupID })));
    const codes = answers.map(({ body }) => z.looseObject({ code: z.int() }).parse(body).code);
    expect(codes.filter((code) => code === 0).length).toBe(9);
    expect(codes.filter((code) => code === 10_014).length).toBe(11);
    expect((await profile(ann, groupID)).memberCount).toBe(10);
  });
});

describe("leaving", () => {
  test.each([
    ["Private", true, 2_622],
    ["Public", false, 0],
    ["ChatRoom", false, 0],
    ["Community", false, 0],
    ["AVChatRoom", false, 0],
  ])("%s: the owner may leave: %s; dismissing returns %s", async (type, quits, dismissed) => {
    const { groupID } = await create(type, type === "AVChatRoom" ? [] : [bob, cid]);
    if (type === "AVChatRoom") await Promise.all([bob, cid].map((who) => join(who, groupID)));
    failure(await tim(dan, "/group/quitGroup", { groupID }), 2_623);
    failure(await tim(dan, "/group/dismissGroup", { groupID }), 10_007);
    failure(await tim(cid, "/group/dismissGroup", { groupID }), dismissed || 2_681);
    expect(await data(Named, cid, "/group/quitGroup", { groupID })).toEqual({ groupID });
    failure(await tim(cid, "/group/quitGroup", { groupID }), 2_623);
    const answer = await tim(ann, "/group/dismissGroup", { groupID });
    if (dismissed) failure(answer, dismissed);
    const quit = await tim(ann, "/group/quitGroup", { groupID });
    if (quits) {
      expect(success(quit).data).toEqual({ groupID });
      expect(await profile(bob, groupID)).toMatchObject({ ownerID: nameOf(bob), memberCount: 1 });
    } else {
      // The group is dismissed by now.
      expect(success(answer).data).toEqual({ groupID });
      failure(quit, 10_010);
      for (const who of [ann, bob]) failure(await tim(who, "/group/getGroupProfile", { groupID }), 10_010);
    }
  });

  test("the owner of a group that is not private hands it over first", async () => {
    const { groupID } = await create("Public", [bob]);
    failure(await tim(ann, "/group/quitGroup", { groupID }), 10_007);
    expect((await profile(ann, groupID)).selfInfo?.role).toBe("Owner");
    const successor = { groupID, newOwnerID: nameOf(bob) };
    success(await tim(ann, "/group/changeGroupOwner", successor));
    expect(await data(Named, ann, "/group/quitGroup", { groupID })).toEqual({ groupID });
  });
});

test.each([
  ["Private", 0],
  ["Public", 0],
  ["ChatRoom", 0],
  ["Community", 0],
  ["AVChatRoom", 2_620],
])("changeGroupOwner: who may hand over a %s", async (type, expected) => {
  const { groupID } = await create(type, type === "AVChatRoom" ? [] : [bob, cid]);
  if (type === "AVChatRoom") await Promise.all([bob, cid].map((who) => join(who, groupID)));
  const give = (who: SignedIn, to: SignedIn | string) =>
    tim(who, "/group/changeGroupOwner", { groupID, newOwnerID: typeof to === "string" ? to : nameOf(to) });
  failure(await give(dan, bob), 10_007);
  failure(await give(cid, bob), expected || 2_681);
  failure(await give(ann, ann), expected || 2_621);
  failure(await give(ann, dan), expected || 10_007);
  failure(await give(ann, "no such user"), 70_107);
  failure(await give(ann, ""), 70_402, "newOwnerID");
  const given = await give(ann, bob);
  if (expected) {
    failure(given, expected);
    return;
  }
  expect(OneGroup.parse(success(given).data).group).toMatchObject({
    ...{ ownerID: nameOf(bob), selfInfo: { role: "Member" } },
  });
  expect((await profile(bob, groupID)).selfInfo?.role).toBe("Owner");
});
