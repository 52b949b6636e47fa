import { expect, test } from "vitest";
import { z } from "zod";
import { as, Scene } from "../../../features/spaces/scene.ts";
import { itemAt } from "../../../support/objects/room.ts";
import { data, failure, nameOf, success, tim } from "../client.ts";
import { connect, frameWhere, messagesOnce, say } from "./socket.ts";

const Group = z.looseObject({ groupID: z.string(), isSupportTopic: z.boolean() });
const InGroup = z.looseObject({ group: Group });
const Topic = z.looseObject({
  ...{ topicID: z.string(), topicName: z.string(), avatar: z.string(), introduction: z.string() },
  ...{ notification: z.string(), muteAllMembers: z.boolean(), customData: z.string() },
  ...{ unreadCount: z.int(), groupAtInfoList: z.array(z.unknown()), lastMessage: z.looseObject({}) },
});
const Failed = z.strictObject({ topicID: z.string(), code: z.int(), message: z.string() });
const Topics = z.strictObject({
  successTopicList: z.array(z.strictObject({ topic: Topic })),
  failureTopicList: z.array(Failed),
});
const Ended = z.strictObject({
  successTopicList: z.array(z.strictObject({ topicID: z.string() })),
  failureTopicList: z.array(Failed),
});

const [GET, LIST, MAKE] = ["/group/getGroupProfile", "/group/getTopicList", "/group/createTopicInCommunity"];
const [CHANGE, DELETE] = ["/group/updateTopicProfile", "/group/deleteTopicFromCommunity"];

/** Ann's space, which Bob is in and Eve is not, as a community. */
async function community() {
  const scene = await Scene.make();
  const groupID = `@TGS#_${scene.id}`;
  return { ...scene, scene, groupID, general: `${groupID}@TOPIC#_${scene.general}` };
}

type Who = Scene["ann"];

async function topicsOf(who: Who, groupID: string): Promise<z.infer<typeof Topic>[]> {
  return (await data(Topics, who, LIST, { groupID })).successTopicList.map(({ topic }) => topic);
}

async function makeTopic(who: Who, groupID: string, topicName: string, fields: object = {}): Promise<string> {
  const made = await data(z.strictObject({ topicID: z.string() }), who, MAKE, {
    groupID,
    topicName,
    ...fields,
  });
  return made.topicID;
}

test("a community with topics is a space, and one without is a group", async () => {
  const { ann, bob } = await community();
  const asked = { name: "Bees", type: "Community", introduction: "Honey", isSupportTopic: true };
  const { group } = await data(InGroup, ann, "/group/createGroup", asked);
  expect(group).toMatchObject({
    ...{ groupID: expect.stringMatching(/^@TGS#_\d+$/), name: "Bees", type: "Community", memberCount: 1 },
    ...{ introduction: "Honey", ownerID: nameOf(ann), isSupportTopic: true, selfInfo: { role: "Owner" } },
  });
  const { groupID } = group;
  const space = await as(ann, "GET", `/v1/spaces/${groupID.slice("@TGS#_".length)}`);
  expect(space.body).toMatchObject({ name: "Bees", description: "Honey", discoverable: false });
  expect(await topicsOf(ann, groupID)).toMatchObject([{ topicName: "general" }]);
  const plain = await data(InGroup, ann, "/group/createGroup", { name: "Bees", type: "Community" });
  expect(plain.group).toMatchObject({ isSupportTopic: false });
  failure(await tim(ann, LIST, { groupID: plain.group.groupID }), 10_010);
  // Neither of who is not in it.
  for (const path of [GET, LIST, "/group/quitGroup", "/group/dismissGroup", "/member/getGroupMemberList"])
    failure(await tim(bob, path, { groupID }), 10_010);
});

test.each([
  [{ groupID: "bees" }, 10_015, "groupID"],
  [{ memberList: [{ userID: "anybody" }] }, 70_402, "memberList"],
  [{ notification: "at six" }, 70_402, "notification"],
  [{ maxMemberNum: 7 }, 70_402, "maxMemberNum"],
  [{ joinOption: "NeedPermission" }, 70_402, "joinOption"],
])("a community has no %j", async (field, code, naming) => {
  const { ann } = await Scene.make();
  const wanted = { name: "Bees", type: "Community", isSupportTopic: true, ...field };
  failure(await tim(ann, "/group/createGroup", wanted), code, naming);
});

test("members list their communities and topics, and nobody else does", async () => {
  const { ann, bob, eve, groupID, general, scene } = await community();
  const joined = z.strictObject({ groupList: z.array(Group) });
  const PATH = "/group/getJoinedCommunityList";
  for (const who of [ann, bob]) {
    const { groupList } = await data(joined, who, PATH);
    expect(groupList).toMatchObject([{ groupID, name: "Garden club", introduction: "Soil", memberCount: 2 }]);
  }
  expect(await data(joined, eve, PATH)).toEqual({ groupList: [] });
  const hidden = await scene.ask(ann, "POST", "/channels", { name: "board", visibility: "private" });
  const board = `${groupID}@TOPIC#_${Object(hidden.body).id}`;
  expect((await topicsOf(ann, groupID)).map((one) => one.topicID)).toEqual([general, board]);
  expect((await topicsOf(bob, groupID)).map((one) => one.topicID)).toEqual([general]);
  const named = await data(Topics, bob, LIST, { groupID, topicIDList: [general, board] });
  expect(named).toMatchObject({
    successTopicList: [{ topic: { topicID: general } }],
    failureTopicList: [{ topicID: board, code: 10_010 }],
  });
  failure(await tim(bob, GET, { groupID: board }), 10_010);
  failure(await tim(bob, "/message/getMessageList", { conversationID: `GROUP${board}` }), 2_500);
  for (const path of [LIST, MAKE, DELETE])
    failure(await tim(eve, path, { groupID, topicName: "mine" }), 10_010);
  failure(await tim(eve, CHANGE, { groupID, topicID: general, topicName: "mine" }), 10_010);
});

test("members write in topics, are counted, and hear each other; who does not follow reads", async () => {
  const { ann, bob, groupID, general } = await community();
  const seeds = await makeTopic(ann, groupID, "seeds", { introduction: "What grows when" });
  const [anns, bobs] = [await connect(ann), await connect(bob)];
  await say(ann, general, "hello", { conversationType: "GROUP" });
  const [heard] = await messagesOnce(bobs, 1);
  const place = { conversationID: `GROUP${general}`, conversationType: "GROUP", to: general };
  expect(heard).toMatchObject({ ...place, flow: "in", payload: { text: "hello" } });
  expect(await topicsOf(bob, groupID)).toMatchObject([
    { topicID: general, unreadCount: 1, lastMessage: { messageForShow: "hello", lastSequence: 1 } },
    { topicID: seeds, unreadCount: 0, introduction: "What grows when" },
  ]);
  success(await tim(bob, "/message/setMessageRead", { conversationID: `GROUP${general}` }));
  expect(itemAt(await topicsOf(bob, groupID), 0)).toMatchObject({ unreadCount: 0 });
  const listed = success(await tim(bob, "/conversation/getConversationList")).data;
  expect(listed).toMatchObject([{ conversationID: `GROUP${general}`, groupProfile: { groupID: general } }]);
  // Of a topic that Bob does not follow.
  await say(ann, seeds, "beans", { conversationType: "GROUP" });
  const page = { conversationID: `GROUP${seeds}` };
  expect(success(await tim(bob, "/message/getMessageList", page)).data).toMatchObject([
    { message: { payload: { text: "beans" }, to: seeds } },
  ]);
  await say(bob, seeds, "peas", { conversationType: "GROUP" });
  expect(await messagesOnce(anns, 3)).toMatchObject([{}, {}, { to: seeds, payload: { text: "peas" } }]);
  expect(itemAt(await topicsOf(ann, groupID), 1)).toMatchObject({ unreadCount: 1 });
});

test("topics are joined and quit without a message", async () => {
  const { ann, bob, groupID } = await community();
  const seeds = await makeTopic(ann, groupID, "seeds");
  const isListed = async () =>
    JSON.stringify(success(await tim(bob, "/conversation/getConversationList")).data).includes(seeds);
  expect(success(await tim(bob, "/group/joinGroup", { groupID: seeds })).data).toMatchObject({
    status: "JoinedSuccess",
    group: { groupID: seeds },
  });
  expect(await isListed()).toBe(true);
  success(await tim(bob, "/group/quitGroup", { groupID: seeds }));
  expect(await isListed()).toBe(false);
});

test("topics are made, changed and deleted by who may, and everybody hears of it", async () => {
  const { ann, bob, eve, groupID, general } = await community();
  const [bobs, eves] = [await connect(bob), await connect(eve)];
  const told = async (work: () => Promise<unknown>) => {
    const before = bobs.of("community").length;
    const done = await work();
    await bobs.until(() => bobs.of("community").length > before);
    return done;
  };
  const avatar = "https://example.com/seeds.png";
  const wanted = { avatar, notification: "Sow now", introduction: "Soil", customData: "{}" };
  const seeds = String(await told(() => makeTopic(ann, groupID, "seeds", wanted)));
  expect(await frameWhere(bobs, "community")).toEqual({ type: "community", groupID });
  expect(itemAt(await topicsOf(bob, groupID), 1)).toMatchObject({
    topicID: seeds,
    topicName: "seeds",
    ...wanted,
  });
  const change = { topicName: "Seeds", customData: "[]", muteAllMembers: true, notification: "" };
  const changed = await told(() =>
    data(z.object({ topic: Topic }), ann, CHANGE, { groupID, topicID: seeds, ...change }),
  );
  expect(changed).toMatchObject({ topic: { ...wanted, ...change } });
  expect(itemAt(await topicsOf(bob, groupID), 1)).toMatchObject(change);
  const muted = await tim(bob, "/message/sendMessage", {
    ...{ ID: `${nameOf(bob)}-1-1`, to: seeds, conversationType: "GROUP", payload: { text: "peas" } },
  });
  expect(muted.body).toMatchObject({ code: 10_017, data: { message: { status: "fail", to: seeds } } });
  failure(await tim(bob, MAKE, { groupID, topicName: "mine" }), 10_007);
  failure(await tim(bob, CHANGE, { groupID, topicID: seeds, topicName: "mine" }), 10_007);
  expect(await data(Ended, bob, DELETE, { groupID, topicIDList: [seeds] })).toMatchObject({
    successTopicList: [],
    failureTopicList: [{ topicID: seeds, code: 10_007 }],
  });
  failure(await tim(ann, MAKE, { groupID, topicName: "mine", topicID: `${seeds}9` }), 10_015, "topicID");
  failure(await tim(ann, CHANGE, { groupID, topicID: "seeds", topicName: "mine" }), 10_015, "topicID");
  failure(
    await tim(ann, CHANGE, { groupID, topicID: `${groupID}@TOPIC#_999999`, topicName: "mine" }),
    10_010,
  );
  const ended = await told(() => data(Ended, ann, DELETE, { groupID, topicIDList: [seeds] }));
  expect(ended).toEqual({ successTopicList: [{ topicID: seeds }], failureTopicList: [] });
  expect((await topicsOf(bob, groupID)).map((one) => one.topicID)).toEqual([general]);
  expect(eves.of("community")).toEqual([]);
});

test("members of a community are listed by pages and roles, with the name cards that they have there", async () => {
  const { ann, bob, eve, groupID } = await community();
  const [LIST_MEMBERS, NAME] = ["/member/getGroupMemberList", "/member/setGroupMemberNameCard"];
  const member = { userID: nameOf(bob), nameCard: "Bob, seeds", role: "Member" };
  const own = await tim(bob, NAME, { groupID, nameCard: "Bob, seeds" });
  expect(success(own).data).toMatchObject({ group: { groupID }, member });
  failure(await tim(bob, NAME, { groupID, userID: nameOf(ann), nameCard: "Boss" }), 10_007);
  failure(await tim(eve, NAME, { groupID, nameCard: "Eve" }), 10_010);
  failure(await tim(ann, NAME, { groupID, userID: nameOf(eve), nameCard: "Eve" }), 10_007);
  const listed = async (query: object) => success(await tim(bob, LIST_MEMBERS, query)).data;
  expect(await listed({ groupID, count: 1 })).toMatchObject({
    memberList: [{ userID: nameOf(ann), nameCard: "", role: "Owner" }],
    offset: 1,
  });
  expect(await listed({ groupID, count: 1, offset: 1 })).toMatchObject({ memberList: [member], offset: 0 });
  expect(await listed({ groupID, count: 1, role: "Owner" })).toMatchObject({
    ...{ memberList: [{ userID: nameOf(ann) }], offset: 0 },
  });
  expect(await listed({ groupID, count: 1, role: "Member" })).toMatchObject({
    ...{ memberList: [member], offset: 0 },
  });
  expect(await listed({ groupID, role: "Admin" })).toEqual({ memberList: [], offset: 0 });
  success(await tim(ann, NAME, { groupID, userID: nameOf(bob), nameCard: "" }));
  expect(await listed({ groupID, offset: 1 })).toMatchObject({ memberList: [{ nameCard: "" }] });
});

test("one call removes 20 members and deletes 20 topics at most, and each counts as a page", async () => {
  const { ann, bob, scene, groupID } = await community();
  const REMOVE = "/member/deleteGroupMember";
  let pages = 0;
  const PAGE_RATE: RateLimit = {
    limit: async () => {
      pages++;
      return { success: true };
    },
  };
  const counted = async (path: string, body: object) => {
    pages = 0;
    return { answer: await tim(ann, path, body, { settings: { PAGE_RATE } }), pages };
  };
  const many = Array.from({ length: 21 }, (_, i) => `nobody${i}`);
  failure((await counted(REMOVE, { groupID, userIDList: many })).answer, 70_402, "userIDList");
  const topics = Array.from({ length: 21 }, (_, i) => `${groupID}@TOPIC#_${i + 1}`);
  failure(await tim(ann, DELETE, { groupID, topicIDList: topics }), 10_015, "topicIDList");
  for (let n = 0; n < 20; n++)
    expect((await scene.ask(ann, "POST", "/channels", { name: `bed ${n}` })).status).toBe(201);
  failure(await tim(ann, DELETE, { groupID }), 10_015, "topicIDList");
  const [first, second] = (await topicsOf(ann, groupID)).slice(-2).map(({ topicID }) => topicID);
  const ended = await counted(DELETE, { groupID, topicIDList: [first, second, first] });
  expect(success(ended.answer).data).toEqual({
    ...{ successTopicList: [{ topicID: first }, { topicID: second }], failureTopicList: [] },
  });
  expect(ended.pages).toBe(2);
  const all = await counted(DELETE, { groupID });
  expect(all.pages).toBe(19);
  expect(await topicsOf(ann, groupID)).toEqual([]);
  const removed = await counted(REMOVE, { groupID, userIDList: [nameOf(bob), nameOf(ann)] });
  failure(removed.answer, 10_007);
  expect(removed.pages).toBe(2);
  // Who came before the refusal is out, and is told so.
  failure(await tim(bob, GET, { groupID }), 10_010);
});

test("a community is changed, handed over, left and dismissed", async () => {
  const { ann, bob, eve, groupID } = await community();
  const UPDATE = "/group/updateGroupProfile";
  failure(await tim(bob, UPDATE, { groupID, name: "Mine" }), 10_007);
  failure(await tim(ann, UPDATE, { groupID, muteAllMembers: true }), 70_402, "muteAllMembers");
  const change = { groupID, name: "Garden", introduction: "Earth", joinOption: "FreeAccess" };
  const shown = { ...change, isSupportTopic: true };
  expect(await data(InGroup, ann, UPDATE, change)).toMatchObject({ group: shown });
  expect(await data(InGroup, bob, GET, { groupID })).toMatchObject({ group: shown });
  failure(await tim(eve, "/group/joinGroup", { groupID }), 10_010);
  const settings = { SPACES_DIRECTORY: "on" };
  const joined = await tim(eve, "/group/joinGroup", { groupID }, { settings });
  expect(success(joined).data).toMatchObject({ status: "JoinedSuccess", group: { groupID, memberCount: 3 } });
  const again = await tim(eve, "/group/joinGroup", { groupID }, { settings });
  expect(success(again).data).toMatchObject({ status: "AlreadyInGroup" });
  const members = success(await tim(bob, "/member/getGroupMemberList", { groupID, count: 2 })).data;
  expect(members).toMatchObject({
    memberList: [
      { userID: nameOf(ann), role: "Owner" },
      { userID: nameOf(bob), role: "Member" },
    ],
    offset: 2,
  });
  const others = success(await tim(bob, "/member/getGroupMemberList", { groupID, offset: 2 })).data;
  expect(others).toMatchObject({ memberList: [{ userID: nameOf(eve) }], offset: 0 });
  const removal = { groupID, userIDList: [nameOf(eve)] };
  failure(await tim(bob, "/member/deleteGroupMember", removal), 10_007);
  expect(success(await tim(ann, "/member/deleteGroupMember", removal)).data).toMatchObject({
    group: { memberCount: 2 },
    userIDList: [nameOf(eve)],
  });
  failure(await tim(eve, GET, { groupID }), 10_010);
  failure(await tim(bob, "/group/changeGroupOwner", { groupID, newOwnerID: nameOf(bob) }), 2_681);
  failure(await tim(ann, "/group/quitGroup", { groupID }), 10_007);
  const handed = await data(InGroup, ann, "/group/changeGroupOwner", { groupID, newOwnerID: nameOf(bob) });
  expect(handed.group).toMatchObject({ ownerID: nameOf(bob), selfInfo: { role: "Member" } });
  success(await tim(ann, "/group/quitGroup", { groupID }));
  failure(await tim(ann, "/group/dismissGroup", { groupID }), 10_010);
  success(await tim(bob, "/group/dismissGroup", { groupID }));
  failure(await tim(bob, GET, { groupID }), 10_010);
});
