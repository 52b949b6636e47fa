import { Buffer } from "node:buffer";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, openDirect, page } from "../../support/clients/chat.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { pngOf } from "../../support/image-headers.ts";
import { itemAt } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";
import { data, failure, nameOf, success, tim } from "./client.ts";

beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

const Message = z.looseObject({
  ...{ ID: z.string(), type: z.string(), payload: z.looseObject({}), status: z.string() },
  ...{ sequence: z.int(), atUserList: z.array(z.string()), cloudCustomData: z.string() },
});
type Message = z.infer<typeof Message>;
const Sent = z.strictObject({ message: Message });
const AT_ALL = "__kImSDK_MesssageAtALL__";

async function two(): Promise<[SignedIn, SignedIn]> {
  const users = await signedInUsers(2);
  return [itemAt(users, 0), itemAt(users, 1)];
}

/** Creates a draft to a user, or to a group by its id. */
function create(who: SignedIn, to: SignedIn | number, payload: object, more: object = {}) {
  const [name, conversationType] = typeof to === "number" ? [String(to), "GROUP"] : [nameOf(to), "C2C"];
  const body = { to: name, conversationType, priority: "Normal", payload, ...more };
  return data(Message, who, "/message/createMessage", body);
}

const send = async (who: SignedIn, message: object): Promise<Message> =>
  (await data(Sent, who, "/message/sendMessage", message)).message;

describe("a draft that its maker changes before it is sent", () => {
  test.each([
    ["text", { text: "orig" }, { text: "changed" }],
    [
      "custom",
      { data: "a", description: "b", extension: "c" },
      { data: "d", description: "e", extension: "f" },
    ],
    ["face", { index: "1", data: "a" }, { index: "2", data: "b" }],
  ])("is sent with its new %s", async (_, payload, changed) => {
    const [ann, bob] = await two();
    const draft = await create(ann, bob, payload, { cloudCustomData: "cc" });
    const edited = { ...draft, payload: changed, cloudCustomData: "dd", priority: "High" };
    const sent = await send(ann, edited);
    expect(sent).toMatchObject({ payload: changed, cloudCustomData: "dd", priority: "High" });
    const { id } = await openDirect(ann, bob);
    expect((await page(bob, id)).items).toMatchObject([{ body: changed }]);
  });

  test("may have other mentions, under the names of both the payload and the message", async () => {
    const [ann, bob] = await two();
    const { id } = await createGroup(ann, [bob]);
    for (const [edit, expected] of [
      [{ atUserList: [nameOf(bob)] }, [nameOf(bob)]],
      [{ payload: { text: "x", atUserList: [AT_ALL, nameOf(bob)] } }, [AT_ALL, nameOf(bob)]],
      [{ atUserList: [AT_ALL] }, [AT_ALL]],
    ] as const) {
      const draft = await create(ann, id, { text: "x" });
      expect((await send(ann, { message: { ...draft, ...edit } })).atUserList).toEqual(expected);
    }
    const naming = await create(ann, id, { text: "x", atUserList: [nameOf(bob)] });
    expect((await send(ann, { ...naming, atUserList: [] })).atUserList).toEqual([]);
    const unchanged = await create(ann, id, { text: "x", atUserList: [nameOf(bob)] });
    expect((await send(ann, unchanged)).atUserList).toEqual([nameOf(bob)]);
    const unknown = await create(ann, id, { text: "x" });
    failure(await tim(ann, "/message/sendMessage", { ...unknown, atUserList: ["nobody at all"] }), 70_107);
  });

  test("keeps what a call does not name, and loses what it empties", async () => {
    const [ann, bob] = await two();
    const draft = await create(ann, bob, { text: "x" }, { cloudCustomData: "cc", priority: "Low" });
    const { ID } = draft;
    expect(await send(ann, { ID, cloudCustomData: "" })).toMatchObject({
      ...{ payload: { text: "x" }, cloudCustomData: "", priority: "Low" },
    });
  });

  test.each([
    ["an empty text", { payload: { text: "" } }, 70_402, "payload.text"],
    ["a long text", { payload: { text: "x".repeat(8_001) } }, 80_002, "payload.text"],
    ["a number as text", { payload: { text: 1 } }, 70_402, "payload.text"],
    ["a payload that is none", { payload: "x" }, 70_402, "payload"],
    ["a number as custom data", { cloudCustomData: 1 }, 70_402, "cloudCustomData"],
    ["long custom data", { cloudCustomData: "x".repeat(40_000) }, 80_002, "cloudCustomData"],
    ["mentions that are no list", { atUserList: "x" }, 70_402, "atUserList"],
    ["another user as recipient", { to: "somebody else" }, 70_402, "to"],
    ["a group as recipient", { to: "somebody else", conversationType: "GROUP" }, 70_402, "to"],
    ["another type of conversation", { conversationType: "GROUP" }, 70_402, "to"],
  ])("is not sent with %s", async (_, edit, code, naming) => {
    const [ann, bob] = await two();
    const draft = await create(ann, bob, { text: "x" });
    failure(await tim(ann, "/message/sendMessage", { ...draft, ...edit }), code, naming);
    const { id } = await openDirect(ann, bob);
    expect((await page(ann, id)).items).toEqual([]);
    expect(await send(ann, draft)).toMatchObject({ payload: { text: "x" }, sequence: 1 });
  });

  test("keeps its ID, sender, direction and time", async () => {
    const [ann, bob] = await two();
    const draft = await create(ann, bob, { text: "x" });
    const forged = { from: nameOf(bob), flow: "in", time: 1, clientTime: 1, nick: "x", avatar: "x" };
    const sent = await send(ann, { ...draft, ...forged, conversationID: "C2Cx", type: "TIMCustomElem" });
    expect(sent).toMatchObject({
      ...{ from: nameOf(ann), flow: "out", nick: "", avatar: "", type: "TIMTextElem" },
      conversationID: `C2C${nameOf(bob)}`,
    });
  });

  test("is sent once: what was sent stays as it is", async () => {
    const [ann, bob] = await two();
    const draft = await create(ann, bob, { text: "first" });
    const first = await send(ann, { ...draft, payload: { text: "second" } });
    for (const later of [draft, { ...draft, payload: { text: "third" } }, { ...draft, payload: 1, to: "x" }])
      for (const path of ["/message/sendMessage", "/message/resendMessage"])
        expect(success(await tim(ann, path, later)).data).toEqual({ message: first });
    expect(
      success(await tim(ann, "/message/resendMessage", { ...first, payload: { text: "x" } })).data,
    ).toEqual({
      message: first,
    });
    const { id } = await openDirect(ann, bob);
    expect((await page(bob, id)).items).toHaveLength(1);
    const other = await create(ann, bob, { text: "0" });
    const edits = Array.from({ length: 20 }, (_, n) => ({ ...other, payload: { text: `${n}` } }));
    const answers = await Promise.all(edits.map((edit) => tim(ann, "/message/sendMessage", edit)));
    const texts = new Set(answers.map((answer) => Sent.parse(success(answer).data).message.payload.text));
    expect(texts.size).toBe(1);
    expect((await page(bob, id)).items).toHaveLength(2);
  });

  test("stays changed after a send that failed", async () => {
    const [ann, bob] = await two();
    const draft = await create(ann, bob, { text: "first" });
    success(await tim(bob, "/user/addToBlacklist", { userIDList: [nameOf(ann)] }));
    failure(await tim(ann, "/message/sendMessage", { ...draft, payload: { text: "second" } }), 20_007);
    success(await tim(bob, "/user/removeFromBlacklist", { userIDList: [nameOf(ann)] }));
    expect(await success(await tim(ann, "/message/resendMessage", { ID: draft.ID })).data).toMatchObject({
      message: { payload: { text: "second" }, status: "success" },
    });
  });

  test("is what its forward's original is, whatever the call has", async () => {
    const [ann, bob] = await two();
    const original = await send(ann, await create(ann, bob, { text: "original" }));
    const draft = await create(ann, bob, { message: original });
    expect(await send(ann, { ...draft, payload: { text: "forged" }, cloudCustomData: "mine" })).toMatchObject(
      {
        ...{ payload: { text: "original" }, cloudCustomData: "mine" },
      },
    );
  });

  test("with a file may get another name and duration, and never another file", async () => {
    const [ann, bob] = await two();
    const encoded = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("base64");
    const file = await create(ann, bob, {
      file: { name: "a.txt", type: "text/plain", data: encoded("hello") },
    });
    const renamed = { ...file.payload, fileName: "b.txt", fileUrl: "https://evil.example/x", fileSize: 9 };
    expect((await send(ann, { ...file, payload: renamed })).payload).toEqual({
      ...file.payload,
      fileName: "b.txt",
    });
    const bad = await create(ann, bob, { file: { type: "text/plain", data: encoded("hello") } });
    const named = (fileName: unknown) => ({ ...bad, payload: { ...bad.payload, fileName } });
    for (const [fileName, code] of [
      ["", 70_402],
      [1, 70_402],
      ["x".repeat(300), 80_002],
    ] as const)
      failure(await tim(ann, "/message/sendMessage", named(fileName)), code, "payload.fileName");
    const sound = await create(ann, bob, {
      file: { type: "audio/mpeg", duration: 2.5, data: encoded("sound") },
    });
    expect(sound.payload.second).toBe(3);
    const longer = await send(ann, { ...sound, payload: { ...sound.payload, second: 7, url: "x" } });
    expect(longer.payload).toEqual({ ...sound.payload, second: 7 });
    const same = await create(ann, bob, {
      file: { type: "audio/mpeg", duration: 2.5, data: encoded("sound") },
    });
    const { sequence } = await send(ann, same);
    const { id } = await openDirect(ann, bob);
    const path = `/v1/conversations/${id}/messages/${sequence}`;
    expect((await call("GET", path, { token: ann.token })).body).toMatchObject({
      body: { duration_ms: 2_500 },
    });
    const picture = await create(ann, bob, { file: { type: "image/png", data: encoded(pngOf(3, 2)) } });
    const blob = { ...picture.payload, imageInfoArray: [{ url: "blob:local" }] };
    expect((await send(ann, { ...picture, payload: blob })).payload).toEqual(picture.payload);
  });
});

describe("a send that fails", () => {
  test("answers the message with the status fail", async () => {
    const [ann, bob] = await two();
    const draft = await create(ann, bob, { text: "x" });
    success(await tim(bob, "/user/addToBlacklist", { userIDList: [nameOf(ann)] }));
    const { body } = await tim(ann, "/message/sendMessage", draft);
    expect(body).toEqual({
      ...{ code: 20_007, msg: expect.any(String) },
      data: { message: { ...draft, status: "fail" } },
    });
  });

  test("answers no message that is not the caller's, and none while D1 is down", async () => {
    const [ann, bob] = await two();
    const draft = await create(ann, bob, { text: "x" });
    expect((await tim(bob, "/message/sendMessage", draft)).body).toMatchObject({ code: 20_022, data: {} });
    expect((await tim(bob, "/message/sendMessage", draft)).body).not.toMatchObject({
      data: { message: expect.anything() },
    });
    using _lost = interceptD1(() => Promise.reject(new Error("D1_ERROR: Network connection lost.")));
    failure(await tim(ann, "/message/sendMessage", draft), 60_002, "", 503);
  });
});

test("more than a hundred drafts wait to be sent, each of them", async () => {
  const [ann, bob] = await two();
  const drafts: Message[] = [];
  for (let n = 0; n < 110; n++) drafts.push(await create(ann, bob, { text: `${n}` }));
  for (const draft of [...drafts.slice(0, 12), ...drafts.slice(-2)])
    expect((await send(ann, draft)).payload).toEqual(draft.payload);
}, 60_000);
