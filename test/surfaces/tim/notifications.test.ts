import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroupId, itemAt, range } from "../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";
import { data, failure, nameOf, success, tim } from "./client.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  const all = await signedInUsers(4);
  [ann, bob, cid, dan] = [itemAt(all, 0), itemAt(all, 1), itemAt(all, 2), itemAt(all, 3)];
});

const SYSTEM = "@TIM#SYSTEM";
const Payload = z.strictObject({
  operatorID: z.string(),
  operationType: z.int(),
  groupProfile: z.strictObject({ groupID: z.string(), name: z.string(), type: z.string() }),
  handleMessage: z.string(),
  applyMessage: z.string(),
  messageKey: z.int(),
  authentication: z.string(),
});
const Message = z.looseObject({
  ID: z.string(),
  type: z.literal("TIMGroupSystemNoticeElem"),
  conversationID: z.literal(SYSTEM),
  conversationType: z.literal(SYSTEM),
  sequence: z.int(),
  payload: Payload,
});
const Page = z.object({
  data: z.array(z.object({ message: Message })),
  nextReqMessageID: z.string(),
  isCompleted: z.boolean(),
});
const Created = z.looseObject({ group: z.looseObject({ groupID: z.string() }) });
const Listed = z.looseObject({
  conversationID: z.string(),
  unreadCount: z.int(),
  message: Message.nullable(),
  lastMessage: z.looseObject({ type: z.string(), messageForShow: z.string(), payload: z.unknown() }),
});
const Anything = z.array(z.looseObject({ conversationID: z.string() }));
const Conversation = z.object({ conversation: Listed.omit({ message: true }) });

/** A user's notifications of all groups or of one, the oldest first. */
async function noticesOf(who: SignedIn, groupID?: string): Promise<z.infer<typeof Message>[]> {
  const all: z.infer<typeof Message>[] = [];
  for (let next = "", isCompleted = false; !isCompleted; ) {
    const answer = await tim(who, "/message/getMessageList", {
      conversationID: SYSTEM,
      nextReqMessageID: next,
    });
    const page = Page.parse(success(answer));
    all.unshift(...page.data.map(({ message }) => message));
    ({ nextReqMessageID: next, isCompleted } = page);
  }
  return all.filter(({ payload }) => groupID === undefined || payload.groupProfile.groupID === groupID);
}

async function operations(who: SignedIn, groupID?: string): Promise<number[]> {
  return (await noticesOf(who, groupID)).map(({ payload }) => payload.operationType);
}

/** Creates a group of Ann's. */
async function made(type: string, members: SignedIn[] = [], more: object = {}): Promise<string> {
  const memberList = members.map((member) => ({ userID: nameOf(member) }));
  const { group } = await data(Created, ann, "/group/createGroup", {
    name: "a group",
    type,
    memberList,
    ...more,
  });
  return group.groupID;
}

async function apply(who: SignedIn, groupID: string, applyMessage = "let me in"): Promise<void> {
  const { status } = await data(z.looseObject({ status: z.string() }), who, "/group/joinGroup", {
    groupID,
    applyMessage,
  });
  expect(status).toBe("WaitAdminApproval");
}

async function applicationOf(who: SignedIn, groupID: string): Promise<z.infer<typeof Message>> {
  const notification = (await noticesOf(who, groupID)).findLast(({ payload }) => payload.operationType === 1);
  if (!notification) throw new Error("no join request was notified");
  return notification;
}

function handle(who: SignedIn, fields: object, handleAction = "Agree") {
  return tim(who, "/group/handleGroupApplication", { handleAction, ...fields });
}

/** The payload with only the fields that a decision needs. */
function inWords({ payload }: z.infer<typeof Message>) {
  const { operatorID, groupProfile, authentication, messageKey } = payload;
  return { applicant: operatorID, groupID: groupProfile.groupID, authentication, messageKey };
}

describe("join requests", () => {
  test("an applicant is admitted by means of the notification, and is notified", async () => {
    const groupID = await made("Public");
    await apply(bob, groupID);
    const message = await applicationOf(ann, groupID);
    expect(message).toMatchObject({
      ...{ from: SYSTEM, to: nameOf(ann), flow: "in", status: "success", isRevoked: false },
      payload: {
        operatorID: nameOf(bob),
        groupProfile: { groupID, name: "a group", type: "Public" },
        ...{ applyMessage: "let me in", handleMessage: "", messageKey: 1 },
        authentication: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    });
    const { group } = await data(Created, ann, "/group/handleGroupApplication", {
      ...{ handleAction: "Agree", handleMessage: "welcome", message },
    });
    expect(group).toMatchObject({ groupID, memberCount: 2 });
    expect((await noticesOf(bob, groupID)).map(({ payload }) => payload)).toEqual([
      {
        ...{ operatorID: nameOf(ann), operationType: 2, messageKey: 1, authentication: "" },
        ...{ applyMessage: "let me in", handleMessage: "welcome" },
        groupProfile: { groupID, name: "a group", type: "Public" },
      },
    ]);
    failure(await handle(ann, { message }), 10_024);
    failure(await handle(ann, { message }, "Reject"), 10_024);
  });

  test("are decided with few fields, with and without a message, with a key as text", async () => {
    const groupID = await made("Public");
    await apply(bob, groupID);
    const application = inWords(await applicationOf(ann, groupID));
    const textual = { ...application, messageKey: String(application.messageKey) };
    success(await handle(ann, { application: textual, handleMessage: "no" }, "Reject"));
    expect(await operations(bob, groupID)).toEqual([3]);
    // Bob may ask again later, and that is another join request.
    overrideTiming({ rejections: { cooldownMs: 0 } });
    await apply(bob, groupID);
    expect(inWords(await applicationOf(ann, groupID)).authentication).not.toBe(application.authentication);
    expect(await operations(ann, groupID)).toEqual([6, 1, 1]);
  });

  test("are decided only with the sent authentication, in their group, for their applicant", async () => {
    const groupID = await made("Public", [], { groupID: `g-${nameOf(ann)}` });
    const other = await made("Public");
    for (const to of [groupID, other]) await apply(bob, to);
    const right = inWords(await applicationOf(ann, groupID));
    const neighbour = inWords(await applicationOf(ann, other));
    for (const wrong of [
      { authentication: "" },
      { authentication: neighbour.authentication },
      { authentication: right.authentication.toUpperCase() },
      { authentication: 5 },
      { authentication: undefined },
      { messageKey: 2 },
      { messageKey: 0 },
      { messageKey: "x" },
      { applicant: nameOf(cid) },
      { applicant: undefined },
      { groupID: other },
    ]) {
      failure(await handle(ann, { application: { ...right, ...wrong } }), 70_402);
    }
    failure(await handle(ann, { application: { ...right, applicant: "no such user" } }), 70_107);
    failure(await handle(ann, { application: { ...right, groupID: "999999999" } }), 10_010);
    failure(await handle(ann, { application: { ...right, groupID: "群" } }), 10_015, "application.groupID");
    const { payload } = await applicationOf(ann, groupID);
    const elsewhere = { payload: { ...payload, groupProfile: { groupID: "" } } };
    failure(await handle(ann, { message: elsewhere }), 10_015, "message.payload.groupProfile.groupID");
    failure(await handle(ann, {}), 70_402, "message");
    failure(await handle(ann, { message: {} }), 70_402, "message.payload");
    failure(await handle(ann, { message: "x" }), 70_402, "message");
    failure(await handle(ann, { application: right }, "Maybe"), 70_402, "handleAction");
    failure(
      await handle(ann, { application: right, handleMessage: "x".repeat(501) }),
      70_402,
      "handleMessage",
    );
    failure(await handle(cid, { application: right }), 10_007);
    success(await handle(ann, { application: right }));
    expect(await operations(bob, groupID)).toEqual([2]);
  });

  test("are not decided by plain members, admins are notified too, and one of twenty concurrent decisions counts", async () => {
    const groupID = await made("Public");
    for (const who of [bob, cid]) {
      await apply(who, groupID);
      success(await handle(ann, { message: await applicationOf(ann, groupID) }));
    }
    success(await tim(ann, "/member/setGroupMemberRole", { groupID, userID: nameOf(bob), role: "Admin" }));
    await apply(dan, groupID);
    const message = await applicationOf(ann, groupID);
    expect((await applicationOf(bob, groupID)).payload).toEqual(message.payload);
    expect(await operations(cid, groupID)).toEqual([2]);
    failure(await handle(cid, { message }), 10_007);
    const answers = await Promise.all(
      range(1, 20).map((i) => handle(i % 2 === 0 ? ann : bob, { message }, i % 3 === 0 ? "Reject" : "Agree")),
    );
    const codes = answers.map(({ body }) => z.looseObject({ code: z.int() }).parse(body).code);
    expect(codes.filter((code) => code === 0)).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set([0, 10_024]));
    expect(await operations(dan, groupID)).toHaveLength(1);
    success(await tim(ann, "/member/setGroupMemberRole", { groupID, userID: nameOf(bob), role: "Member" }));
    expect(await operations(bob, groupID)).toEqual([2, 9, 1, 10]);
  });

  test("of a user who is a member by now answer so, and of a deleted account are unknown", async () => {
    const id = await createGroupId(ann, cid);
    const groupID = String(id);
    for (const [i, who] of [bob, dan].entries()) {
      const body = { message: `${i}` };
      expect((await call("POST", `/v1/conversations/${id}/join`, { token: who.token, body })).status).toBe(
        200,
      );
    }
    const [eve] = await registerUsers(1);
    if (!eve) throw new Error("there is one");
    await call("POST", `/v1/conversations/${id}/join`, { token: eve.token, body: {} });
    const ownRequest = await applicationOf(ann, groupID);
    const foreign = (await noticesOf(ann, groupID)).find(({ payload }) => payload.operatorID === nameOf(dan));
    await call("POST", `/v1/conversations/${id}/members`, {
      ...{ token: ann.token, body: { user_ids: [dan.user.id] } },
    });
    failure(await handle(ann, { message: foreign }), 10_013);
    failure(await handle(ann, { message: foreign }, "Reject"), 10_024);
    expect(await operations(dan, groupID)).toEqual([7]);
    await deleteAccount(eve);
    failure(await handle(ann, { message: ownRequest }), 70_107);
    expect((await applicationOf(ann, groupID)).payload.operatorID).toBe(`deleted-${eve.user.id}`);
    // A decision over v1 is notified here.
    const path = `/v1/conversations/${id}/applications/1`;
    await call("POST", path, { token: ann.token, body: { action: "reject" } });
    expect(await operations(bob, groupID)).toEqual([3]);
  });

  test("stay where the group is full", async () => {
    const groupID = await made("Public", [], { maxMemberNum: 2 });
    await apply(bob, groupID);
    await apply(cid, groupID);
    const [first, second] = (await noticesOf(ann, groupID)).filter(
      ({ payload }) => payload.operationType === 1,
    );
    success(await handle(ann, { message: first }));
    failure(await handle(ann, { message: second }), 10_014);
    success(await handle(ann, { message: second }, "Reject"));
  });
});

test("each operation is notified with its number", async () => {
  const groupID = await made("Community", [bob]);
  success(await tim(ann, "/member/addGroupMember", { groupID, userIDList: [nameOf(cid)] }));
  success(await tim(ann, "/member/setGroupMemberRole", { groupID, userID: nameOf(bob), role: "Admin" }));
  success(await tim(ann, "/member/setGroupMemberRole", { groupID, userID: nameOf(bob), role: "Member" }));
  success(
    await tim(ann, "/member/deleteGroupMember", { groupID, userIDList: [nameOf(cid)], reason: "spam" }),
  );
  success(await tim(ann, "/group/dismissGroup", { groupID }));
  expect(await operations(ann, groupID)).toEqual([6, 5]);
  expect(await operations(bob, groupID)).toEqual([7, 9, 10, 5]);
  expect(await operations(cid, groupID)).toEqual([7, 4]);
  expect((await noticesOf(cid, groupID)).at(-1)?.payload).toMatchObject({
    ...{ operatorID: nameOf(ann), handleMessage: "spam", applyMessage: "", authentication: "" },
    groupProfile: { groupID, name: "a group", type: "Community" },
  });
});

describe("the conversation with notifications", () => {
  test("is paged, counted unread, read, deleted and restored by a new notification", async () => {
    const [eve] = await signedInUsers(1);
    if (!eve) throw new Error("there is one");
    const listed = () => data(Anything, eve, "/conversation/getConversationList", {});
    const profile = () =>
      data(Conversation, eve, "/conversation/getConversationProfile", { conversationID: SYSTEM });
    expect(await listed()).toEqual([]);
    expect((await profile()).conversation).toMatchObject({ conversationID: SYSTEM, unreadCount: 0 });
    expect(await noticesOf(eve)).toEqual([]);
    const groupID = await made("Community", [eve]);
    for (const i of range(1, 30)) {
      const role = i % 2 === 0 ? "Member" : "Admin";
      success(await tim(ann, "/member/setGroupMemberRole", { groupID, userID: nameOf(eve), role }));
    }
    const pages: number[] = [];
    for (let next = "", isCompleted = false; !isCompleted; ) {
      const asked = { conversationID: SYSTEM, nextReqMessageID: next };
      const page = Page.parse(success(await tim(eve, "/message/getMessageList", asked)));
      pages.push(page.data.length);
      ({ nextReqMessageID: next, isCompleted } = page);
      if (isCompleted) expect(next).toBe("");
    }
    expect(pages).toEqual([15, 15, 1]);
    expect((await noticesOf(eve)).map(({ sequence }) => sequence)).toEqual(range(1, 31));
    const one = Page.parse(
      success(await tim(eve, "/message/getMessageList", { conversationID: SYSTEM, count: 1 })),
    );
    expect(one.data).toMatchObject([{ message: { ID: `${SYSTEM}-31`, sequence: 31 } }]);
    for (const wrong of [{ count: 0 }, { nextReqMessageID: "1-1" }, { nextReqMessageID: `${SYSTEM}-x` }]) {
      failure(await tim(eve, "/message/getMessageList", { conversationID: SYSTEM, ...wrong }), 70_402);
    }

    const system = async () => (await listed()).find(({ conversationID }) => conversationID === SYSTEM);
    expect(Listed.parse(await system())).toMatchObject({
      ...{ type: SYSTEM, unreadCount: 31, message: { sequence: 31 } },
      lastMessage: { type: "TIMGroupSystemNoticeElem", payload: { operationType: 10 } },
    });
    expect((await profile()).conversation).toMatchObject({ unreadCount: 31 });
    success(await tim(eve, "/message/setMessageRead", { conversationID: SYSTEM }));
    expect(await system()).toMatchObject({ unreadCount: 0 });
    const filtered = await data(Anything, eve, "/conversation/getConversationList", {
      conversationID: [SYSTEM],
    });
    expect(filtered.map(({ conversationID }) => conversationID)).toEqual([SYSTEM]);

    const deletion = { conversationID: SYSTEM, clearHistoryMessage: false };
    success(await tim(eve, "/conversation/deleteConversation", deletion));
    expect(await system()).toBeUndefined();
    expect(await noticesOf(eve)).toHaveLength(31);
    success(await tim(ann, "/member/setGroupMemberRole", { groupID, userID: nameOf(eve), role: "Admin" }));
    expect(await system()).toMatchObject({ unreadCount: 1 });
    success(await tim(eve, "/conversation/deleteConversation", { conversationIDList: [SYSTEM] }));
    expect(await system()).toBeUndefined();
    expect(await noticesOf(eve)).toEqual([]);
    success(await tim(ann, "/group/dismissGroup", { groupID }));
    expect(await operations(eve)).toEqual([5]);
    expect(await system()).toMatchObject({ unreadCount: 1, message: { sequence: 33 } });
  });

  test("takes no messages, and no notification can be revoked", async () => {
    const ID = `${SYSTEM}-1`;
    failure(await tim(ann, "/message/revokeMessage", { ID }), 20_022);
    const draft = { to: SYSTEM, conversationType: SYSTEM, payload: { text: "hi" } };
    failure(await tim(ann, "/message/createMessage", draft), 2_106);
  });
});

test("goes by its short name too", async () => {
  const [eve] = await registerUsers(1);
  if (!eve) throw new Error("there is one");
  const conversationID = "SYSTEM";
  const { group } = await data(Created, eve, "/group/createGroup", { name: "hers" });
  const page = await tim(eve, "/message/getMessageList", { conversationID });
  expect(Page.parse(success(page)).data.map(({ message }) => message)).toEqual(
    await noticesOf(eve, group.groupID),
  );
  const list = () => tim(eve, "/conversation/getConversationList", { conversationID: [conversationID] });
  expect(success(await list()).data).toMatchObject([{ conversationID: SYSTEM, unreadCount: 1 }]);
  success(await tim(eve, "/message/setMessageRead", { conversationID }));
  expect(success(await list()).data).toMatchObject([{ unreadCount: 0 }]);
  const deleted = await tim(eve, "/conversation/deleteConversation", { conversationID });
  expect(success(deleted).data).toEqual({ conversationID: SYSTEM });
  expect(success(await list()).data).toEqual([]);
});
