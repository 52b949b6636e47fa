import { expect, test } from "vitest";
import { startChat, until } from "./support/chats.ts";
import { Server } from "./support/server.ts";

const server = Server.shared();

test("a bot hears of a conversation that begins after its start, and not of what it does not keep", async () => {
  const [bot, ann, lin] = await server.three("bot", "ann", "lin");
  const chat = await startChat(server.origin, bot, {
    keeps: ({ kind, read_seq }) => (kind === "direct" ? read_seq : false),
  });
  const senders: string[] = [];
  chat.onMessage(({ sender }) => senders.push(sender.username));
  await until(chat, ({ connection }) => connection === "live");
  const { id: group } = await lin.openGroup("Noodles", [bot]);
  await lin.send(group, "All");
  await until(chat, (state) => (state.conversation(group)?.last_seq ?? 0) > 0);
  const { id } = await ann.openDirect(bot);
  await ann.send(id, "First");
  await ann.send(id, "Second");
  await expect.poll(() => senders).toEqual([ann.user.username, ann.user.username]);
});
