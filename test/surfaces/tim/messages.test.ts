import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { openDirect, storedInConversation } from "../../support/clients/chat.ts";
import { storedFiles } from "../../support/clients/files.ts";
import { itemAt } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";
import { data, failure, nameOf, success, tim } from "./client.ts";
import { ask, drafts, exactly, play, refused, type Step, says, story } from "./story.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

test("a draft is delivered only when it is sent, and then once, however often it is sent", async () => {
  const users = await signedInUsers(2);
  const people = new Map(users.map((user, i) => [itemAt(["ann", "bob"], i), user]));
  const [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  const payload = { text: "hello" };
  const request = {
    to: nameOf(bob),
    conversationType: "C2C",
    payload,
    cloudCustomData: "x",
    priority: "High",
  };
  const draft = await data(z.looseObject({ ID: z.string() }), ann, "/message/createMessage", request);
  expect(draft).toMatchObject({ ...request, ID: expect.stringMatching(/^draft-/), status: "unSend" });
  await play([ask("bob", "GET /v1/conversations", {}, { items: [] })], people);
  const all = await Promise.all([1, 2, 3, 4, 5].map(() => tim(ann, "/message/sendMessage", draft)));
  expect(new Set(all.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  const { message } = z
    .object({ message: z.looseObject({ ID: z.string() }) })
    .parse(success(itemAt(all, 0)).data);
  const sent = { status: "success", payload, sequence: 1, priority: "High", cloudCustomData: "x" };
  expect(message).toMatchObject(sent);
  const again = [draft, { ID: draft.ID }, { message: draft }, { message: draft.ID }, message];
  await play(
    [
      ...again.map((body) => ask("ann", "/message/resendMessage", body, exactly({ message }))),
      ask("bob", "/message/getMessageList", { conversationID: "C2C{ann}" }, [
        { message: { ID: message.ID } },
      ]),
    ],
    people,
  );
});

const AT_ALL = "__kImSDK_MesssageAtALL__";
const CREATE = "/message/createMessage";
const SEND = "/message/sendMessage";
const C2C = { to: "{bob}", conversationType: "C2C", priority: "Normal" };
story("a refused send opens nothing, and a refusal ends with its reason", [
  drafts("ann", "naming", C2C, { text: "x", atUserList: ["{cid}"] }),
  drafts("ann", "text", C2C, { text: "x" }),
  drafts("ann", "oneself", { ...C2C, to: "{ann}" }, { text: "x" }),
  drafts("ann", "far", { ...C2C, to: "x".repeat(256) }, { text: "x" }),
  ask("ann", CREATE, { ...C2C, to: "x".repeat(257), payload: { text: "x" } }, "70402 to"),
  ask("bob", CREATE, { ...C2C, payload: { message: { ID: "{text}" } } }, 20_022),
  ...["{oneself}", "{far}"].map((ID) => ask("ann", SEND, { ID }, 20_003)),
  // Mentioned users must be members.
  ask("ann", SEND, { ID: "{naming}" }, 70_107),
  ask("bob", "/user/addToBlacklist", { userIDList: ["{ann}"] }),
  ask("ann", SEND, { ID: "{text}" }, 20_007),
  ask("bob", "GET /v1/conversations", {}, { items: [] }),
  ask("bob", "/user/removeFromBlacklist", { userIDList: ["{ann}"] }),
  ask("ann", SEND, { ID: "{text}" }, { message: { ID: "{sent}", sequence: 1 } }),
  ask("cid", SEND, { ID: "{sent}" }, 20_022),
  // A number that is no group's, though it is a conversation's.
  ask("bob", "GET /v1/conversations", {}, { items: [{ id: "{direct}" }] }),
  drafts("ann", "wrong", { to: "{direct}", conversationType: "GROUP" }, { text: "x" }),
  ask("ann", SEND, { ID: "{wrong}" }, 10_010),
]);

describe("message content", () => {
  const AT = { to: "{g}", conversationType: "GROUP" };
  const custom = { data: "d", description: "e", extension: "f" };
  const bare = { data: "d", description: "", extension: "" };
  const face = { index: "7", data: "tt" };
  /** What a client sends, what this API shows of it, and v1. */
  const KINDS: [payload: object, shown: object, ofV1: object][] = [
    [{ text: "t" }, { type: "TIMTextElem", payload: { text: "t" } }, { kind: "text", body: { text: "t" } }],
    [{ text: "@", atUserList: ["{bob}"] }, { atUserList: ["{bob}"] }, { mentions: ["{bob.id}"] }],
    [{ text: "@", atUserList: ["{bob}", AT_ALL] }, { atUserList: [AT_ALL, "{bob}"] }, { mentions: "all" }],
    [{ data: "d" }, { type: "TIMCustomElem", payload: bare }, { kind: "custom", body: bare }],
    [custom, { type: "TIMCustomElem", payload: custom }, { kind: "custom", body: custom }],
    [
      { index: 7, data: "tt" },
      { type: "TIMFaceElem", payload: face },
      { kind: "face", body: face },
    ],
  ];
  story("each kind maps to one that the other APIs know", [
    ask(
      "ann",
      "POST /v1/conversations",
      { kind: "group", name: "x", member_ids: ["{bob.id}"] },
      { id: "{g}" },
    ),
    ...KINDS.flatMap(([payload, shown, ofV1], i) => [
      drafts("ann", `draft${i}`, AT, payload, { ...shown, conversationID: "GROUP{g}" }),
      ask("ann", SEND, { ID: `{draft${i}}` }, { message: { ...shown, status: "success" } }),
      ask("bob", `GET /v1/conversations/{g}/messages/${i + 1}`, {}, ofV1),
    ]),
  ]);

  const FILE = { name: "a.png", type: "image/png" };
  const url = `https://parley.test/files/${"0".repeat(32)}/a`;
  const PAYLOADS: [code: number, payload: unknown[]][] = [
    [80_002, [{ text: "x".repeat(8_001) }, { data: "x".repeat(33_000) }]],
    [
      70_402,
      [undefined, "text", { text: 1 }, {}, { index: "1", data: null }, { text: "x", atUserList: "x" }],
    ],
    [
      70_402,
      [{ message: {} }, { file: {} }, { file: { url: "https://example.com/a.png" } }, { file: { url } }],
    ],
    [70_402, ["a*", "AAAAA", "AA==AAAA"].map((data) => ({ file: { ...FILE, data } }))],
    [20_022, [{ message: { ID: "x" } }]],
  ];
  const good = { ...C2C, payload: { text: "x" } };
  const GROUP = { ...good, conversationType: "GROUP" };
  test("what is wrong is refused, and leaves nothing", async () => {
    const before = await storedFiles();
    await play([
      ...PAYLOADS.flatMap(([code, payload]) => refused("ann", CREATE, C2C, code, { payload })),
      ...refused("ann", CREATE, good, "2106 conversationType", { conversationType: ["X", "@TIM#SYSTEM"] }),
      ...refused("ann", CREATE, good, "70402 conversationType", { conversationType: [undefined] }),
      ...refused("ann", CREATE, good, "70402 to", { to: ["", undefined] }),
      ...refused("ann", CREATE, GROUP, "10015 to: must be the id of a group", { to: ["", "x".repeat(49)] }),
      ...refused("ann", CREATE, GROUP, "70402 to", { to: [undefined] }),
      ...refused("ann", CREATE, good, "70402 type", { type: ["TIMNoElem"] }),
      ...refused("ann", CREATE, good, "70402 cloudCustomData", { cloudCustomData: [1] }),
      ...refused("ann", CREATE, good, 80_002, { cloudCustomData: ["x".repeat(40_000)] }),
      ...["Urgent", undefined, 3].map((priority) =>
        ask("ann", CREATE, { ...good, priority }, { priority: "Normal" }),
      ),
    ]);
    expect(await storedFiles()).toEqual(before);
  });
});

test("drafts live for a day, and neither a sent one nor a revoked message leaves any content", async () => {
  const users = await play([
    drafts("ann", "kept", C2C, { text: "kept" }),
    drafts("ann", "sent", { ...C2C, cloudCustomData: "secret" }, { text: "secret" }),
    ask("ann", SEND, { ID: "{sent}" }, { message: { ID: "{message}" } }),
    ask("ann", "/message/revokeMessage", { ID: "{message}" }),
    ask(
      "ann",
      SEND,
      { ID: "{message}" },
      {
        message: { isRevoked: true, revoker: "{ann}", cloudCustomData: "", type: "TIMTextElem" },
      },
    ),
  ]);
  const ann = itemAt([...users.values()], 0);
  const { id } = await openDirect(ann, itemAt([...users.values()], 1));
  expect(await storedInConversation(id)).not.toContain("secret");
  const kept = await draftsOf(ann);
  expect(kept).toMatchObject([{ seq: null }, { content: null, seq: 1 }]);
  expect(JSON.stringify(kept)).not.toContain("secret");
  const inbox = env.INBOX.getByName(String(ann.user.id));
  await runInDurableObject(inbox, (_, { storage }) => {
    storage.sql.exec("UPDATE drafts SET created_at = created_at - 86400000");
    storage.sql.exec("UPDATE jobs SET due = 0 WHERE kind = 'drafts'");
  });
  failure(await tim(ann, SEND, { ID: itemAt(kept, 0).id }), 20_022);
  await runDurableObjectAlarm(inbox);
  expect(await draftsOf(ann)).toEqual([]);
});

const Row = z.object({ id: z.string(), content: z.string().nullable(), seq: z.int().nullable() });

/** The drafts in a user's inbox, in order. */
async function draftsOf({ user }: SignedIn): Promise<z.infer<typeof Row>[]> {
  const rows = await runInDurableObject(env.INBOX.getByName(String(user.id)), (_, { storage }) =>
    storage.sql.exec("SELECT id, content, seq FROM drafts ORDER BY n").toArray(),
  );
  return z.array(Row).parse(rows);
}

const ofV1 = (who: string, kind: string, body: object, seq: number): Step =>
  ask(who, "POST /v1/conversations/{g}/messages", { kind, body }, { seq });
const PLACE = { type: "TIMLocationElem", payload: { description: "here", latitude: 1.5, longitude: -2 } };
const LOOK = { type: "TIMTextElem", payload: { text: "look" } };
const line = (from: string, { type, payload }: typeof PLACE | typeof LOOK) => ({
  ...{ from, type, payload, messageBody: [{ type, payload }] },
});
const ITEMS = [1, 2].map((seq) => ({ conversation_id: "{g}", seq }));
story("a merged message of v1 is listed line by line, in the words of lists", [
  ask("ann", "POST /v1/conversations", { kind: "group", name: "x", member_ids: ["{bob.id}"] }, { id: "{g}" }),
  ofV1("ann", "text", { text: "look" }, 1),
  ofV1("bob", "location", { latitude: 1.5, longitude: -2, address: "here" }, 2),
  ask("ann until", "/conversation/getConversationList", { conversationID: "GROUP{g}" }, [
    { lastMessage: { type: "TIMLocationElem", messageForShow: "{words}" } },
  ]),
  ofV1("ann", "merged", { title: "of old", items: ITEMS }, 3),
  ask("bob", "/message/getMessageList", { conversationID: "GROUP{g}", count: 1 }, [
    {
      message: {
        type: "TIMRelayElem",
        payload: {
          ...{ title: "of old", abstractList: ["{ann}: look", "{bob}: {words}"], layersOverLimit: false },
          messageList: [line("{ann}", LOOK), line("{bob}", PLACE)],
        },
      },
    },
  ]),
]);

const first = { payload: { text: "first" }, status: "unSend", type: "TIMTextElem" };
const TO_CID = { ...C2C, to: "{cid}" };
story(
  "a forward is copied when it is sent, from what its sender can see, and opens nothing that it may not",
  [
    ...[says("ann", "C2C{bob}", "first"), says("ann", "C2C{bob}", "second")],
    drafts("bob", "copy", TO_CID, { message: "{first}" }, first),
    drafts("bob", "whole", TO_CID, { message: { ID: "{first}", payload: { text: "forged" } } }, first),
    drafts("ann", "late", TO_CID, { message: "{first}" }),
    ask("bob", SEND, { ID: "{copy}" }, { message: { from: "{bob}", payload: { text: "first" } } }),
    // A sent draft stands for its message.
    drafts("bob", "again", TO_CID, { message: { ID: "{copy}" } }),
    ask("ann", "/message/revokeMessage", { ID: "{first}" }),
    ask("bob", SEND, { ID: "{whole}" }, 2_453),
    ask("bob", SEND, { ID: "{again}" }, { message: { payload: { text: "first" } } }),
    ask("ann", SEND, { ID: "{late}" }, 2_453),
    ask("cid", "GET /v1/conversations", {}, { items: [{ peer: { username: "{bob}" } }] }),
    ask("cid", CREATE, { ...C2C, payload: { message: "{second}" } }, 20_022),
  ],
);

const IDS = ["", " ", "x", "1-0", "0-1", "-1-1", "1-1-1", "1e3-1", "9".repeat(40), `draft-${"0".repeat(36)}`];
const BODIES = ["{", "[]", "null", "7", '"text"', "x".repeat(70_000)];
story("message ids that are wrong are refused, whatever they are", [
  ...[SEND, "/message/resendMessage"].flatMap((path) => [
    ...refused("ann", path, {}, "70402 ID", { ID: [undefined, null, true, 0, 1.5, [], {}, [null]] }),
    ...refused("ann", path, {}, "70402 ID", { message: [{ ID: null }, { ID: 0 }, { ID: {} }] }),
    ...refused("ann", path, {}, "20022 There is no such message", { ID: [...IDS, "x".repeat(40_000)] }),
    ...refused("ann", path, { conversationType: "GROUP" }, 20_022, { message: IDS }),
    ...BODIES.map((body) => ask("ann", path, body, 70_402)),
  ]),
]);
