import { expect, onTestFinished, test, vi } from "vitest";
import { Server } from "../../client/test/support/server.ts";
import { EVENT, TYPES } from "../src/index.ts";
import { network, twoWays } from "./support/network.ts";
import { eventually, texts, User } from "./support/user.ts";

const PAGE = /getMessageListHopping$/;

/** A live room of a user. */
async function roomOf(owner: User): Promise<string> {
  const { data } = await owner.chat.createGroup({ name: "Stage", type: TYPES.GRP_AVCHATROOM });
  return String(Object(data.group).groupID);
}

/** Has a user look at a live room, until they hear what its owner says there. */
async function look(user: User, owner: User, groupID: string): Promise<void> {
  await user.chat.joinGroup({ groupID });
  await eventually(async () => {
    await owner.say(groupID, "now", "GROUP");
    expect(user.messages().length).toBeGreaterThan(0);
  });
}

/** Makes a call of v1. @returns its answer */
async function v1(
  user: User,
  method: string,
  path: string,
  fields?: object,
): Promise<Record<string, unknown>> {
  const headers = { Authorization: `Bearer ${user.token}`, "Content-Type": "application/json" };
  const init = { method, headers, ...(fields && { body: JSON.stringify(fields) }) };
  const answer = await fetch(`${Server.shared().origin}/v1${path}`, init);
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  return Object(await answer.json());
}

test("joining a live room is looking at it, and quitting is going", async () => {
  const [ann, vic] = [await User.ready("ann"), await User.ready("vic")];
  const groupID = await roomOf(ann);
  const conversationID = `GROUP${groupID}`;
  await ann.say(groupID, "before", "GROUP");
  const members = async () => Object((await ann.chat.getGroupProfile({ groupID })).data.group).memberCount;
  const shown = async () => (await vic.chat.getMessageList({ conversationID })).data.messageList;
  const joined = await vic.chat.joinGroup({ groupID });
  expect(joined.data).toMatchObject({ status: TYPES.JOIN_STATUS_SUCCESS, group: { groupID } });
  const online = async () => (await ann.chat.getGroupOnlineMemberCount(groupID)).data;
  await vic.until<object>(EVENT.NET_STATE_CHANGE, () => true);
  // The socket is open once the next message comes: others before it may be missed.
  await eventually(async () => {
    await ann.say(groupID, "now", "GROUP");
    expect(vic.messages().length).toBeGreaterThan(0);
  });
  const said = await ann.say(groupID, "one", "GROUP");
  const heard = await vic.message(({ payload }) => payload.text === "one");
  expect(heard).toMatchObject({ conversationID, from: ann.userID, flow: "in", sequence: said.sequence });
  expect(texts(vic.messages())).not.toContain("before");
  expect(texts(await shown())).toContain("one");
  await ann.chat.revokeMessage(said);
  await vic.message(({ sequence }) => sequence === said.sequence, EVENT.MESSAGE_REVOKED);
  expect(await online()).toEqual({ memberCount: 1 });
  expect([await members(), await vic.conversation(conversationID)]).toEqual([1, undefined]);
  expect((await vic.chat.getConversationProfile(conversationID)).data.conversation).toMatchObject({
    ...{ conversationID, subType: TYPES.GRP_AVCHATROOM, unreadCount: 0 },
  });

  // Who writes is a member.
  await vic.say(groupID, "hello", "GROUP");
  await ann.message(({ payload }) => payload.text === "hello");
  await eventually(async () =>
    expect(await vic.conversation(conversationID)).toMatchObject({ unreadCount: 0 }),
  );
  expect(await members()).toBe(2);
  await ann.say(groupID, "two", "GROUP");
  await vic.message(({ payload }) => payload.text === "two");
  expect(texts(vic.messages()).filter((text) => text === "two")).toHaveLength(1);
  await vic.chat.quitGroup(groupID);
  expect(await members()).toBe(1);

  await vic.chat.joinGroup({ groupID });
  expect((await vic.chat.quitGroup(groupID)).data).toEqual({ groupID });
  await expect(vic.chat.quitGroup(groupID)).rejects.toMatchObject({ code: 2_623 });
  expect((await ann.chat.joinGroup({ groupID })).data.status).toBe(TYPES.JOIN_STATUS_ALREADY_IN_GROUP);
});

test("who looks at a live room hears that they may no more, as soon as the server says so", async () => {
  const over = await network();
  const [ann, [vic]] = [await User.ready("ann"), await twoWays("vic", over)];
  const [wes, xia] = [await User.ready("wes"), await User.ready("xia")];
  const groupID = await roomOf(ann);
  const isNotice = ({ type }: { type: string }) => type === TYPES.MSG_GRP_SYS_NOTICE;
  const heard = (operationType: number) => ({
    ...{ conversationID: TYPES.CONV_SYSTEM, to: groupID },
    payload: { operationType, groupProfile: { groupID, groupName: "Stage" } },
  });
  const { items } = await v1(ann, "GET", "/conversations");
  const shows = (discoverable: boolean) =>
    v1(ann, "PATCH", `/conversations/${Object(items)[0].id}`, { discoverable });
  await look(wes, ann, groupID);
  await shows(false);
  expect(await wes.message(isNotice)).toMatchObject(heard(4));
  await shows(true);
  for (const user of [vic, xia]) await look(user, ann, groupID);
  await over.down();
  await vic.until<{ state: string }>(EVENT.NET_STATE_CHANGE, ({ state }) => state === "disconnected");
  await ann.chat.dismissGroup(groupID);
  expect(await xia.message(isNotice)).toMatchObject(heard(5));
  await over.up();
  expect(await vic.message(isNotice)).toMatchObject(heard(5));
  for (const one of [vic, wes, xia]) await expect(one.chat.quitGroup(groupID)).rejects.toThrow();
});

test("what was on its way when the user quit a live room does not come", async () => {
  const [ann, vic] = [await User.ready("ann"), await User.ready("vic")];
  const groupID = await roomOf(ann);
  await look(vic, ann, groupID);
  const { fetch } = globalThis;
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let passed = Promise.resolve();
  vi.stubGlobal("fetch", async (...call: Parameters<typeof fetch>) => {
    const answer = await fetch(...call);
    if (!PAGE.test(String(call[0]))) return answer;
    ask();
    await released;
    const text = await answer.text();
    // Behind all that is made of it.
    passed = new Promise((resolve) => setTimeout(resolve));
    return new Response(text, answer);
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  await ann.say(groupID, "too late", "GROUP");
  await asked;
  await vic.chat.quitGroup(groupID);
  release();
  await eventually(() => passed);
  await vic.chat.getMyProfile();
  expect(texts(vic.messages())).not.toContain("too late");
});

test("a live room whose new messages have expired is asked once", async () => {
  const [ann, vic] = [await User.ready("ann"), await User.ready("vic")];
  const groupID = await roomOf(ann);
  await look(vic, ann, groupID);
  const { setTimeout: later, fetch } = globalThis;
  let pages = 0;
  vi.stubGlobal("fetch", async (...call: Parameters<typeof fetch>) => {
    if (!PAGE.test(String(call[0]))) return fetch(...call);
    pages++;
    return Response.json({ code: 0, msg: "", data: { messageList: [] } });
  });
  // The pause between two questions passes at once.
  vi.stubGlobal("setTimeout", (step: () => void, time?: number) => later(step, time === 1_000 ? 0 : time));
  onTestFinished(() => void vi.unstubAllGlobals());
  await ann.say(groupID, "expired", "GROUP");
  await eventually(() => expect(pages).toBeGreaterThan(0));
  for (let n = 0; n < 5; n++) await vic.chat.getMyProfile();
  expect(pages).toBe(1);
});
