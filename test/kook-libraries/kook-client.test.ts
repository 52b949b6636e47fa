import { Client as KookClient } from "kook-client";
import { z } from "zod";
import { type Client, type Place, tell } from "./story.ts";

const Sent = z.object({ msg_id: z.string() });

async function make({ api, token, person, guild, channel }: Place, heard: string[]): Promise<Client> {
  const bot = new KookClient({ mode: "websocket", token, ignore: "bot", logLevel: "off" });
  // It has no option for the host.
  bot.request.defaults.baseURL = api.replace(/\/v3$/, "");
  bot.on("message.private", ({ raw_message }) => void heard.push(raw_message));
  bot.on("message.channel", ({ raw_message, author_id }) => {
    const { roles = [] } = Object(bot.guildMembers.get(guild)?.get(author_id));
    heard.push(`${roles.join()}#${raw_message}`);
  });
  const user = () => bot.pickUser(person);
  return {
    connect: () => bot.connect(),
    say: async (text) => Sent.parse(await user().sendMsg(text)).msg_id,
    edit: (id, text) => user().updateMsg(id, text),
    react: (id, emoji) => user().addMsgReaction(id, emoji),
    remove: (id) => user().recallMsg(id),
    there: {
      say: async (text) => Sent.parse(await bot.pickChannel(channel).sendMsg(text)).msg_id,
      react: (id, emoji) => bot.pickChannel(channel).addMsgReaction(id, emoji),
      members: () => Promise.resolve([...(bot.guildMembers.get(guild)?.keys() ?? [])]),
    },
    close: () => bot.disconnect(),
  };
}

tell("kook-client", { afterCut: "resumes", mayRepeat: true, make });
