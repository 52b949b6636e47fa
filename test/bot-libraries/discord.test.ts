import { DiscordAPIError, EmbedBuilder, WebhookClient } from "discord.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { World } from "./world.ts";

let world: World;
let webhook: WebhookClient;
let group: number;

const Made = z.object({ id: z.int() });
const Hook = z.object({ url: z.string() });
const Items = z.object({
  items: z.array(z.looseObject({ body: z.looseObject({}), sender: z.looseObject({}) })),
});

beforeAll(async () => {
  world = await World.start();
  const fields = { kind: "group", name: "Builds", member_ids: [] };
  group = Made.parse(await world.person.call("POST", "/v1/conversations", fields)).id;
  const path = `/v1/conversations/${group}/hooks`;
  const { url } = Hook.parse(await world.person.call("POST", path, { name: "CI" }));
  const [id = "", token = ""] = url.split("/").slice(-2);
  webhook = new WebhookClient({ id, token }, { rest: { api: `${world.origin}/api`, retries: 0 } });
});
afterAll(() => world[Symbol.asyncDispose]());

async function last() {
  const path = `/v1/conversations/${group}/messages?limit=100`;
  return Items.parse(await world.person.call("GET", path)).items.at(-1);
}

/** The number of Discord that a call fails with. */
async function codeOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DiscordAPIError);
  return error instanceof DiscordAPIError && [error.status, error.code];
}

test("discord.js posts, reads, edits and deletes messages of a webhook", async () => {
  const embed = new EmbedBuilder().setTitle("Build 7").setURL("https://ci.example/7").setDescription("runs");
  const sent = await webhook.send({ content: "**go**", username: "Deploys", embeds: [embed] });
  const text = "**go**\n\n**[Build 7](https://ci.example/7)**\nruns";
  expect(await last()).toMatchObject({ body: { text }, sender: { nickname: "Deploys" } });
  expect(await webhook.fetchMessage(sent.id)).toMatchObject({ id: sent.id, content: text });
  expect(await webhook.editMessage(sent.id, { content: "done" })).toMatchObject({ content: "done" });
  expect(await last()).toMatchObject({ body: { text: "done" } });
  const reply = await webhook.send({ content: "in its thread", threadId: sent.id });
  expect(await last()).toMatchObject({ thread: { root: Number(sent.id) } });
  await webhook.deleteMessage(reply.id, sent.id);
  await webhook.deleteMessage(sent.id);
  expect(await codeOf(webhook.fetchMessage(sent.id))).toEqual([404, 10_008]);
  // It tells nobody whether it was taken: it compares a buffer with a text.
  await webhook.sendSlackMessage({ text: "*as Slack*" });
  expect(await last()).toMatchObject({ body: { text: "**as Slack**" } });
});

test("discord.js posts files", async () => {
  const file = (name: string) => ({ attachment: Buffer.from("x"), name });
  const sent = await webhook.send({ content: "with files", files: [file("a.log"), file("b.log")] });
  expect(sent.attachments).toMatchObject([
    { filename: "a.log", size: 1 },
    { filename: "b.log", size: 1 },
  ]);
  expect(await last()).toMatchObject({ kind: "file", body: { name: "b.log" } });
  const alone = await webhook.send({ files: [file("c.log")] });
  expect(await webhook.editMessage(alone.id, { content: "said later" })).toMatchObject({
    ...{ content: "said later", attachments: [{ filename: "c.log" }] },
  });
  expect(await last()).toMatchObject({ body: { name: "c.log", caption: "said later" } });
  expect(await codeOf(webhook.editMessage(alone.id, { files: [file("d.log")] }))).toEqual([400, 50_035]);
});

test("discord.js tells failures by their numbers", async () => {
  const files = Array.from({ length: 11 }, () => ({ attachment: Buffer.from("x"), name: "log.txt" }));
  expect(await codeOf(webhook.send({ files }))).toEqual([400, 50_035]);
  expect(await codeOf(webhook.send({ content: "" }))).toEqual([400, 50_006]);
  const options = { rest: { api: `${world.origin}/api` } };
  const unknown = new WebhookClient({ id: webhook.id, token: "0".repeat(32) }, options);
  expect(await codeOf(unknown.send("x"))).toEqual([404, 10_015]);
});
