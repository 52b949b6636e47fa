import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { as, Scene } from "../../../features/spaces/scene.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { getMessage, openDirect, page, send } from "../../../support/clients/chat.ts";
import { newBot } from "../../telegram/client.ts";
import { api, called, failure, refused } from "../client.ts";

const Sent = z.object({ msg_id: z.string(), msg_timestamp: z.int() });
const Item = z.looseObject({ id: z.string(), type: z.int(), content: z.string() });
const Items = z.object({ items: z.array(Item) });

let scene: Scene;
let bot: SignedIn;
let target_id: string;

beforeEach(async () => {
  scene = await Scene.make();
  bot = await newBot();
  expect((await scene.join(bot, await scene.invite(scene.ann))).status).toBe(200);
  target_id = String(scene.general);
});

const say = async (content: string, more: object = {}, call = "POST message/create") =>
  Sent.parse(await called(bot, call, { target_id, content, type: 9, ...more })).msg_id;
const seqOf = (msg_id: string) => Number(msg_id.split("-")[1]);
const one = async (msg_id: string, who = bot) =>
  Item.parse(await called(who, `GET message/view?msg_id=${msg_id}`));
const listed = async (more = "") =>
  Items.parse(await called(bot, `GET message/list?target_id=${target_id}${more}`)).items;

describe("messages of channels", () => {
  test("are sent, viewed, edited, reacted to and deleted", async () => {
    const msg_id = await say("**hi**", { nonce: "n" });
    expect(msg_id).toMatch(new RegExp(`^${scene.general}-\\d+$`));
    const about = { channel_id: target_id, guild_id: String(scene.id), mention: [], mention_all: false };
    expect(await one(msg_id)).toMatchObject({ type: 9, content: "**hi**", ...about });
    await called(bot, "POST message/update", { msg_id, content: "*bye*" });
    expect(await getMessage(scene.ann, scene.general, seqOf(msg_id))).toMatchObject({
      body: { text: "*bye*" },
    });
    await called(scene.bob, "POST message/add-reaction", { msg_id, emoji: "[#128077;]" });
    expect(await one(msg_id)).toMatchObject({ reactions: [{ emoji: { id: "👍" }, count: 1, me: false }] });
    expect(await called(bot, `GET message/reaction-list?msg_id=${msg_id}`)).toMatchObject([
      { id: String(scene.bob.user.id) },
    ]);
    await called(scene.bob, "POST message/delete-reaction", { msg_id, emoji: "👍" });
    const answer = await say("more", { quote: msg_id }, "POST channel/message");
    expect((await listed(`&msg_id=${msg_id}&flag=after`)).map(({ id }) => id)).toEqual([answer]);
    expect(await one(answer)).toMatchObject({ quote: { id: msg_id, author: { id: String(bot.user.id) } } });
    await called(bot, "POST message/delete", { msg_id });
    failure(await api(bot, `GET message/view?msg_id=${msg_id}`));
    expect((await listed()).map(({ id }) => id)).toEqual([answer]);
  });

  test("others' are deleted by who manages messages", async () => {
    const { seq } = await send(scene.bob, scene.general, "mine");
    const msg_id = `${scene.general}-${seq}`;
    failure(await api(bot, "POST message/delete", { msg_id }), 40_300);
    const role = await scene.addRole({ name: "Helpers", permissions: ["manage_messages"] });
    await scene.giveRole(bot, role);
    await called(bot, "POST message/delete", { msg_id });
    failure(await api(bot, `GET message/view?msg_id=${msg_id}`));
  });

  test("mention members, by names for others and by numbers here", async () => {
    const { bob, general } = scene;
    const { id, username } = bob.user;
    const written = `(met)${id}(met) hello (met)${scene.eve.user.id}(met)`;
    const msg_id = await say(written);
    // Who cannot read the channel is mentioned by nobody.
    const text = `@${username} hello (met)${scene.eve.user.id}(met)`;
    const stored = { mentions: [id], body: { text } };
    expect(await getMessage(scene.ann, general, seqOf(msg_id))).toMatchObject(stored);
    const mention = { mention: [String(id)], mention_info: { mention_part: [{ id: String(id) }] } };
    expect(await one(msg_id)).toMatchObject({ content: written, ...mention });
    await called(bot, "POST message/update", { msg_id, content: "nobody" });
    expect(await getMessage(scene.ann, general, seqOf(msg_id))).toMatchObject({ mentions: [] });

    const body = { kind: "text", body: { text: `*you*, @${username}!` }, mentions: [id] };
    const sent = await as(scene.ann, "POST", `/v1/conversations/${general}/messages`, body);
    expect(sent.status).toBe(201);
    const [item] = await listed("&page_size=1");
    expect(item).toMatchObject({ type: 9, content: `\\*you\\*, (met)${id}(met)!`, ...mention });
  });

  test("mention all only where the sender may", async () => {
    const all = { target_id, type: 9, content: "(met)all(met) tea" };
    failure(await api(bot, "POST message/create", all), 40_300);
    await scene.giveRole(bot, await scene.addRole({ name: "Loud", permissions: ["mention_all"] }));
    const msg_id = await say(all.content);
    const stored = { mentions: "all", body: { text: "@all tea" } };
    expect(await getMessage(scene.ann, scene.general, seqOf(msg_id))).toMatchObject(stored);
    expect(await one(msg_id)).toMatchObject({ content: all.content, mention_all: true });
  });

  test("mention roles, and who is online, where the sender may", async () => {
    const role = await scene.addRole({ name: "Design", permissions: [], mentionable: true });
    await scene.giveRole(scene.bob, role);
    const msg_id = await say(`(rol)${role}(rol), (rol)999999(rol)`);
    const stored = { mention_roles: [role], mentions: [scene.bob.user.id] };
    const shown = { body: { text: "@Design, (rol)999999(rol)" }, ...stored };
    expect(await getMessage(scene.ann, scene.general, seqOf(msg_id))).toMatchObject(shown);
    const mention = { mention: [String(scene.bob.user.id)], mention_roles: [role], mention_here: false };
    expect(await one(msg_id)).toMatchObject({ content: "@Design, (rol)999999(rol)", ...mention });
    const here = { target_id, type: 9, content: "(met)here(met) tea" };
    failure(await api(bot, "POST message/create", here), 40_300);
    await scene.giveRole(bot, await scene.addRole({ name: "Loud", permissions: ["mention_all"] }));
    expect(await one(await say(here.content))).toMatchObject({ content: here.content, mention_here: true });
  });

  test("are listed by pins, and shown to one member alone", async () => {
    const msg_id = await say("pinned");
    await say("another");
    const pinned = await as(
      scene.ann,
      "PUT",
      `/v1/conversations/${scene.general}/messages/${seqOf(msg_id)}/pin`,
    );
    expect(pinned.status).toBe(204);
    expect((await listed("&pin=1")).map(({ id }) => id)).toEqual([msg_id]);
    const before = (await page(scene.ann, scene.general)).items.length;
    await say("for you", { temp_target_id: String(scene.bob.user.id) });
    failure(
      await api(bot, "POST message/create", {
        target_id,
        content: "x",
        temp_target_id: String(scene.eve.user.id),
      }),
    );
    expect((await page(scene.ann, scene.general)).items).toHaveLength(before);
  });

  test("are of nobody who cannot read them, and of no other conversation", async () => {
    const msg_id = await say("hello");
    const { id } = await openDirect(bot, scene.bob);
    const { seq } = await send(bot, id, "direct");
    const shed = await scene.addChannel("shed", { visibility: "private" });
    const { seq: hidden } = await send(scene.ann, shed, "hidden");
    for (const [who, message, target] of [
      [scene.eve, msg_id, scene.general],
      [bot, `${shed}-${hidden}`, shed],
      [bot, `${id}-${seq}`, id],
    ] as const) {
      const fields = { msg_id: message, emoji: "👍", content: "x", target_id: String(target) };
      for (const name of ["view", "update", "delete", "add-reaction", "delete-reaction", "reaction-list"])
        failure(await api(who, `POST message/${name}`, fields), 40_000, expect.stringMatching(/不存在/));
      failure(await api(who, "POST message/create", { ...fields, msg_id: undefined }));
      failure(await api(who, `GET message/list?target_id=${target}`));
    }
    refused(await api(bot, "POST message/create", { content: "x" }), "target_id");
    refused(await api(bot, "POST message/create", { target_id }), "content");
  });
});
