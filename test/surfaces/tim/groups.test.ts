import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { freshName, register } from "../../support/clients/api.ts";
import { countRowsInD1, createGroup, storedInConversation } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { Failure, failure, nameOf, success, tim } from "./client.ts";
import { ask, exactly, group, play, refused, type Step, says, story } from "./story.ts";

const CREATE = "/group/createGroup";
const GET = "/group/getGroupProfile";
const UPDATE = "/group/updateGroupProfile";

/** What somebody sees of a group. */
const shows = (who: string, seen: object, groupID = "{g}") => ask(who, GET, { groupID }, { group: seen });
const joins = (who: string, answer: object | number = 0) =>
  ask(who, "/group/joinGroup", { groupID: "{g}" }, answer);
const fields = (n: number) => range(1, n).map((i) => ({ key: `key ${i}`, value: "" }));

describe("createGroup", () => {
  const memberList = [
    { userID: "{bob}", role: "Admin", memberCustomField: [{ key: "elo", value: "1500" }] },
    ...[{ userID: "{cid}" }, { userID: "{ann}", role: "Member" }, { userID: "{cid}" }],
  ];
  story("takes each member once, with a role and fields, and other APIs show the group", [
    group("g", "ann", [], { notification: "at six", joinOption: "FreeAccess", memberList }),
    shows("ann", { memberCount: 3, joinOption: "FreeAccess", selfInfo: { role: "Owner" } }),
    shows("bob", { selfInfo: { role: "Admin", memberCustomField: [{ key: "elo", value: "1500" }] } }),
    shows("cid", { selfInfo: { role: "Member" } }),
    ask("bob", "GET /v1/conversations/{g}", {}, { announcement: "at six", role: "admin", member_count: 3 }),
  ]);

  const TYPES: [type: string | undefined, shown: string, joinOption: string, ifFree: string][] = [
    ["Private", "Private", "DisableApply", "DisableApply"],
    ["Work", "Private", "DisableApply", "DisableApply"],
    ["Public", "Public", "NeedPermission", "FreeAccess"],
    ["ChatRoom", "ChatRoom", "FreeAccess", "FreeAccess"],
    ["Meeting", "ChatRoom", "FreeAccess", "FreeAccess"],
    ["Community", "Community", "FreeAccess", "FreeAccess"],
    ["AVChatRoom", "AVChatRoom", "FreeAccess", "FreeAccess"],
    [undefined, "Private", "DisableApply", "DisableApply"],
  ];
  story("knows the types by all of their names, with the usual way to join of each", [
    ...TYPES.flatMap(([type, shown, joinOption, ifFree]) => [
      ask("ann", CREATE, { name: "x", type }, { group: { type: shown, joinOption } }),
      ask(
        "ann",
        CREATE,
        { name: "x", type, joinOption: "FreeAccess" },
        { group: { type: shown, joinOption: ifFree } },
      ),
    ]),
  ]);

  story("leaves out members beyond the limit, and all where members only join by themselves", [
    ask(
      "ann",
      CREATE,
      {
        name: "x",
        type: "Public",
        maxMemberNum: "2",
        memberList: [{ userID: "{bob}" }, { userID: "{cid}" }],
      },
      { group: { memberCount: 2, maxMemberCount: 2 }, overLimitUserIDList: ["{cid}"] },
    ),
    ask(
      "ann",
      CREATE,
      { name: "x", type: "AVChatRoom", memberList: [{ userID: "{bob}" }] },
      { group: { memberCount: 1 }, overLimitUserIDList: [] },
    ),
  ]);

  test("refuses invalid groups, and creates nothing", async () => {
    const handle = freshName("club");
    const good = { name: "x", type: "Public", groupID: handle };
    const bad = (answer: string, wrong: Record<string, unknown[]>) =>
      refused("ann", CREATE, good, answer, wrong);
    const users = await play([ask("bob", "/user/addToBlacklist", { userIDList: ["{ann}"] })]);
    const before = await countRowsInD1();
    await play(
      [
        ...bad("2600 type", { type: ["Room", 1] }),
        ...bad("70402 name", { name: ["", undefined, "x".repeat(101)] }),
        ...bad("10015 groupID", {
          groupID: ["", "12345", 12_345, "@TGS#1", "x".repeat(49), "größe", "a\nb"],
        }),
        ...bad("70402 joinOption", { joinOption: ["free"] }),
        ...bad("70402 maxMemberNum", { maxMemberNum: [0, 1_001] }),
        ...bad("70402 introduction", { introduction: ["x".repeat(2_001)] }),
        ...bad("70402 role", { memberList: [[{ userID: "{bob}", role: "Owner" }]] }),
        ...bad("70402 groupCustomField", {
          groupCustomField: [...["", "__proto__"].map((key) => [{ key, value: "x" }]), fields(21)],
        }),
        // Nobody is added across a block.
        ...bad("20007", { memberList: [[{ userID: "{bob}" }]] }),
      ],
      users,
    );
    expect(await countRowsInD1()).toEqual(before);
    await play([ask("ann", CREATE, good, { group: { groupID: handle } })], users);
  });

  test("keeps nothing of users with deleted accounts", async () => {
    const [[ann], deleted] = [await signedInUsers(1), await register()];
    if (!ann) throw new Error("there is one");
    const { id } = await createGroup(ann, [deleted]);
    const memberCustomField = [{ key: "diet", value: "told in confidence" }];
    success(
      await tim(deleted, "/member/setGroupMemberCustomField", { groupID: String(id), memberCustomField }),
    );
    const kept = async () =>
      JSON.stringify([
        await env.DB.prepare("SELECT * FROM memberships WHERE user_id = ?").bind(deleted.user.id).all(),
        await storedInConversation(id),
      ]);
    expect(await kept()).toContain("told in confidence");
    expect((await deleteAccount(deleted)).status).toBe(204);
    await eventually(async () => expect(await kept()).not.toContain("told in confidence"));
  });

  test("gives an id to one of six callers who want it, and never again", async () => {
    const [ann, bob] = await signedInUsers(2);
    if (!ann || !bob) throw new Error("there are two");
    const request = { name: "x", type: "Public", groupID: freshName("club") };
    const before = Object(await countRowsInD1()).conversations;
    const who = range(1, 6).map((i) => (i % 2 ? ann : bob));
    const answers = await Promise.all(who.map((one) => tim(one, CREATE, request)));
    const made = answers.findIndex(({ body }) => !Failure.safeParse(body).success);
    const owner = itemAt(who, made);
    for (const [i, answer] of answers.entries())
      if (i !== made) failure(answer, itemAt(who, i) === owner ? 10_025 : 10_021);
    expect(Object(await countRowsInD1()).conversations).toBe(before + 1);
    success(await tim(owner, "/group/dismissGroup", { groupID: request.groupID }));
    failure(await tim(owner, CREATE, request), 10_025);
    failure(await tim(owner === ann ? bob : ann, GET, { groupID: request.groupID }), 10_010);
  });
});

describe("the id of a group", () => {
  const handle = freshName("club");
  story("is its number or its chosen id, never either, and never that of a direct conversation", [
    ask("ann", "POST /v1/conversations", { kind: "group", name: "x", member_ids: [] }, { id: "{number}" }),
    ask("ann", GET, { groupID: "{number}" }, { group: { groupID: "{text}" } }),
    ...[...refused("ann", GET, {}, 10_010, { groupID: ["0{number}"] }), shows("ann", {}, "{text}")],
    group("g", "ann", [], { groupID: handle }),
    ask("ann", "GET /v1/conversations", {}, { items: [{ id: "{ofHandle}" }, {}] }),
    ...refused("ann", GET, {}, 10_010, { groupID: ["{ofHandle}", handle.toUpperCase()] }),
    ask("ann", "POST /v1/conversations", { kind: "direct", user_id: "{bob.id}" }, { id: "{direct}" }),
    ...[
      GET,
      "/group/searchGroupByID",
      "/group/joinGroup",
      "/group/quitGroup",
      "/group/dismissGroup",
      UPDATE,
    ].map((path) => ask("ann", path, { groupID: "{direct}", name: "x" }, 10_010)),
    ask("ann", "/group/changeGroupOwner", { groupID: "{direct}", newOwnerID: "{bob}" }, 10_010),
    ...refused("ann", GET, {}, "10015 groupID", { groupID: ["", "ü", "x".repeat(49), true, {}] }),
    ...refused("ann", GET, {}, "70402 groupID", { groupID: [undefined, null] }),
    ...refused("ann", GET, {}, 10_010, { groupID: ["999999999", "@TGS#1", "99999999999999999999"] }),
  ]);
});

describe("groups in view", () => {
  const ofV1 = (
    join_policy: string,
    discoverable: boolean,
    joinOption: string,
    found: object | number,
  ): Step[] => {
    const body = { kind: "group", name: "elsewhere", member_ids: ["{bob.id}"], join_policy, discoverable };
    const name = `${join_policy}_${discoverable}`;
    return [
      ask("ann", "POST /v1/conversations", body, { id: `{${name}}` }),
      shows("bob", { type: "Public", joinOption, name: "elsewhere" }, `{${name}}`),
      ask("cid", "/group/searchGroupByID", { groupID: `{${name}}` }, found),
    ];
  };
  story("that another API has made are public ones, found where they are discoverable", [
    ...ofV1("free", true, "FreeAccess", { group: { joinOption: "FreeAccess" } }),
    ...ofV1("approval", false, "NeedPermission", 10_010),
    ...ofV1("closed", true, "DisableApply", { group: { joinOption: "DisableApply" } }),
  ]);

  story("show strangers no message, no number of the next one, and neither announcement nor fields", [
    group("g", "ann", ["bob"], { notification: "n", groupCustomField: [{ key: "a", value: "1" }] }),
    ...[says("ann", "GROUP{g}", "secret"), shows("ann", { lastMessage: { messageForShow: "secret" } })],
    ask(
      "cid",
      GET,
      { groupID: "{g}" },
      {
        group: {
          ...{ memberCount: 2, ownerID: "{ann}", nextMessageSeq: 0, notification: "", groupCustomField: [] },
          lastMessage: { messageForShow: "" },
        },
      },
    ),
    ask("bob", "/group/searchGroupByID", { groupID: "{g}" }, { group: { notification: "n" } }),
  ]);

  story("are listed with the caller's own, the newest first, until they end or the caller leaves", [
    ask("bob", "/group/getGroupList", {}, exactly({ groupList: [] })),
    ...["first", "second", "third"].map((name) => group(name, "ann", ["bob"])),
    says("ann", "GROUP{first}", "newest"),
    ask(
      "bob until",
      "/group/getGroupList",
      {},
      {
        groupList: [
          {
            ...{ groupID: "{first}", ownerID: "{ann}", memberCount: 2, nextMessageSeq: 2 },
            selfInfo: { role: "Member", messageRemindType: "AcceptAndNotify", readedSequence: 0 },
            lastMessage: { lastSequence: 1, fromAccount: "{ann}", messageForShow: "newest" },
          },
          ...[{ groupID: "{third}" }, { groupID: "{second}" }],
        ],
      },
    ),
    ask("bob", "/group/quitGroup", { groupID: "{third}" }),
    ask("ann", "/group/dismissGroup", { groupID: "{second}" }),
    ask("bob until", "/group/getGroupList", {}, { groupList: [{ groupID: "{first}" }] }),
  ]);
});

describe("updateGroupProfile", () => {
  const update = (changed: object, seen: object | number) =>
    ask("ann", UPDATE, { groupID: "{g}", ...changed }, typeof seen === "number" ? seen : { group: seen });

  story("counts the changes, and a change that changes nothing is none", [
    group("g", "ann", ["bob"], { groupCustomField: [{ key: "a", value: "1" }] }),
    update(
      { name: "neu", groupCustomField: [{ key: "b", value: "2" }] },
      {
        infoSequence: 1,
        groupCustomField: [
          { key: "a", value: "1" },
          { key: "b", value: "2" },
        ],
      },
    ),
    update({ name: "neu", groupCustomField: [{ key: "b", value: "2" }] }, { infoSequence: 1 }),
    update({}, { infoSequence: 1 }),
    update({ muteAllMembers: true }, { infoSequence: 2, muteAllMembers: true }),
    ask("bob", "/group/getGroupList", {}, { groupList: [{ name: "neu", infoSequence: 2 }] }),
    ...refused("ann", UPDATE, { groupID: "{g}" }, 70_402, {
      ...{ name: [""], muteAllMembers: ["true"], joinOption: ["closed"], avatar: ["no url"] },
      groupCustomField: [[{ key: "x", value: "x".repeat(513) }], fields(19)],
    }),
    shows("bob", { infoSequence: 2, joinOption: "NeedPermission" }),
    group("room", "ann", [], { type: "ChatRoom" }),
    ask("ann", UPDATE, { groupID: "{room}", joinOption: "DisableApply" }, 10_007),
  ]);

  test("keeps every one of twenty fields that are set at once", async () => {
    const [ann, bob] = await signedInUsers(2);
    if (!ann || !bob) throw new Error("there are two");
    const groupID = String((await createGroup(ann, [bob])).id);
    success(await tim(ann, "/member/setGroupMemberRole", { groupID, userID: nameOf(bob), role: "Admin" }));
    const set = (field: object, i: number) =>
      tim(i % 2 ? ann : bob, UPDATE, { groupID, groupCustomField: [field] });
    for (const answer of await Promise.all(fields(20).map(set))) success(answer);
    failure(await set({ key: "one more", value: "" }, 0), 70_402, "customFields");
    const kept = success(await tim(bob, GET, { groupID })).data;
    expect(kept).toMatchObject({ group: { infoSequence: 20, groupCustomField: { length: 20 } } });
  });
});

story("joinGroup answers who waits already, and who is in the group", [
  group("g", "ann", []),
  ...[1, 2].map(() => joins("bob", { status: "WaitAdminApproval" })),
  ask("bob", "/group/quitGroup", { groupID: "{g}" }, 2_623),
  ask("ann", UPDATE, { groupID: "{g}", joinOption: "FreeAccess" }),
  joins("bob", { status: "JoinedSuccess", group: { memberCount: 2, selfInfo: { role: "Member" } } }),
  joins("bob", { status: "AlreadyInGroup", group: { memberCount: 2 } }),
  joins("ann", { status: "AlreadyInGroup" }),
]);
