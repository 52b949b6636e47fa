import { KaiheilaBot } from "kaiheila-bot-root";
import { until } from "../support/event-loop.ts";
import { type Client, type Place, tell } from "./story.ts";

async function make({ api, token, person, code }: Place, heard: string[]): Promise<Client> {
  const bot = new KaiheilaBot({ mode: "websocket", token, ignoreDecryptError: true });
  // It has no option for the host.
  bot.axios.defaults.baseURL = api.replace(/\/v3$/, "");
  bot.on("kmarkdownMessage", ({ content }) => void heard.push(content));
  bot.on("textMessage", ({ content }) => void heard.push(content));
  // A click is told as both.
  bot.on("systemMessage", ({ type }) => void (type !== "buttonClick" && heard.push(`!${type}`)));
  bot.on("buttonClick", ({ value }) => void heard.push(`!${value}`));
  const { directMessage, asset } = bot.API;
  return {
    connect: async () => {
      bot.connect();
      await until(() => Reflect.get(Object(bot.messageSource), "stage") === 4, "the bot is connected");
    },
    say: async (text) => (await directMessage.create(9, person, code, text)).msgId,
    edit: (id, text) => directMessage.update(id, text),
    react: (id, emoji) => directMessage.addReaction(id, emoji),
    remove: (id) => directMessage.delete(id),
    upload: async (picture) => (await asset.create(picture)).url,
    show: (url) => directMessage.create(2, person, code, url),
    offer: (cards) => directMessage.create(10, person, code, cards),
    close: () => undefined,
  };
}

tell("kaiheila-bot-root", { afterCut: "resumes", make });
