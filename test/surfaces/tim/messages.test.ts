import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { formFile } from "../../../src/http/uploads/form-file.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, openDirect, page } from "../../support/clients/chat.ts";
import {
  bytesOf,
  concatBytes,
  download,
  FORM_TYPE,
  filePart,
  formPieces,
  type Part,
  pseudoRandomBytes,
  storedFiles,
  streamOf,
  textPart,
} from "../../support/clients/files.ts";
import { expectPosted, mergedDraft } from "../../support/clients/forwards.ts";
import type { WireAnswer } from "../../support/clients/wire.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { pngOf } from "../../support/image-headers.ts";
import { itemAt } from "../../support/objects/room.ts";
import { sampledCases } from "../../support/sampled-cases.ts";
import { setTiming } from "../../support/timing.ts";
import { data, failure, nameOf, success, tim } from "./client.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

/** A message in the API's form: exactly these fields. */
const Message = z.strictObject({
  ...{ ID: z.string(), type: z.string(), payload: z.looseObject({}), conversationID: z.string() },
  ...{ conversationType: z.enum(["C2C", "GROUP"]), to: z.string(), from: z.string() },
  ...{ flow: z.enum(["in", "out"]), time: z.int(), clientTime: z.int(), sequence: z.int() },
  ...{ status: z.enum(["unSend", "success"]), isRevoked: z.boolean(), revoker: z.string() },
  ...{ isDeleted: z.literal(false), isModified: z.boolean(), isPeerRead: z.boolean() },
  version: z.int(),
  ...{ priority: z.string(), nick: z.string(), avatar: z.string(), nameCard: z.string() },
  ...{ atUserList: z.array(z.string()), cloudCustomData: z.string() },
});
type Message = z.infer<typeof Message>;
const Sent = z.strictObject({ message: Message });

/** Creates a draft to a user. */
function create(
  from: SignedIn,
  to: SignedIn | string,
  payload: object,
  fields: object = {},
): Promise<Message> {
  return data(Message, from, "/message/createMessage", request(to, payload, fields));
}

function request(to: SignedIn | string, payload: object, fields: object = {}) {
  const [name, conversationType] = typeof to === "string" ? [to, "GROUP"] : [nameOf(to), "C2C"];
  return { to: name, conversationType, priority: "Normal", payload, ...fields };
}

describe("a draft", () => {
  test("is delivered only when it is sent, and then once, however often it is sent", async () => {
    const [one, other] = await two();
    const draft = await create(one, other, { text: "hello" }, { cloudCustomData: "x", priority: "High" });
    expect(draft).toMatchObject({
      ...{ ID: expect.stringMatching(/^draft-/), type: "TIMTextElem", payload: { text: "hello" } },
      ...{ conversationID: `C2C${nameOf(other)}`, conversationType: "C2C", to: nameOf(other) },
      ...{ from: nameOf(one), flow: "out", status: "unSend", sequence: 0, priority: "High" },
      ...{ cloudCustomData: "x", isRevoked: false },
    });
    expect((await call("GET", "/v1/conversations", { token: other.token })).body).toMatchObject({
      items: [],
    });
    const all = await Promise.all(Array.from({ length: 20 }, () => tim(one, "/message/sendMessage", draft)));
    const bodies = new Set(all.map(({ body }) => JSON.stringify(body)));
    expect(bodies.size).toBe(1);
    const { message } = Sent.parse(success(itemAt(all, 0)).data);
    expect(message).toMatchObject({
      ...{ status: "success", payload: { text: "hello" }, sequence: 1, priority: "High" },
      ...{ cloudCustomData: "x", conversationID: `C2C${nameOf(other)}`, flow: "out", isPeerRead: false },
    });
    const { id } = await openDirect(one, other);
    expect(message.ID).toBe(`${id}-1`);
    expect((await page(other, id)).items).toHaveLength(1);
    for (const again of [draft, { ID: draft.ID }, { message: draft }, { message: draft.ID }, message]) {
      expect(success(await tim(one, "/message/resendMessage", again)).data).toEqual({ message });
    }
    expect((await page(other, id)).items).toHaveLength(1);
  });
});

async function two(): Promise<[SignedIn, SignedIn]> {
  const [one, other] = await signedInUsers(2);
  if (!one || !other) throw new Error("there are two");
  return [one, other];
}

describe("permissions", () => {
  test("a draft belongs to its creator", async () => {
    const [one, other] = await two();
    const draft = await create(one, other, { text: "mine" });
    failure(await tim(other, "/message/sendMessage", draft), 20_022);
    failure(await tim(other, "/message/sendMessage", { ...draft, from: nameOf(other) }), 20_022);
    const inGroup = { ...draft, conversationType: "GROUP" };
    failure(await tim(other, "/message/resendMessage", inGroup), 10_030);
    const forward = request(one, { message: { ID: draft.ID } });
    failure(await tim(other, "/message/createMessage", forward), 20_022);
    // Another sender in the call does not change the draft.
    const sent = await send(one, { ...draft, from: nameOf(other) });
    expect(sent).toMatchObject({ from: nameOf(one), payload: { text: "mine" } });
    failure(await tim(other, "/message/sendMessage", { ID: sent.ID }), 20_022);
    failure(await tim(other, "/message/sendMessage", { ID: draft.ID }), 20_022);
  });

  test("recipient and prohibitions are checked at sending, and a refused send opens nothing", async () => {
    const [one, other] = await two();
    const [third] = await two();
    const [toNobody, toOneself, to] = [
      await create(one, "nobody", { text: "x" }, { conversationType: "C2C" }),
      await create(one, one, { text: "x" }),
      await create(one, other, { text: "x" }),
    ];
    failure(await tim(one, "/message/sendMessage", toNobody), 20_003);
    failure(await tim(one, "/message/sendMessage", toOneself), 20_003);
    success(await tim(other, "/user/addToBlacklist", { userIDList: [nameOf(one)] }));
    failure(await tim(one, "/message/sendMessage", to), 20_007);
    expect((await call("GET", "/v1/conversations", { token: other.token })).body).toMatchObject({
      items: [],
    });
    success(await tim(other, "/user/removeFromBlacklist", { userIDList: [nameOf(one)] }));
    // Mentioned users must be members.
    const naming = await create(one, other, { text: "x", atUserList: [nameOf(third)] });
    failure(await tim(one, "/message/sendMessage", naming), 70_107);
    expect((await call("GET", "/v1/conversations", { token: other.token })).body).toMatchObject({
      items: [],
    });
    const sent = await send(one, to);
    failure(await tim(third, "/message/sendMessage", { ID: sent.ID }), 20_022);
    // A number that is no group's, though it is a conversation's.
    const [id] = sent.ID.split("-");
    for (const group of [String(id), "999999999", "no such"]) {
      failure(await tim(one, "/message/sendMessage", await create(one, group, { text: "x" })), 10_010);
    }
  });

  test("a group's members may write in it, unless they are muted", async () => {
    const [one, other] = await two();
    const [outsider] = await two();
    const { id } = await createGroup(one, [other]);
    const send_ = async (who: SignedIn) =>
      tim(who, "/message/sendMessage", await create(who, String(id), { text: "x" }));
    failure(await send_(outsider), 10_010);
    success(await send_(other));
    const path = `/v1/conversations/${id}/members/${other.user.id}`;
    await call("PATCH", path, { token: one.token, body: { muted_for_s: 60 } });
    failure(await send_(other), 10_017);
    await call("DELETE", path, { token: one.token });
    failure(await send_(other), 10_007);
    await call("DELETE", `/v1/conversations/${id}`, { token: one.token });
    failure(await send_(one), 10_010);
  });
});

describe("message content", () => {
  test("each kind maps to one that the other APIs know", async () => {
    const [one, other] = await two();
    const { id } = await createGroup(one, [other]);
    const name = nameOf(other);
    const cases: [object, object, object][] = [
      [{ text: "t" }, { type: "TIMTextElem", payload: { text: "t" } }, { kind: "text", body: { text: "t" } }],
      [
        { text: "@", atUserList: [name] },
        { type: "TIMTextElem", payload: { text: "@" }, atUserList: [name] },
        { kind: "text", mentions: [other.user.id] },
      ],
      [
        { text: "@", atUserList: [name, AT_ALL] },
        { atUserList: [AT_ALL, name] },
        { kind: "text", mentions: "all" },
      ],
      [
        { data: "d" },
        { type: "TIMCustomElem", payload: { data: "d", description: "", extension: "" } },
        { kind: "custom", body: { data: "d", description: "", extension: "" } },
      ],
      [
        { data: "d", description: "e", extension: "f" },
        { type: "TIMCustomElem", payload: { data: "d", description: "e", extension: "f" } },
        { kind: "custom", body: { data: "d", description: "e", extension: "f" } },
      ],
      [
        { index: 7, data: "tt" },
        { type: "TIMFaceElem", payload: { index: "7", data: "tt" } },
        { kind: "face", body: { index: "7", data: "tt" } },
      ],
    ];
    for (const [payload, displayed, overV1] of cases) {
      const draft = await create(one, String(id), payload);
      expect(draft).toMatchObject({ ...displayed, conversationID: `GROUP${id}`, to: String(id) });
      const sent = await send(one, draft);
      expect(sent).toMatchObject({ ...displayed, status: "success", conversationID: `GROUP${id}` });
      const seq = sent.sequence;
      expect(
        (await call("GET", `/v1/conversations/${id}/messages/${seq}`, { token: other.token })).body,
      ).toMatchObject(overV1);
    }
  });

  test.each([
    ["a text that is too long", { text: "x".repeat(8_001) }, 80_002],
    ["a body that is too large", { data: "x".repeat(33_000) }, 80_002],
    ["a text that is none", { text: 1 }, 70_402],
    ["nothing", {}, 70_402],
    ["a face without data", { index: "1", data: null }, 70_402],
    ["a list of names that is none", { text: "x", atUserList: "x" }, 70_402],
    ["somebody who does not exist", { text: "x", atUserList: ["nobody at all"] }, 70_107],
    ["a forward of nothing", { message: {} }, 70_402],
    ["a forward of what is no ID", { message: { ID: "x" } }, 20_022],
    ["a forward of a message elsewhere", { message: { ID: "999999-1" } }, 20_022],
    ["a file without anything", { file: {} }, 70_402],
    ["a file somewhere else", { file: { url: "https://example.com/a.png" } }, 70_402],
    ["a file that there is not", { file: { url: `https://parley.test/files/${"0".repeat(32)}/a` } }, 70_402],
    ["an empty file", { file: { name: "a.png", type: "image/png", data: "" } }, 2_108],
    ["no base64", { file: { name: "a.png", type: "image/png", data: "a*" } }, 70_402],
    ["half a byte", { file: { name: "a.png", type: "image/png", data: "AAAAA" } }, 70_402],
    ["bytes behind the end", { file: { name: "a.png", type: "image/png", data: "AA==AAAA" } }, 70_402],
  ])("%s is refused", async (_, payload, code) => {
    const [one, other] = await two();
    const before = await storedFiles();
    failure(await tim(one, "/message/createMessage", request(other, payload)), code);
    expect(await storedFiles()).toEqual(before);
  });

  test("missing parameters are refused", async () => {
    const [one, other] = await two();
    const good = request(other, { text: "x" });
    const refused = async (change: object, code: number, naming: string) =>
      failure(await tim(one, "/message/createMessage", { ...good, ...change }), code, naming);
    await refused({ conversationType: "X" }, 2_106, "conversationType");
    await refused({ conversationType: "@TIM#SYSTEM" }, 2_106, "conversationType");
    await refused({ conversationType: undefined }, 70_402, "conversationType");
    await refused({ to: "" }, 70_402, "to");
    await refused({ to: undefined }, 70_402, "to");
    for (const to of ["", "群", "x".repeat(49)])
      await refused({ to, conversationType: "GROUP" }, 10_015, "to: must be the id of a group");
    await refused({ to: undefined, conversationType: "GROUP" }, 70_402, "to: ");
    await refused({ payload: undefined }, 70_402, "payload");
    await refused({ payload: "text" }, 70_402, "payload");
    await refused({ type: "TIMNoElem" }, 70_402, "type");
    await refused({ cloudCustomData: 1 }, 70_402, "cloudCustomData");
    await refused({ cloudCustomData: "x".repeat(40_000) }, 80_002, "");
    for (const priority of ["Urgent", undefined, 3]) {
      expect(await create(one, other, { text: "x" }, { priority })).toMatchObject({ priority: "Normal" });
    }
    failure(await tim(undefined, "/message/createMessage", good), 70_001);
  });

  test("extra fields are deleted with the revoke, here and in the database", async () => {
    const [one, other] = await two();
    const { ID } = await send(one, await create(one, other, { text: "x" }, { cloudCustomData: "secret" }));
    const [id, seq] = ID.split("-");
    await call("DELETE", `/v1/conversations/${id}/messages/${seq}?for=everyone`, { token: one.token });
    expect(await send(one, { ID })).toMatchObject({
      ...{ isRevoked: true, revoker: nameOf(one), payload: {}, cloudCustomData: "", type: "TIMTextElem" },
    });
    const rows = await runInDurableObject(env.CONVERSATION.getByName(String(id)), (_, { storage }) =>
      storage.sql.exec("SELECT * FROM messages").toArray(),
    );
    expect(JSON.stringify(rows)).not.toContain("secret");
    const drafts = await draftsOf(one);
    expect(JSON.stringify(drafts)).not.toContain("secret");
  });
});

test("a merged message of v1 is listed line by line, in the words of lists", async () => {
  const [one, other] = await two();
  const { id } = await createGroup(one, [other]);
  const place = { latitude: 1.5, longitude: -2, address: "here" };
  const items = [
    await expectPosted(one, id, { kind: "text", body: { text: "look" } }),
    await expectPosted(other, id, { kind: "location", body: place }),
  ];
  const List = z.array(z.object({ lastMessage: z.object({ messageForShow: z.string() }) }));
  const [listed] = await data(List, one, "/conversation/getConversationList");
  await expectPosted(one, id, mergedDraft(items, "of old"));
  const page = await data(z.array(Sent), other, "/message/getMessageList", { conversationID: `GROUP${id}` });
  const lines = [`${nameOf(one)}: look`, `${nameOf(other)}: ${listed?.lastMessage.messageForShow}`];
  expect(page.at(-1)?.message).toMatchObject({
    type: "TIMRelayElem",
    payload: {
      ...{ title: "of old", abstractList: lines, layersOverLimit: false },
      messageList: [
        {
          ...{ ID: `${id}-1`, from: nameOf(one), type: "TIMTextElem", payload: { text: "look" } },
          ...{ messageBody: [{ type: "TIMTextElem", payload: { text: "look" } }], cloudCustomData: "" },
          ...{ time: expect.any(Number), clientTime: expect.any(Number) },
        },
        {
          ID: `${id}-2`,
          type: "TIMLocationElem",
          payload: { description: "here", latitude: 1.5, longitude: -2 },
          messageBody: [
            { type: "TIMLocationElem", payload: { description: "here", latitude: 1.5, longitude: -2 } },
          ],
        },
      ],
    },
  });
});

describe("a forward", () => {
  test("is copied when it is sent, from what its sender can see", async () => {
    const [one, other] = await two();
    const [third] = await two();
    const first = await send(one, await create(one, other, { text: "first" }));
    const byId = await create(other, third, { message: first.ID });
    expect(byId).toMatchObject({ type: "TIMTextElem", payload: { text: "first" }, status: "unSend" });
    const whole = await create(other, third, { message: first });
    expect(await send(other, byId)).toMatchObject({ payload: { text: "first" }, from: nameOf(other) });
    // A sent draft stands for its message.
    const again = await create(other, third, { message: { ID: byId.ID } });
    const [id, seq] = first.ID.split("-");
    await call("DELETE", `/v1/conversations/${id}/messages/${seq}?for=everyone`, { token: one.token });
    failure(await tim(other, "/message/sendMessage", whole), 2_453);
    expect(await send(other, again)).toMatchObject({ payload: { text: "first" } });
    failure(await tim(other, "/message/createMessage", request(third, { message: first })), 2_453);
    failure(await tim(third, "/message/createMessage", request(one, { message: first })), 20_022);
    const { id: group } = await createGroup(third);
    failure(await tim(third, "/message/createMessage", request(String(group), { message: first })), 10_030);
  });

  test("that may not be sent opens no conversation", async () => {
    const [one, other] = await two();
    const [third] = await two();
    const first = await send(one, await create(one, other, { text: "first" }));
    const draft = await create(one, third, { message: first });
    const [id, seq] = first.ID.split("-");
    await call("DELETE", `/v1/conversations/${id}/messages/${seq}?for=everyone`, { token: one.token });
    failure(await tim(one, "/message/sendMessage", draft), 2_453);
    expect((await call("GET", "/v1/conversations", { token: third.token })).body).toMatchObject({
      items: [],
    });
  });
});

describe("stored drafts", () => {
  test("live for a day, and after sending only their position is kept", async () => {
    const [one, other] = await two();
    const draft = await create(one, other, { text: "x" });
    const sent = await create(one, other, { text: "sent" });
    await send(one, sent);
    expect(await draftsOf(one)).toMatchObject([
      { id: draft.ID, content: expect.any(String), seq: null },
      { id: sent.ID, content: null, seq: 1 },
    ]);
    const inbox = env.INBOX.getByName(String(one.user.id));
    await runInDurableObject(inbox, (_, { storage }) => {
      storage.sql.exec("UPDATE drafts SET created_at = created_at - 86400000");
      storage.sql.exec("UPDATE jobs SET due = 0 WHERE kind = 'drafts'");
    });
    failure(await tim(one, "/message/sendMessage", draft), 20_022);
    await runDurableObjectAlarm(inbox);
    expect(await draftsOf(one)).toEqual([]);
  });
});

test("are not stored for an impossible recipient", async () => {
  const [one] = await two();
  const long = (length: number) => ({ ...request(one, { text: "x" }), to: "x".repeat(length) });
  failure(await tim(one, "/message/createMessage", long(257)), 70_402, "to");
  const { ID } = await data(Message, one, "/message/createMessage", long(256));
  failure(await tim(one, "/message/sendMessage", { ID }), 20_003);
});

test("a form's other fields are buffered no further than they are accepted", async () => {
  const [one, other] = await two();
  const before = await storedFiles();
  const addressing = [textPart("to", nameOf(other)), textPart("conversationType", "C2C")];
  const send_ = async (...parts: Part[]) => {
    const headers = { "Content-Type": FORM_TYPE };
    return tim(one, "/message/createMessage", concatBytes(formPieces(parts)), { headers });
  };
  const file = filePart("held", "x.txt", "text/plain");
  const much = textPart("x", "x".repeat(2 ** 20));
  failure(await send_(...addressing, much, file), 413, "beside", 413);
  failure(await send_(...addressing, file, much), 413, "beside", 413);
  expect(await storedFiles()).toEqual(before);
  success(await send_(file, ...addressing, textPart("x", "x".repeat(2 ** 19))));
  // The memory that a request takes cannot be measured.
  const pieces = formPieces([...addressing, much, much, file, much]);
  const form = await formFile(streamOf(pieces), FORM_TYPE, ["file"], 1_000);
  if (!("bytes" in form)) throw new Error("there is a file");
  const bytes: Uint8Array[] = [];
  for await (const chunk of form.bytes) bytes.push(chunk);
  expect([concatBytes(bytes).byteLength, form.rest()]).toEqual([4, null]);
});

describe("a large file", () => {
  const MIB = 2 ** 20;
  const PIECE = new Uint8Array(MIB);

  /** Uploads a form with a generated file of this size and beginning, which is never held in memory. */
  async function large(from: SignedIn, to: SignedIn, size: number, type: string, head: Uint8Array) {
    const form = formPieces([
      ...[textPart("to", nameOf(to)), textPart("conversationType", "C2C")],
      filePart("", "large", type),
    ]);
    // The last two pieces follow the file's bytes.
    const [before, end] = [form.slice(0, -2), form.slice(-2)];
    const pieces = [...before, head];
    for (let left = size - head.length; left > 0; left -= MIB)
      pieces.push(PIECE.subarray(0, Math.min(left, MIB)));
    const request = new Request("https://parley.test/message/createMessage", {
      ...{ method: "POST", headers: { token: from.token, "Content-Type": FORM_TYPE } },
      body: streamOf([...pieces, ...end]),
    });
    const answer = await exports.default.fetch(request);
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  }

  test("is uploaded in a form, of up to 90 MiB", async () => {
    const [one, other] = await two();
    const largest = Message.parse(success(await large(one, other, 90 * MIB, "video/mp4", MP4)).data);
    expect(largest.payload).toMatchObject({ videoSize: 90 * MIB, videoFormat: "mp4" });
    const before = await storedFiles();
    // Sent by its URL, a file has the limit of other APIs.
    const file = { url: String(largest.payload.videoUrl) };
    failure(await tim(one, "/message/createMessage", request(other, { file })), 2_351);
    expect(await storedFiles()).toEqual(before);
    expect((await send(one, largest)).payload).toEqual(largest.payload);
  });

  const TOO_LARGE: [string, number, string, Uint8Array, number][] = [
    ["a plain one", 90, "application/zip", MP4, 2_402],
    ["a picture", 20, "image/png", pngOf(5, 5), 2_253],
  ];

  test.each(sampledCases(TOO_LARGE, 1))(
    "is refused where %s has more than %i MiB",
    async (_, max, type, head, code) => {
      const [one, other] = await two();
      const before = await storedFiles();
      failure(await large(one, other, max * MIB + 1, type, head), code);
      expect(await storedFiles()).toEqual(before);
    },
  );

  test("leaves nothing where its draft or its row cannot be stored, like any file", async () => {
    const [one, other] = await two();
    const known = await create(one, other, { text: "so that the inbox is there" });
    const before = await storedFiles();
    const inbox = env.INBOX.getByName(String(one.user.id));
    const run = (sql: string) => runInDurableObject(inbox, (_, { storage }) => void storage.sql.exec(sql));
    await run("CREATE TRIGGER full BEFORE INSERT ON drafts BEGIN SELECT RAISE(ABORT, 'on purpose'); END");
    failure(await large(one, other, 1_000, "text/plain", MP4), 60_002, "", 500);
    await run("DROP TRIGGER full");
    const full = "CREATE TRIGGER full BEFORE INSERT ON files BEGIN SELECT RAISE(ABORT, 'on purpose'); END";
    await env.DB.prepare(full).run();
    failure(await large(one, other, 1_000, "text/plain", MP4), 60_002, "", 500);
    await env.DB.prepare("DROP TRIGGER full").run();
    expect(await storedFiles()).toEqual(before);
    success(await large(one, other, 1_000, "text/plain", MP4));
    success(await tim(one, "/message/sendMessage", known));
  });
});

describe("a body that is refused before its end", () => {
  test.each([
    ["too large", JSON.stringify({ payload: { text: "x".repeat(2 ** 21) } }), 413, 413],
    ["nested too deep", `${"[".repeat(65)}${" ".repeat(2 ** 21)}`, 70_402, 200],
    ["no base64", JSON.stringify({ payload: { file: { data: "*".repeat(2 ** 21) } } }), 70_402, 200],
  ])("%s, is read to its end, so that its sender sees the answer", async (_, text, code, status) => {
    const [one] = await two();
    const bytes = new TextEncoder().encode(text);
    let taken = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (taken >= bytes.length) return controller.close();
          controller.enqueue(bytes.subarray(taken, taken + 2 ** 16));
          taken += 2 ** 16;
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { token: one.token };
    const request = new Request("https://parley.test/message/createMessage", {
      method: "POST",
      headers,
      body,
    });
    const answer = await exports.default.fetch(request);
    failure({ status: answer.status, headers: answer.headers, body: await answer.json() }, code, "", status);
    expect(taken).toBeGreaterThanOrEqual(bytes.length);
  });
});

describe("message ids", () => {
  test("that are wrong are refused, whatever they are", async () => {
    const [one] = await two();
    for (const path of ["/message/sendMessage", "/message/resendMessage"]) {
      for (const ID of [undefined, null, true, 0, 1.5, [], {}, [null]]) {
        failure(await tim(one, path, { ID }), 70_402, "ID");
        failure(await tim(one, path, { message: { ID } }), 70_402, "ID");
      }
      const strings = [
        "",
        " ",
        "x",
        "1-0",
        "0-1",
        "-1-1",
        "1-1-1",
        "1e3-1",
        "9".repeat(40),
        `draft-${"0".repeat(36)}`,
      ];
      for (const ID of [
        ...strings,
        "draft-",
        "draft-00000000-0000-0000-0000-000000000000",
        "x".repeat(40_000),
      ]) {
        failure(await tim(one, path, { ID }), 20_022, "There is no such message");
        failure(await tim(one, path, { message: ID, conversationType: "GROUP" }), 20_022);
      }
      for (const body of ["{", "[]", "null", "7", '"text"', "x".repeat(70_000)])
        failure(await tim(one, path, body), 70_402);
      failure(await tim(one, path, { ID: "a\u0000" }), 70_402);
    }
  });

  test("fail while D1 is down, and work again afterwards", async () => {
    const [one, other] = await two();
    const draft = await create(one, other, { text: "x" });
    {
      using _lost = interceptD1(() => Promise.reject(new Error("D1_ERROR: Network connection lost.")));
      failure(await tim(one, "/message/sendMessage", draft), 60_002, "", 503);
    }
    expect(await send(one, draft)).toMatchObject({ sequence: 1 });
  });
});

const AT_ALL = "__kImSDK_MesssageAtALL__";

const Row = z.object({ id: z.string(), content: z.string().nullable(), seq: z.int().nullable() });

/** The drafts in a user's inbox, in order; none in an inbox that was never used. */
async function draftsOf({ user }: SignedIn): Promise<z.infer<typeof Row>[]> {
  const rows = await runInDurableObject(env.INBOX.getByName(String(user.id)), (_, { storage }) => {
    const tables = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'drafts'").toArray();
    if (tables.length === 0) return [];
    return storage.sql.exec("SELECT id, content, seq FROM drafts ORDER BY n").toArray();
  });
  return z.array(Row).parse(rows);
}

async function send(from: SignedIn, what: object): Promise<Message> {
  return (await data(Sent, from, "/message/sendMessage", what)).message;
}

describe("a file", () => {
  const form = (to: SignedIn, part: Part, extra: [string, string][] = []) =>
    new Blob(
      formPieces([
        textPart("to", nameOf(to)),
        textPart("conversationType", "C2C"),
        part,
        textPart("priority", "Normal"),
        ...extra.map(([name, value]) => textPart(name, value)),
      ]),
    ).arrayBuffer();
  const byForm = async (from: SignedIn, to: SignedIn, part: Part, extra: [string, string][] = []) =>
    tim(from, "/message/createMessage", new Uint8Array(await form(to, part, extra)), {
      headers: { "Content-Type": FORM_TYPE },
    });
  const inJson = (from: SignedIn, to: SignedIn, bytes: Uint8Array, said: object, extra: object = {}) => {
    const file = { data: Buffer.from(bytes).toString("base64"), ...said };
    return tim(from, "/message/createMessage", request(to, { file }, extra));
  };
  const made = (answer: WireAnswer) => Message.parse(success(answer).data);

  test("is uploaded in JSON, in a form or by its URL, and its bytes determine its type", async () => {
    const [one, other] = await two();
    const png = pngOf(640, 480);
    const said = { name: "a picture.png", type: "image/png", width: 1, height: 1, size: 7 };
    const json = made(await inJson(one, other, png, said));
    const [{ url } = { url: "" }] = Picture.parse(json.payload).imageInfoArray;
    const ofForm = made(await byForm(one, other, filePart(png, "a picture.png", "image/png")));
    const byUrl = await create(one, other, { file: { url, width: 1, height: 1, type: "image/gif" } });
    for (const { type, payload } of [json, ofForm, byUrl]) {
      expect(type).toBe("TIMImageElem");
      const { uuid, imageFormat, imageInfoArray } = Picture.parse(payload);
      expect(imageFormat).toBe(3);
      const place = imageInfoArray[0]?.url ?? "";
      expect(place).toContain(`/files/${uuid}/`);
      const displayed = { size: png.length, width: 640, height: 480, url: place, imageUrl: place };
      const sizes = [0, 1, 2].map((which) => ({ type: which, sizeType: which + 1, ...displayed }));
      expect(imageInfoArray).toEqual(sizes);
      const got = await download(place);
      expect([got.status, got.headers.get("Content-Type")]).toEqual([200, "image/png"]);
      expect(await bytesOf(got)).toEqual(png);
    }
    const { payload, sequence } = await send(one, json);
    expect(payload).toEqual(json.payload);
    const { id } = await openDirect(one, other);
    expect(
      (await call("GET", `/v1/conversations/${id}/messages/${sequence}`, { token: other.token })).body,
    ).toMatchObject({
      kind: "image",
      body: {
        url,
        name: "a picture.png",
        size: png.length,
        content_type: "image/png",
        width: 640,
        height: 480,
      },
    });
  });

  test("of each kind has the payload of its element", async () => {
    const [one, other] = await two();
    const film = made(
      await byForm(one, other, filePart(MP4, "a.mp4", "video/mp4"), [
        ["payload", JSON.stringify({ file: { duration: 2.5, width: "320", height: 240 } })],
      ]),
    );
    expect(film).toMatchObject({
      type: "TIMVideoFileElem",
      payload: {
        ...{
          videoUUID: expect.any(String),
          videoUrl: expect.any(String),
          remoteVideoUrl: expect.any(String),
        },
        ...{ videoFormat: "mp4", videoSecond: 3, videoSize: MP4.length },
        ...{ thumbUUID: "", thumbUrl: "", thumbSize: 0, thumbWidth: 320, thumbHeight: 240 },
      },
    });
    const sound = made(await inJson(one, other, pseudoRandomBytes(100), { type: "audio/mpeg", duration: 4 }));
    expect(sound).toMatchObject({ type: "TIMSoundElem", payload: { size: 100, second: 4 } });
    expect(Object.keys(sound.payload).sort()).toEqual(["second", "size", "url", "uuid"]);
    const plain = made(await byForm(one, other, filePart("words", "words.txt", "text/plain")));
    expect(plain).toMatchObject({ type: "TIMFileElem", payload: { fileName: "words.txt", fileSize: 5 } });
    expect(Object.keys(plain.payload).sort()).toEqual(["fileName", "fileSize", "fileUrl", "uuid"]);
    // A picture may be sent as a file, whatever its bytes.
    const asFile = made(
      await inJson(one, other, pngOf(1, 1), { name: "x.png", type: "image/png" }, { type: "TIMFileElem" }),
    );
    expect(asFile).toMatchObject({ type: "TIMFileElem", payload: { fileName: "x.png" } });
    for (const draft of [film, sound, plain, asFile])
      expect((await send(one, draft)).payload).toEqual(draft.payload);
  });

  test.each([
    ["a picture that is text", "image/png", () => "no picture", 2_252],
    ["a picture that is cut off", "image/png", () => pngOf(5, 5).slice(0, 20), 2_252],
    ["a picture without width", "image/png", () => pngOf(0, 5), 2_252],
    ["a vector picture", "image/svg+xml", () => "<svg xmlns='http://www.w3.org/2000/svg'/>", 2_252],
    ["a film that is a picture", "video/mp4", () => pngOf(5, 5), 2_352],
    [
      "a film of another format",
      "video/webm",
      () => Uint8Array.from([0x1a, 0x45, 0xdf, 0xa3, 1, 2, 3]),
      2_352,
    ],
    ["a sound that is a picture", "audio/mpeg", () => pngOf(5, 5), 70_402],
    ["an empty picture", "image/png", () => "", 2_108],
    ["an empty file", "text/plain", () => "", 2_108],
  ])("%s is refused, and leaves nothing", async (_, type, bytes, code) => {
    const [one, other] = await two();
    const before = await storedFiles();
    failure(await byForm(one, other, filePart(bytes(), "a", type)), code);
    const whole = bytes();
    const data_ = typeof whole === "string" ? new TextEncoder().encode(whole) : whole;
    failure(await inJson(one, other, data_, { name: "a", type }), code);
    const after = await storedFiles();
    expect(after).toEqual(before);
    expect(await draftsOf(one)).toEqual([]);
  });

  test("beside an invalid field leaves nothing, wherever that field stands", async () => {
    const [one, other] = await two();
    const before = await storedFiles();
    const part = filePart(pngOf(5, 5), "a.png", "image/png");
    failure(await byForm(one, other, part, [["payload", "{"]]), 70_402, "payload");
    failure(await byForm(one, other, part, [["type", "TIMTextElem"]]), 70_402, "type");
    failure(await byForm(one, other, part, [["conversationType", "GROUP"]]), 2_106);
    failure(await inJson(one, other, pngOf(5, 5), { type: "image/png" }, { conversationType: "X" }), 2_106);
    const body = JSON.stringify(request(other, { file: { type: "image/png", data: "AAAA".repeat(1_000) } }));
    failure(await tim(one, "/message/createMessage", body.slice(0, -1)), 70_402);
    failure(await tim(one, "/message/createMessage", body.slice(0, 500)), 70_402);
    expect(await storedFiles()).toEqual(before);
    expect(await draftsOf(one)).toEqual([]);
  });
});

const Picture = z.strictObject({
  uuid: z.string(),
  imageFormat: z.int(),
  imageInfoArray: z
    .array(
      z.strictObject({
        ...{ type: z.int(), sizeType: z.int(), size: z.int(), width: z.int(), height: z.int() },
        ...{ url: z.string(), imageUrl: z.string() },
      }),
    )
    .length(3),
});

/** The beginning of an MP4, up to its type. */
const MP4 = new TextEncoder().encode("\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\bfree");
