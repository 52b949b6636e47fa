import { Bot, GrammyError, InlineKeyboard, InputFile, webhookCallback } from "grammy";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callAll, METHODS } from "./calls.ts";
import { listen, World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world[Symbol.asyncDispose]());

function newBot(): Bot {
  return new Bot(world.token, { client: { apiRoot: world.origin } });
}

test("a bot of grammY polls: commands, buttons, edits, files", async () => {
  const bot = newBot();
  bot.command("start", (ctx) => ctx.reply(`Welcome, <b>${ctx.match}</b>`, { parse_mode: "HTML" }));
  bot.command("ask", (ctx) =>
    ctx.reply("Sure?", { reply_markup: new InlineKeyboard().text("Yes", "yes").text("No", "no") }),
  );
  bot.callbackQuery("yes", async (ctx) => {
    await ctx.answerCallbackQuery({ text: "Thanks" });
    await ctx.editMessageText("You said yes");
  });
  bot.on("message:document", async (ctx) => {
    const { file_path } = await ctx.getFile();
    const response = await fetch(`${world.origin}/file/bot${world.token}/${file_path}`);
    await ctx.reply(`It says: ${await response.text()}`);
  });
  bot.on("edited_message:text", (ctx) => ctx.reply(`Now it is ${ctx.editedMessage.text}`));
  bot.hears(/echo (.+)/, (ctx) =>
    ctx.reply(ctx.match[1] ?? "", { reply_parameters: { message_id: ctx.msg.message_id } }),
  );
  const running = bot.start();
  await world.say("/start Ann");
  await world.answered("Welcome, **Ann**");
  await world.say("/ask");
  const { seq, buttons } = await world.answered("Sure?");
  expect(buttons).toMatchObject([[{ data: "yes" }, { data: "no" }]]);
  await world.tap(seq, "yes");
  expect(await world.answered("You said yes")).not.toHaveProperty("buttons");
  await world.say("echo 1 < 2");
  expect(await world.answered("1 < 2")).toMatchObject({ quote: { preview: "echo 1 < 2" } });
  const mine = await world.seen(({ body }) => body.text === "echo 1 < 2");
  const edit = { body: { text: "echo nothing" }, base_version: 1 };
  await world.person.call("PATCH", `/v1/conversations/${world.id}/messages/${mine.seq}`, edit);
  await world.answered("Now it is echo nothing");
  await bot.stop();
  await running;
});

test("every method by grammY's API", async () => {
  const { api } = newBot();
  const file = (bytes: Buffer, name: string) => new InputFile(bytes, name);
  const call = (method: string, ...parameters: unknown[]) => Object(api.raw)[method](...parameters);
  expect(await callAll(world, { call, file })).toHaveLength(METHODS);
  const chat = world.person.user.id;
  const sent = await api.sendMessage(chat, "*bold* and `code`", { parse_mode: "MarkdownV2" });
  await api.editMessageText(chat, sent.message_id, "plain");
  const same = await api.editMessageText(chat, sent.message_id, "plain").catch((error: unknown) => error);
  expect(same).toBeInstanceOf(GrammyError);
  expect(same).toMatchObject({
    error_code: 400,
    description: expect.stringContaining("message is not modified"),
  });
  const document = await api.sendDocument(chat, new InputFile(Buffer.from("notes"), "my notes.txt"));
  expect(document.document).toMatchObject({ file_name: "my notes.txt", file_size: 5 });
  const { file_path } = await api.getFile(document.document.file_id);
  const response = await fetch(`${world.origin}/file/bot${world.token}/${file_path}`);
  expect(await response.text()).toBe("notes");
  const lost = await api.sendMessage(-9_999_999, "x").catch((error: unknown) => error);
  expect(lost).toMatchObject({ error_code: 400, description: "Bad Request: chat not found" });
});

test("a webhook of grammY is called with its secret, and a poll meanwhile is refused", async () => {
  const bot = newBot();
  await bot.init();
  bot.command("hook", (ctx) => ctx.reply("over the webhook"));
  const secretToken = "a-secret_of_1";
  using hook = await listen(webhookCallback(bot, "http", { secretToken }));
  await bot.api.setWebhook(hook.url, { secret_token: secretToken, drop_pending_updates: true });
  await world.say("/hook");
  await world.answered("over the webhook");
  expect(await bot.api.getWebhookInfo()).toMatchObject({ url: hook.url });
  const refused = await bot.api.getUpdates().catch((error: unknown) => error);
  expect(refused).toMatchObject({ error_code: 409 });
  await bot.api.deleteWebhook();
  expect(await bot.api.getWebhookInfo()).toMatchObject({ url: "" });
});

test("no message is lost or told twice while the server is killed and starts again", async () => {
  const told: string[] = [];
  const bot = newBot();
  bot.catch(() => undefined);
  bot.on("message:text", (ctx) => void told.push(ctx.message.text));
  // What is written before the library has dropped what waits is dropped with it.
  let running: Promise<void> | undefined;
  await new Promise<void>((onStart) => {
    running = bot.start({ drop_pending_updates: true, onStart: () => onStart() });
  });
  const texts: string[] = [];
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 10; i++) {
      const text = `message ${round}.${i}`;
      await world.say(text);
      texts.push(text);
    }
    await world.server.kill();
    await world.server.restart();
  }
  await expect.poll(() => told.length).toBeGreaterThanOrEqual(texts.length);
  expect(told).toEqual(texts);
  await bot.stop();
  await running;
});
