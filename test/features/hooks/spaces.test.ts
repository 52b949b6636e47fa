import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { SpaceEventType } from "../../../src/domain/server/hook.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshExternalId, putUser } from "../../support/accounts/server-users.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";

let key = "";
let ann: SignedIn;
let receiver: HookReceiver;

beforeAll(async () => {
  key = (await makeServerKey(["hooks", "users", "conversations", "messages"])).text;
  ann = await register();
  receiver = await HookReceiver.start(key, { events: [...SpaceEventType.options] });
});
afterAll(async () => {
  await call("DELETE", `/v1/server/hooks/${receiver.id}`, { token: key });
});

const Made = z.object({ id: z.int() });
const done = async (who: SignedIn, method: string, path: string, body?: object) => {
  const answer = await call(method, path, { token: who.token, ...(body && { body }) });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
};
const stored = async () =>
  z.object({ n: z.int() }).parse(await env.DB.prepare("SELECT count(*) AS n FROM user_events").first()).n;

test("a hook is told of spaces, members and roles, whoever makes and changes them, in order", async () => {
  const ext = `s-${crypto.randomUUID()}`;
  const bob = await putUser(key, freshExternalId(), { nickname: "Bob" });
  const put = (body: object) => call("PUT", `/v1/server/spaces/ext:${ext}`, { token: key, body });
  const made = await put({
    ...{ name: "Team", owner: ann.user.id, members: [bob.id] },
    roles: [
      { external_id: "leads", name: "Leads", permissions: ["pin"] },
      { external_id: "guests", name: "Guests" },
    ],
  });
  const space = `/v1/spaces/${Made.parse(made.body).id}`;
  const first = await receiver.until(5);
  expect(first.map(({ type }) => type)).toEqual([
    ...["space.created", "space_member.joined", "role.created", "role.created", "space_member.joined"],
  ]);
  const of = { space_id: Made.parse(made.body).id, space_external_id: ext };
  expect(first[0]?.data).toEqual({
    space: {
      ...{ id: of.space_id, external_id: ext, name: "Team", avatar: "", description: "" },
      ...{ discoverable: false, slow_mode_s: 0, metadata: {} },
      ...{ owner_id: ann.user.id, member_count: 2, everyone: expect.any(Array) },
      ...{ created_at: expect.any(Number), dissolved_at: null },
    },
  });
  expect(first[2]?.data).toMatchObject({ ...of, role: { external_id: "leads", permissions: ["pin"] } });
  expect(first[4]?.data).toMatchObject({ ...of, member: { id: bob.id, external_id: bob.external_id } });
  // Of several changes of a member the last one is told.
  await receiver.answer(500);
  const patch = (body: object) => call("PATCH", `/v1/server/spaces/ext:${ext}/members`, { token: key, body });
  await patch({ add: [{ ref: bob.id, roles: ["leads", "guests"] }] });
  await done(ann, "PATCH", space, { metadata: { team: 8 } });
  const role = Made.parse(await done(ann, "POST", `${space}/roles`, { name: "Hosts" }));
  await done(ann, "PATCH", `${space}/roles/${role.id}`, { name: "Guides" });
  await done(ann, "DELETE", `${space}/roles/${role.id}`);
  await patch({ remove: [bob.id] });
  await call("DELETE", `/v1/server/spaces/ext:${ext}`, { token: key });
  const events = (await receiver.until(12)).slice(5);
  expect(events.map(({ type, data }) => [type, data.member ?? data.role ?? data.space])).toEqual([
    // At the first try they were members yet, at the last one they are gone.
    ["space_member.changed", expect.objectContaining({ id: bob.id, external_id: bob.external_id })],
    ["space.changed", expect.objectContaining({ id: of.space_id, metadata: { team: 8 } })],
    ["role.created", expect.objectContaining({ id: role.id })],
    ["role.changed", expect.objectContaining({ id: role.id })],
    ["role.deleted", { id: role.id, external_id: expect.stringMatching(/^parley:r/) }],
    ["space_member.left", { id: bob.id, external_id: bob.external_id }],
    ["space.dissolved", expect.objectContaining({ id: of.space_id, dissolved_at: expect.any(Number) })],
  ]);
});

test("events of channels have the space", async () => {
  const heard = await HookReceiver.start(key, { events: ["conversation.created", "message.created"] });
  const space = Made.parse(await done(ann, "POST", "/v1/spaces", { name: "Club" }));
  const { body } = await call("PUT", `/v1/server/spaces/${space.id}`, {
    token: key,
    body: { channels: [{ external_id: `c-${crypto.randomUUID()}`, name: "more" }] },
  });
  const [general, more] = z.object({ channels: z.array(Made) }).parse(body).channels;
  const events = await heard.until(2);
  expect(new Set(events.map(({ data }) => data.conversation_id))).toEqual(new Set([general?.id, more?.id]));
  expect(
    events.every(({ type, data }) => type === "conversation.created" && data.space_id === space.id),
  ).toBe(true);
  await done(ann, "POST", `/v1/conversations/${more?.id}/messages`, {
    ...{ client_msg_id: "m1", kind: "text", body: { text: "hello" } },
  });
  const [, , message] = await heard.until(3);
  expect(message).toMatchObject({ type: "message.created", data: { space_id: space.id } });
  await call("DELETE", `/v1/server/hooks/${heard.id}`, { token: key });
});

test("without a hook that is told of users nothing is stored of spaces", async () => {
  await call("DELETE", `/v1/server/hooks/${receiver.id}`, { token: key });
  const before = await stored();
  const space = Made.parse(await done(ann, "POST", "/v1/spaces", { name: "Club" }));
  await done(ann, "POST", `/v1/spaces/${space.id}/roles`, { name: "Hosts" });
  expect(await stored()).toBe(before);
});
