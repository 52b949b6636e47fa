import { beforeEach, describe, expect, test } from "vitest";
import { as, Scene } from "../../../features/spaces/scene.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { deleteMessage, send } from "../../../support/clients/chat.ts";
import { edit } from "../../../support/clients/edits.ts";
import { newBot } from "../../telegram/client.ts";
import { called } from "../client.ts";
import { connect, expectTold, type GatewaySocket, waiting } from "../gateway-client.ts";

let scene: Scene;
let bot: SignedIn;
let general: string;

beforeEach(async () => {
  scene = await Scene.make();
  bot = await newBot();
  expect((await scene.join(bot, await scene.invite(scene.ann))).status).toBe(200);
  general = String(scene.general);
});

async function hearing(more = ""): Promise<GatewaySocket> {
  const socket = await connect(bot, more);
  await socket.hello();
  return socket;
}

/** Asserts what a socket has told of messages, without what has become of the guild. */
async function expectHeard(socket: GatewaySocket, texts: string[]): Promise<void> {
  const heard = async () => {
    const count = socket.frames.filter(({ s }) => s === 0).length;
    const told = (await socket.told(count)).map(([, text]) => text);
    return told.filter((text) => !/_(?:channel|guild|role)$/.test(String(text)));
  };
  await expect.poll(heard).toEqual(texts);
  await socket.beat(0);
  expect(await heard()).toEqual(texts);
}

/** Whether a channel is in the list of the bot. */
const follows = async (channel: number) =>
  (await scene.channels(bot)).some(({ id, following }) => id === channel && following);

describe("a bot with a session", () => {
  test("hears each channel that it can read, from hello on", async () => {
    const seeds = await scene.addChannel("seeds");
    const shed = await scene.addChannel("shed", { visibility: "private" });
    await send(scene.ann, seeds, "before");
    const role = await scene.addRole({ name: "Gardeners" });
    await scene.giveRole(scene.bob, role);
    const socket = await hearing();
    await send(scene.ann, shed, "hidden");
    const { seq } = await send(scene.bob, seeds, "*tea*?");
    const author = { id: String(scene.bob.user.id), nickname: scene.bob.user.username, roles: [role] };
    const [event] = await socket.events(1);
    expect(event).toMatchObject({
      sn: 1,
      d: {
        ...{ channel_type: "GROUP", type: 9, content: "\\*tea\\*?", target_id: String(seeds) },
        ...{ author_id: author.id, msg_id: `${seeds}-${seq}` },
        extra: {
          ...{ type: 9, guild_id: String(scene.id), channel_name: "seeds", channel_type: 1, author },
          ...{ mention: [], mention_all: false, mention_roles: [], mention_here: false },
          kmarkdown: { raw_content: "*tea*?", mention_part: [] },
        },
      },
    });
    await called(bot, "POST message/create", { target_id: general, content: "own" });
    await send(scene.ann, scene.general, "two");
    await expectTold(socket, [
      [1, "\\*tea\\*?"],
      [2, "two"],
    ]);
  });

  test("hears that it is mentioned, by its number", async () => {
    const socket = await hearing();
    const { id, username } = bot.user;
    const body = { kind: "text", body: { text: `hi @${username}` }, mentions: [id] };
    await as(scene.bob, "POST", `/v1/conversations/${general}/messages`, body);
    const [event] = await socket.events(1);
    expect(event?.d).toMatchObject({
      content: `hi (met)${id}(met)`,
      extra: { mention: [String(id)], kmarkdown: { mention_part: [{ id: String(id) }] } },
    });
  });

  test("is told of edits, deletions, reactions and pins, at its guild", async () => {
    const socket = await hearing();
    const { seq } = await send(scene.bob, scene.general, "one");
    await socket.events(1);
    await edit(scene.bob, scene.general, seq, { body: "two" });
    await socket.events(2);
    const message = `/v1/conversations/${general}/messages/${seq}`;
    await as(scene.ann, "PUT", `${message}/reactions/${encodeURIComponent("👍")}`);
    await socket.events(3);
    await as(scene.ann, "DELETE", `${message}/reactions/${encodeURIComponent("👍")}`);
    await socket.events(4);
    await as(scene.ann, "PUT", `${message}/pin`);
    await socket.events(5);
    await deleteMessage(scene.bob, scene.general, seq, "everyone");
    const about = { channel_id: general, msg_id: `${general}-${seq}` };
    const emoji = { id: "👍", name: "👍" };
    const ann = String(scene.ann.user.id);
    const told = (await socket.events(6)).slice(1).map(({ d }) => d);
    expect(told.map(({ extra }) => extra)).toMatchObject([
      { type: "updated_message", body: { ...about, content: "two", mention: [] } },
      { type: "added_reaction", body: { ...about, user_id: ann, emoji } },
      { type: "deleted_reaction", body: { ...about, user_id: ann, emoji } },
      { type: "pinned_message", body: { ...about, operator_id: ann } },
      { type: "deleted_message", body: about },
    ]);
    for (const event of told)
      expect(event).toMatchObject({ channel_type: "GROUP", target_id: String(scene.id), type: 255 });
  });

  test("hears a channel that is made, and one that it may read later", async () => {
    const role = await scene.addRole({ name: "Helpers" });
    const shed = await scene.addChannel("shed", { visibility: "private", role_ids: [role] });
    const socket = await hearing();
    await send(scene.ann, shed, "before");
    const made = await scene.addChannel("seeds");
    await expect.poll(() => follows(made)).toBe(true);
    await send(scene.ann, made, "new");
    await scene.giveRole(bot, role);
    await expect.poll(() => follows(shed)).toBe(true);
    await send(scene.ann, shed, "after");
    await expectHeard(socket, ["new", "after"]);
  });

  test("hears nothing of a channel that it may not read any more, not even what waits", async () => {
    const role = await scene.addRole({ name: "Helpers" });
    const shed = await scene.addChannel("shed", { visibility: "private", role_ids: [role] });
    await scene.giveRole(bot, role);
    const first = await hearing();
    const session = await first.hello();
    first.close();
    await first.closed();
    await send(scene.ann, shed, "secret");
    await expect.poll(() => waiting(bot)).toContain("secret");
    await scene.done(scene.ann, "DELETE", `/members/${bot.user.id}/roles/${role}`);
    await expect.poll(() => waiting(bot)).not.toContain("secret");
    await send(scene.ann, shed, "more");
    await send(scene.ann, scene.general, "hello");
    const socket = await hearing(`&resume=1&sn=0&session_id=${session}`);
    await expectHeard(socket, ["deleted_message", "hello"]);
    // What was said meanwhile is not told later.
    await scene.giveRole(bot, role);
    await expect.poll(() => follows(shed)).toBe(true);
    await send(scene.ann, shed, "again");
    await expectHeard(socket, ["deleted_message", "hello", "again"]);
  });

  test("hears clicks on the buttons of its cards", async () => {
    const socket = await hearing();
    const text = { type: "plain-text", content: "Tea" };
    const elements = [{ type: "button", theme: "primary", click: "return-val", value: "tea", text }];
    const content = JSON.stringify([{ type: "card", modules: [{ type: "action-group", elements }] }]);
    const sent = await called(bot, "POST message/create", { target_id: general, type: 10, content });
    const { msg_id } = Object(sent);
    const seq = String(msg_id).split("-")[1];
    const tapped = await as(scene.bob, "POST", `/v1/conversations/${general}/messages/${seq}/taps`, {
      data: "tea",
    });
    expect(tapped.status, JSON.stringify(tapped.body)).toBeLessThan(300);
    const [event] = await socket.events(1);
    expect(event?.d.extra).toMatchObject({
      type: "message_btn_click",
      body: { msg_id, value: "tea", target_id: general, channel_type: "GROUP", guild_id: String(scene.id) },
    });
  });
});
