import { evictDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { LIMITS } from "../../../src/domain/limits.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { ask, page } from "../../support/clients/chat.ts";
import { StrictList, StrictMessage } from "../../support/clients/shapes.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { conversationObject, createGroupId, range } from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { makeHook, post, posted } from "./client.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await signedInUsers(2);
});

const Place = z.strictObject({ conversation_id: z.int(), seq: z.int(), created_at: z.int() });

/** A group with a hook. */
async function hooked(...members: SignedIn[]) {
  const id = await createGroupId(ann, ...members);
  return { id, hook: await makeHook(ann, id, { avatar: "https://ci.example.org/logo.png" }) };
}

const texts = async (id: number) => (await page(ann, id)).items.map(({ body }) => body.text);

describe("a message by a hook", () => {
  test("has the name and the avatar of the hook, and no account", async () => {
    const { id, hook } = await hooked(bob);
    const { status, body } = await posted(hook.url, { text: "Build **42** is done" });
    expect(status).toBe(201);
    const { seq } = Place.parse(body);
    const message = StrictMessage.parse((await ask(bob, id, "GET", `/messages/${seq}`)).body);
    expect(message).toMatchObject({
      kind: "text",
      body: { text: "Build **42** is done" },
      sender: {
        ...{ id: 0, username: `hook/${hook.id}`, nickname: "Builds", avatar: hook.avatar },
        hook: { id: hook.id, name: "Builds" },
      },
    });
    expect(message.silent).toBeUndefined();
  });

  test("may name another name, another avatar and a thread", async () => {
    const { id, hook } = await hooked();
    await post(hook.url, { text: "root" });
    const { status } = await posted(hook.url, {
      ...{ text: "reply", name: "Deploys", avatar: "https://ci.example.org/other.png", thread: 1 },
    });
    expect(status).toBe(201);
    const [root, reply] = (await page(ann, id)).items;
    expect(reply).toMatchObject({
      sender: { nickname: "Deploys", avatar: "https://ci.example.org/other.png", hook: { name: "Builds" } },
      thread: { root: 1, also_in_main: true },
    });
    expect(root?.thread_summary).toMatchObject({ count: 1, user_ids: [] });
  });

  test("counts as unread for all, and is the last message of the list", async () => {
    const { id, hook } = await hooked(bob);
    await post(hook.url, { text: "one" });
    await post(hook.url, { text: "two" });
    for (const who of [ann, bob]) {
      const own = await ask(who, id, "GET", "");
      expect(own.body).toMatchObject({
        unread_count: 2,
        last_message: { sender: { hook: { id: hook.id } } },
      });
      const list = StrictList.parse((await call("GET", "/v1/conversations", { token: who.token })).body);
      expect(list.items.find((one) => one.id === id)).toMatchObject({
        ...{ unread_count: 2, last_message: { body: { text: "two" }, sender: { nickname: "Builds" } } },
      });
    }
    await ask(bob, id, "PUT", "/read", { seq: 1 });
    expect((await ask(bob, id, "GET", "")).body).toMatchObject({ unread_count: 1 });
    await ask(bob, id, "POST", "/messages", { kind: "text", body: { text: "thanks" } });
    expect((await ask(bob, id, "GET", "")).body).toMatchObject({ unread_count: 0 });
    await evictDurableObject(conversationObject(id));
    expect((await ask(ann, id, "GET", "")).body).toMatchObject({ unread_count: 3 });
  });

  test("is found, quoted, pinned, reacted to, forwarded and revoked by an admin", async () => {
    const { id, hook } = await hooked(bob);
    const other = await createGroupId(bob);
    await post(hook.url, { text: "the rollback of zebra" });
    const found = await ask(bob, id, "GET", "/messages/search?q=zebra");
    expect(found.body).toMatchObject({ items: [{ sender: { hook: { id: hook.id } } }] });
    const send = (to: number, body: object) => ask(bob, to, "POST", "/messages", body);
    const quote = await send(id, { kind: "text", body: { text: "why?" }, quote_seq: 1 });
    expect(quote.body).toMatchObject({ quote: { sender_id: 0, sender_name: "Builds", kind: "text" } });
    expect((await ask(bob, id, "PUT", "/messages/1/reactions/👍")).status).toBe(200);
    expect((await ask(ann, id, "PUT", "/messages/1/pin")).status).toBe(204);
    const forward = await send(other, { forward: { conversation_id: id, seq: 1 } });
    expect(forward.body).toMatchObject({ forwarded: { conversation_id: id, seq: 1, sender_id: 0 } });
    const items = [
      { conversation_id: id, seq: 1 },
      { conversation_id: id, seq: 2 },
    ];
    const merged = await send(other, { kind: "merged", body: { title: "Builds", items } });
    expect(merged.body).toMatchObject({
      body: {
        items: [
          { sender: { id: 0, nickname: "Builds", avatar: hook.avatar } },
          { sender: { id: bob.user.id } },
        ],
      },
    });
    expect((await ask(bob, id, "DELETE", "/messages/1?for=everyone")).status).toBe(403);
    expect(
      (await ask(bob, id, "PATCH", "/messages/1", { body: { text: "no" }, base_version: 1 })).status,
    ).toBe(403);
    expect((await ask(ann, id, "DELETE", "/messages/1?for=everyone")).status).toBe(204);
  });
});

describe("what is posted", () => {
  test.each([
    ["no JSON", "{", "body"],
    ["half a body", '{"text": "build 4', "body"],
    ["no object", "[]", "body"],
    ["no text", {}, "body.text"],
    ["an empty text", { text: " \n" }, "body.text"],
    ["a text that is too long", { text: "x".repeat(LIMITS.textLength + 1) }, "body.text"],
    ["a lone surrogate", '{"text": "\\ud800"}', "body.text"],
    ["a name of nobody", { text: "hi", name: "all" }, "body.name"],
    ["a script as its avatar", { text: "hi", avatar: "javascript:alert(1)" }, "body.avatar"],
  ])("is refused and not stored: %s", async (_, body, path) => {
    const { id, hook } = await hooked();
    expect(await posted(hook.url, body)).toMatchObject({
      status: 400,
      body: { code: "validation_failed", errors: [{ path: expect.stringContaining(path) }] },
    });
    expect((await page(ann, id)).items).toEqual([]);
  });

  test("is at most 1 MiB", async () => {
    const { id, hook } = await hooked();
    const large = JSON.stringify({ text: "x", more: "y".repeat(LIMITS.hookPostBytes) });
    expect(await posted(hook.url, large)).toMatchObject({ status: 413, body: { code: "too_large" } });
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024).fill(32)),
    });
    const endless = new Request(hook.url, { method: "POST", body: stream });
    expect((await exports.default.fetch(endless)).status).toBe(413);
    expect((await page(ann, id)).items).toEqual([]);
  });

  test("may be a form with JSON", async () => {
    const { id, hook } = await hooked();
    const form = new URLSearchParams({ payload: JSON.stringify({ text: "in a form" }) });
    const type = { "Content-Type": "application/x-www-form-urlencoded" };
    expect((await post(hook.url, String(form), type)).status).toBe(201);
    expect((await post(hook.url, "text=x", type)).status).toBe(400);
    expect(await texts(id)).toEqual(["in a form"]);
  });

  test("answers in no thread of a message that is none", async () => {
    const { id, hook } = await hooked();
    expect(await posted(hook.url, { text: "x", thread: 7 })).toMatchObject({ status: 404 });
    expect(await texts(id)).toEqual([]);
  });
});

describe("a repeat", () => {
  test("of 50 at once is one message", async () => {
    const { id, hook } = await hooked();
    const body = { text: "once", client_msg_id: "build-42" };
    const answers = await Promise.all(range(1, 50).map(() => posted(hook.url, body)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]));
    expect(new Set(answers.map((answer) => Place.parse(answer.body).seq))).toEqual(new Set([1]));
    expect(await texts(id)).toEqual(["once"]);
  });

  test("is one by the header too, of its hook alone, whatever the object has forgotten", async () => {
    const { id, hook } = await hooked();
    const other = await makeHook(ann, id, { name: "Other" });
    const key = { "Idempotency-Key": "4711" };
    expect((await post(hook.url, { text: "a" }, key)).status).toBe(201);
    await evictDurableObject(conversationObject(id));
    expect((await post(hook.url, { text: "b" }, key)).status).toBe(200);
    expect((await post(other.url, { text: "c" }, key)).status).toBe(201);
    expect((await post(hook.url, { text: "d", client_msg_id: "4711" })).status).toBe(201);
    expect((await post(hook.url, { text: "e" }, { "Idempotency-Key": "x".repeat(256) })).status).toBe(400);
    expect(await texts(id)).toEqual(["a", "c", "d"]);
  });
});

describe("a burst", () => {
  const atOnce = async (url: string, count: number) => {
    const answers = await Promise.all(range(1, count).map((n) => post(url, { text: `${n}` })));
    return answers.filter(({ status }) => status === 429).length;
  };

  test("is taken, then five messages a second are, and no other hook waits for it", async () => {
    freezeClock();
    const { id, hook } = await hooked();
    const other = await makeHook(ann, id, { name: "Other" });
    expect(await atOnce(hook.url, LIMITS.hookBurst)).toBe(0);
    const response = await post(hook.url, { text: "late" });
    expect(response.status).toBe(429);
    expect(response.headers.get("Retry-After")).toBe("1");
    expect((await post(other.url, { text: "other" })).status).toBe(201);
    advanceClock(1_000);
    expect(await atOnce(hook.url, LIMITS.hookPostsPerSecond + 1)).toBe(1);
  });

  test("of any size is taken without rate limits", async () => {
    onTestFinished(setNoRateLimits());
    freezeClock();
    const { hook } = await hooked();
    expect(await atOnce(hook.url, LIMITS.hookBurst + 1)).toBe(0);
  });
});
