import { beforeEach, expect, test } from "vitest";
import { as, Scene } from "../../../features/spaces/scene.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { send } from "../../../support/clients/chat.ts";
import { HeldQueries, interceptD1 } from "../../../support/faults/d1.ts";
import { Gate } from "../../../support/faults/gate.ts";
import { newBot } from "../../telegram/client.ts";
import { called } from "../client.ts";
import { connect, type GatewaySocket, hibernate, knownSpaces } from "../gateway-client.ts";

let scene: Scene;
let bot: SignedIn;
let guild: string;

beforeEach(async () => {
  scene = await Scene.make();
  bot = await newBot();
  guild = String(scene.id);
});

const join = async (who: SignedIn) =>
  expect((await scene.join(who, await scene.invite(scene.ann))).status).toBe(200);

async function hearing(): Promise<GatewaySocket> {
  const socket = await connect(bot);
  await socket.hello();
  return socket;
}

/** What a bot is told of its guilds, each as its name, its target, and its body. */
async function told(socket: GatewaySocket, count: number): Promise<unknown[]> {
  const events = await socket.events(count);
  return events.map(({ d }) => [d.extra.type, d.channel_type, d.target_id, d.extra.body]);
}

test("a bot is told of roles, channels, the guild and its members", async () => {
  await join(bot);
  const socket = await hearing();
  const role = await scene.addRole({ name: "Gardeners", color: "#2f855a", hoist: true });
  await socket.events(1);
  await scene.done(scene.ann, "PATCH", `/roles/${role}`, { name: "Growers" }, 200);
  await socket.events(2);
  const shed = await scene.addChannel("shed", { visibility: "private" });
  const seeds = await scene.addChannel("seeds");
  await socket.events(3);
  await as(scene.ann, "PATCH", `/v1/conversations/${seeds}`, { name: "plants" });
  await socket.events(4);
  await scene.done(scene.ann, "PATCH", "", { name: "Allotment" }, 200);
  await socket.events(5);
  await join(scene.eve);
  await socket.events(6);
  await scene.endBob("leaves");
  await socket.events(7);
  // An object that has slept knows what it has told.
  await hibernate(bot);
  await scene.done(scene.ann, "DELETE", `/roles/${role}`);
  await socket.events(8);
  await called(scene.ann, "POST channel/delete", { channel_id: String(seeds) });
  const at = ["GROUP", guild];
  const [eve, bob] = [scene.eve, scene.bob].map(({ user }) => String(user.id));
  expect(await told(socket, 9)).toMatchObject([
    ["added_role", ...at, { role_id: role, name: "Gardeners", color: 0x2f855a, hoist: 1 }],
    ["updated_role", ...at, { role_id: role, name: "Growers" }],
    ["added_channel", ...at, { id: String(seeds), name: "seeds", guild_id: guild }],
    ["updated_channel", ...at, { id: String(seeds), name: "plants" }],
    ["updated_guild", ...at, { id: guild, name: "Allotment" }],
    ["joined_guild", ...at, { user_id: eve }],
    ["exited_guild", ...at, { user_id: bob }],
    ["deleted_role", ...at, { role_id: role }],
    ["deleted_channel", ...at, { id: String(seeds) }],
  ]);
  await send(scene.ann, shed, "hidden");
  await socket.beat(0);
  expect(JSON.stringify(socket.frames)).not.toMatch(/shed|hidden/);
});

test("a bot is told of the nicknames of members, and messages name their authors so", async () => {
  await join(bot);
  const user_id = String(scene.bob.user.id);
  await called(scene.bob, "POST guild/nickname", { guild_id: guild, nickname: "Bob" });
  const socket = await hearing();
  await called(scene.ann, "POST guild/nickname", { guild_id: guild, user_id, nickname: "Bob, seeds" });
  await socket.events(1);
  await send(scene.bob, scene.general, "beans");
  await socket.events(2);
  await hibernate(bot);
  await called(scene.bob, "POST guild/nickname", { guild_id: guild });
  await socket.events(3);
  await called(bot, "POST guild/nickname", { guild_id: guild, nickname: "Robot" });
  const events = await socket.events(4);
  const [first, message, last, own] = events.map(({ d }) => d.extra);
  const at = (nickname: string, of = user_id) => ({
    ...{ type: "updated_guild_member", body: { user_id: of, nickname } },
  });
  expect([first, last, own]).toMatchObject([at("Bob, seeds"), at(""), at("Robot", String(bot.user.id))]);
  expect(message).toMatchObject({ author: { id: user_id, nickname: "Bob, seeds", roles: [] } });
  // Nobody hears a name as somebody comes or goes.
  await scene.endBob("leaves");
  await socket.events(5);
  await join(scene.bob);
  const kinds = (await socket.events(6)).slice(4).map(({ d }) => d.extra.type);
  expect(kinds).toEqual(["exited_guild", "joined_guild"]);
});

test("a bot is told that it comes into a guild, is out of it, and that it is over", async () => {
  const socket = await hearing();
  await join(bot);
  await socket.events(1);
  await send(scene.ann, scene.general, "welcome");
  await socket.events(2);
  await scene.done(scene.ann, "DELETE", `/members/${bot.user.id}`);
  await socket.events(3);
  await join(bot);
  await socket.events(4);
  await scene.done(scene.ann, "DELETE", "");
  const own = ["PERSON", String(bot.user.id), { guild_id: guild }];
  const events = await told(socket, 5);
  expect([events[0], ...events.slice(2)]).toMatchObject([
    ["self_joined_guild", ...own],
    ["self_exited_guild", ...own],
    ["self_joined_guild", ...own],
    ["deleted_guild", "GROUP", guild, { id: guild }],
  ]);
});

/** The query of what a bot sees of a guild. */
const CHANNELS = /space_categories.*"memberships"/s;

test("a bot whose guilds were not read in time is not told that it has come into them", async () => {
  await join(bot);
  let isFirst = true;
  using _ = interceptD1((query, work) => {
    if (!isFirst || !CHANNELS.test(query)) return work();
    isFirst = false;
    return Promise.reject(new Error("D1_ERROR: Network connection lost."));
  });
  const socket = await hearing();
  expect(isFirst).toBe(false);
  await expect.poll(() => knownSpaces(bot)).toEqual([0, scene.id]);
  await scene.addRole({ name: "Gardeners" });
  expect(await told(socket, 1)).toMatchObject([["added_role", "GROUP", guild, { name: "Gardeners" }]]);
});

test("a bot is told of what changes while its session begins", async () => {
  await join(bot);
  const held = new HeldQueries(CHANNELS);
  const opening = hearing();
  await held.arrived();
  await scene.done(scene.ann, "PATCH", "", { name: "Allotment" }, 200);
  held[Symbol.dispose]();
  expect(await told(await opening, 1)).toMatchObject([
    ["updated_guild", "GROUP", guild, { name: "Allotment" }],
  ]);
});

test("a bot is not told the name of a private channel that is made while its guild is read", async () => {
  await join(bot);
  const socket = await hearing();
  await expect.poll(() => knownSpaces(bot)).toEqual([0, scene.id]);
  const gate = new Gate();
  let isHeld = false;
  using _ = interceptD1(async (query, work) => {
    // The reading of the bot alone.
    if (!isHeld && CHANNELS.test(query)) {
      isHeld = true;
      await gate.pass();
    }
    return work();
  });
  await scene.addRole({ name: "Gardeners" });
  await gate.arrived();
  await scene.addChannel("shed", { visibility: "private" });
  gate.release();
  await socket.events(1);
  await scene.done(scene.ann, "PATCH", "", { name: "Allotment" }, 200);
  await socket.events(2);
  expect(JSON.stringify(socket.frames)).not.toMatch(/shed/);
});

test("a bot that may see bans is told of them, and no other bot", async () => {
  await join(bot);
  const other = await newBot();
  await join(other);
  const role = await scene.addRole({ name: "Wardens", permissions: ["ban"] });
  await scene.giveRole(bot, role);
  const [socket, others] = [await hearing(), await connect(other)];
  await others.hello();
  await scene.done(scene.ann, "PUT", `/bans/${scene.eve.user.id}`, { reason: "noise" });
  await socket.events(1);
  await scene.done(scene.ann, "PUT", `/bans/${scene.bob.user.id}`, {});
  await socket.events(3);
  await scene.done(scene.ann, "DELETE", `/bans/${scene.eve.user.id}`);
  const [ann, bob, eve] = [scene.ann, scene.bob, scene.eve].map(({ user }) => String(user.id));
  expect(await told(socket, 4)).toEqual([
    ["added_block_list", "GROUP", guild, { operator_id: ann, remark: "", user_id: [eve] }],
    ["added_block_list", "GROUP", guild, { operator_id: ann, remark: "", user_id: [bob] }],
    ["exited_guild", "GROUP", guild, { user_id: bob, exited_at: expect.any(Number) }],
    ["deleted_block_list", "GROUP", guild, { operator_id: "0", user_id: [eve] }],
  ]);
  expect(await told(others, 1)).toMatchObject([["exited_guild", "GROUP", guild, { user_id: bob }]]);
});
