import { exports } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { LIMITS } from "../../../src/domain/limits.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { ask, page } from "../../support/clients/chat.ts";
import { pngOf } from "../../support/image-headers.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { passMinute } from "../files/lifetime.ts";
import { type HookWithUrl, makeHook, post } from "./client.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: number;
let hook: HookWithUrl;
let other: HookWithUrl;

beforeAll(async () => {
  [ann, bob] = await signedInUsers(2);
  id = await createGroupId(ann, bob);
  hook = await makeHook(ann, id, { avatar: "https://ci.example.org/logo.png" });
  other = await makeHook(ann, id, { name: "Other" });
});

const Made = z.looseObject({ id: z.string() });

/** Calls a path below a webhook, where Discord has it. */
async function at(of: HookWithUrl, method: string, path: string, body?: object | FormData) {
  const [hookId = "", token = ""] = of.url.split("/").slice(-2);
  const isForm = body instanceof FormData;
  const response = await exports.default.fetch(
    new Request(`https://parley.test/api/v10/webhooks/${hookId}/${token}${path}`, {
      method,
      ...(body && !isForm && { headers: { "Content-Type": "application/json" } }),
      ...(body && { body: isForm ? body : JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  return { status: response.status, body: text === "" ? "" : JSON.parse(text) };
}

async function made(of: HookWithUrl, body: object): Promise<string> {
  const answer = await at(of, "POST", "?wait=true", body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return Made.parse(answer.body).id;
}

const shown = async (seq: string) => (await ask(bob, id, "GET", `/messages/${seq}`)).body;
const UNKNOWN = { status: 404, body: { code: 10_008, message: "Unknown Message" } };

test("a webhook tells what it is", async () => {
  const [hookId = "", token = ""] = hook.url.split("/").slice(-2);
  expect(await at(hook, "GET", "")).toEqual({
    status: 200,
    body: {
      ...{ id: hookId, type: 1, name: "Builds", avatar: null, channel_id: String(id) },
      ...{
        guild_id: null,
        application_id: null,
        token,
        url: hook.url.replace(/\/hooks\//, "/api/webhooks/"),
      },
    },
  });
  const wrong = { ...hook, url: hook.url.replace(/.{32}$/, "0".repeat(32)) };
  for (const [method, path] of [
    ["GET", ""],
    ["GET", "/messages/1"],
    ["PATCH", "/messages/1"],
    ["DELETE", "/messages/1"],
  ] as const)
    expect(await at(wrong, method, path, method === "PATCH" ? { content: "x" } : undefined)).toEqual({
      ...{ status: 404, body: { code: 10_015, message: "Unknown Webhook" } },
    });
});

test("a message of the webhook is read, edited and deleted by it", async () => {
  const seq = await made(hook, { content: "Build **7** runs", username: "CI" });
  const message = {
    ...{ id: seq, content: "Build **7** runs", channel_id: String(id), edited_timestamp: null },
    author: { username: "CI", bot: true },
  };
  expect(await at(hook, "GET", `/messages/${seq}`)).toMatchObject({ status: 200, body: message });
  const edit = { content: "Build 7 is", embeds: [{ title: "done" }] };
  expect(await at(hook, "PATCH", `/messages/${seq}`, edit)).toMatchObject({
    status: 200,
    body: { ...message, content: "Build 7 is\n\n**done**", edited_timestamp: expect.any(String) },
  });
  expect(await shown(seq)).toMatchObject({
    ...{ body: { text: "Build 7 is\n\n**done**" }, version: 2, sender: { nickname: "CI" } },
  });
  expect((await ask(bob, id, "GET", `/messages/${seq}/edits`)).body).toMatchObject({
    items: [{ version: 1, body: { text: "Build **7** runs" } }],
  });
  // The same again makes no version.
  expect(await at(hook, "PATCH", `/messages/${seq}`, edit)).toMatchObject({ status: 200 });
  expect(await shown(seq)).toMatchObject({ version: 2 });
  expect(await at(hook, "DELETE", `/messages/${seq}`)).toEqual({ status: 204, body: "" });
  expect(await shown(seq)).toMatchObject({ revoked: true });
  for (const method of ["GET", "DELETE"]) expect(await at(hook, method, `/messages/${seq}`)).toEqual(UNKNOWN);
  expect(await at(hook, "PATCH", `/messages/${seq}`, edit)).toEqual(UNKNOWN);
});

test("messages of other webhooks and of people are unknown to it", async () => {
  const own = await made(hook, { content: "mine" });
  const sent = await ask(ann, id, "POST", "/messages", { kind: "text", body: { text: "of a person" } });
  const person = String(z.looseObject({ seq: z.int() }).parse(sent.body).seq);
  const others = await made(other, { content: "of another" });
  for (const seq of [person, others, "99999", "0", "-1", "x", "1e3", "@original"]) {
    for (const method of ["GET", "DELETE"])
      expect(await at(hook, method, `/messages/${seq}`), seq).toEqual(UNKNOWN);
    expect(await at(hook, "PATCH", `/messages/${seq}`, { content: "taken" }), seq).toEqual(UNKNOWN);
  }
  const items = (await page(bob, id)).items.slice(-3);
  expect(items.map(({ seq, body, version }) => [String(seq), body.text, version ?? 1])).toEqual([
    [own, "mine", 1],
    [person, "of a person", 1],
    [others, "of another", 1],
  ]);
});

test("a thread is named by the message that it begins with", async () => {
  const root = await made(hook, { content: "root" });
  const answer = await at(hook, "POST", `?wait=true&thread_id=${root}`, { content: "reply" });
  expect(answer.status).toBe(200);
  const reply = Made.parse(answer.body).id;
  expect(await shown(reply)).toMatchObject({ thread: { root: Number(root) } });
  expect(await at(hook, "PATCH", `/messages/${reply}?thread_id=${root}`, { content: "more" })).toMatchObject({
    status: 200,
  });
  const unknown = { status: 404, body: { code: 10_003, message: "Unknown Channel" } };
  for (const thread of ["88888", "x"])
    expect(await at(hook, "POST", `?thread_id=${thread}`, { content: "lost" })).toEqual(unknown);
});

/** A form as libraries for Discord send it. */
function formOf(
  payload: object | undefined,
  ...files: [bytes: string | Uint8Array<ArrayBuffer>, name: string, type: string][]
) {
  const form = new FormData();
  for (const [i, [bytes, name, type]] of files.entries())
    form.set(`files[${i}]`, new File([bytes], name, { type }));
  if (payload) form.set("payload_json", JSON.stringify(payload));
  return form;
}

const Stored = z.looseObject({ kind: z.string(), body: z.looseObject({}) });
/** Kinds, texts and captions of the newest messages. */
async function newest(count: number) {
  return z
    .array(Stored)
    .parse((await page(bob, id)).items.slice(-count))
    .map(({ kind, body: { text, caption, name } }) => [kind, text ?? caption, name]);
}

test("files of a post become messages, the text is the caption of the first", async () => {
  const png = Uint8Array.from(pngOf(3, 2));
  const form = formOf(
    { content: "**Logs**", username: "CI", attachments: [{ id: 0, filename: "log.txt" }] },
    ["all is well", "log.txt", "text/plain"],
    [png, "plot.png", "image/png"],
    ["none", "broken.png", "image/png"],
  );
  const answer = await at(hook, "POST", "?wait=true", form);
  expect(answer).toMatchObject({ status: 200, body: { content: "**Logs**", author: { username: "CI" } } });
  const { id: seq, attachments } = z
    .looseObject({ id: z.string(), attachments: z.array(z.looseObject({ url: z.string() })) })
    .parse(answer.body);
  expect(attachments).toMatchObject([
    { id: seq, filename: "log.txt", size: 11, content_type: "text/plain" },
    { id: String(Number(seq) + 1), filename: "plot.png", width: 3, height: 2, size: png.length },
    { id: String(Number(seq) + 2), filename: "broken.png", size: 4 },
  ]);
  expect(await newest(3)).toEqual([
    ["file", "**Logs**", "log.txt"],
    ["image", undefined, "plot.png"],
    ["file", undefined, "broken.png"],
  ]);
  const url = attachments[0]?.url ?? "";
  expect(await (await exports.default.fetch(new Request(url))).text()).toBe("all is well");

  const read = await at(hook, "GET", `/messages/${seq}`);
  expect(read.body).toMatchObject({ content: "**Logs**", attachments: [{ filename: "log.txt", url }] });
  expect(await at(hook, "PATCH", `/messages/${seq}`, { content: "Logs of __today__" })).toMatchObject({
    ...{ status: 200, body: { content: "Logs of today", attachments: [{ filename: "log.txt", url }] } },
  });
  expect(await shown(seq)).toMatchObject({ kind: "file", version: 2, body: { caption: "Logs of today" } });
  const more = formOf({ content: "x" }, ["x", "x.txt", "text/plain"]);
  expect(await at(hook, "PATCH", `/messages/${seq}`, more)).toMatchObject({
    ...{ status: 400, body: { code: 50_035, errors: { files: { _errors: [{}] } } } },
  });
  expect(await at(hook, "PATCH", `/messages/${seq}`, { content: "x".repeat(2_001) })).toMatchObject({
    ...{ status: 400, body: { code: 50_035 } },
  });
  // The files are of who has made the hook, and go with their messages.
  expect(await at(hook, "DELETE", `/messages/${seq}`)).toMatchObject({ status: 204 });
  await passMinute({ conversations: [id] });
  expect((await exports.default.fetch(new Request(url))).status).toBe(404);
});

test("files without a text, with a long one, and posted again", async () => {
  const one: [string, string, string] = ["x", "x.txt", "text/plain"];
  expect(await at(hook, "POST", "", formOf(undefined, one))).toMatchObject({ status: 204 });
  const bare = new FormData();
  bare.set("content", "in a field");
  bare.set("file", new File(["x"], "y.txt"));
  expect(await at(hook, "POST", "", bare)).toMatchObject({ status: 204 });
  const long = "é".repeat(2_001);
  expect(await at(hook, "POST", "", formOf({ content: long }, one))).toMatchObject({ status: 204 });
  expect(await newest(4)).toEqual([
    ["file", undefined, "x.txt"],
    ["file", "in a field", "y.txt"],
    ["text", long, undefined],
    ["file", undefined, "x.txt"],
  ]);
  const again = async () => {
    const body = formOf({ content: "once" }, one, one);
    const headers = { "Idempotency-Key": "once" };
    const answer = await exports.default.fetch(
      new Request(`${hook.url}/discord?wait=true`, { method: "POST", headers, body }),
    );
    return Made.parse(await answer.json()).id;
  };
  const first = await again();
  expect(await again()).toBe(first);
  expect((await page(bob, id)).items.at(-1)?.seq).toBe(Number(first) + 1);
});

test("files that are too many or too large are refused as Discord does, and nothing is shown", async () => {
  const before = (await page(bob, id)).items.at(-1)?.seq;
  const many = Array.from({ length: 11 }, (): [string, string, string] => ["x", "x.txt", "text/plain"]);
  expect(await at(hook, "POST", "", formOf({ content: "many" }, ...many))).toMatchObject({
    status: 400,
    body: { code: 50_035, errors: { files: { _errors: [{ message: "must be at most 10" }] } } },
  });
  const large = formOf({ content: "x".repeat(LIMITS.hookPostBytes) }, ["x", "x.txt", "text/plain"]);
  expect(await at(hook, "POST", "", large)).toMatchObject({ status: 413, body: { code: 40_005 } });
  const wrong = formOf(undefined, ["x", "x.txt", "text/plain"]);
  wrong.set("payload_json", "{");
  expect(await at(hook, "POST", "", wrong)).toMatchObject({ status: 400, body: { code: 50_035 } });
  expect((await page(bob, id)).items.at(-1)?.seq).toBe(before);
});

test("failures are those of Discord", async () => {
  const seq = await made(hook, { content: "here" });
  const empty = { status: 400, body: { code: 50_006, message: "Cannot send an empty message" } };
  expect(await at(hook, "POST", "", { content: " " })).toEqual(empty);
  expect(await at(hook, "PATCH", `/messages/${seq}`, { content: "", embeds: [] })).toEqual(empty);
  for (const body of [[], { embeds: 7 }])
    expect((await at(hook, "POST", "", body)).body).toMatchObject({ code: expect.any(Number) });
  expect(await at(hook, "POST", "", [])).toMatchObject({
    ...{ status: 400, body: { code: 50_035, message: "Invalid Form Body", errors: { _errors: [{}] } } },
  });
  expect(await at(hook, "PATCH", "", { name: "New" })).toMatchObject({ status: 405 });
  expect(await at(hook, "DELETE", "")).toMatchObject({ status: 405 });
});

test("libraries that append to any URL find the messages, too", async () => {
  const url = `${hook.url}/discord`;
  const answer = await post(`${url}?wait=true`, { content: "by a URL" });
  const { id: seq } = Made.parse(await answer.json());
  const edited = await exports.default.fetch(
    new Request(`${url}/messages/${seq}`, { method: "PATCH", body: JSON.stringify({ content: "edited" }) }),
  );
  expect(edited.status).toBe(200);
  expect((await page(bob, id)).items.at(-1)?.body).toEqual({ text: "edited" });
  expect((await exports.default.fetch(new Request(`${url}/messages/x`))).status).toBe(404);
});
