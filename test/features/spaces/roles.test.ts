import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, getConversation, list, page, send } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { setCrowdMembers } from "../../support/settings.ts";
import { Scene } from "./scene.ts";

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let general: ConversationId;

const Permissions = z.object({ permissions: z.array(z.string()) });
const text = { kind: "text", body: { text: "x" } };

async function permissionsIn(who: SignedIn, channel: ConversationId, of?: SignedIn): Promise<string[]> {
  const query = of ? `?user_id=${of.user.id}` : "";
  const { status, body } = await ask(who, channel, "GET", `/permissions${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return Permissions.parse(body).permissions;
}

// Of a large space a channel reads those members whom something in it concerns.
describe.each(["small", "large"])("in a %s space", (size) => {
  beforeEach(async () => {
    const restore = size === "large" ? setCrowdMembers(2) : undefined;
    scene = await Scene.make();
    ({ ann, bob, general } = scene);
    // A third member.
    if (size === "large")
      for (const one of await registerUsers(1)) await scene.join(one, await scene.invite(ann));
    return restore;
  });

  test("a role gives its members permissions, and takes them as it is taken", async () => {
    await send(ann, general, "pin me");
    expectProblem(await ask(bob, general, "PUT", "/messages/1/pin"), 403, "forbidden");
    const shown = { name: "Gardeners", color: "#2f855a", mentionable: true };
    const role = await scene.addRole({ ...shown, permissions: ["pin"] });
    await scene.giveRole(bob, role);
    await expectAsked(bob, general, "PUT", "/messages/1/pin");
    expect((await scene.ask(bob, "GET")).body).toMatchObject({ role_ids: [role] });
    const { body } = await scene.ask(bob, "GET", "/roles");
    expect(body).toMatchObject({
      items: [
        { id: role, ...shown, hoist: false, permissions: ["pin"], member_count: 1, position: 1 },
        {
          id: 0,
          name: "everyone",
          built_in: "everyone",
          member_count: size === "large" ? 3 : 2,
          position: 0,
          mentionable: false,
        },
      ],
    });
    const changed = await scene.ask(ann, "PATCH", `/roles/${role}`, { mentionable: false, hoist: true });
    expect(changed.body).toMatchObject({ ...shown, mentionable: false, hoist: true, permissions: ["pin"] });
    expectProblem(await scene.ask(ann, "PATCH", "/roles/0", { hoist: true }), 400, "validation_failed");
    const members = await scene.ask(ann, "GET", `/members?role_id=${role}`);
    expect(members.body).toMatchObject({ items: [{ user: { id: bob.user.id }, role_ids: [role] }] });
    await scene.done(ann, "DELETE", `/members/${bob.user.id}/roles/${role}`);
    expectProblem(await ask(bob, general, "DELETE", "/messages/1/pin"), 403, "forbidden");
  });

  test("a role that is deleted gives nothing, and a repeat changes nothing", async () => {
    const role = await scene.addRole({ name: "Gardeners", permissions: ["pin"] });
    await scene.giveRole(bob, role);
    expect(await permissionsIn(bob, general)).toContain("pin");
    await scene.done(ann, "DELETE", `/roles/${role}`);
    await scene.done(ann, "DELETE", `/roles/${role}`);
    expect(await permissionsIn(bob, general)).not.toContain("pin");
    expectProblem(await scene.ask(ann, "PUT", `/members/${bob.user.id}/roles/${role}`), 404, "not_found");
    expectProblem(await scene.ask(ann, "DELETE", "/roles/0"), 409, "conflict");
  });

  test("what everyone may not do holds for the sockets that are open", async () => {
    const room = await openRoom(general, bob.token);
    room.send({ type: "send", client_msg_id: "1", ...text });
    await room.next("ack");
    const { status } = await scene.ask(ann, "PATCH", "/roles/0", { permissions: ["read"] });
    expect(status).toBe(200);
    room.send({ type: "send", client_msg_id: "2", ...text });
    expect(await room.next("error")).toMatchObject({ code: "forbidden" });
    const refused = await ask(bob, general, "POST", "/messages", text);
    expectProblem(refused, 403, "forbidden");
    expect(refused.body).toMatchObject({ permission: "write" });
    await send(ann, general, "The owner may");
  });

  test("a private channel does not exist for who may not read it", async () => {
    const board = await scene.addChannel("board", { visibility: "private" });
    await send(ann, board, "secret");
    expect((await scene.channels(bob)).map(({ name }) => name)).toEqual(["general"]);
    for (const [method, path, body] of [
      ["GET", ""],
      ["GET", "/messages"],
      ["GET", "/permissions"],
      ["GET", "/overrides"],
      ["PUT", "/follow"],
      ["POST", "/messages", text],
      ["PUT", "/overrides/roles/0", { allow: ["read"] }],
    ] as const)
      expectProblem(await ask(bob, board, method, path, body), 404, "not_found");
    await expectAsked(ann, board, "PUT", `/overrides/users/${bob.user.id}`, { allow: ["read"] });
    expect((await page(bob, board)).items).toMatchObject([{ body: { text: "secret" } }]);
    expect(await scene.channels(bob)).toMatchObject([
      { name: "general", visibility: "open", channel_kind: "text" },
      { name: "board", visibility: "private", following: false },
    ]);
  });

  test("who is kept out of a channel hears nothing more of it", async () => {
    await send(bob, general, "hello");
    const room = await openRoom(general, bob.token);
    await expectAsked(ann, general, "PUT", "/overrides/roles/0", { deny: ["read"] });
    expect(await room.closed()).toMatchObject({ code: 4001 });
    await send(ann, general, "secret");
    expect((await list(bob)).items).toEqual([]);
    expectProblem(await ask(bob, general, "GET", "/messages"), 404, "not_found");
    expect((await getConversation(ann, general)).member_count).toBe(1);
    await expectAsked(ann, general, "DELETE", "/overrides/roles/0");
    expect((await page(bob, general)).items).toHaveLength(2);
  });

  test("an announcement channel is written by who may, and answered by all", async () => {
    const news = await scene.addChannel("news", { channel_kind: "announcement" });
    await send(ann, news, "We open at nine");
    expectProblem(await ask(bob, news, "POST", "/messages", text), 403, "forbidden");
    await send(bob, news, { ...text, thread: { root: 1, also_in_main: false } });
    await expectAsked(bob, news, "PUT", "/messages/1/reactions/:yes:");
    await scene.giveRole(bob, await scene.addRole({ name: "Hosts", permissions: ["manage_channel"] }));
    await send(bob, news, "And close at ten");
  });

  test("who makes a channel gets no permission by it that they lack", async () => {
    await scene.giveRole(bob, await scene.addRole({ name: "Hosts", permissions: ["manage_channel"] }));
    await scene.done(ann, "PATCH", "/roles/0", { permissions: ["read"] }, 200);
    const made = await scene.ask(bob, "POST", "/channels", { name: "news", channel_kind: "announcement" });
    expect(made.status).toBe(201);
    const { id } = z.object({ id: ConversationId }).parse(made.body);
    expect(await permissionsIn(bob, id)).toEqual(["read", "manage_channel"]);
    expectProblem(await ask(bob, id, "POST", "/messages", text), 403, "forbidden");
  });

  test("an override of a role beats that of everyone, and one of a member both", async () => {
    const role = await scene.addRole({ name: "Readers", permissions: [] });
    await scene.giveRole(bob, role);
    const put = (path: string, rights: object) =>
      expectAsked(ann, general, "PUT", `/overrides${path}`, rights);
    await put("/roles/0", { deny: ["files", "reactions"] });
    expect(await permissionsIn(bob, general)).toEqual(["read", "write", "threads", "invite"]);
    await put(`/roles/${role}`, { allow: ["files"], deny: ["threads"] });
    expect(await permissionsIn(bob, general)).toEqual(["read", "write", "files", "invite"]);
    await put(`/users/${bob.user.id}`, { allow: ["threads"], deny: ["write"] });
    expect(await permissionsIn(ann, general, bob)).toEqual(["read", "threads", "files", "invite"]);
    expect((await ask(ann, general, "GET", "/overrides")).body).toEqual({
      items: [
        { role_id: 0, user_id: null, allow: [], deny: ["reactions", "files"] },
        { role_id: role, user_id: null, allow: ["files"], deny: ["threads"] },
        { role_id: null, user_id: bob.user.id, allow: ["threads"], deny: ["write"] },
      ],
    });
  });

  test("nobody acts on who stands above them, nor gives what they lack", async () => {
    const [dan] = await registerUsers(1);
    await scene.join(dan, await scene.invite(ann));
    const low = await scene.addRole({ name: "Low", permissions: [] });
    const mods = await scene.addRole({ name: "Mods", permissions: ["manage_roles", "kick"] });
    // A new role is below the others.
    await scene.done(ann, "PUT", "/roles/order", { role_ids: [mods, low] }, 200);
    await scene.giveRole(bob, mods);
    const refused: (readonly [string, string, object?])[] = [
      ["PATCH", `/roles/${mods}`, { permissions: ["manage_roles", "kick", "ban"] }],
      ["PATCH", `/roles/${low}`, { permissions: ["ban"] }],
      ["POST", "/roles", { name: "x", permissions: ["manage_space"] }],
      ["PUT", `/members/${dan.user.id}/roles/${mods}`],
      ["DELETE", `/members/${bob.user.id}/roles/${mods}`],
      ["DELETE", `/members/${ann.user.id}`],
      ["PATCH", `/members/${ann.user.id}`, { muted_for_s: 60 }],
      ["PUT", "/roles/order", { role_ids: [low, mods] }],
    ];
    for (const [method, path, body] of refused)
      expectProblem(await scene.ask(bob, method, path, body), 403, "forbidden");
    await scene.done(bob, "PUT", `/members/${dan.user.id}/roles/${low}`);
    await scene.done(bob, "PATCH", `/roles/${low}`, { permissions: ["kick"] }, 200);
    expectProblem(await scene.ask(dan, "DELETE", `/members/${bob.user.id}`), 403, "forbidden");
    await scene.done(bob, "DELETE", `/members/${dan.user.id}`);
  });

  test("a member who is muted writes in no channel, until it is ended", async () => {
    await scene.done(ann, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 600 });
    const muted = { status: 403, body: { code: "muted" } };
    expect(await ask(bob, general, "POST", "/messages", text)).toMatchObject(muted);
    const seeds = await scene.addChannel("seeds");
    expect(await ask(bob, seeds, "POST", "/messages", text)).toMatchObject(muted);
    await scene.done(ann, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 0 });
    await send(bob, general, "hello");
  });

  test("nobody shuts themself out of a channel", async () => {
    await scene.giveRole(
      bob,
      await scene.addRole({ name: "Mods", permissions: ["manage_roles", "manage_channel"] }),
    );
    const deny = { deny: ["read"] };
    expectProblem(await ask(bob, general, "PUT", "/overrides/roles/0", deny), 409, "conflict");
    await expectAsked(bob, general, "PUT", `/overrides/users/${bob.user.id}`, { allow: ["read"] });
    await expectAsked(bob, general, "PUT", "/overrides/roles/0", deny);
    expect(await permissionsIn(bob, general)).toContain("read");
  });

  test("who makes a channel has no rank in it, and their account can be deleted", async () => {
    await scene.giveRole(bob, await scene.addRole({ name: "Hosts", permissions: ["manage_channel"] }));
    const made = await scene.ask(bob, "POST", "/channels", { name: "bobs" });
    const { id } = z.object({ id: ConversationId }).parse(made.body);
    await send(ann, id, "hello");
    for (const change of [{ muted_for_s: 60 }, { name_card: "x" }])
      expectProblem(await ask(bob, id, "PATCH", `/members/${ann.user.id}`, change), 403, "forbidden");
    expect((await deleteAccount(bob)).status).toBe(204);
    await send(ann, id, "It goes on");
  });

  test("an invitation lets nobody in while its maker may not invite", async () => {
    const { eve } = scene;
    const code = await scene.invite(bob);
    await scene.done(ann, "PATCH", "/roles/0", { permissions: ["read"] }, 200);
    expectProblem(await scene.join(eve, code), 404, "not_found");
    expectProblem(await call("GET", `/v1/invitations/${code}`), 404, "not_found");
    await scene.done(ann, "PATCH", "/roles/0", { permissions: ["read", "invite"] }, 200);
    expect((await scene.join(eve, code)).status).toBe(200);
  });

  test("a mute, and what a channel denies to a member, hold when they come back", async () => {
    await scene.done(ann, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 600 });
    await expectAsked(ann, general, "PUT", `/overrides/users/${bob.user.id}`, {
      allow: ["pin"],
      deny: ["files"],
    });
    await scene.endBob("leaves");
    await scene.join(bob, await scene.invite(ann));
    expect(await permissionsIn(bob, general)).not.toContain("files");
    expect(await permissionsIn(bob, general)).not.toContain("pin");
    expect(await ask(bob, general, "POST", "/messages", text)).toMatchObject({ body: { code: "muted" } });
    await scene.endBob("is removed");
    await expectAsked(ann, general, "DELETE", `/overrides/users/${bob.user.id}`);
  });

  test("nobody gives a role to who stands above them, or makes one without a rank", async () => {
    const jail = await scene.addRole({ name: "Jail", permissions: [] });
    const mods = await scene.addRole({ name: "Mods", permissions: ["manage_roles"] });
    const chiefs = await scene.addRole({ name: "Chiefs", permissions: [] });
    await scene.done(ann, "PUT", "/roles/order", { role_ids: [chiefs, mods, jail] }, 200);
    await scene.giveRole(bob, mods);
    await scene.join(scene.eve, await scene.invite(ann));
    await scene.giveRole(scene.eve, chiefs);
    const give = `/members/${scene.eve.user.id}/roles/${jail}`;
    expectProblem(await scene.ask(bob, "PUT", give), 403, "forbidden");
    await scene.done(ann, "PATCH", "/roles/0", { permissions: ["read", "manage_roles"] }, 200);
    await scene.done(ann, "DELETE", `/members/${bob.user.id}/roles/${mods}`);
    expectProblem(await scene.ask(bob, "POST", "/roles", { name: "x" }), 403, "forbidden");
  });
});
