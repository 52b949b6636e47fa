import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { pngOf } from "../../support/image-headers.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { data, failure, nameOf, success, tim } from "./client.ts";
import { ask, drafts, group, refused, type Step, says, story, whole } from "./story.ts";

const C2C = { to: "{bob}", conversationType: "C2C", priority: "Normal" };
const GROUP = { to: "{g}", conversationType: "GROUP" };
const SEND = "/message/sendMessage";
const sends = (body: object, message: object): Step => ask("ann", SEND, body, { message });
/** What Bob gets, as v1 has it. */
const gets = (...items: object[]) => [
  ask("bob", "GET /v1/conversations", {}, { items: [{ id: "{direct}" }] }),
  ask("bob", "GET /v1/conversations/{direct}/messages", {}, { items }),
];

describe("a draft that its maker changes before it is sent", () => {
  const CHANGES: [payload: object, changed: object][] = [
    [{ text: "orig" }, { text: "changed" }],
    [
      { data: "a", description: "b", extension: "c" },
      { data: "d", description: "e", extension: "f" },
    ],
    [
      { index: "1", data: "a" },
      { index: "2", data: "b" },
    ],
  ];
  const EDIT = { cloudCustomData: "dd", priority: "High" };
  story("is sent with its new content, and cannot get another sender, kind or time", [
    ...CHANGES.flatMap(([payload, changed], i) => [
      drafts("ann", `draft${i}`, { ...C2C, cloudCustomData: "cc" }, payload),
      sends({ ID: `{draft${i}}`, payload: changed, ...EDIT }, { payload: changed, ...EDIT }),
    ]),
    ...gets(...CHANGES.map(([, body]) => ({ body }))),
    drafts("ann", "forged", C2C, { text: "x" }),
    sends(
      { ID: "{forged}", from: "{bob}", flow: "in", nick: "x", conversationID: "C2Cx", type: "TIMCustomElem" },
      { from: "{ann}", flow: "out", nick: "", conversationID: "C2C{bob}", type: "TIMTextElem" },
    ),
  ]);

  const AT_ALL = "__kImSDK_MesssageAtALL__";
  const MENTIONS: [made: string[], edit: object, sent: string[]][] = [
    [[], { atUserList: ["{bob}"] }, ["{bob}"]],
    [[], { payload: { text: "x", atUserList: [AT_ALL, "{bob}"] } }, [AT_ALL, "{bob}"]],
    [[], { message: { ID: "{draft2}", atUserList: [AT_ALL] } }, [AT_ALL]],
    [["{bob}"], { atUserList: [] }, []],
    [["{bob}"], {}, ["{bob}"]],
  ];
  story("may have other mentions, under the names of both the payload and the message", [
    group("g", "ann", ["bob"]),
    ...MENTIONS.flatMap(([atUserList, edit, sent], i) => [
      drafts("ann", `draft${i}`, GROUP, { text: "x", ...(atUserList.length > 0 && { atUserList }) }),
      sends({ ID: `{draft${i}}`, ...edit }, { atUserList: sent }),
    ]),
    drafts("ann", "unknown", GROUP, { text: "x" }),
    ask("ann", SEND, { ID: "{unknown}", atUserList: ["nobody at all"] }, 70_107),
  ]);

  story("keeps what a call does not name, and loses what it empties", [
    drafts("ann", "draft", { ...C2C, cloudCustomData: "cc", priority: "Low" }, { text: "x" }),
    sends(
      { ID: "{draft}", cloudCustomData: "" },
      { payload: { text: "x" }, cloudCustomData: "", priority: "Low" },
    ),
  ]);

  const bad = (answer: string, wrong: Record<string, unknown[]>) =>
    refused("ann", SEND, { ID: "{draft}" }, answer, wrong);
  story("is not sent with wrong content, or to another recipient", [
    drafts("ann", "draft", C2C, { text: "x" }),
    ...bad("70402 payload.text", { payload: [{ text: "" }, { text: 1 }] }),
    ...bad("80002 payload.text", { payload: [{ text: "x".repeat(8_001) }] }),
    ...bad("70402 payload", { payload: ["x"] }),
    ...bad("70402 cloudCustomData", { cloudCustomData: [1] }),
    ...bad("80002 cloudCustomData", { cloudCustomData: ["x".repeat(40_000)] }),
    ...bad("70402 atUserList", { atUserList: ["x"] }),
    ...bad("70402 to", { to: ["somebody else"], conversationType: ["GROUP"] }),
    sends({ ID: "{draft}" }, { payload: { text: "x" }, sequence: 1 }),
  ]);

  const again = (path: string, body: object) =>
    ask("ann", path, body, { message: { ID: "{sent}", payload: { text: "second" } } });
  story("is sent once: what was sent stays as it is", [
    drafts("ann", "draft", C2C, { text: "first" }),
    sends({ ID: "{draft}", payload: { text: "second" } }, { ID: "{sent}", payload: { text: "second" } }),
    ...[SEND, "/message/resendMessage"].flatMap((path) => [
      again(path, { ID: "{draft}", payload: { text: "first" } }),
      again(path, { ID: "{draft}", payload: 1, to: "x" }),
    ]),
    again("/message/resendMessage", { ID: "{sent}", payload: { text: "x" } }),
    ...gets({ body: { text: "second" } }),
  ]);

  const blocks = (call: string) => ask("bob", `/user/${call}Blacklist`, { userIDList: ["{ann}"] });
  story("stays changed after a send that failed, which answers it with the status fail", [
    drafts("ann", "draft", C2C, { text: "first" }),
    blocks("addTo"),
    ask(
      "ann",
      SEND,
      { ID: "{draft}", payload: { text: "second" } },
      whole({
        ...{ code: 20_007, msg: expect.any(String) },
        data: { message: { ID: "{draft}", to: "{bob}", status: "fail", payload: { text: "second" } } },
      }),
    ),
    blocks("removeFrom"),
    ask(
      "ann",
      "/message/resendMessage",
      { ID: "{draft}" },
      {
        message: { payload: { text: "second" }, status: "success" },
      },
    ),
  ]);

  story("is what its forward's original is, whatever the call has", [
    says("ann", "C2C{bob}", "original"),
    drafts("ann", "draft", C2C, { message: "{original}" }),
    sends(
      { ID: "{draft}", payload: { text: "forged" }, cloudCustomData: "mine" },
      { payload: { text: "original" }, cloudCustomData: "mine" },
    ),
  ]);

  const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("base64");
  const TEXT = { type: "text/plain", data: base64("hello") };
  const SOUND = { type: "audio/mpeg", duration: 2.5, data: base64("sound") };
  const forged = { fileUrl: "https://evil.example/x", fileSize: 9 };
  story("with a file may get another name and duration, and never another file", [
    drafts("ann", "text", C2C, { file: TEXT }, { payload: { uuid: "{uuid}", fileUrl: "{url}" } }),
    ...refused("ann", SEND, { ID: "{text}" }, "70402 payload.fileName", {
      payload: ["", 1].map((fileName) => ({ fileName })),
    }),
    ask("ann", SEND, { ID: "{text}", payload: { fileName: "x".repeat(300) } }, "80002 payload.fileName"),
    sends(
      { ID: "{text}", payload: { ...forged, fileName: "b.txt" } },
      { payload: { uuid: "{uuid}", fileUrl: "{url}", fileSize: 5, fileName: "b.txt" } },
    ),
    drafts("ann", "sound", C2C, { file: SOUND }, { payload: { second: 3, url: "{place}" } }),
    sends({ ID: "{sound}", payload: { second: 7, url: "x" } }, { payload: { second: 7, url: "{place}" } }),
    drafts("ann", "same", C2C, { file: SOUND }),
    sends({ ID: "{same}", payload: { second: 3 } }, { payload: { second: 3 } }),
    ...gets({}, {}, { body: { duration_ms: 2_500 } }),
    drafts(
      "ann",
      "picture",
      C2C,
      { file: { type: "image/png", data: base64(pngOf(3, 2)) } },
      {
        payload: { imageInfoArray: [{ url: "{shown}" }, {}, {}] },
      },
    ),
    sends(
      { ID: "{picture}", payload: { imageInfoArray: [{ url: "blob:local" }] } },
      { payload: { imageInfoArray: [{ url: "{shown}" }, {}, {}] } },
    ),
  ]);
});

test("more than a hundred drafts wait to be sent, and each is sent once, though no call answers while D1 is down", async () => {
  const [ann, bob] = await signedInUsers(2);
  if (!ann || !bob) throw new Error("there are two");
  const Draft = z.looseObject({ ID: z.string(), payload: z.unknown() });
  const Sent = z.object({ message: z.looseObject({ payload: z.looseObject({ text: z.string() }) }) });
  const made: z.infer<typeof Draft>[] = [];
  const to = { to: nameOf(bob), conversationType: "C2C" };
  for (const n of range(1, 110))
    made.push(await data(Draft, ann, "/message/createMessage", { ...to, payload: { text: `${n}` } }));
  for (const draft of [...made.slice(0, 12), ...made.slice(-2)])
    expect((await data(Sent, ann, SEND, draft)).message.payload).toEqual(draft.payload);
  const draft = itemAt(made, 50);
  const edits = range(1, 10).map((n) => tim(ann, SEND, { ...draft, payload: { text: `${n}` } }));
  const texts = (await Promise.all(edits)).map(
    (answer) => Sent.parse(success(answer).data).message.payload.text,
  );
  expect(new Set(texts).size).toBe(1);
  using _lost = interceptD1(() => Promise.reject(new Error("D1_ERROR: Network connection lost.")));
  failure(await tim(ann, SEND, itemAt(made, 60)), 60_002, "", 503);
}, 60_000);
