import { KaiheilaBot } from "koishi-adapter-kaiheila";
import { App, Bot } from "koishi-core";
import { until } from "../support/event-loop.ts";
import { type Client, type Place, tell } from "./story.ts";

async function make({ api, token, code, channel }: Place, heard: string[]): Promise<Client> {
  const waits = { retryLazy: 100, retryInterval: 100, retryTimes: 600 };
  const app = new App({ type: "kaiheila", token, kaiheila: { endpoint: api, ...waits } });
  app.on("message", ({ content, subtype }) => {
    const name = /file=([^,\]]*)/.exec(content ?? "")?.[1] ?? "";
    heard.push(subtype === "group" ? `#${name}` : name);
  });
  await app.start();
  const bot = app.bots[0];
  if (!(bot instanceof KaiheilaBot)) throw new Error("there is one bot");
  return {
    connect: async () => {
      await until(() => bot.status === Bot.Status.GOOD, "the bot is connected");
    },
    say: (text) => bot.sendMessage(code, text),
    edit: (id, text) => bot.editMessage(code, id, text),
    react: (id, emoji) => bot.$createReaction(code, id, emoji),
    remove: (id) => bot.deleteMessage(code, id),
    there: {
      say: (text) => bot.sendMessage(channel, text),
      react: (id, emoji) => bot.$createReaction(channel, id, emoji),
    },
    close: () => app.stop(),
  };
}

tell("koishi-adapter-kaiheila", { afterCut: "ends", hearsPictures: true, make });
