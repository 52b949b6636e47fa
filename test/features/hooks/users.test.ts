import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshExternalId, putUser, userPath } from "../../support/accounts/server-users.ts";
import { call, register } from "../../support/clients/api.ts";
import { createGroup } from "../../support/clients/chat.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";

let key = "";
let receiver: HookReceiver;
beforeAll(async () => {
  key = (await makeServerKey(["hooks", "users"])).text;
  receiver = await HookReceiver.start(key, { events: ["user.created", "user.changed", "user.deleted"] });
});
afterAll(async () => {
  await call("DELETE", `/v1/server/hooks/${receiver.id}`, { token: key });
});

const Count = z.object({ n: z.int() });
const Report = z.object({ id: z.int(), reason: z.string(), created_at: z.int() });
const stored = async () =>
  Count.parse(await env.DB.prepare("SELECT count(*) AS n FROM user_events").first()).n;

test("a hook is told of users, whoever makes, changes and deletes them, in order", async () => {
  const externalId = freshExternalId();
  const made = await putUser(key, externalId, { nickname: "Ben" });
  await putUser(key, externalId, { metadata: { plan: "pro" } }, 200);
  // The same again is no change.
  await putUser(key, externalId, { metadata: { plan: "pro" } }, 200);
  await receiver.answer(500);
  await call("DELETE", userPath(externalId), { token: key });
  const { user, token } = await register();
  await call("PATCH", "/v1/me", { token, body: { nickname: "Ann" } });
  const events = await receiver.until(5);
  const after = { id: made.id, external_id: externalId };
  expect(events.map(({ type, data }) => [type, data.user])).toEqual([
    ["user.created", expect.objectContaining(after)],
    ["user.changed", expect.objectContaining(after)],
    ["user.deleted", after],
    ["user.created", expect.objectContaining({ id: user.id, external_id: null })],
    ["user.changed", expect.objectContaining({ id: user.id, nickname: "Ann" })],
  ]);
  expect(events.every(({ id }) => /^evt_u\d+$/.test(id))).toBe(true);
});

test("a hook is told of reports, without who made them and what they say", async () => {
  const reports = await HookReceiver.start(key, { events: ["report.created"] });
  const [ann, bob] = [await register(), await putUser(key, freshExternalId(), { nickname: "Bob" })];
  const group = await createGroup(ann, [{ user: { id: bob.id } }]);
  const body = { reason: "abuse", note: "a note" };
  const about = [{ user_id: bob.id }, { conversation_id: group.id }];
  const made = [];
  for (const one of about)
    made.push((await call("POST", "/v1/reports", { token: ann.token, body: { ...body, ...one } })).body);
  // The same again is no other report.
  await call("POST", "/v1/reports", { token: ann.token, body: { ...body, ...about[0] } });
  const events = await reports.until(2);
  const none = { conversation_id: null, seq: null, user_id: null, user_external_id: null };
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    [
      "report.created",
      {
        report: {
          ...Report.parse(made[0]),
          about: { ...none, user_id: bob.id, user_external_id: bob.external_id },
        },
      },
    ],
    [
      "report.created",
      { report: { ...Report.parse(made[1]), about: { ...none, conversation_id: group.id } } },
    ],
  ]);
  await call("DELETE", `/v1/server/hooks/${reports.id}`, { token: key });
});

test("without a hook that is told of users nothing is stored of them", async () => {
  await call("DELETE", `/v1/server/hooks/${receiver.id}`, { token: key });
  const before = await stored();
  await putUser(key, freshExternalId(), { nickname: "Cleo" });
  await register();
  expect(await stored()).toBe(before);
});
