import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { Scene } from "../../../features/spaces/scene.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { newBot } from "../../telegram/client.ts";
import { api, called, failure, refused } from "../client.ts";

const Named = z.looseObject({ id: z.string(), name: z.string() });
const Page = z.object({
  items: z.array(z.looseObject({ id: z.string() })),
  meta: z.object({ page: z.int(), page_total: z.int(), page_size: z.int(), total: z.int() }),
});

let scene: Scene;
let bot: SignedIn;
let guild_id: string;

beforeEach(async () => {
  scene = await Scene.make();
  bot = await newBot();
  expect((await scene.join(bot, await scene.invite(scene.ann))).status).toBe(200);
  guild_id = String(scene.id);
});

const ids = async (call: string, who = bot) => Page.parse(await called(who, call)).items.map(({ id }) => id);

describe("guilds", () => {
  test("are listed and viewed, with roles and the channels that the caller can read", async () => {
    const role = await scene.addRole({ name: "Gardeners", color: "#2f855a", permissions: ["kick", "read"] });
    const hidden = await scene.addChannel("shed", { visibility: "private" });
    const seeds = await scene.addChannel("seeds");
    const listed = Page.parse(await called(bot, "GET guild/list?page=1&page_size=10"));
    expect(listed.meta).toEqual({ page: 1, page_total: 1, page_size: 10, total: 1 });
    const shown = { id: guild_id, name: "Garden club", topic: "Soil", user_id: String(scene.ann.user.id) };
    expect(listed.items).toMatchObject([shown]);
    expect(await called(bot, `GET guild/view?guild_id=${guild_id}`)).toMatchObject({
      ...shown,
      default_channel_id: String(scene.general),
      roles: [
        { role_id: role, name: "Gardeners", color: 0x2f855a, position: 1, permissions: (1 << 6) | (1 << 11) },
        { role_id: 0, name: "everyone", position: 999 },
      ],
      channels: [
        { id: String(scene.general), name: "general", guild_id, type: 1, is_category: false },
        { id: String(seeds), name: "seeds" },
      ],
    });
    expect(await ids(`GET channel/list?guild_id=${guild_id}&type=1`, scene.ann)).toContain(String(hidden));
    expect(await ids(`GET channel/list?guild_id=${guild_id}`)).not.toContain(String(hidden));
  });

  test("members are found by name, role and channel, and counted", async () => {
    const role = await scene.addRole({ name: "Gardeners" });
    await scene.giveRole(scene.bob, role);
    const shed = await scene.addChannel("shed", { visibility: "private", role_ids: [role] });
    const [ann, bob, own] = [scene.ann, scene.bob, bot].map(({ user }) => String(user.id));
    const users = (more: string, who?: SignedIn) =>
      ids(`GET guild/user-list?guild_id=${guild_id}${more}`, who);
    expect(await called(bot, `GET guild/user-list?guild_id=${guild_id}`)).toMatchObject({
      items: [
        { id: ann, roles: [] },
        { id: bob, roles: [role] },
        { id: own, bot: true },
      ],
      ...{ user_count: 3, online_count: 0, offline_count: 3 },
    });
    expect(await users("&joined_at=0")).toEqual([own, bob, ann]);
    expect(await users(`&role_id=${role}`)).toEqual([bob]);
    expect(await users(`&search=${scene.bob.user.username.toUpperCase()}`)).toEqual([bob]);
    expect(await users(`&filter_user_id=${own}`)).toEqual([own]);
    expect(await users(`&channel_id=${shed}`, scene.ann)).toEqual([ann, bob]);
    failure(await api(bot, `GET guild/user-list?guild_id=${guild_id}&channel_id=${shed}`));
  });

  test("are left, and members are removed by who may", async () => {
    const bob = String(scene.bob.user.id);
    failure(await api(bot, "POST guild/kickout", { guild_id, target_id: bob }), 40_300);
    await called(scene.ann, "POST guild/kickout", { guild_id, target_id: bob });
    failure(await api(scene.bob, `GET guild/view?guild_id=${guild_id}`));
    await called(bot, "POST guild/leave", { guild_id });
    expect(await ids("GET guild/list")).toEqual([]);
    failure(await api(bot, "POST guild/leave", { guild_id }));
    failure(await api(scene.ann, "POST guild/leave", { guild_id }), 40_300);
  });

  test("members have a nickname there, which they or who may kick them change", async () => {
    const { ann, bob } = scene;
    const [id, user_id] = [bot, bob].map(({ user }) => String(user.id));
    const listed = async (query: string) =>
      z
        .object({ items: z.array(z.looseObject({ id: z.string(), nickname: z.string() })) })
        .parse(await called(bot, `GET guild/user-list?guild_id=${guild_id}${query}`))
        .items.map(({ id: of, nickname }) => [of, nickname]);
    await called(bot, "POST guild/nickname", { guild_id, nickname: "Robot" });
    failure(await api(bot, "POST guild/nickname", { guild_id, nickname: "Bob", user_id }), 40_300);
    await called(ann, "POST guild/nickname", { guild_id, nickname: "Bob, seeds", user_id });
    refused(await api(bot, "POST guild/nickname", { guild_id, nickname: "x".repeat(101) }), "nickname");
    failure(await api(ann, "POST guild/nickname", { guild_id, user_id: String(scene.eve.user.id) }));
    expect(await listed(`&filter_user_id=${user_id}`)).toEqual([[user_id, "Bob, seeds"]]);
    expect(await listed("&search=ROBOT")).toEqual([[id, "Robot"]]);
    const view = `GET user/view?user_id=${user_id}`;
    expect(await called(bot, `${view}&guild_id=${guild_id}`)).toMatchObject({
      ...{ id: user_id, nickname: "Bob, seeds", roles: [], joined_at: expect.any(Number) },
    });
    expect(await called(bot, view)).toMatchObject({ nickname: bob.user.username, joined_at: 0 });
    failure(await api(scene.eve, `${view}&guild_id=${guild_id}`));
    for (const named of [{ user_id, nickname: "" }, { user_id }])
      await called(ann, "POST guild/nickname", { guild_id, ...named });
    expect(await listed(`&filter_user_id=${user_id}`)).toEqual([[user_id, bob.user.username]]);
  });

  test("nobody else learns anything of a guild or its channels", async () => {
    const { eve } = scene;
    const general = String(scene.general);
    expect(await ids("GET guild/list", eve)).toEqual([]);
    const target = { guild_id, target_id: String(scene.bob.user.id), channel_id: general };
    for (const call of [
      ...[`GET guild/view?guild_id=${guild_id}`, `GET guild/user-list?guild_id=${guild_id}`],
      ...[`GET channel/list?guild_id=${guild_id}`, `GET channel/view?target_id=${general}`],
      ...["POST guild/leave", "POST guild/kickout", "POST guild/nickname", "POST channel/delete"],
    ])
      failure(await api(eve, call, call.startsWith("POST") ? target : undefined));
    failure(await api(eve, "POST channel/create", { guild_id, name: "mine" }));
    failure(await api(eve, "POST channel/update", { channel_id: general, name: "mine" }));
  });
});

describe("channels", () => {
  test("are made, changed and deleted by who may manage them", async () => {
    failure(await api(bot, "POST channel/create", { guild_id, name: "seeds" }), 40_300);
    const role = await scene.addRole({ name: "Helpers", permissions: ["manage_channel"] });
    await scene.giveRole(bot, role);
    const { id, ...made } = Named.parse(
      await called(bot, "POST channel/create", { guildId: guild_id, name: "seeds" }),
    );
    expect(made).toMatchObject({ name: "seeds", guild_id, master_id: String(bot.user.id), parent_id: "0" });
    const change = { channel_id: id, name: "plants", topic: "All", slow_mode: 5_000 };
    const changed = { id, name: "plants", topic: "All", slow_mode: 5_000 };
    expect(await called(bot, "POST channel/update", change)).toMatchObject(changed);
    await expect.poll(() => called(bot, `GET channel/view?target_id=${id}`)).toMatchObject(changed);
    failure(await api(scene.bob, "POST channel/update", change), 40_300);
    failure(await api(scene.bob, "POST channel/delete", { channel_id: id }), 40_300);
    await called(bot, "POST channel/delete", { channel_id: id });
    failure(await api(bot, `GET channel/view?target_id=${id}`));
  });

  test("are in categories, which are channels here", async () => {
    const { ann } = scene;
    const make = async (fields: object) =>
      Named.parse(await called(ann, "POST channel/create", { guild_id, ...fields }));
    const { id: parent_id, ...category } = await make({ name: "Beds", is_category: 1 });
    expect(category).toMatchObject({ name: "Beds", is_category: true, parent_id: "0" });
    failure(await api(bot, "POST channel/create", { guild_id, name: "Beds", is_category: 1 }), 40_300);
    const { id } = await make({ name: "roses", parent_id });
    expect(await called(bot, `GET channel/view?target_id=${id}`)).toMatchObject({ parent_id });
    expect(await called(bot, `GET channel/view?target_id=${parent_id}`)).toMatchObject({ name: "Beds" });
    expect(await ids(`GET channel/list?guild_id=${guild_id}`)).toEqual(
      expect.arrayContaining([parent_id, id]),
    );
    await called(ann, "POST channel/update", { channel_id: parent_id, name: "Borders" });
    await called(ann, "POST channel/update", { channel_id: id, parent_id: 0 });
    // A category in which nobody but who manages channels sees one is not there for others.
    failure(await api(bot, `GET channel/view?target_id=${parent_id}`));
    expect(await called(ann, `GET channel/view?target_id=${parent_id}`)).toMatchObject({ name: "Borders" });
    await called(ann, "POST channel/update", { channel_id: id, parent_id });
    await called(ann, "POST channel/delete", { channel_id: parent_id });
    expect(await called(bot, `GET channel/view?target_id=${id}`)).toMatchObject({ parent_id: "0" });
    failure(await api(ann, "POST channel/create", { guild_id, name: "x", parent_id: `${scene.id + 1}-1` }));
    refused(await api(ann, "POST channel/create", { guild_id, name: "x", parent_id: "no" }), "parent_id");
  });

  test("with voice are not here, nor is a group a channel", async () => {
    refused(await api(scene.ann, "POST channel/create", { guild_id, name: "talk", type: 2 }), "type");
    refused(await api(bot, `GET channel/list?guild_id=${guild_id}&type=2`), "type");
    const shed = await scene.addChannel("shed", { visibility: "private" });
    failure(await api(bot, `GET channel/view?target_id=${shed}`));
    failure(await api(bot, "POST channel/delete", { channel_id: shed }));
  });
});
