import { afterAll, beforeAll, expect, test } from "vitest";
import { MAX_HOOKS } from "../../../src/domain/server/hook.ts";
import { CreatedHook, Hooks, HookTest } from "../../../src/surfaces/v1/server/hooks.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call } from "../../support/clients/api.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";

let key = "";
beforeAll(async () => {
  key = (await makeServerKey(["hooks"])).text;
});
afterAll(async () => {
  for (const { id } of await all()) await call("DELETE", `/v1/server/hooks/${id}`, { token: key });
});

const post = (body: object) => call("POST", "/v1/server/hooks", { token: key, body });
const all = async () => Hooks.parse((await call("GET", "/v1/server/hooks", { token: key })).body).items;

const GOOD = { url: "https://backend.example.org/parley", events: ["message.created"] };

test.each([
  [{ events: ["*"] }, "body.url"],
  [{ ...GOOD, url: "http://backend.example.org/" }, "body.url"],
  [{ ...GOOD, url: "https://10.0.0.1/" }, "body.url"],
  [{ ...GOOD, url: "https://user:secret@backend.example.org/" }, "body.url"],
  [{ ...GOOD, url: "https://metadata.google.internal/" }, "body.url"],
  [{ ...GOOD, url: "https://backend.example.org:22/" }, "body.url"],
  [{ ...GOOD, url: `https://backend.example.org/${"a".repeat(2_048)}` }, "body.url"],
  [{ ...GOOD, events: [] }, "body.events"],
  [{ ...GOOD, events: ["message.read"] }, "body.events.0"],
  [{ ...GOOD, conversations: [] }, "body.conversations"],
  [{ ...GOOD, conversations: [4_000_000_000] }, "body.conversations.0"],
  [{ ...GOOD, conversations: ["ext:nobody's"] }, "body.conversations.0"],
  [{ ...GOOD, conversations: ["course-7"] }, "body.conversations.0"],
  [{ ...GOOD, conversations: Array.from({ length: 101 }, (_, i) => i + 1) }, "body.conversations"],
])("%o is refused, and names what is wrong", async (body, path) => {
  const before = await all();
  const answer = await post(body);
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({
    code: "validation_failed",
    errors: [expect.objectContaining({ path })],
  });
  expect(await all()).toEqual(before);
});

test("a hook is listed without its secret, is changed, and is deleted", async () => {
  const made = CreatedHook.parse((await post(GOOD)).body);
  expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const { secret: _, ...hook } = made;
  expect(await all()).toContainEqual(hook);
  const path = `/v1/server/hooks/${made.id}`;
  const changed = await call("PATCH", path, { token: key, body: { events: ["*"] } });
  expect(changed.body).toEqual({ ...hook, events: ["*"] });
  expect((await call("PATCH", path, { token: key, body: { url: "https://127.0.0.1:1" } })).status).toBe(200);
  expect((await call("PATCH", path, { token: key, body: { url: "https://10.0.0.1" } })).status).toBe(400);
  expect((await call("DELETE", path, { token: key })).status).toBe(204);
  expect((await call("DELETE", path, { token: key })).status).toBe(404);
  expect(await all()).not.toContainEqual(expect.objectContaining({ id: made.id }));
});

test("a hook names a conversation by the backend's own id, and is told of it by that", async () => {
  const externalId = `course ${crypto.randomUUID()}`;
  const named = `ext:${externalId}`;
  const both = (await makeServerKey(["hooks", "conversations", "messages", "users"])).text;
  const path = `/v1/server/conversations/${encodeURIComponent(named)}`;
  const body = { kind: "group", name: "Course 7", members: ["ext:hook-ann"] };
  const put = await call("PUT", path, { token: both, body });
  expect(put.status).toBe(201);
  const receiver = await HookReceiver.start(key, { events: ["message.created"], conversations: [named] });
  const notice = { as: null, kind: "system", body: { text: "Welcome" } };
  await call("POST", `${path}/messages`, { token: both, body: notice });
  const [event] = await receiver.until(1);
  expect(event?.data).toMatchObject({ conversation_external_id: externalId, message: { kind: "system" } });
});

test("a test calls the hook once, and says what came of it", async () => {
  const receiver = await HookReceiver.start(key);
  const tested = async () =>
    HookTest.parse((await call("POST", `/v1/server/hooks/${receiver.id}/test`, { token: key })).body);
  expect(await tested()).toMatchObject({ status: 204 });
  await receiver.answer(503);
  expect(await tested()).toMatchObject({ status: 503 });
  const [first] = await receiver.calls();
  expect(first && receiver.verified(first)).toMatchObject({ type: "test", data: {} });
  await call("PATCH", `/v1/server/hooks/${receiver.id}`, {
    token: key,
    body: { url: "http://127.0.0.1:1/" },
  });
  expect(await tested()).toEqual({ status: null, detail: "There was no connection." });
});

test("of two hooks at once that would be asked one is made", async () => {
  const asked = { ...GOOD, events: ["message.sending"] };
  const made = await Promise.all([post(asked), post(asked)]);
  expect(made.map(({ status }) => status).sort()).toEqual([201, 409]);
  const { id } = CreatedHook.parse(made.find(({ status }) => status === 201)?.body);
  expect((await call("DELETE", `/v1/server/hooks/${id}`, { token: key })).status).toBe(204);
});

test("there are so many hooks at most", async () => {
  const left = MAX_HOOKS - (await all()).length;
  const atOnce = await Promise.all(Array.from({ length: left + 6 }, () => post(GOOD)));
  expect(atOnce.map(({ status }) => status).sort()).toEqual([
    ...Array.from({ length: left }, () => 201),
    ...Array.from({ length: 6 }, () => 409),
  ]);
  expect(await all()).toHaveLength(MAX_HOOKS);
  const refused = await post(GOOD);
  expect([refused.status, refused.body]).toEqual([409, expect.objectContaining({ code: "conflict" })]);
});
