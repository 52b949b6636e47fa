import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { Scene } from "../../../features/spaces/scene.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { newBot } from "../../telegram/client.ts";
import { api, called, failure, refused } from "../client.ts";

let scene: Scene;
let bot: SignedIn;
let guild_id: string;
let target_id: string;

beforeEach(async () => {
  scene = await Scene.make();
  bot = await newBot();
  expect((await scene.join(bot, await scene.invite(scene.ann))).status).toBe(200);
  guild_id = String(scene.id);
  target_id = String(scene.bob.user.id);
});

/** Gives the bot a role with these permissions. */
const allow = async (...permissions: string[]) =>
  scene.giveRole(bot, await scene.addRole({ name: "Helpers", permissions }));

const Members = z.object({ items: z.array(z.looseObject({ id: z.string() })) });
const members = async () =>
  Members.parse(await called(scene.ann, `GET guild/user-list?guild_id=${guild_id}`)).items.map(
    ({ id }) => id,
  );

test("users are banned and admitted again by who may ban", async () => {
  const { ann, bob } = scene;
  const code = await scene.invite(ann);
  failure(await api(bot, `GET blacklist/list?guild_id=${guild_id}`), 40_300);
  failure(await api(bot, "POST blacklist/create", { guild_id, target_id }), 40_300);
  await allow("ban");
  refused(await api(bot, "POST blacklist/create", { guild_id, target_id, del_msg_days: 1 }), "del_msg_days");
  await called(bot, "POST blacklist/create", { guild_id, target_id, remark: "spam", del_msg_days: "0" });
  expect(await members()).not.toContain(target_id);
  expect((await scene.join(bob, code)).status).toBe(403);
  expect(await called(bot, `GET blacklist/list?guild_id=${guild_id}`)).toMatchObject({
    items: [{ user_id: target_id, remark: "spam", user: { id: target_id } }],
    meta: { total: 1, page_total: 1 },
  });
  for (let times = 0; times < 2; times++) await called(bot, "POST blacklist/delete", { guild_id, target_id });
  expect((await scene.join(bob, code)).status).toBe(200);
  failure(await api(scene.eve, "POST blacklist/create", { guild_id, target_id }), 40_000);
});
