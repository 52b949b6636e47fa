import Kasumi from "kasumi.js";
import { describe } from "vitest";
import { type Client, changeTimers, type Place, tell } from "./story.ts";

// hexona comes back 90 s after a cut.
changeTimers({ 90000: 900 });

/** What a call of the library has given. @throws what it has given instead */
function given<Data>({ err, data }: { err?: Error | undefined; data?: Data | undefined }): Data {
  if (err) throw err;
  if (data === undefined) throw new Error("no data");
  return data;
}

async function make(
  vendor: "hexona" | "botroot" | "kookts",
  { api, token, person, guild, channel }: Place,
  heard: string[],
): Promise<Client> {
  const bot = new Kasumi({ type: "websocket", vendor, token, customEnpoint: api }, false, false);
  bot.on("message.text", ({ content, channelType, author }) =>
    heard.push(channelType === "GROUP" ? `${author.roles.join()}#${content}` : content),
  );
  bot.on("event.system", ({ rawEvent }) => void heard.push(`!${rawEvent.extra.type}`));
  bot.on("event.button", ({ value }) => void heard.push(`!${value}`));
  const connected = new Promise((resolve) => bot.on("connect.websocket", resolve));
  const { directMessage, asset, message } = bot.API;
  return {
    connect: async () => {
      await bot.connect();
      await connected;
    },
    say: async (text) => given(await directMessage.create(9, person, text)).msg_id,
    edit: async (id, text) => given(await directMessage.update(id, text)),
    react: async (id, emoji) => given(await directMessage.addReaction(id, emoji)),
    remove: async (id) => given(await directMessage.delete(id)),
    upload: async (picture) => given(await asset.create(picture)).url,
    show: async (url) => given(await directMessage.create(2, person, url)),
    offer: async (cards) => given(await directMessage.create(10, person, cards)),
    there: {
      say: async (text) => given(await message.create(9, channel, text)).msg_id,
      react: async (id, emoji) => given(await message.addReaction(id, emoji)),
      offer: async (cards) => given(await message.create(10, channel, cards)),
      members: async () => {
        const ids: string[] = [];
        for await (const page of bot.API.guild.userList({ guildId: guild }))
          ids.push(...given(page).items.map(({ id }) => id));
        return ids;
      },
    },
    close: () => undefined,
  };
}

for (const vendor of ["hexona", "botroot", "kookts"] as const)
  describe(vendor, () =>
    tell(`kasumi.js by ${vendor}`, {
      // kookts tries once, after 1 s, which is too early for a server that starts.
      afterCut: vendor === "kookts" ? "gives up" : "resumes",
      make: (place, heard) => make(vendor, place, heard),
    }),
  );
