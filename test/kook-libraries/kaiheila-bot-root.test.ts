import { KaiheilaBot } from "kaiheila-bot-root";
import { until } from "../support/event-loop.ts";
import { type Client, type Place, tell } from "./story.ts";

async function make({ api, token, person, code, guild, channel }: Place, heard: string[]): Promise<Client> {
  const bot = new KaiheilaBot({ mode: "websocket", token, ignoreDecryptError: true });
  // It has no option for the host.
  bot.axios.defaults.baseURL = api.replace(/\/v3$/, "");
  bot.on("kmarkdownMessage", ({ content, channelType, author }) =>
    heard.push(channelType === "GROUP" ? `${author.roles?.join()}#${content}` : content),
  );
  bot.on("textMessage", ({ content }) => void heard.push(content));
  // A click is told as both.
  bot.on("systemMessage", ({ type }) => void (type !== "buttonClick" && heard.push(`!${type}`)));
  bot.on("buttonClick", ({ value }) => void heard.push(`!${value}`));
  const { directMessage, asset, message } = bot.API;
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
    there: {
      say: async (text) => (await message.create(9, channel, text)).msgId,
      react: (id, emoji) => message.addReaction(id, emoji),
      offer: (cards) => message.create(10, channel, cards),
      members: async () => (await bot.API.guild.userList(guild)).items.map(({ id }) => id),
    },
    close: () => undefined,
  };
}

tell("kaiheila-bot-root", { afterCut: "resumes", make });
