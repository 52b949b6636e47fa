import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { page } from "../../support/clients/chat.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";
import { makeHook, post, posted } from "./client.ts";

let ann: SignedIn;
let bob: SignedIn;
let key = "";

// Each message has the rules read.
beforeAll(() => setTiming({ rules: { keepMs: 0, staleMs: 0 } }));
beforeAll(async () => {
  [ann, bob] = await signedInUsers(2);
  key = (await makeServerKey(["moderate", "hooks"])).text;
});
afterAll(() => rules([]));

async function rules(items: object[]): Promise<void> {
  const answer = await call("PUT", "/v1/moderation/rules", { token: key, body: { items } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

// Nobody stands behind a hook who could be told what a moderator decides.
test.each([
  ["refuse", 403, []],
  ["mask", 201, ["***** here"]],
  ["flag", 201, ["zebra here"]],
  ["hold", 403, []],
] as const)("a rule that says %s holds for hooks", async (action, status, shown) => {
  const id = await createGroupId(ann);
  const hook = await makeHook(ann, id);
  await rules([{ id: "words", match: { words: ["zebra"] }, action }]);
  const answer = await posted(hook.url, { text: "zebra here", client_msg_id: "1" });
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  expect((await page(ann, id)).items.map(({ body }) => body.text)).toEqual(shown);
  await rules([]);
});

test("the backend is asked before, by the name of the hook, and told behind", async () => {
  const id = await createGroupId(ann);
  const hook = await makeHook(ann, id);
  const gate = await HookReceiver.start(key, { events: ["message.sending"], conversations: [id] });
  const told = await HookReceiver.start(key, { events: ["message.created"], conversations: [id] });
  await gate.answer({ action: "reject", reason: "not now" }, { action: "accept" });
  expect(await posted(hook.url, { text: "one" })).toMatchObject({ status: 403, body: { detail: "not now" } });
  expect((await post(hook.url, { text: "two" })).status).toBe(201);
  expect((await page(ann, id)).items.map(({ body }) => body.text)).toEqual(["two"]);
  const [event] = await told.until(1);
  expect(event).toMatchObject({
    data: {
      message: { sender: { id: 0, nickname: "Builds", hook: { id: hook.id } }, body: { text: "two" } },
    },
  });
  for (const { id: one } of [gate, told]) await call("DELETE", `/v1/server/hooks/${one}`, { token: key });
});

test("a message by a hook can be reported, and is shown to staff", async () => {
  const id = await createGroupId(ann, bob);
  const hook = await makeHook(ann, id);
  await post(hook.url, { text: "casino" });
  const body = { message: { conversation_id: id, seq: 1 }, reason: "spam" };
  const { status } = await call("POST", "/v1/reports", { token: bob.token, body });
  expect(status).toBe(201);
  const listed = await call("GET", "/v1/moderation/reports", { token: key });
  const { items } = z.object({ items: z.array(z.object({ id: z.int() })) }).parse(listed.body);
  const read = await call("GET", `/v1/moderation/reports/${items[0]?.id}`, { token: key });
  expect(read.body).toMatchObject({
    about: { seq: 1, user_id: null },
    kept: [{ sender_id: 0, body: { text: "casino" } }],
  });
});
