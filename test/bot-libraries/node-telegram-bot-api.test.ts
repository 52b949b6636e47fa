import { once } from "node:events";
import type { AddressInfo } from "node:net";
import {
  Bot,
  EntityBuilder,
  InlineKeyboardBuilder,
  InputFile,
  TelegramApiError,
} from "node-telegram-bot-api";
import { createWebhookServer } from "node-telegram-bot-api/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callAll, METHODS } from "./calls.ts";
import { World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world[Symbol.asyncDispose]());

const newBot = () => new Bot(world.token, { apiRoot: world.origin });

function handlers(bot: Bot): void {
  bot.command("start", (ctx) => ctx.reply("Hi!"));
  bot.command("ask", (ctx) =>
    ctx.reply("Sure?", { reply_markup: new InlineKeyboardBuilder().text("Yes", "yes").build() }),
  );
  bot.on("callback_query", async (ctx) => {
    await ctx.answerCallbackQuery({ text: "Thanks" });
    const { data, message, from } = ctx.callbackQuery ?? {};
    const place = { chat_id: from?.id ?? 0, message_id: message?.message_id ?? 0 };
    await ctx.api.editMessageText({ ...place, text: `You said ${data}` });
  });
  bot.hears(/echo (.+)/, (ctx) => ctx.reply(ctx.match?.[1] ?? ""));
}

async function converse(): Promise<void> {
  await world.say("/start");
  await world.answered("Hi!");
  await world.say("/ask");
  const { seq } = await world.answered("Sure?");
  await world.tap(seq, "yes");
  expect(await world.answered("You said yes")).toMatchObject({ seq });
  await world.say("echo once more");
  await world.answered("once more");
}

test("a bot of node-telegram-bot-api polls: commands, buttons, edits", async () => {
  const bot = newBot();
  handlers(bot);
  const running = bot.startPolling();
  await converse();
  await bot.stop();
  await running;
});

test("every method by node-telegram-bot-api", async () => {
  const { api } = newBot();
  const chat_id = world.person.user.id;
  const file = (bytes: Buffer, filename: string) => new InputFile(new Uint8Array(bytes), { filename });
  const call = (method: string, ...parameters: unknown[]) => Object(api)[method](...parameters);
  expect(await callAll(world, { call, file })).toHaveLength(METHODS);
  const { text, entities } = new EntityBuilder().plain("Hello ").bold("world").build();
  await api.sendMessage({ chat_id, text, entities });
  await world.answered("Hello **world**");
  const document = new InputFile(new TextEncoder().encode("notes"), { filename: "my notes.txt" });
  const sent = await api.sendDocument({ chat_id, document, caption: "Notes" });
  expect(sent).toMatchObject({ document: { file_name: "my notes.txt", file_size: 5 }, caption: "Notes" });
  const { file_path } = await api.getFile({ file_id: sent.document?.file_id ?? "" });
  const response = await fetch(`${world.origin}/file/bot${world.token}/${file_path}`);
  expect(await response.text()).toBe("notes");
  const lost = await api.sendMessage({ chat_id: -9_999_999, text: "x" }).catch((reason: unknown) => reason);
  expect(lost).toBeInstanceOf(TelegramApiError);
  expect(lost).toMatchObject({ errorCode: 400 });
});

test("a webhook of node-telegram-bot-api", async () => {
  const bot = newBot();
  handlers(bot);
  const server = createWebhookServer(bot, { path: "/hook", secretToken: "secret" });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/hook`;
  await bot.api.setWebhook({ url, secret_token: "secret", drop_pending_updates: true });
  await converse();
  await bot.api.deleteWebhook();
  server.close();
});
