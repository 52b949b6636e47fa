import { KookBot } from "@satorijs/adapter-kook";
import * as Satori from "@satorijs/core";
import { Context, HTTP } from "@satorijs/core";
import { until } from "../support/event-loop.ts";
import { type Client, type Place, tell } from "./story.ts";

/** Of the states of a bot; the library has them as a `const enum`. */
const ONLINE = 1;

async function make({ api, token, code, guild, channel }: Place, heard: string[]): Promise<Client> {
  const app = new Context();
  app.plugin(HTTP);
  app.plugin(Satori.default);
  app.on("message", ({ content, isDirect, kook }) => {
    const { roles = [] } = Object(kook?.extra.author);
    heard.push(isDirect ? (content ?? "") : `${roles.join()}#${content}`);
  });
  app.on("message-deleted", () => void heard.push("!deleted"));
  app.on("interaction/button", ({ event }) => void heard.push(`!${event.button?.id}`));
  const bot = new KookBot(app, {
    protocol: "ws",
    token,
    endpoint: api,
    retryLazy: 100,
    retryInterval: 100,
    retryTimes: 600,
  });
  await app.start();
  const online = async () => {
    await until(() => Number(bot.status) === ONLINE, "the bot is online");
  };
  return {
    connect: online,
    say: async (text) => (await bot.sendMessage(code, text))[0] ?? "",
    edit: (id, text) => bot.editMessage(code, id, text),
    react: (id, emoji) => bot.createReaction(code, id, emoji),
    remove: (id) => bot.deleteMessage(code, id),
    offer: (content) => bot.internal.createDirectMessage({ chat_code: code, type: 10, content }),
    there: {
      say: async (text) => (await bot.sendMessage(channel, text))[0] ?? "",
      react: (id, emoji) => bot.createReaction(channel, id, emoji),
      offer: (content) => bot.internal.createMessage({ target_id: channel, type: 10, content }),
      members: async () => (await bot.getGuildMemberList(guild)).data.map(({ user }) => user?.id ?? ""),
    },
    close: () => app.stop(),
  };
}

tell("@satorijs/adapter-kook", { afterCut: "begins anew", make });
