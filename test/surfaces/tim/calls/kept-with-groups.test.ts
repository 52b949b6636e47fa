import { describe, expect, test } from "vitest";
import { z } from "zod";
import { befriend } from "../../../support/accounts/friends.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { call, freshName, type SignedIn } from "../../../support/clients/api.ts";
import { createGroup, openDirect, send } from "../../../support/clients/chat.ts";
import { itemAt, range } from "../../../support/objects/room.ts";
import { data, failure, nameOf, success, tim } from "../client.ts";

async function three(): Promise<[SignedIn, SignedIn, SignedIn]> {
  const users = await signedInUsers(3);
  return [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
}

const Attributes = z.strictObject({ groupAttributes: z.record(z.string(), z.string()), version: z.int() });
const Counters = z.strictObject({ counters: z.record(z.string(), z.int()) });

describe("attributes of a group", () => {
  const change = (who: SignedIn, call: string, groupID: string, more: object) =>
    tim(who, `/group/${call}`, { groupID, ...more });
  const get = (who: SignedIn, groupID: string, keyList?: string[]) =>
    data(Attributes, who, "/group/getGroupAttributes", { groupID, ...(keyList && { keyList }) });

  test("are set, kept and deleted by any member, and read by all", async () => {
    const [ann, bob] = await three();
    const groupID = String((await createGroup(ann, [bob])).id);
    expect(await get(bob, groupID)).toEqual({ groupAttributes: {}, version: 0 });
    const first = { groupAttributes: { topic: "tea", 键: "值" } };
    expect(success(await change(bob, "initGroupAttributes", groupID, first)).data).toEqual({
      ...first,
      version: 1,
    });
    const second = { groupAttributes: { topic: "coffee" } };
    expect(success(await change(ann, "setGroupAttributes", groupID, second)).data).toEqual({
      ...second,
      version: 2,
    });
    expect(await get(bob, groupID)).toEqual({ groupAttributes: { topic: "coffee", 键: "值" }, version: 2 });
    expect((await get(bob, groupID, ["键", "none"])).groupAttributes).toEqual({ 键: "值" });
    // The same again makes no version.
    success(await change(ann, "setGroupAttributes", groupID, second));
    success(await change(ann, "deleteGroupAttributes", groupID, { keyList: ["键", "none"] }));
    expect(await get(bob, groupID)).toEqual({ ...second, version: 3 });
    success(await change(ann, "initGroupAttributes", groupID, { groupAttributes: { seat: "1" } }));
    expect(await get(bob, groupID)).toEqual({ groupAttributes: { seat: "1" }, version: 4 });
    success(await change(bob, "deleteGroupAttributes", groupID, {}));
    // The version goes on, although nothing is left.
    expect(await get(bob, groupID)).toEqual({ groupAttributes: {}, version: 5 });
  });

  test("of an older version are not changed", async () => {
    const [ann, bob] = await three();
    const groupID = String((await createGroup(ann, [bob])).id);
    const set = (who: SignedIn, value: string, version: number) =>
      change(who, "setGroupAttributes", groupID, { groupAttributes: { a: value }, version });
    const answers = await Promise.all([set(ann, "1", 0), set(bob, "2", 0)]);
    const codes = answers.map(({ body }) => z.object({ code: z.int() }).parse(body).code);
    expect(codes.sort()).toEqual([0, 10_056]);
    failure(await set(ann, "3", 0), 10_056);
    failure(await change(ann, "initGroupAttributes", groupID, { groupAttributes: {}, version: 0 }), 10_056);
    failure(await change(ann, "deleteGroupAttributes", groupID, { version: 0 }), 10_056);
    expect((await get(ann, groupID)).version).toBe(1);
    success(await set(ann, "3", 1));
  });

  test("over their limits are refused, and change nothing", async () => {
    const [ann] = await three();
    const groupID = String((await createGroup(ann)).id);
    const set = (groupAttributes: unknown) => change(ann, "setGroupAttributes", groupID, { groupAttributes });
    success(await set(Object.fromEntries(range(1, 16).map((i) => [`k${i}`, "x"]))));
    failure(await set({ one: "more" }), 70_402);
    failure(await set({ k1: "x".repeat(4_097) }), 70_402);
    failure(await set(Object.fromEntries(range(1, 5).map((i) => [`k${i}`, "x".repeat(4_000)]))), 70_402);
    failure(await set({ k1: 1 }), 70_402);
    failure(await set({ ["k".repeat(33)]: "x" }), 70_402);
    failure(await set({ "": "x" }), 70_402);
    failure(await set(null), 70_402);
    failure(await set(Object.fromEntries(range(1, 17).map((i) => [`n${i}`, "x"]))), 70_402);
    expect(await get(ann, groupID)).toMatchObject({ groupAttributes: { k1: "x" }, version: 1 });
    success(await set({ k1: "x".repeat(4_096) }));
  });
});

describe("counters of a group", () => {
  const count = (who: SignedIn, groupID: string, value: unknown, call = "increaseGroupCounter") =>
    tim(who, `/group/${call}`, { groupID, key: "likes", value });
  const get = (who: SignedIn, groupID: string, keyList?: string[]) =>
    data(Counters, who, "/group/getGroupCounters", { groupID, ...(keyList && { keyList }) });

  test("lose none of fifty who count at once", async () => {
    const [ann, bob] = await three();
    const groupID = String((await createGroup(ann, [bob])).id);
    const answers = await Promise.all(range(1, 50).map((i) => count(i % 2 ? ann : bob, groupID, 1)));
    const sums = answers.map((answer) => Counters.parse(success(answer).data).counters.likes);
    expect(sums.sort((a = 0, b = 0) => a - b)).toEqual(range(1, 50));
    expect(await get(bob, groupID)).toEqual({ counters: { likes: 50 } });
    expect(success(await count(bob, groupID, 8, "decreaseGroupCounter")).data).toEqual({
      counters: { likes: 42 },
    });
    const set = { counters: { likes: 7, rounds: -1 } };
    expect(success(await tim(ann, "/group/setGroupCounters", { groupID, ...set })).data).toEqual(set);
    expect(await get(bob, groupID, ["rounds"])).toEqual({ counters: { rounds: -1 } });
    // A name that every object of JavaScript has is a key like others.
    const named = { groupID, key: "constructor", value: 3 };
    expect(success(await tim(ann, "/group/increaseGroupCounter", named)).data).toEqual({
      counters: { constructor: 3 },
    });
  });

  test("over their limits are refused, and change nothing", async () => {
    const [ann] = await three();
    const groupID = String((await createGroup(ann)).id);
    const set = (counters: unknown) => tim(ann, "/group/setGroupCounters", { groupID, counters });
    success(await set(Object.fromEntries(range(1, 20).map((i) => [`k${i}`, i]))));
    failure(await count(ann, groupID, 1), 70_402);
    failure(await set({ one: 1 }), 70_402);
    failure(await set({ k1: 1.5 }), 70_402);
    failure(await set({ k1: "1" }), 70_402);
    failure(await set({ k1: 2 ** 53 }), 70_402);
    failure(await set({ ["k".repeat(129)]: 1 }), 70_402);
    success(await set({ k1: Number.MAX_SAFE_INTEGER }));
    const more = { groupID, key: "k1", value: 1 };
    failure(await tim(ann, "/group/increaseGroupCounter", more), 70_402);
    failure(await tim(ann, "/group/increaseGroupCounter", { ...more, value: 0.5 }), 70_402);
    expect((await get(ann, groupID)).counters.k1).toBe(Number.MAX_SAFE_INTEGER);
  });
});

const ON_GROUPS: [string, object][] = [
  ["initGroupAttributes", { groupAttributes: { a: "b" } }],
  ["setGroupAttributes", { groupAttributes: { a: "b" } }],
  ["deleteGroupAttributes", {}],
  ["getGroupAttributes", {}],
  ["setGroupCounters", { counters: { a: 1 } }],
  ["increaseGroupCounter", { key: "a", value: 1 }],
  ["decreaseGroupCounter", { key: "a", value: 1 }],
  ["getGroupCounters", {}],
];

test("attributes and counters are for members of the group, while it lasts", async () => {
  const [ann, bob, cid] = await three();
  const groupID = freshName("kept");
  success(await tim(ann, "/group/createGroup", { name: "kept", type: "Public", groupID }));
  const { id: hidden } = await createGroup(ann, [bob]);
  const { id: direct } = await openDirect(ann, bob);
  for (const [name, more] of ON_GROUPS) {
    const as = (who: SignedIn | undefined, group: string) =>
      tim(who, `/group/${name}`, { groupID: group, ...more });
    failure(await as(cid, groupID), 10_007);
    failure(await as(cid, String(hidden)), 10_010);
    failure(await as(ann, String(direct)), 10_010);
    failure(await as(ann, "no such group"), 10_010);
    failure(await as(undefined, groupID), 70_001);
    failure(await tim(ann, `/group/${name}`, more), 70_402);
  }
  success(await tim(ann, "/group/dismissGroup", { groupID }));
  for (const [name, more] of ON_GROUPS)
    failure(await tim(ann, `/group/${name}`, { groupID, ...more }), 10_010);
});

describe("marks and groups of conversations", () => {
  const Listed = z.array(
    z.looseObject({
      ...{ conversationID: z.string(), markList: z.array(z.int()), remark: z.string() },
      conversationGroupList: z.array(z.string()),
    }),
  );
  const listOf = async (who: SignedIn, query: object = {}) =>
    (await data(Listed, who, "/conversation/getConversationList", query)).filter(
      ({ conversationID }) => conversationID !== "@TIM#SYSTEM",
    );
  const Sorted = z.strictObject({
    successConversationIDList: z.array(z.string()),
    failureConversationIDList: z.array(z.looseObject({ conversationID: z.string(), code: z.int() })),
  });

  test("are the caller's own, and select lists", async () => {
    const [ann, bob, cid] = await three();
    const { id } = await openDirect(ann, bob);
    const { id: group } = await createGroup(ann, [bob]);
    await send(ann, id, "one");
    await send(ann, group, "two");
    const [direct, other] = [`C2C${nameOf(ann)}`, `GROUP${group}`];
    const mark = (
      who: SignedIn,
      conversationIDList: string[],
      markType: unknown,
      enableMark: unknown = true,
    ) => tim(who, "/conversation/markConversation", { conversationIDList, markType, enableMark });
    expect(Sorted.parse(success(await mark(bob, [direct, `C2C${nameOf(cid)}`], 1)).data)).toMatchObject({
      successConversationIDList: [direct],
      failureConversationIDList: [{ conversationID: `C2C${nameOf(cid)}`, code: 2_500 }],
    });
    success(await mark(bob, [direct, other], 2 ** 40));
    expect(Sorted.parse(success(await mark(cid, [other], 1)).data).successConversationIDList).toEqual([]);
    const marks = async (who: SignedIn) =>
      new Map((await listOf(who)).map(({ conversationID, markList }) => [conversationID, markList]));
    expect(await marks(bob)).toEqual(
      new Map([
        [direct, [1, 2 ** 40]],
        [other, [2 ** 40]],
      ]),
    );
    expect([...(await marks(ann)).values()]).toEqual([[], []]);
    expect((await listOf(bob, { markType: 1 })).map(({ conversationID }) => conversationID)).toEqual([
      direct,
    ]);
    success(await mark(bob, [direct], 2 ** 40, false));
    expect((await listOf(bob, { markType: 2 ** 40 })).map(({ conversationID }) => conversationID)).toEqual([
      other,
    ]);
    for (const wrong of [0, 3, -1, 2 ** 53, "x"]) failure(await mark(bob, [direct], wrong), 70_402);
    failure(await mark(bob, [direct], 1, "yes"), 70_402);
    failure(await mark(bob, ["nothing"], 1), 2_503);
  });

  test("come, get other names, and end with their last conversation", async () => {
    const [ann, bob, cid] = await three();
    const { id: group } = await createGroup(ann, [bob]);
    await send(ann, group, "two");
    const conversationIDList = [`GROUP${group}`];
    const groups = (who: SignedIn) =>
      data(z.array(z.string()), who, "/conversation/getConversationGroupList");
    const put = (who: SignedIn, groupName: string, name = "createConversationGroup") =>
      tim(who, `/conversation/${name}`, { groupName, conversationIDList });
    success(await put(bob, "work"));
    success(await put(bob, "tea", "addConversationsToGroup"));
    success(await put(bob, "tea", "addConversationsToGroup"));
    expect(Sorted.parse(success(await put(cid, "mine")).data).failureConversationIDList).toHaveLength(1);
    expect([await groups(bob), await groups(ann), await groups(cid)]).toEqual([["tea", "work"], [], []]);
    expect(await listOf(bob, { groupName: "tea" })).toMatchObject([
      { conversationGroupList: ["work", "tea"] },
    ]);
    expect(await listOf(bob, { groupName: "none" })).toEqual([]);
    const rename = (oldName: string, newName: string) =>
      tim(bob, "/conversation/renameConversationGroup", { oldName, newName });
    failure(await rename("work", "tea"), 70_402);
    failure(await rename("none", "x"), 70_402);
    success(await rename("work", "play"));
    expect(await groups(bob)).toEqual(["play", "tea"]);
    success(await put(bob, "play", "deleteConversationsFromGroup"));
    success(await tim(bob, "/conversation/deleteConversationGroup", { groupName: "tea" }));
    failure(await tim(bob, "/conversation/deleteConversationGroup", { groupName: "tea" }), 70_402);
    expect(await groups(bob)).toEqual([]);
    for (const i of range(1, 20)) success(await put(bob, `g${i}`));
    failure(await put(bob, "one more"), 70_402);
    failure(await put(bob, ""), 70_402);
  });

  test("are no more than the most there are, and never two of one name, when many are made at once", async () => {
    const [ann, bob] = await three();
    const { id: group } = await createGroup(ann, [bob]);
    const conversationIDList = [`GROUP${group}`];
    const put = (groupName: string) =>
      tim(bob, "/conversation/createConversationGroup", { groupName, conversationIDList });
    const groups = () => data(z.array(z.string()), bob, "/conversation/getConversationGroupList");
    const isDone = ({ body }: { body: unknown }) => Object(body).code === 0;
    const made = await Promise.all(range(1, 30).map((i) => put(`g${i}`)));
    expect(made.filter(isDone)).toHaveLength(20);
    const names = await groups();
    expect(names).toHaveLength(20);
    // Two groups get one new name: the second finds it taken.
    const rename = (oldName: string) =>
      tim(bob, "/conversation/renameConversationGroup", { oldName, newName: "same" });
    const renamed = await Promise.all(names.slice(0, 5).map(rename));
    expect(renamed.filter(isDone)).toHaveLength(1);
    expect(await groups()).toHaveLength(20);
  });

  test("and the remark on a friend stand in the conversation, for their author alone", async () => {
    const [ann, bob] = await three();
    await befriend(ann, bob);
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "one");
    success(await tim(bob, "/friend/updateFriend", { userID: nameOf(ann), remark: "Annie" }));
    expect(await listOf(bob)).toMatchObject([{ remark: "Annie" }]);
    expect(await listOf(ann)).toMatchObject([{ remark: "" }]);
    const { body } = await call("GET", "/v1/conversations", { token: bob.token });
    expect(JSON.stringify(body)).not.toContain("Annie");
  });
});

test.each([
  "translateText",
  "convertVoiceToText",
  "setMessageExtensions",
  "getMessageExtensions",
  "deleteMessageExtensions",
])("%s is an ability that the server does not have", async (name) => {
  const [ann] = await three();
  failure(await tim(ann, `/message/${name}`, {}), 3_122, name);
  failure(await tim(undefined, `/message/${name}`, {}), 70_001);
});
