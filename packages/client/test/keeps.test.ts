import { afterAll, beforeAll, expect, test } from "vitest";
import type { Chat } from "../src/index.ts";
import { startChat, until } from "./support/chats.ts";
import { TestServer } from "./support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

/** The places of the messages that a client is told of. */
function heard(chat: Chat): number[] {
  const seqs: number[] = [];
  chat.onMessage(({ seq }) => seqs.push(seq));
  return seqs;
}

test("a bot hears of a conversation from where it was, and without a gap over a kill", async () => {
  const [bot, ann] = [await server.person("bot"), await server.person("ann")];
  const { id } = await ann.openDirect(bot);
  for (let i = 1; i <= 5; i++) await ann.send(id, `${i}`);
  const chat = await startChat(server.origin, bot, { keeps: () => 2 });
  const seqs = heard(chat);
  await until(chat, () => seqs.length === 3);
  await server.kill();
  await server.restart();
  for (let i = 6; i <= 8; i++) await ann.send(id, `${i}`);
  await expect.poll(() => seqs).toEqual([3, 4, 5, 6, 7, 8]);
});

test("a bot hears of a conversation that begins after its start, and not of what it does not keep", async () => {
  const [bot, ann, lin] = [
    await server.person("bot"),
    await server.person("ann"),
    await server.person("lin"),
  ];
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
