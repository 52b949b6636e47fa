import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, freshName, type SignedIn } from "../../support/clients/api.ts";
import {
  countRowsInD1,
  createGroup,
  deleteMessage,
  listedConversation,
  openDirect,
  page,
  send,
  sendAll,
  storedInConversation,
} from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { Costs } from "../../support/objects/costs.ts";
import { conversationObject, itemAt, range } from "../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";
import { mark, open as openSession, signed } from "../usersig/client.ts";
import { data, failure, nameOf, success, tim } from "./client.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

/** A message by appendix 1, with the SDK's further fields: exactly these. */
const Message = z.strictObject({
  ...{ ID: z.string(), type: z.string(), payload: z.looseObject({}), conversationID: z.string() },
  ...{ conversationType: z.enum(["C2C", "GROUP"]), to: z.string(), from: z.string() },
  ...{ flow: z.enum(["in", "out"]), time: z.int(), clientTime: z.int(), sequence: z.int() },
  ...{ status: z.literal("success"), isRevoked: z.boolean(), revoker: z.string(), isDeleted: z.boolean() },
  ...{
    version: z.int(),
    isModified: z.boolean(),
    isPeerRead: z.boolean(),
    nick: z.string(),
    avatar: z.string(),
  },
  ...{ nameCard: z.string(), priority: z.string(), atUserList: z.array(z.string()) },
  cloudCustomData: z.string(),
});
const Page = z.strictObject({
  ...{ code: z.literal(0), msg: z.literal(""), data: z.array(z.strictObject({ message: Message })) },
  ...{ nextReqMessageID: z.string(), isCompleted: z.boolean() },
});
const LastMessage = z.strictObject({
  ...{ lastTime: z.int(), lastSequence: z.int(), fromAccount: z.string(), messageForShow: z.string() },
  ...{ type: z.string(), payload: z.looseObject({}), isRevoked: z.boolean(), isPeerRead: z.boolean() },
  ...{ nick: z.string(), nameCard: z.string() },
});
const AtInfo = z.strictObject({
  ...{ from: z.string(), groupID: z.string(), messageSequence: z.int(), atTypeArray: z.array(z.int()) },
});
const Conversation = z.strictObject({
  ...{ conversationID: z.string(), type: z.enum(["C2C", "GROUP"]), subType: z.string() },
  ...{ unreadCount: z.int(), lastMessage: LastMessage, groupAtInfoList: z.array(AtInfo) },
  userProfile: z.strictObject({ userID: z.string(), nick: z.string(), avatar: z.string() }).optional(),
  groupProfile: z
    .looseObject({ groupID: z.string(), name: z.string(), type: z.string(), selfInfo: z.unknown() })
    .optional(),
  ...{ markList: z.array(z.int()), conversationGroupList: z.array(z.string()) },
  ...{ remark: z.string(), isPinned: z.boolean(), messageRemindType: z.string(), peerReadTime: z.int() },
});
const Listed = Conversation.extend({ message: Message.nullable() });
const Profile = z.strictObject({ conversation: Conversation });

async function people(count: number): Promise<[SignedIn, SignedIn, SignedIn]> {
  const found = await signedInUsers(Math.max(count, 3));
  return [itemAt(found, 0), itemAt(found, 1), itemAt(found, 2)];
}

const c2c = (who: SignedIn) => `C2C${nameOf(who)}`;
const GROUP = (id: number) => `GROUP${id}`;

const messages = async (who: SignedIn, conversationID: string, more: object = {}) =>
  Page.parse((await tim(who, "/message/getMessageList", { conversationID, ...more })).body);
const texts = ({ data: items }: z.infer<typeof Page>) => items.map(({ message }) => message.payload.text);
/** The caller's list without the conversation of notifications, which has tests of its own. */
const list = async (who: SignedIn, more: object = {}) => {
  const all = await data(
    z.array(z.looseObject({ conversationID: z.string() })),
    who,
    "/conversation/getConversationList",
    more,
  );
  return z.array(Listed).parse(all.filter(({ conversationID }) => conversationID !== "@TIM#SYSTEM"));
};
const one = async (who: SignedIn, conversationID: string) => {
  const [found] = await list(who, { conversationID });
  if (!found) throw new Error(`${conversationID} is not in the list`);
  return found;
};
const profile = async (who: SignedIn, conversationID: string) =>
  (await data(Profile, who, "/conversation/getConversationProfile", { conversationID })).conversation;
const markRead = (who: SignedIn, conversationID: string) =>
  data(z.strictObject({}), who, "/message/setMessageRead", { conversationID });
const revoke = (who: SignedIn, ID: unknown) => tim(who, "/message/revokeMessage", { ID });
const unlist = (who: SignedIn, conversationID: string, more: object = {}) =>
  tim(who, "/conversation/deleteConversation", { conversationID, ...more });

/** Conversation ids that are invalid or not the caller's, and the code for each. */
const FOREIGN: [string, (outsider: { id: number; direct: number }) => unknown, number][] = [
  ["a user whom there is not", () => `C2C${freshName("nobody")}`, 2_500],
  ["the group of others", ({ id }) => GROUP(id), 2_500],
  ["a group which there is not", () => "GROUP999999999", 2_500],
  ["a group's name that nobody has given", () => "GROUPnobodys", 2_500],
  ["a direct conversation's number", ({ direct }) => GROUP(direct), 2_500],
  ["nothing", () => "", 2_503],
  ["no kind", () => "X", 2_503],
  ["nobody", () => "C2C", 2_503],
  ["no group", () => "GROUP", 2_503],
  ["a long name", () => `GROUP${"x".repeat(49)}`, 2_503],
  ["another case", () => "c2cx", 2_503],
  ["null", () => null, 70_402],
  ["absence", () => undefined, 70_402],
];

describe("conversations of others", () => {
  let scene: { ann: SignedIn; bob: SignedIn; id: ConversationId; direct: ConversationId };

  // Refusals change nothing, so that all share one scene.
  beforeAll(async () => {
    const [ann, bob, cid] = await people(3);
    const { id } = await createGroup(bob, [cid]);
    const { id: direct } = await openDirect(bob, cid);
    await openDirect(ann, bob);
    scene = { ann, bob, id, direct };
  });

  test.each(FOREIGN)("%s is refused by every call, and nothing changes", async (_, name, code) => {
    const { ann, bob, id, direct } = scene;
    const before = [await storedInConversation(id), await countRowsInD1()];
    const conversationID = name({ id, direct });
    for (const path of [
      ...["/message/getMessageList", "/message/setMessageRead"],
      ...["/conversation/getConversationProfile", "/conversation/deleteConversation"],
    ])
      failure(await tim(ann, path, { conversationID }), code);
    // One invalid id of several refuses all.
    const some = { conversationIDList: [c2c(bob), conversationID] };
    failure(await tim(ann, "/conversation/deleteConversation", some), code);
    expect(await list(ann)).toHaveLength(1);
    if (code === 2_500) expect(await list(ann, { conversationID: [conversationID] })).toEqual([]);
    else if (code === 2_503)
      failure(await tim(ann, "/conversation/getConversationList", { conversationID }), code);
    expect([await storedInConversation(id), await countRowsInD1()]).toEqual(before);
  });
});

describe("messages", () => {
  test("come fifteen a page, ascending, the newest page first, to the end", async () => {
    const [ann, bob] = await people(2);
    const { id } = await openDirect(ann, bob);
    const pageOf = async (before: string, count?: number) =>
      messages(bob, c2c(ann), { nextReqMessageID: before, ...(count !== undefined && { count }) });
    for (const [there, pages] of [
      [0, [[]]],
      [1, [[1, 1]]],
      [15, [[1, 15]]],
      [
        16,
        [
          [2, 16],
          [1, 1],
        ],
      ],
      [
        31,
        [
          [17, 31],
          [2, 16],
          [1, 1],
        ],
      ],
    ] as const) {
      const { items } = await page(ann, id, "?limit=100");
      for (const n of range(items.length + 1, there)) await send(ann, id, String(n));
      let next = "";
      for (const [i, [first, last]] of pages.entries()) {
        const read = await pageOf(next);
        expect(texts(read)).toEqual(first === undefined ? [] : range(first, last).map(String));
        const isLast = i === pages.length - 1;
        expect([read.isCompleted, read.nextReqMessageID === ""], `${there}`).toEqual([isLast, isLast]);
        next = read.nextReqMessageID;
      }
    }
    expect(texts(await pageOf("", 1))).toEqual(["31"]);
    expect(texts(await pageOf(`${id}-3`, 15))).toEqual(["1", "2"]);
    expect(await pageOf(`${id}-1`)).toMatchObject({ data: [], isCompleted: true, nextReqMessageID: "" });
    expect(texts(await pageOf(`${id}-9007199254740991`, 2))).toEqual(["30", "31"]);
    expect(texts(await messages(bob, c2c(ann), { count: "2" }))).toEqual(["30", "31"]);
    for (const count of [16, "16", 100, 1e9]) {
      const cut = await messages(bob, c2c(ann), { count });
      expect([texts(cut), cut.isCompleted]).toEqual([range(17, 31).map(String), false]);
    }
  });

  test.each([0, -1, "0", 15.5, 1e308, "x", "", null, [], {}, true])("count %j is refused", async (count) => {
    const [ann, bob] = await people(2);
    await openDirect(ann, bob);
    failure(await tim(ann, "/message/getMessageList", { conversationID: c2c(bob), count }), 70_402, "count");
  });

  test("only continue from a message of this conversation", async () => {
    const [ann, bob, cid] = await people(3);
    const { id } = await openDirect(ann, bob);
    const other = await openDirect(ann, cid);
    await send(ann, id, "1");
    await send(ann, other.id, "1");
    const ask = (nextReqMessageID: unknown, conversationID = c2c(bob)) =>
      tim(ann, "/message/getMessageList", { conversationID, nextReqMessageID });
    const foreign = [
      `${other.id}-1`,
      `${id}`,
      `${id}-0`,
      `${id}-x`,
      `${id}-1 `,
      "1",
      "-",
      `${id}-99999999999999999`,
    ];
    const draft = `draft-${crypto.randomUUID()}`;
    for (const bad of [...foreign, `${id}-9999999999999999`, draft, 1, null, [], {}])
      failure(await ask(bad), 70_402, "nextReqMessageID");
    expect((await ask("")).body).toMatchObject({ code: 0 });
    // A conversation that was never opened has none.
    const [dee] = await people(1);
    failure(await ask(`${id}-1`, c2c(dee)), 70_402, "nextReqMessageID");
    expect(await messages(ann, c2c(dee))).toMatchObject({
      data: [],
      isCompleted: true,
      nextReqMessageID: "",
    });
    failure(await ask("", c2c(ann)), 2_500);
  });

  test("of a group include system messages, name cards and mentions, and revoked ones without content", async () => {
    const [ann, bob, cid] = await people(3);
    const { id } = await createGroup(ann, [bob, cid], "us");
    const token = ann.token;
    await call("PATCH", `/v1/conversations/${id}/members/${bob.user.id}`, {
      token,
      body: { name_card: "B" },
    });
    await call("PATCH", `/v1/conversations/${id}`, { token, body: { name: "we" } });
    const hi = await send(bob, id, { kind: "text", body: { text: "hi" }, mentions: [cid.user.id] });
    await send(cid, id, { kind: "text", body: { text: "a secret" }, mentions: "all" });
    await deleteMessage(ann, id, 3, "everyone");
    await call("PUT", `/v1/conversations/${id}/messages/2/pin`, { token });
    const { data: items } = await messages(cid, GROUP(id));
    expect(items.map(({ message }) => message)).toMatchObject([
      {
        ...{ ID: `${id}-1`, type: "TIMGroupTipElem", conversationType: "GROUP", conversationID: GROUP(id) },
        payload: { operationType: 6, operatorID: nameOf(ann), newGroupProfile: { groupName: "we" } },
      },
      {
        ...{ from: nameOf(bob), to: String(id), flow: "in", nameCard: "B", payload: { text: "hi" } },
        ...{ atUserList: [nameOf(cid)], isPeerRead: false, time: Math.floor(hi.created_at / 1_000) },
      },
      {
        ...{ ID: `${id}-3`, sequence: 3, from: nameOf(cid), flow: "out", isRevoked: true },
        ...{ revoker: nameOf(ann), payload: {}, atUserList: [] },
      },
      { type: "TIMGroupTipElem", payload: { operationType: 6, newGroupProfile: {} } },
    ]);
    expect(JSON.stringify([items, await list(cid), await profile(bob, GROUP(id))])).not.toContain("secret");
  });

  test("that a late, hiding, deleting or former member sees are the same as on other APIs", async () => {
    const [ann, bob, cid] = await people(3);
    const { id } = await createGroup(ann, [bob]);
    await sendAll(ann, id, ["1", "2"]);
    await call("POST", `/v1/conversations/${id}/members`, {
      token: ann.token,
      body: { user_ids: [cid.user.id] },
    });
    await send(ann, id, "4");
    await deleteMessage(bob, id, 1, "me");
    expect(texts(await messages(cid, GROUP(id))).at(-1)).toBe("4");
    expect((await messages(cid, GROUP(id))).data).toHaveLength(2);
    expect(texts(await messages(bob, GROUP(id)))).toEqual(["2", undefined, "4"]);
    await call("POST", `/v1/conversations/${id}/leave`, { token: bob.token });
    failure(await tim(bob, "/message/getMessageList", { conversationID: GROUP(id) }), 2_500);
  });
});

describe("reading", () => {
  test("leaves nothing unread on any API, and shows the other user that it was read", async () => {
    const [ann, bob] = await people(2);
    const { id } = await openDirect(ann, bob);
    await sendAll(ann, id, ["1", "2"]);
    expect([(await one(bob, c2c(ann))).unreadCount, (await profile(bob, c2c(ann))).unreadCount]).toEqual([
      2, 2,
    ]);
    const read = async () => (await messages(ann, c2c(bob))).data.map(({ message }) => message.isPeerRead);
    expect([await read(), (await one(ann, c2c(bob))).lastMessage.isPeerRead]).toEqual([
      [false, false],
      false,
    ]);
    await markRead(bob, c2c(ann));
    expect(await read()).toEqual([true, true]);
    const displayed = await one(ann, c2c(bob));
    expect([displayed.lastMessage.isPeerRead, displayed.message?.isPeerRead]).toEqual([true, true]);
    for (const { peerReadTime } of [displayed, await profile(ann, c2c(bob))])
      expect(peerReadTime).toBeCloseTo(Date.now() / 1_000, -2);
    expect((await one(bob, c2c(ann))).unreadCount).toBe(0);
    expect(await listedConversation(bob, id)).toMatchObject({ unread_count: 0, read_seq: 2 });
    // The recipient does not see a received message as read by the sender.
    expect((await messages(bob, c2c(ann))).data.map(({ message }) => message.isPeerRead)).toEqual([
      false,
      false,
    ]);
    await send(ann, id, "3");
    expect(await read()).toEqual([true, true, false]);
  });

  test("on any API or socket shows at once", async () => {
    const [ann, bob] = await people(2);
    const { id } = await openDirect(ann, bob);
    const ways: ((seq: number) => Promise<unknown>)[] = [
      (seq) => call("PUT", `/v1/conversations/${id}/read`, { token: bob.token, body: { seq } }),
      async () => mark(signed(bob), await openSession(signed(bob), [signed(ann)])),
      () => markRead(bob, c2c(ann)),
      () => send(bob, id, "an answer"),
    ];
    for (const way of ways) {
      const { seq } = await send(ann, id, "text");
      const displayed = async () => {
        const { data: items } = await messages(ann, c2c(bob));
        const { isPeerRead } = (await one(ann, c2c(bob))).lastMessage;
        return [items.find(({ message }) => message.sequence === seq)?.message.isPeerRead, isPeerRead];
      };
      expect(await displayed()).toEqual([false, false]);
      await way(seq);
      // By then the last message is an answer, and not her own.
      expect(await displayed()).toEqual([true, way !== ways.at(-1)]);
    }
    for (const open of [() => openRoom(id, bob.token), () => openDevice(bob.token)]) {
      const { seq } = await send(ann, id, "text");
      const socket = await open();
      socket.send({ type: "read", conversation_id: id, seq });
      await eventually(async () => expect((await one(ann, c2c(bob))).lastMessage.isPeerRead).toBe(true));
      expect((await messages(ann, c2c(bob), { count: 1 })).data[0]?.message.isPeerRead).toBe(true);
      socket.close();
    }
  });

  test("in a conversation that was never opened reads nothing and opens none", async () => {
    const [ann, bob] = await people(2);
    const before = await countRowsInD1();
    await markRead(ann, c2c(bob));
    expect(await countRowsInD1()).toEqual(before);
    expect(await list(bob)).toEqual([]);
  });
});

describe("revoking", () => {
  const back = (id: number, seconds: number) =>
    runInDurableObject(conversationObject(ConversationId.parse(id)), (_, { storage }) => {
      storage.sql.exec("UPDATE messages SET created_at = created_at - ?", seconds * 1_000);
    });

  test("is allowed to the sender for two minutes, over any API, once", async () => {
    const [ann, bob, cid] = await people(3);
    const { id } = await openDirect(ann, bob);
    await sendAll(ann, id, ["a secret", "old"]);
    await send(ann, id, "mine");
    failure(await revoke(bob, `${id}-1`), 10_007);
    failure(await revoke(cid, `${id}-1`), 20_022);
    const answer = await data(z.strictObject({ message: Message }), ann, "/message/revokeMessage", {
      ID: `${id}-1`,
    });
    expect(answer.message).toMatchObject({
      ID: `${id}-1`,
      isRevoked: true,
      payload: {},
      revoker: nameOf(ann),
      flow: "out",
    });
    failure(await revoke(ann, `${id}-1`), 20_023);
    failure(await revoke(ann, `${id}-9`), 20_022);
    for (const who of [ann, bob]) expect(JSON.stringify(await page(who, id))).not.toContain("secret");
    // The message as it was returned: fields that a client changed have no effect.
    const { data: items } = await messages(ann, c2c(bob));
    const message = { ...items[2]?.message, from: nameOf(bob) };
    expect((await tim(ann, "/message/revokeMessage", { message })).body).toMatchObject({ code: 0 });
    await back(id, 121);
    failure(await revoke(ann, `${id}-2`), 20_016);
    expect((await page(bob, id)).items[1]).toMatchObject({ body: { text: "old" } });
    const long = await tim(
      ann,
      "/message/revokeMessage",
      { ID: `${id}-2` },
      { settings: { TIM_REVOKE_WINDOW_S: "600" } },
    );
    expect(long.body).toMatchObject({ code: 0 });
  });

  test("is allowed to owner and admins at any time, and refused with its own codes", async () => {
    const [ann, bob, cid] = await people(3);
    const { id } = await createGroup(ann, [bob]);
    await sendAll(bob, id, ["1", "2"]);
    await back(id, 1_000);
    failure(await revoke(bob, `${id}-1`), 10_031);
    failure(await revoke(bob, `${id}-7`), 10_030);
    failure(await revoke(cid, `${id}-1`), 20_022);
    const answer = await data(z.strictObject({ message: Message }), ann, "/message/revokeMessage", {
      ID: `${id}-1`,
    });
    expect(answer.message).toMatchObject({
      isRevoked: true,
      revoker: nameOf(ann),
      from: nameOf(bob),
      flow: "in",
    });
    failure(await revoke(bob, `${id}-1`), 20_023);
    await call("PATCH", `/v1/conversations/${id}`, { token: ann.token, body: { name: "a tip" } });
    failure(await revoke(ann, `${id}-3`), 10_007);
  });

  test("twenty times at once revokes once", async () => {
    const [ann, bob] = await people(2);
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "1");
    const answers = await Promise.all(range(1, 20).map(() => revoke(ann, `${id}-1`)));
    const codes = answers.map(({ body }) => z.object({ code: z.int() }).parse(body).code);
    expect(codes.sort((a, b) => a - b)).toEqual([0, ...Array<number>(19).fill(20_023)]);
  });

  test.each([
    ...["", "x", "1", "1-", "-1", "0-0", "1-1-1", "999999999-1", `draft-${crypto.randomUUID()}`].map((ID) => [
      ID,
      20_022,
    ]),
    ...[1, null, {}, [], true].map((ID) => [ID, 70_402]),
  ])("%j names no message", async (ID, code) => {
    const [ann] = await people(1);
    failure(await revoke(ann, ID), Number(code));
    failure(await tim(ann, "/message/revokeMessage", { message: { ID } }), Number(code));
  });

  test("without a message answers which field is missing", async () => {
    const [ann] = await people(1);
    failure(await tim(ann, "/message/revokeMessage", {}), 70_402, "ID");
    for (const message of [{}, null, "x", []])
      failure(await tim(ann, "/message/revokeMessage", { message }), 70_402, "message");
  });
});

describe("the list", () => {
  test("has the SDK's fields: pinned ones first, then the newest, each with its last message", async () => {
    const [ann, bob, cid] = await people(3);
    const one = await openDirect(ann, bob);
    const two = await openDirect(ann, cid);
    const group = await createGroup(ann, [bob, cid], "us");
    await send(bob, one.id, "hi");
    await send(ann, group.id, { kind: "text", body: { text: "hello" } });
    const patch = (id: number, body: object) =>
      call("PUT", `/v1/conversations/${id}/preferences`, { token: ann.token, body });
    await patch(two.id, { sticky: true });
    const all = await list(ann);
    expect(all.map(({ conversationID }) => conversationID)).toEqual([c2c(cid), GROUP(group.id), c2c(bob)]);
    expect(all).toMatchObject([
      {
        ...{ isPinned: true, message: null, unreadCount: 0, type: "C2C", subType: "" },
        ...{ lastMessage: { lastSequence: 0, messageForShow: "" }, userProfile: { userID: nameOf(cid) } },
      },
      {
        ...{
          type: "GROUP",
          subType: "Public",
          groupProfile: { groupID: String(group.id), name: "us", memberCount: 3 },
        },
        lastMessage: {
          messageForShow: "hello",
          type: "TIMTextElem",
          fromAccount: nameOf(ann),
          isPeerRead: false,
        },
      },
      {
        ...{
          unreadCount: 1,
          lastMessage: { fromAccount: nameOf(bob), messageForShow: "hi", lastSequence: 1 },
        },
        message: {
          ID: `${one.id}-1`,
          from: nameOf(bob),
          to: nameOf(ann),
          flow: "in",
          payload: { text: "hi" },
        },
      },
    ]);
    for (const { message: _, groupProfile, ...fields } of all) {
      const displayed = await profile(ann, fields.conversationID);
      // A list has fewer fields of the caller's membership.
      const whole = groupProfile && { ...groupProfile, selfInfo: displayed.groupProfile?.selfInfo };
      expect(displayed).toEqual({ ...fields, ...(whole && { groupProfile: whole }) });
    }
    expect((await list(ann, { count: 2 })).map(({ conversationID }) => conversationID)).toEqual([
      c2c(cid),
      GROUP(group.id),
    ]);
    const some = [c2c(bob), c2c(cid), c2c(bob), "GROUP999999999", c2c(ann)];
    expect((await list(ann, { conversationID: some })).map(({ conversationID }) => conversationID)).toEqual([
      c2c(cid),
      c2c(bob),
    ]);
    expect(await list(ann, { conversationID: some, count: "1" })).toHaveLength(1);
  });

  test("costs one call of the inbox and one of D1, for any length", async () => {
    const [ann, bob, cid] = await people(3);
    const ids: number[] = [];
    for (const other of [bob, cid]) await send(other, (await openDirect(ann, other)).id, "hi");
    for (const n of range(1, 5)) {
      const { id } = await createGroup(bob, [ann, cid], `group ${n}`);
      ids.push(id);
      await send(cid, id, { kind: "text", body: { text: "x" }, mentions: "all" });
      await call("PATCH", `/v1/conversations/${id}`, { token: bob.token, body: { name: "a tip" } });
    }
    await eventually(async () =>
      expect((await list(ann)).filter(({ unreadCount }) => unreadCount > 0)).toHaveLength(7),
    );
    // Without this the list would ask conversations with recent activity.
    overrideTiming({ recent: { listMs: 0 } });
    await eventually(async () => {
      using costs = new Costs();
      let asked = 0;
      using _ = interceptD1((_, work) => {
        asked++;
        return work();
      });
      expect(await list(ann)).toHaveLength(7);
      expect([costs.callsTo([ann.user.id, ...ids]), asked]).toEqual([1, 1]);
    });
  });

  test.each([
    ...[0, -1, "0", 1.5, "x", null, {}].map((count) => [{ count }, 70_402, "count"] as const),
    ...["", "x", "C2C", ["x"], ["C2Cx", ""], ["C2Cx", 1], 1, {}, [], range(1, 101).map((n) => `C2C${n}`)].map(
      (conversationID) => [{ conversationID }, 2_503, "conversationID"] as const,
    ),
    [{ conversationID: null }, 70_402, "conversationID"],
  ] as const)("%j is refused", async (body, code, naming) => {
    const [ann] = await people(1);
    failure(await tim(ann, "/conversation/getConversationList", body), code, naming);
  });

  test("names who mentioned the caller in a group, until the caller has read it", async () => {
    const [ann, bob, cid] = await people(3);
    const { id } = await createGroup(ann, [bob, cid]);
    await send(ann, id, { kind: "text", body: { text: "1" }, mentions: [bob.user.id] });
    await send(cid, id, { kind: "text", body: { text: "2" }, mentions: "all" });
    await send(cid, id, "3");
    const infos = [
      { from: nameOf(cid), groupID: String(id), messageSequence: 2, atTypeArray: [2] },
      { from: nameOf(ann), groupID: String(id), messageSequence: 1, atTypeArray: [1] },
    ];
    expect((await profile(bob, GROUP(id))).groupAtInfoList).toEqual(infos);
    await eventually(async () => expect((await one(bob, GROUP(id))).groupAtInfoList).toEqual(infos));
    await markRead(bob, GROUP(id));
    expect([
      (await one(bob, GROUP(id))).groupAtInfoList,
      (await profile(bob, GROUP(id))).groupAtInfoList,
    ]).toEqual([[], []]);
  });

  test("tells members whom a mention of everybody names besides from the others", async () => {
    const [ann, bob, cid] = await people(3);
    const { id } = await createGroup(ann, [bob, cid]);
    const atUserList = [nameOf(bob), "__kImSDK_MesssageAtALL__", nameOf(bob)];
    const draft = await data(z.looseObject({ ID: z.string() }), ann, "/message/createMessage", {
      ...{ to: String(id), conversationType: "GROUP", payload: { text: "hi", atUserList } },
    });
    const both = ["__kImSDK_MesssageAtALL__", nameOf(bob)];
    expect(draft.atUserList).toEqual(both);
    success(await tim(ann, "/message/sendMessage", draft));
    for (const [who, type] of [
      [bob, 3],
      [cid, 2],
    ] as const) {
      const info = { from: nameOf(ann), groupID: String(id), messageSequence: 1, atTypeArray: [type] };
      await eventually(async () => expect((await one(who, GROUP(id))).groupAtInfoList).toEqual([info]));
      expect((await profile(who, GROUP(id))).groupAtInfoList).toEqual([info]);
      const listed = await one(who, GROUP(id));
      expect(listed.message?.atUserList).toEqual(both);
      expect((await messages(who, GROUP(id))).data[0]?.message.atUserList).toEqual(both);
      expect(await listedConversation(who, id)).toMatchObject({
        unread_count: 1,
        last_message: { mentions: "all" },
      });
      expect((await page(who, id)).items).toMatchObject([{ mentions: "all" }]);
    }
    // An outsider cannot be named, and a revoke takes the names away.
    const [dee] = await people(1);
    const foreign = await data(z.looseObject({ ID: z.string() }), ann, "/message/createMessage", {
      ...{ to: String(id), conversationType: "GROUP" },
      payload: { text: "hi", atUserList: ["__kImSDK_MesssageAtALL__", nameOf(dee)] },
    });
    failure(await tim(ann, "/message/sendMessage", foreign), 70_107);
    success(await revoke(ann, `${id}-1`));
    const [revoked] = (await messages(bob, GROUP(id))).data;
    expect(revoked?.message.atUserList).toEqual([]);
    expect((await profile(bob, GROUP(id))).groupAtInfoList).toEqual([]);
  });

  test.each(["chatroom", "livestream"] as const)("a %s has nothing unread", async (policy) => {
    const [ann, bob] = await people(2);
    const id = await createGroupOfKind(policy, ann, policy === "livestream" ? [] : [bob]);
    if (policy === "livestream") await call("POST", `/v1/conversations/${id}/join`, { token: bob.token });
    await send(ann, id, { kind: "text", body: { text: "1" }, mentions: "all" });
    expect(await profile(bob, GROUP(id))).toMatchObject({
      unreadCount: 0,
      groupAtInfoList: [],
      groupProfile: { name: expect.any(String) },
    });
    await eventually(async () => expect((await one(bob, GROUP(id))).lastMessage.messageForShow).toBe("1"));
    expect((await one(bob, GROUP(id))).unreadCount).toBe(0);
  });
});

describe("a conversation that was never opened", () => {
  test("is empty, is in no list, and is not opened by reading it", async () => {
    const [ann, bob] = await people(2);
    const before = await countRowsInD1();
    expect(await profile(ann, c2c(bob))).toEqual({
      ...{ conversationID: c2c(bob), type: "C2C", subType: "", unreadCount: 0, groupAtInfoList: [] },
      lastMessage: {
        ...{ lastTime: 0, lastSequence: 0, fromAccount: "", messageForShow: "", type: "", payload: {} },
        ...{ isRevoked: false, isPeerRead: false, nick: "", nameCard: "" },
      },
      userProfile: { userID: nameOf(bob), nick: "", avatar: "" },
      ...{ remark: "", isPinned: false, messageRemindType: "AcceptAndNotify", peerReadTime: 0 },
      ...{ markList: [], conversationGroupList: [] },
    });
    expect(await list(ann, { conversationID: c2c(bob) })).toEqual([]);
    failure(await unlist(ann, c2c(bob)), 2_500);
    expect(await countRowsInD1()).toEqual(before);
    failure(await tim(ann, "/conversation/getConversationProfile", { conversationID: c2c(ann) }), 2_500);
  });

  test("is found by the other user's name, in either Unicode form", async () => {
    const [ann, bob] = await people(2);
    await call("PATCH", "/v1/me", { token: bob.token, body: { nickname: "Bob" } });
    expect((await profile(ann, c2c(bob).normalize("NFD"))).userProfile).toMatchObject({ nick: "Bob" });
  });
});

describe("deleting a conversation", () => {
  test("removes it from the caller's list with its history, until a new message", async () => {
    const [ann, bob] = await people(2);
    const { id } = await openDirect(ann, bob);
    await sendAll(bob, id, ["1", "2"]);
    for (const _ of range(1, 2))
      expect(success(await unlist(ann, c2c(bob))).data).toEqual({ conversationID: c2c(bob) });
    expect([await list(ann), texts(await messages(ann, c2c(bob)))]).toEqual([[], []]);
    expect([await list(bob), texts(await messages(bob, c2c(ann)))]).toEqual([
      [expect.anything()],
      ["1", "2"],
    ]);
    expect((await one(bob, c2c(ann))).lastMessage.isPeerRead).toBe(true);
    await send(bob, id, "3");
    expect([texts(await messages(ann, c2c(bob))), (await one(ann, c2c(bob))).unreadCount]).toEqual([
      ["3"],
      1,
    ]);
  });

  test("may keep the history, of a group too", async () => {
    const [ann, bob, cid] = await people(3);
    const { id } = await createGroup(bob, [ann, cid]);
    await sendAll(bob, id, ["1", "2"]);
    success(await unlist(ann, GROUP(id), { clearHistoryMessage: false }));
    expect([await list(ann), texts(await messages(ann, GROUP(id)))]).toEqual([[], ["1", "2"]]);
    await evictDurableObject(conversationObject(ConversationId.parse(id)));
    await send(bob, id, "3");
    await eventually(async () => expect((await one(ann, GROUP(id))).unreadCount).toBe(1));
    expect(texts(await messages(ann, GROUP(id)))).toEqual(["1", "2", "3"]);
    success(await unlist(ann, GROUP(id)));
    expect([await list(ann), texts(await messages(ann, GROUP(id)))]).toEqual([[], []]);
    expect(await list(cid)).toHaveLength(1);
    for (const clearHistoryMessage of ["false", 0, null])
      failure(await unlist(ann, GROUP(id), { clearHistoryMessage }), 70_402, "clearHistoryMessage");
  });

  test("takes several at once", async () => {
    const [ann, bob, cid] = await people(3);
    for (const other of [bob, cid]) await openDirect(ann, other);
    const { id } = await createGroup(ann, [bob]);
    const conversationIDList = [c2c(bob), GROUP(id), c2c(cid), c2c(bob)];
    const answer = await tim(ann, "/conversation/deleteConversation", { conversationIDList });
    expect(success(answer).data).toEqual({ conversationID: conversationIDList });
    expect(await list(ann)).toEqual([]);
    for (const bad of [[], range(1, 101).map((n) => `C2C${n}`), "x", {}])
      failure(await tim(ann, "/conversation/deleteConversation", { conversationIDList: bad }), 2_503);
    failure(await tim(ann, "/conversation/deleteConversation", {}), 70_402, "conversationID");
  });
});

describe("message notifications", () => {
  const Group = z.strictObject({
    group: z.looseObject({ selfInfo: z.looseObject({ messageRemindType: z.string() }) }),
  });
  const Several = z.strictObject({
    successUserList: z.array(z.strictObject({ userID: z.string() })),
    failureUserList: z.array(z.strictObject({ userID: z.string(), code: z.int(), message: z.string() })),
  });
  const remind = (who: SignedIn, messageRemindType: unknown, target: object) =>
    tim(who, "/group/setMessageRemindType", { messageRemindType, ...target });

  test("of a group are silent, as on other APIs, or off, with nothing unread on any", async () => {
    const [ann, bob] = await people(2);
    const { id } = await createGroup(ann, [bob]);
    const groupID = String(id);
    const state = (unreadCount: number, messageRemindType: string) => ({ unreadCount, messageRemindType });
    await send(ann, id, "1");
    for (const [type, silent, before, after] of [
      ["AcceptNotNotify", true, 1, 2],
      ["Discard", true, 0, 0],
      ["Discard", true, 0, 0],
      ["AcceptAndNotify", false, 0, 1],
    ] as const) {
      const { group } = Group.parse(success(await remind(bob, type, { groupID })).data);
      expect(group).toMatchObject({ groupID, selfInfo: { messageRemindType: type } });
      expect(await profile(bob, GROUP(id))).toMatchObject(state(before, type));
      expect(await one(bob, GROUP(id))).toMatchObject(state(before, type));
      expect(await listedConversation(bob, id)).toMatchObject({ silent, unread_count: before });
      const { seq } = await send(ann, id, { kind: "text", body: { text: "more" }, mentions: "all" });
      const isThere = async () => expect((await one(bob, GROUP(id))).lastMessage.lastSequence).toBe(seq);
      await eventually(isThere);
      expect(await one(bob, GROUP(id))).toMatchObject(state(after, type));
      expect((await one(bob, GROUP(id))).groupAtInfoList.length > 0).toBe(after > 0);
    }
    expect((await one(ann, GROUP(id))).messageRemindType).toBe("AcceptAndNotify");
  });

  test("of a user are set in an existing conversation with them", async () => {
    const [ann, bob, cid] = await people(3);
    const { id } = await openDirect(ann, bob);
    const userIDList = [nameOf(bob), nameOf(cid), "nobody-at-all", nameOf(ann), nameOf(bob)];
    const set = (messageRemindType: string) =>
      data(Several, ann, "/group/setMessageRemindType", { userIDList, messageRemindType });
    const { successUserList, failureUserList } = await set("Discard");
    expect(successUserList).toEqual([{ userID: nameOf(bob) }]);
    expect(failureUserList).toMatchObject([
      { userID: nameOf(cid), code: 2_500 },
      { userID: "nobody-at-all", code: 70_107 },
      { userID: nameOf(ann), code: 70_107 },
    ]);
    await send(bob, id, "1");
    expect(await profile(ann, c2c(bob))).toMatchObject({ unreadCount: 0, messageRemindType: "Discard" });
    expect((await messages(bob, c2c(ann))).data[0]?.message.isPeerRead).toBe(false);
    await set("AcceptAndNotify");
    expect((await messages(bob, c2c(ann))).data[0]?.message.isPeerRead).toBe(true);
    expect((await one(bob, c2c(ann))).lastMessage.isPeerRead).toBe(true);
  });

  test("of a conversation are refused to outsiders, and nothing else is", async () => {
    const [ann, bob, cid] = await people(3);
    const { id } = await createGroup(ann, [bob]);
    const groupID = String(id);
    const before = await storedInConversation(id);
    failure(await remind(cid, "Discard", { groupID }), 10_010);
    failure(await remind(cid, "Discard", { groupID: "999999999" }), 10_010);
    failure(await remind(cid, "Discard", { groupID: "" }), 10_015);
    failure(await remind(bob, "Discard", {}), 70_402, "groupID");
    for (const type of [undefined, null, "", "discard", 1, {}])
      failure(await remind(bob, type, { groupID }), 70_402, "messageRemindType");
    for (const userIDList of [[], "x", [""], [1.5], range(1, 101).map(String)])
      failure(await remind(bob, "Discard", { userIDList }), 70_402, "userIDList");
    expect(await storedInConversation(id)).toBe(before);
  });

  test("changed twenty times at once end as one of the requested values, the same everywhere", async () => {
    const [ann, bob] = await people(2);
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, "1");
    const types = ["Discard", "AcceptAndNotify", "AcceptNotNotify"];
    const set = (n: number) => remind(bob, types[n % 3], { groupID: String(id) });
    for (const answer of await Promise.all(range(1, 20).map(set))) success(answer);
    const { messageRemindType, unreadCount } = await profile(bob, GROUP(id));
    expect(types).toContain(messageRemindType);
    expect(await one(bob, GROUP(id))).toMatchObject({ messageRemindType, unreadCount });
  });
});

describe("the conversation with notifications", () => {
  const ID = "@TIM#SYSTEM";
  const Notices = z.object({
    data: z.array(
      z.object({
        message: z.looseObject({ ID: z.string(), payload: z.looseObject({ operationType: z.int() }) }),
      }),
    ),
    ...{ nextReqMessageID: z.string(), isCompleted: z.boolean() },
  });
  const Any = z.array(z.looseObject({ conversationID: z.string(), unreadCount: z.int() }));
  const notifications = async (who: SignedIn, more: object = {}) =>
    Notices.parse((await tim(who, "/message/getMessageList", { conversationID: ID, ...more })).body);
  const all = async (who: SignedIn, more: object = {}) =>
    (await data(Any, who, "/conversation/getConversationList", more)).map(
      ({ conversationID, unreadCount }) => [conversationID, unreadCount],
    );

  test("is read, marked, listed in its place and deleted like others, page by page", async () => {
    const [ann, bob] = await people(2);
    const system = async () =>
      (
        await data(
          z.object({ conversation: z.looseObject({ unreadCount: z.int() }) }),
          bob,
          "/conversation/getConversationProfile",
          { conversationID: ID },
        )
      ).conversation;
    expect(await notifications(bob)).toEqual({ data: [], nextReqMessageID: "", isCompleted: true });
    expect([await all(bob), (await system()).unreadCount]).toEqual([[], 0]);
    for (const n of range(1, 16))
      await tim(ann, "/group/createGroup", {
        name: `group ${n}`,
        type: "Private",
        memberList: [{ userID: nameOf(bob) }],
      });
    await eventually(async () => expect((await system()).unreadCount).toBe(16));
    const newest = await notifications(bob);
    expect([newest.data.length, newest.isCompleted]).toEqual([15, false]);
    const oldest = await notifications(bob, { nextReqMessageID: newest.nextReqMessageID });
    expect([oldest.data.length, oldest.isCompleted, oldest.nextReqMessageID]).toEqual([1, true, ""]);
    const ids = [...oldest.data, ...newest.data].map(({ message }) => message.ID);
    expect(ids).toEqual(range(1, 16).map((n) => `${ID}-${n}`));
    expect(newest.data.every(({ message }) => message.payload.operationType === 7)).toBe(true);
    for (const bad of ["1-1", `${ID}-0`, `${ID}-x`, "x", 1, null])
      failure(
        await tim(bob, "/message/getMessageList", { conversationID: ID, nextReqMessageID: bad }),
        70_402,
        "nextReqMessageID",
      );
    const { id } = await openDirect(ann, bob);
    expect(await all(bob, { conversationID: [ID, c2c(ann)] })).toEqual([
      [c2c(ann), 0],
      [ID, 16],
    ]);
    expect((await all(bob, { count: 1 })).length).toBe(1);
    expect((await all(bob)).filter(([name]) => name === ID)).toEqual([[ID, 16]]);
    await markRead(bob, ID);
    expect(await all(bob, { conversationID: ID })).toEqual([[ID, 0]]);
    success(
      await tim(bob, "/conversation/deleteConversation", {
        conversationIDList: [ID, c2c(ann)],
        clearHistoryMessage: false,
      }),
    );
    expect(await all(bob, { conversationID: [ID, c2c(ann)] })).toEqual([]);
    expect((await notifications(bob)).data).toHaveLength(15);
    expect(success(await unlist(bob, ID)).data).toEqual({ conversationID: ID });
    expect((await notifications(bob)).data).toEqual([]);
    await send(ann, id, "1");
    await tim(ann, "/group/createGroup", {
      name: "more",
      type: "Private",
      memberList: [{ userID: nameOf(bob) }],
    });
    await eventually(async () => expect(await all(bob, { conversationID: [ID] })).toEqual([[ID, 1]]));
  });
});
