import { describe, expect, test } from "vitest";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { createGroup } from "../../../support/clients/chat.ts";
import { itemAt, range } from "../../../support/objects/room.ts";
import { success, tim } from "../client.ts";
import { ask, exactly, group, refused, says, story } from "../story.ts";

/** Makes a field for each of so many names. */
const fields = (count: number, value: unknown, name = "k") =>
  Object.fromEntries(range(1, count).map((i) => [`${name}${i}`, value]));

describe("attributes of a group", () => {
  const change = (who: string, call: string, more: object, answer: object | number = 0) =>
    ask(who, `/group/${call}GroupAttributes`, { groupID: "{g}", ...more }, answer);
  const kept = (groupAttributes: object, version: number, more: object = {}) =>
    change("bob", "get", more, exactly({ groupAttributes, version }));

  story("are set, kept and deleted by any member, and read by all", [
    group("g", "ann", ["bob"]),
    kept({}, 0),
    change("bob", "init", { groupAttributes: { topic: "tea", 键: "值" } }, { version: 1 }),
    change(
      "ann",
      "set",
      { groupAttributes: { topic: "coffee" } },
      exactly({ groupAttributes: { topic: "coffee" }, version: 2 }),
    ),
    kept({ topic: "coffee", 键: "值" }, 2),
    kept({ 键: "值" }, 2, { keyList: ["键", "none"] }),
    // The same again makes no version.
    change("ann", "set", { groupAttributes: { topic: "coffee" } }),
    change("ann", "delete", { keyList: ["键", "none"] }),
    kept({ topic: "coffee" }, 3),
    change("ann", "init", { groupAttributes: { seat: "1" } }),
    kept({ seat: "1" }, 4),
    // The version goes on, although nothing is left.
    change("bob", "delete", {}),
    kept({}, 5),
  ]);

  story("of an older version are not changed", [
    group("g", "ann", ["bob"]),
    change("ann", "set", { groupAttributes: { a: "1" }, version: 0 }),
    change("bob", "set", { groupAttributes: { a: "2" }, version: 0 }, 10_056),
    change("bob", "init", { groupAttributes: {}, version: 0 }, 10_056),
    change("bob", "delete", { version: 0 }, 10_056),
    kept({ a: "1" }, 1),
    change("bob", "set", { groupAttributes: { a: "3" }, version: 1 }),
  ]);

  story("over their limits are refused, and change nothing", [
    group("g", "ann", ["bob"]),
    change("ann", "set", { groupAttributes: fields(16, "x") }),
    ...refused("ann", "/group/setGroupAttributes", { groupID: "{g}" }, 70_402, {
      groupAttributes: [
        ...[{ one: "more" }, { k1: 1 }, { k1: "x".repeat(4_097) }, { ["k".repeat(33)]: "x" }, { "": "x" }],
        ...[null, fields(5, "x".repeat(4_000)), fields(17, "x", "n")],
      ],
    }),
    kept(fields(16, "x"), 1),
    change("ann", "set", { groupAttributes: { k1: "x".repeat(4_096) } }),
  ]);
});

describe("counters of a group", () => {
  const change = (call: string, more: object, answer: object | number = 0) =>
    ask("ann", `/group/${call}`, { groupID: "{g}", ...more }, answer);
  const counters = (all: object) => exactly({ counters: all });

  test("lose none of ten who count at once", async () => {
    const users = await signedInUsers(2);
    const groupID = String((await createGroup(itemAt(users, 0), [itemAt(users, 1)])).id);
    const count = (i: number) =>
      tim(users[i % 2], "/group/increaseGroupCounter", { groupID, key: "likes", value: 1 });
    const sums = (await Promise.all(range(1, 10).map(count))).map((answer) => success(answer).data);
    expect(new Set(sums.map((sum) => JSON.stringify(sum)))).toEqual(
      new Set(range(1, 10).map((likes) => JSON.stringify({ counters: { likes } }))),
    );
  });

  story("are set, raised and lowered", [
    group("g", "ann", []),
    change("setGroupCounters", { counters: { likes: 7, rounds: -1 } }, counters({ likes: 7, rounds: -1 })),
    change("increaseGroupCounter", { key: "likes", value: 3 }, counters({ likes: 10 })),
    change("decreaseGroupCounter", { key: "likes", value: 8 }, counters({ likes: 2 })),
    change("getGroupCounters", { keyList: ["rounds"] }, counters({ rounds: -1 })),
    // A name that every object of JavaScript has is a key like others.
    change("increaseGroupCounter", { key: "constructor", value: 3 }, counters({ constructor: 3 })),
  ]);

  story("over their limits are refused, and change nothing", [
    group("g", "ann", []),
    change("setGroupCounters", { counters: fields(20, 1) }),
    change("setGroupCounters", { counters: { k1: Number.MAX_SAFE_INTEGER } }),
    change("increaseGroupCounter", { key: "likes", value: 1 }, 70_402),
    ...[1, 0.5].map((value) => change("increaseGroupCounter", { key: "k1", value }, 70_402)),
    ...[{ one: 1 }, { k1: 1.5 }, { k1: "1" }, { k1: 2 ** 53 }, { ["k".repeat(129)]: 1 }].map((bad) =>
      change("setGroupCounters", { counters: bad }, 70_402),
    ),
    change("getGroupCounters", {}, counters({ ...fields(20, 1), k1: Number.MAX_SAFE_INTEGER })),
  ]);
});

const LISTS = "/conversation/getConversationList";

describe("marks of conversations", () => {
  const mark = (
    who: string,
    list: string[],
    markType: unknown,
    answer: object | number = 0,
    enableMark = true,
  ) => ask(who, "/conversation/markConversation", { conversationIDList: list, markType, enableMark }, answer);
  const marked = (who: string, conversationID: string, markList: number[]) =>
    ask(who, LISTS, { conversationID }, [{ markList }]);

  story("are the caller's own, and select lists", [
    ...[says("ann", "C2C{bob}", "one"), group("g", "ann", ["bob"]), says("ann", "GROUP{g}", "two")],
    mark("bob", ["C2C{ann}", "C2C{cid}"], 1, {
      successConversationIDList: ["C2C{ann}"],
      failureConversationIDList: [{ conversationID: "C2C{cid}", code: 2_500 }],
    }),
    mark("bob", ["C2C{ann}", "GROUP{g}"], 2 ** 40),
    mark("cid", ["GROUP{g}"], 1, { successConversationIDList: [] }),
    marked("bob", "C2C{ann}", [1, 2 ** 40]),
    marked("bob", "GROUP{g}", [2 ** 40]),
    marked("ann", "C2C{bob}", []),
    ask("bob", LISTS, { markType: 1 }, [{ conversationID: "C2C{ann}" }]),
    mark("bob", ["C2C{ann}"], 2 ** 40, 0, false),
    ask("bob", LISTS, { markType: 2 ** 40 }, [{ conversationID: "GROUP{g}" }]),
    ...[0, 3, -1, 2 ** 53, "x"].map((wrong) => mark("bob", ["C2C{ann}"], wrong, 70_402)),
  ]);
});

describe("groups of conversations", () => {
  const put = (
    who: string,
    groupName: string,
    answer: object | number = 0,
    call = "createConversationGroup",
  ) => ask(who, `/conversation/${call}`, { groupName, conversationIDList: ["GROUP{g}"] }, answer);
  const groups = (who: string, names: string[]) =>
    ask(who, "/conversation/getConversationGroupList", {}, exactly(names));
  const rename = (oldName: string, newName: string, code = 0) =>
    ask("bob", "/conversation/renameConversationGroup", { oldName, newName }, code);

  story("come, get other names, and end with their last conversation", [
    ...[group("g", "ann", ["bob"]), says("ann", "GROUP{g}", "one")],
    put("bob", "work"),
    ...[1, 2].map(() => put("bob", "tea", 0, "addConversationsToGroup")),
    put("cid", "mine", { failureConversationIDList: [{ conversationID: "GROUP{g}" }] }),
    ...[groups("bob", ["tea", "work"]), groups("ann", []), groups("cid", [])],
    ask("bob", LISTS, { groupName: "tea" }, [{ conversationGroupList: ["work", "tea"] }]),
    ask("bob", LISTS, { groupName: "none" }, []),
    ...[rename("work", "tea", 70_402), rename("none", "x", 70_402), rename("work", "play")],
    groups("bob", ["play", "tea"]),
    put("bob", "play", 0, "deleteConversationsFromGroup"),
    ask("bob", "/conversation/deleteConversationGroup", { groupName: "tea" }),
    ask("bob", "/conversation/deleteConversationGroup", { groupName: "tea" }, 70_402),
    groups("bob", []),
    put("bob", "", 70_402),
  ]);

  test("are no more than the most there are, and never two of one name, when many are made at once", async () => {
    const [ann, bob] = await signedInUsers(2);
    if (!ann || !bob) throw new Error("there are two");
    const conversationIDList = [`GROUP${(await createGroup(ann, [bob])).id}`];
    const change = (call: string, body: object) => tim(bob, `/conversation/${call}ConversationGroup`, body);
    const isDone = ({ body }: { body: unknown }) => Object(body).code === 0;
    const put = (i: number) => change("create", { groupName: `g${i}`, conversationIDList });
    const made = await Promise.all(range(1, 30).map(put));
    expect(made.filter(isDone)).toHaveLength(20);
    // Groups get one new name: all but one find it taken.
    const names = range(1, 30).filter((i) => isDone(itemAt(made, i - 1)));
    const rename = (i: number) => change("rename", { oldName: `g${i}`, newName: "same" });
    expect((await Promise.all(names.slice(0, 5).map(rename))).filter(isDone)).toHaveLength(1);
    const { data: left } = success(await tim(bob, "/conversation/getConversationGroupList"));
    expect(left).toHaveLength(20);
  });
});

story("the remark on a friend stands in the conversation, for its author alone", [
  ask("bob", "/friend/addFriend", { to: "{ann}" }),
  ask("ann", "/friend/acceptFriendApplication", { userID: "{bob}" }),
  says("ann", "C2C{bob}", "one"),
  ask("bob", "/friend/updateFriend", { userID: "{ann}", remark: "Annie" }),
  ask("bob", LISTS, {}, [{ remark: "Annie" }]),
  ask("ann", LISTS, {}, [{ remark: "" }]),
]);
