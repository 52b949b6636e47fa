import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { as, Scene } from "../../../features/spaces/scene.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { ask } from "../../../support/clients/chat.ts";
import { newBot } from "../../telegram/client.ts";
import { api, called, failure, refused } from "../client.ts";

let scene: Scene;
let bot: SignedIn;
let guild_id: string;
let channel_id: string;
let user_id: string;

beforeEach(async () => {
  scene = await Scene.make();
  bot = await newBot();
  expect((await scene.join(bot, await scene.invite(scene.ann))).status).toBe(200);
  guild_id = String(scene.id);
  channel_id = String(scene.general);
  user_id = String(scene.bob.user.id);
});

/** Gives the bot a role with these permissions. */
const allow = async (...permissions: string[]) =>
  scene.giveRole(bot, await scene.addRole({ name: "Helpers", permissions }));
const bits = (...numbers: number[]) => numbers.reduce((sum, bit) => sum | (1 << bit), 0);
const Role = z.looseObject({ role_id: z.int(), permissions: z.int() });
const Own = z.object({ permissions: z.array(z.string()) });

test("roles are made, changed by the bits that differ, given, taken and deleted", async () => {
  failure(await api(bot, "POST guild-role/create", { guild_id, name: "Growers" }), 40_300);
  await allow("manage_roles", "pin", "manage_messages", "kick", "write", "threads");
  const made = Role.parse(await called(bot, "POST guild-role/create", { guild_id, name: "Growers" }));
  const { role_id } = made;
  expect(made).toMatchObject({ name: "Growers", color: 0, permissions: 0 });
  const update = (fields: object, who = bot) =>
    called(who, "POST guild-role/update", { guild_id, role_id, ...fields });
  const looks = { name: "Gardeners", color: 0x2f855a, hoist: 1, mentionable: "1" };
  expect(await update({ ...looks, permissions: bits(6, 13, 25) })).toMatchObject({
    ...{ role_id, name: "Gardeners", color: 0x2f855a, hoist: 1, mentionable: 1, permissions: bits(6, 13) },
  });
  // `pin` alone has no bit: it stays while another bit changes.
  await scene.done(scene.ann, "PATCH", `/roles/${role_id}`, { permissions: ["pin", "kick"] }, 200);
  await update({ permissions: bits(12) });
  const roles = await scene.ask(bot, "GET", "/roles");
  expect(roles.body).toMatchObject({
    items: expect.arrayContaining([
      expect.objectContaining({ id: role_id, permissions: ["write", "threads", "pin"] }),
    ]),
  });
  const granted = { guild_id, user_id, role_id };
  expect(await called(bot, "POST guild-role/grant", granted)).toEqual({
    ...{ guild_id, user_id, roles: [role_id] },
  });
  expect(await called(bot, "POST guild-role/revoke", granted)).toMatchObject({ roles: [] });
  expect(await called(bot, `GET guild-role/list?guild_id=${guild_id}`)).toMatchObject({
    meta: { total: 3, page_total: 1, total_page: 1 },
  });
  refused(await api(bot, "POST guild-role/update", { guild_id, role_id, permissions: -1 }), "permissions");
  await called(bot, "POST guild-role/delete", { guild_id, role_id });
  failure(await api(bot, "POST guild-role/grant", granted));
  failure(await api(scene.eve, `GET guild-role/list?guild_id=${guild_id}`));
});

test("channels allow and deny what they are told to", async () => {
  const target = { channel_id, type: "user_id", value: user_id };
  failure(await api(bot, `GET channel-role/index?channel_id=${channel_id}`), 40_300);
  failure(await api(bot, "POST channel-role/update", { ...target, deny: bits(12) }), 40_300);
  await allow("manage_roles", "manage_channel", "mention_all");
  await called(bot, "POST channel-role/create", target);
  const rights = { allow: bits(17), deny: bits(12) };
  expect(await called(bot, "POST channel-role/update", { ...target, ...rights })).toEqual({
    user_id,
    ...rights,
  });
  await called(bot, "POST channel-role/update", { channel_id, value: 0, deny: bits(14) });
  expect(await called(bot, `GET channel-role/index?channel_id=${channel_id}`)).toMatchObject({
    permission_overwrites: [{ role_id: 0, allow: 0, deny: bits(14) }],
    permission_users: [{ user: { id: user_id }, ...rights }],
  });
  const own = async () =>
    Own.parse((await ask(scene.bob, scene.general, "GET", "/permissions")).body).permissions;
  expect(await own()).toEqual(expect.not.arrayContaining(["write", "threads", "files"]));
  await called(bot, "POST channel-role/delete", target);
  expect(await own()).toContain("write");
  refused(await api(bot, "POST channel-role/sync", { channel_id }), "channel_id");
  failure(await api(scene.eve, `GET channel-role/index?channel_id=${channel_id}`));
});

test("members are muted until that is taken back", async () => {
  const target = { guild_id, type: 1 };
  failure(await api(bot, "POST guild-mute/create", { ...target, user_id }), 40_300);
  await allow("kick");
  refused(await api(bot, "POST guild-mute/create", { ...target, user_id, type: 2 }), "type");
  await called(bot, "POST guild-mute/create", { ...target, uset_id: user_id });
  const say = async () =>
    (
      await as(scene.bob, "POST", `/v1/conversations/${channel_id}/messages`, {
        kind: "text",
        body: { text: "hi" },
      })
    ).status;
  expect(await say()).toBe(403);
  expect(await called(bot, `GET guild-mute/list?guild_id=${guild_id}&return_type=detail`)).toMatchObject({
    ...{ mic: { type: 1, user_ids: [user_id] }, headset: { user_ids: [] }, 1: [user_id] },
  });
  await called(bot, "POST guild-mute/delete", { ...target, user_id });
  expect(await say()).toBe(201);
});

test("invitations are made, listed and withdrawn", async () => {
  const Made = z.object({ url: z.url(), url_code: z.string() });
  const { url, url_code } = Made.parse(
    await called(bot, "POST invite/create", { channel_id, duration: 1_800, setting_times: 1 }),
  );
  expect(url).toMatch(new RegExp(`/#/join/${url_code}$`));
  expect(await called(bot, `GET invite/list?guild_id=${guild_id}`)).toMatchObject({
    items: [{ url, url_code, guild_id, user: { id: String(bot.user.id) } }],
  });
  expect((await scene.join(scene.eve, url_code)).status).toBe(200);
  const { url_code: other } = Made.parse(await called(bot, "POST invite/create", { guild_id }));
  await called(bot, "POST invite/delete", { guild_id, url_code: other });
  const outsider = await newBot();
  expect((await scene.join(outsider, other)).status).toBe(404);
  refused(await api(bot, "POST invite/create", {}), "guild_id");
  failure(await api(outsider, "POST invite/create", { guild_id }));
  failure(await api(outsider, "POST invite/create", { channel_id }));
});
