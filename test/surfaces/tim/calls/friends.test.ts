import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { deleteAccount } from "../../../support/accounts/deletion.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { register } from "../../../support/clients/api.ts";
import { interceptD1 } from "../../../support/faults/d1.ts";
import { Gate } from "../../../support/faults/gate.ts";
import { itemAt } from "../../../support/objects/room.ts";
import { failure, nameOf, success, tim } from "../client.ts";
import { ask, exactly, play, refused, type Step, story } from "../story.ts";

const asks = (who: string, other: string, more: object = {}, answer: object | number = 0): Step =>
  ask(who, "/friend/addFriend", { to: `{${other}}`, ...more }, answer);
const accepts = (who: string, other: string, more: object = {}) =>
  ask(who, "/friend/acceptFriendApplication", { userID: `{${other}}`, ...more });
const befriends = (one: string, other: string) => [asks(one, other), accepts(other, one)];
const friends = (who: string, all: object[]) => ask(who, "/friend/getFriendList", {}, all);
const applications = (who: string, friendApplicationList: object[], unreadCount = 0) =>
  ask(who, "/friend/getFriendApplicationList", {}, { friendApplicationList, unreadCount });
/** 30539: the other is asked. */
const ASKED = { code: 30_539 };

describe("a request for friendship", () => {
  test("that is withdrawn while it is accepted makes no friends, and asks for nothing", async () => {
    const users = await signedInUsers(2);
    const [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
    const names = new Map([
      ["ann", ann],
      ["bob", bob],
    ]);
    await play([asks("ann", "bob")], names);
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
    const nothing = ["ann", "bob"].flatMap((who) => [friends(who, []), applications(who, [])]);
    await play(nothing, names);
  });

  story("is in both lists with its words, is unread until it is seen, and keeps the remarks of both", [
    asks("ann", "bob", { wording: "it is me", remark: "Bobby", source: "AddSource_Type_Web" }, ASKED),
    applications("bob", [{ userID: "{ann}", wording: "it is me", type: "Pendency_Type_ComeIn" }], 1),
    applications("ann", [{ userID: "{bob}", type: "Pendency_Type_SendOut" }]),
    ask("bob", "/friend/setFriendApplicationRead"),
    applications("bob", [{ userID: "{ann}" }], 0),
    asks("cid", "bob"),
    applications("bob", [{}, {}], 1),
    accepts("bob", "ann", { type: "Response_Action_AgreeAndAdd", remark: "Annie" }),
    friends("ann", [{ userID: "{bob}", remark: "Bobby", groupList: [] }]),
    friends("bob", [{ userID: "{ann}", remark: "Annie", groupList: [] }]),
    applications("bob", [{ userID: "{cid}" }], 1),
  ]);

  story("to a user who accepts all makes friends at once", [
    ask("bob", "/user/updateMyProfile", { allowType: "AllowType_Type_AllowAny" }),
    asks("ann", "bob", { remark: "B" }, exactly({ userID: "{bob}", code: 0, message: "" })),
    friends("ann", [{ remark: "B" }]),
    friends("bob", [{ remark: "" }]),
  ]);

  for (const [end, call, more] of [
    ["refused", "refuseFriendApplication", {}],
    ["deleted by its receiver", "deleteFriendApplication", { type: "Pendency_Type_ComeIn" }],
  ] as const)
    story(`can be ${end}, and then not be made again for a day`, [
      asks("ann", "bob"),
      ask("bob", `/friend/${call}`, { userID: "{ann}", ...more }),
      ...[friends("bob", []), applications("bob", []), asks("ann", "bob", {}, 429)],
    ]);

  const WITHDRAWN = { userID: "{bob}", type: "TencentCloudChat.TYPES.SNS_APPLICATION_SENT_BY_ME" };
  story("can be withdrawn, and made again", [
    asks("ann", "bob"),
    ask("ann", "/friend/deleteFriendApplication", WITHDRAWN),
    ...[applications("ann", []), asks("ann", "bob", {}, ASKED)],
  ]);

  story("is answered by who has got it, once", [
    asks("ann", "bob"),
    ask("ann", "/friend/acceptFriendApplication", { userID: "{bob}" }, 2_716),
    ...[friends("ann", []), accepts("bob", "ann")],
    ...["Pendency_Type_ComeIn", "Pendency_Type_SendOut"].map((type) =>
      ask("bob", "/friend/deleteFriendApplication", { userID: "{ann}", type }, 2_716),
    ),
    ask("bob", "/friend/refuseFriendApplication", { userID: "{ann}" }, 2_716),
    friends("ann", [{ userID: "{bob}" }]),
  ]);

  story("is refused to oneself, to who blocks the other, and with many words", [
    asks("ann", "ann", {}, 70_402),
    asks("ann", "bob", { wording: "x".repeat(501) }, 70_402),
    ask("bob", "/user/addToBlacklist", { userIDList: ["{ann}"] }),
    asks("bob", "ann", {}, 20_007),
  ]);
});

describe("friends", () => {
  test("are listed with their profiles, while they have accounts", async () => {
    const [ann, [bob]] = [await register(), await signedInUsers(1)];
    if (!bob) throw new Error("there is one");
    const names = new Map([
      ["ann", ann],
      ["bob", bob],
    ]);
    const shown = { userID: "{ann}", nick: "Ann", birthday: "20000229" };
    await play(
      [
        ask("ann", "/user/updateMyProfile", { nick: "Ann", birthday: "20000229" }),
        ...[...befriends("ann", "bob"), friends("bob", [{ profile: shown }])],
        ask("ann", "/friend/createFriendGroup", { name: "secret", userIDList: ["{bob}"] }),
        ask("ann", "/friend/updateFriend", { userID: "{bob}", remark: "secret" }),
      ],
      names,
    );
    expect((await deleteAccount(ann)).status).toBe(204);
    await play([friends("bob", [])], names);
    for (const table of ["friend_groups", "friends"]) {
      const rows = await env.DB.prepare(`SELECT * FROM ${table} WHERE user_id = ?`).bind(ann.user.id).all();
      expect(rows.results).toEqual([]);
    }
  });

  const userIDList = ["{bob}", "{cid}", "nobody at all"];
  const nobody = { userID: "nobody at all", code: 70_107 };
  const check = (type: string | undefined, relation: string) =>
    ask(
      "ann",
      "/friend/checkFriend",
      { userIDList, type },
      {
        successUserIDList: [
          { userID: "{bob}", code: 0, relation },
          { userID: "{cid}", code: 0, relation: "CheckResult_Type_NoRelation" },
        ],
        failureUserIDList: [nobody],
      },
    );
  story("are found and checked among others, who are named with the reason", [
    ...befriends("ann", "bob"),
    ask(
      "ann",
      "/friend/getFriendProfile",
      { userIDList },
      { friendList: [{ userID: "{bob}" }], failureUserIDList: [nobody, { userID: "{cid}", code: 2_700 }] },
    ),
    check(undefined, "CheckResult_Type_BothWay"),
    check("CheckResult_Type_Both", "CheckResult_Type_BothWay"),
    check("CheckResult_Type_Single", "CheckResult_Type_AWithB"),
    ask("ann", "/friend/checkFriend", { userIDList, type: "both" }, 70_402),
  ]);

  story("have a remark, which its author alone sees", [
    ...befriends("ann", "bob"),
    ask("ann", "/friend/updateFriend", { userID: "{bob}", remark: "my oldest friend" }),
    friends("bob", [{ remark: "" }]),
    ask("ann", "/friend/updateFriend", { userID: "{bob}", remark: "x".repeat(97) }, 70_402),
    // Without a remark in the call it stays.
    ask("ann", "/friend/updateFriend", { userID: "{bob}", friendCustomField: [] }),
    friends("ann", [{ remark: "my oldest friend" }]),
  ]);

  story("that are deleted are no friends of either, and lose remark and groups", [
    ...befriends("ann", "bob"),
    ask("ann", "/friend/updateFriend", { userID: "{bob}", remark: "fairy" }),
    ask("ann", "/friend/createFriendGroup", { name: "work", userIDList: ["{bob}"] }),
    ask(
      "ann",
      "/friend/deleteFriend",
      { userIDList, type: "Delete_Type_Both" },
      {
        successUserIDList: [{ userID: "{bob}" }],
        failureUserIDList: [nobody, { userID: "{cid}", code: 2_700 }],
      },
    ),
    ...[friends("ann", []), friends("bob", [])],
    ask("ann", "/friend/getFriendGroupList", {}, exactly([{ name: "work", count: 0, userIDList: [] }])),
    ...befriends("ann", "bob"),
    friends("ann", [{ remark: "", groupList: [] }]),
  ]);
});

const change = (call: string, body: object, answer: object | number = 0) =>
  ask("ann", `/friend/${call}`, body, answer);

story("a group of friends has friends only, and is its owner's", [
  ...befriends("ann", "bob"),
  change(
    "createFriendGroup",
    { name: "家人", userIDList: ["{bob}", "{cid}"] },
    {
      friendGroup: { name: "家人", count: 1, userIDList: ["{bob}"] },
      failureUserIDList: [{ userID: "{cid}", code: 2_700 }],
    },
  ),
  ask("bob", "/friend/getFriendGroupList", {}, []),
  ask("bob", "/friend/addToFriendGroup", { name: "家人", userIDList: ["{ann}"] }, 2_711),
  ...[friends("bob", [{ groupList: [] }]), friends("ann", [{ groupList: ["家人"] }])],
  // Once more changes nothing.
  change("addToFriendGroup", { name: "家人", userIDList: ["{bob}"] }, { friendGroup: { count: 1 } }),
  change("removeFromFriendGroup", { name: "家人", userIDList: ["{bob}"] }, { friendGroup: { count: 0 } }),
  friends("ann", [{ groupList: [] }]),
]);

story("a group of friends is renamed and deleted with its members, and its name is its own", [
  ...befriends("ann", "bob"),
  ...["one", "two"].map((name) => change("createFriendGroup", { name, userIDList: ["{bob}"] })),
  ...refused("ann", "/friend/createFriendGroup", {}, 70_402, { name: ["", "x".repeat(65)] }),
  change("renameFriendGroup", { oldName: "one", newName: "two" }, 2_710),
  change(
    "renameFriendGroup",
    { oldName: "one", newName: "three" },
    exactly({ name: "three", count: 1, userIDList: ["{bob}"] }),
  ),
  friends("ann", [{ groupList: ["three", "two"] }]),
  change("deleteFriendGroup", { name: "three" }),
  friends("ann", [{ groupList: ["two"] }]),
  change("getFriendGroupList", {}, exactly([{ name: "two", count: 1, userIDList: ["{bob}"] }])),
]);
