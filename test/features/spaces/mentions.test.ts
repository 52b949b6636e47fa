import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, getConversation, list, page, send } from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { setCrowdMembers } from "../../support/settings.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { as, Scene } from "./scene.ts";

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;
let seeds: ConversationId;

beforeEach(async () => {
  scene = await Scene.make();
  ({ ann, bob, eve } = scene);
  seeds = await scene.addChannel("seeds");
});

/** A message that names users. */
function naming(clientMsgId: string, ...users: SignedIn[]) {
  const mentions = users.map(({ user }) => user.id);
  return { client_msg_id: clientMsgId, kind: "text", body: { text: "You there?" }, mentions };
}

test("who reads a channel and is named in it follows it, and counts from that message on", async () => {
  await send(ann, seeds, "before");
  const device = await openDevice(bob.token);
  const sent = await ask(ann, seeds, "POST", "/messages", naming("m1", bob));
  expect(sent.status, JSON.stringify(sent.body)).toBe(201);
  expect(await device.next("message")).toMatchObject({ message: { seq: 2, body: { text: "You there?" } } });
  expect((await list(bob)).items[0]).toMatchObject({ id: seeds, unread_count: 1 });
  const mentions = await call("GET", "/v1/mentions", { token: bob.token });
  expect(mentions.body).toMatchObject({ items: [{ unread: true, message: { seq: 2 } }] });
  for (const { unread } of DRIVERS) if (unread) expect(await unread(bob, seeds)).toBe(1);
  expect(await getConversation(bob, seeds)).toMatchObject({ role: "member", unread_count: 1 });
});

test("who is named twice in one frame, with messages around, counts those from the first on", async () => {
  const room = await openRoom(seeds, ann.token);
  const items = [[], [bob], [], [bob]].map((users, i) => naming(`m${i}`, ...users));
  room.send({ type: "sends", items });
  for (const _ of items) await room.next("ack");
  await expect.poll(async () => (await list(bob)).items[0]).toMatchObject({ id: seeds, unread_count: 3 });
});

test("who is named by several at the same moment counts all of it", async () => {
  await scene.join(eve, await scene.invite(ann));
  const senders = [ann, eve, ann, eve, ann, eve];
  const sends = senders.map((who, i) => ask(who, seeds, "POST", "/messages", naming(`m${i}`, bob, who)));
  for (const { status } of await Promise.all(sends)) expect(status).toBe(201);
  await expect.poll(async () => (await list(bob)).items[0]).toMatchObject({ id: seeds, unread_count: 6 });
});

test.each([
  ["small", 1_000],
  ["large", 2],
])(
  "who has just come into a %s space is named in a channel that knew its readers before",
  async (_, crowd) => {
    onTestFinished(setCrowdMembers(crowd));
    await send(ann, seeds, "before");
    await scene.join(eve, await scene.invite(ann));
    expect((await ask(ann, seeds, "POST", "/messages", naming("m1", eve))).status).toBe(201);
    await expect.poll(async () => (await list(eve)).items[0]).toMatchObject({ id: seeds, unread_count: 1 });
  },
);

test("who has just come into the space is named in a message that is scheduled", async () => {
  await send(ann, seeds, "before");
  await scene.join(eve, await scene.invite(ann));
  const later = { ...naming("m1", eve), send_at: Date.now() + 3_600_000 };
  expect((await ask(ann, seeds, "POST", "/messages", later)).status).toBe(202);
});

test("nobody is named who does not read the channel, and then nobody follows it", async () => {
  expectProblem(await ask(ann, seeds, "POST", "/messages", naming("m1", bob, eve)), 404, "not_found");
  expect(await getConversation(bob, seeds)).toMatchObject({ role: "viewer" });
  const board = await scene.addChannel("board", { visibility: "private" });
  expectProblem(await ask(ann, board, "POST", "/messages", naming("m1", bob)), 404, "not_found");
});

test("a message that is refused, or sent once more, makes nobody follow", async () => {
  await send(ann, seeds, "before");
  expect((await ask(ann, seeds, "POST", "/messages", naming("m1", bob))).status).toBe(201);
  await ask(bob, seeds, "DELETE", "/follow");
  expect((await ask(ann, seeds, "POST", "/messages", naming("m1", bob))).status).toBe(200);
  const everyone = { deny: ["write"], allow: [] };
  expect((await ask(ann, seeds, "PUT", "/overrides/roles/0", everyone)).status).toBe(204);
  expect((await ask(bob, seeds, "POST", "/messages", naming("m2", ann))).status).toBe(403);
  expect(await getConversation(bob, seeds)).toMatchObject({ role: "viewer" });
});

test("what a device sends, and is refused, makes nobody follow", async () => {
  const everyone = { deny: ["mention_all"], allow: [] };
  expect((await ask(ann, seeds, "PUT", "/overrides/roles/0", everyone)).status).toBe(204);
  const device = await openDevice(bob.token);
  const all = { kind: "text", body: { text: "Tea!" }, mentions: "all" };
  device.send({ type: "send", conversation_id: seeds, client_msg_id: "1", ...all });
  expect(await device.next("error")).toMatchObject({ code: "forbidden" });
  expect(await getConversation(bob, seeds)).toMatchObject({ role: "viewer", member_count: 1 });
  expect((await list(bob)).items.map(({ id }) => id)).toEqual([scene.general]);
  device.send({ type: "send", conversation_id: seeds, ...naming("2", ann) });
  await device.next("ack");
  expect(await getConversation(bob, seeds)).toMatchObject({ role: "member", member_count: 2 });
});

test("what is unread in a space is summed up over the channels that one follows", async () => {
  const spaces = async () => (await call("GET", "/v1/me/unread", { token: bob.token })).body;
  expect(await spaces()).toMatchObject({ spaces: [] });
  await send(ann, scene.general, "one");
  await send(ann, seeds, "not followed");
  await ask(ann, seeds, "POST", "/messages", naming("m1", bob));
  const space_id = scene.id;
  await expect.poll(spaces).toMatchObject({ spaces: [{ space_id, unread_count: 2, mention_count: 1 }] });
  expect((await ask(bob, seeds, "PUT", "/preferences", { silent: true })).status).toBe(200);
  expect(await spaces()).toMatchObject({ spaces: [{ space_id, unread_count: 1, mention_count: 1 }] });
  await scene.endBob("leaves");
  expect(await spaces()).toMatchObject({ spaces: [], unread_count: 0 });
});

describe("a mention of a role", () => {
  let role: number;

  beforeEach(async () => {
    await scene.join(eve, await scene.invite(ann));
    role = await scene.addRole({ name: "Design", permissions: [], mentionable: true });
    await scene.giveRole(bob, role);
  });

  const calling = (clientMsgId: string, whom: object) => ({
    ...{ client_msg_id: clientMsgId, kind: "text", body: { text: "@Design, you there?" } },
    ...whom,
  });

  test("reaches its members who read the channel, and no others", async () => {
    await scene.giveRole(ann, role);
    const device = await openDevice(bob.token);
    const room = await openRoom(seeds, eve.token);
    const [unseen] = await registerUsers(1);
    await scene.join(unseen, await scene.invite(ann));
    await scene.giveRole(unseen, role);
    expect(
      (await ask(ann, seeds, "PUT", `/overrides/users/${unseen.user.id}`, { deny: ["read"] })).status,
    ).toBe(204);
    room.send({ type: "send", ...calling("m1", { mention_roles: [role], mentions: [eve.user.id] }) });
    await room.next("ack");
    const shown = { mention_roles: [role], mentions: [eve.user.id, ann.user.id, bob.user.id] };
    expect(await device.next("message")).toMatchObject({ message: shown });
    for (const { unread } of DRIVERS) if (unread) expect(await unread(bob, seeds)).toBe(1);
    expect((await page(ann, seeds)).items).toMatchObject([shown]);
    expect((await list(unseen)).items).toMatchObject([{ id: scene.general }]);
    const mentions = await call("GET", "/v1/mentions", { token: bob.token });
    expect(mentions.body).toMatchObject({ items: [{ unread: true, message: shown }] });
    // The first send is answered with, though the role is gone.
    await scene.done(ann, "DELETE", `/roles/${role}`);
    const repeated = await ask(eve, seeds, "POST", "/messages", calling("m1", { mention_roles: [role] }));
    expect(repeated).toMatchObject({ status: 200, body: { seq: 1, mention_roles: [role] } });
    expect((await ask(eve, seeds, "DELETE", "/messages/1?for=everyone")).status).toBe(204);
    expect((await page(ann, seeds)).items[0]).not.toHaveProperty("mention_roles");
  });

  test("wants mention_all where the role is not mentionable, as one of who is online does", async () => {
    const quiet = await scene.addRole({ name: "Quiet", permissions: [] });
    const from = (who: SignedIn, whom: object, channel = seeds) =>
      ask(who, channel, "POST", "/messages", calling(crypto.randomUUID(), whom));
    for (const whom of [{ mention_roles: [role, quiet] }, { mention_here: true }]) {
      const refused = await from(bob, whom);
      expectProblem(refused, 403, "forbidden");
      expect(refused.body).toMatchObject({ permission: "mention_all" });
    }
    expectProblem(await from(bob, { mention_roles: [role, 999_999] }), 404, "not_found");
    expectProblem(await from(bob, { mention_roles: [] }), 400, "validation_failed");
    const { id: group } = await createGroup(ann, [bob]);
    expectProblem(await from(ann, { mention_roles: [role] }, group), 404, "not_found");
    expectProblem(await from(ann, { mention_here: true }, group), 400, "validation_failed");
    expect((await page(ann, seeds)).items).toEqual([]);
    expect((await from(ann, { mention_roles: [quiet] })).body).toMatchObject({ mentions: [] });
    expect((await ask(eve, seeds, "PUT", "/follow")).status).toBe(204);
    const device = await openDevice(eve.token);
    await expect
      .poll(async () => (await from(ann, { mention_here: true })).body)
      .toMatchObject({ mention_here: true, mentions: [eve.user.id] });
    await device.next("message");
  });

  test("names nobody else who is none, and shows no stranger that a conversation is there", async () => {
    const [stranger] = await registerUsers(1);
    const both = { mention_roles: [role], mentions: [stranger.user.id] };
    expectProblem(await ask(ann, seeds, "POST", "/messages", calling("m1", both)), 404, "not_found");
    const { id: group } = await createGroup(ann, [bob]);
    for (const whom of [{ mention_roles: [role] }, { mention_here: true }]) {
      const { status, body } = await ask(stranger, 999_999, "POST", "/messages", calling("m2", whom));
      for (const id of [group, seeds])
        expect(await ask(stranger, id, "POST", "/messages", calling("m2", whom))).toMatchObject({
          status,
          body,
        });
    }
  });

  test("waits with a message that is scheduled, until its mentions are changed", async () => {
    const later = { ...calling("m1", { mention_roles: [role] }), send_at: Date.now() + 3_600_000 };
    const { body } = await ask(ann, seeds, "POST", "/messages", later);
    const { id, ...shown } = z.looseObject({ id: z.string() }).parse(Object(body).scheduled);
    expect(shown).toMatchObject({ mention_roles: [role] });
    const changed = await as(ann, "PATCH", `/v1/scheduled/${id}`, { mentions: [bob.user.id] });
    expect(changed.body).toMatchObject({ mentions: [bob.user.id] });
    expect(changed.body).not.toHaveProperty("mention_roles");
  });

  test("ends with an edit of the mentions", async () => {
    const edit = (fields: object) =>
      ask(ann, seeds, "PATCH", "/messages/1", { ...fields, body: { text: "x" } });
    await send(ann, seeds, calling("m1", { mention_roles: [role] }));
    expect((await edit({ base_version: 1 })).body).toMatchObject({
      mention_roles: [role],
      mentions: [bob.user.id],
    });
    const edited = await edit({ base_version: 2, mentions: [] });
    expect(edited.body).toMatchObject({ mentions: [] });
    expect(edited.body).not.toHaveProperty("mention_roles");
  });
});
