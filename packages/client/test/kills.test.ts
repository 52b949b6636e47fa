import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { repetitions } from "../../../test/support/sampled-cases.ts";
import { startBot } from "../examples/node-bot/bot.ts";
import type { Chat, ConversationWindow } from "../src/index.ts";
import { startChat, text, until } from "./support/chats.ts";
import { TestServer } from "./support/server.ts";

/** How often once more the server is killed, each time at another place of the sends. */
const REPEATS = repetitions(0, 5);

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

function texts({ view }: ConversationWindow): string[] {
  return view.messages.flatMap(({ body }) => ("text" in body ? [body.text] : []));
}

/** Waits until a window has so many messages, and nothing waits to be sent. Loads older ones meanwhile. */
async function whole(chat: Chat, window: ConversationWindow, count: number): Promise<void> {
  await until(chat, () => {
    const { messages, pending, hasOlder, isLoading } = window.view;
    if (hasOlder && !isLoading) void window.older();
    return messages.length === count && pending.length === 0;
  });
}

/** The places of the messages that a client is told of. */
function heard(chat: Chat): number[] {
  const seqs: number[] = [];
  chat.onMessage(({ seq }) => seqs.push(seq));
  return seqs;
}

test("a killed server comes back on the same port with what it had acknowledged", async () => {
  const [ann, bob, id] = await server.direct("ann", "bob");
  const { seq } = await ann.send(id, "Before the power cut");
  await server.kill();
  await expect(fetch(server.origin)).rejects.toThrow();
  await server.restart();
  expect(await bob.history(id)).toMatchObject([{ seq, body: { text: "Before the power cut" } }]);
});

test("a client goes on where it was when the server comes back", { repeats: REPEATS }, async () => {
  const [ann, bob, id] = await server.direct("ann", "bob");
  const annsChat = await startChat(server.origin, ann);
  const bobsChat = await startChat(server.origin, bob);
  const [anns, bobs] = [annsChat.open(id), bobsChat.open(id)];
  // Until then Bob does not have the conversation.
  anns.send(text("a0"));
  await until(bobsChat, () => texts(bobs).length === 1);
  for (let i = 1; i <= 100; i++) anns.send(text(`a${i}`));
  for (let i = 1; i <= 100; i++) bobs.send(text(`b${i}`));
  await until(annsChat, () => texts(anns).length > 10);
  await server.kill();
  for (let i = 101; i <= 120; i++) anns.send(text(`a${i}`));
  await server.restart();
  await Promise.all([whole(annsChat, anns, 221), whole(bobsChat, bobs, 221)]);
  const stored = (await ann.history(id)).map(({ body }) => (body as { text: string }).text);
  expect(texts(anns)).toEqual(stored);
  expect(texts(bobs)).toEqual(stored);
  expect(stored.filter((one) => one.startsWith("a"))).toEqual(Array.from({ length: 121 }, (_, i) => `a${i}`));
});

test("a bot hears of a conversation from where it was, and without a gap over a kill", async () => {
  const [ann, bot, id] = await server.direct("ann", "bot");
  for (let i = 1; i <= 5; i++) await ann.send(id, `${i}`);
  const chat = await startChat(server.origin, bot, { keeps: () => 2 });
  const seqs = heard(chat);
  await until(chat, () => seqs.length === 3);
  await server.kill();
  await server.restart();
  for (let i = 6; i <= 8; i++) await ann.send(id, `${i}`);
  await expect.poll(() => seqs).toEqual([3, 4, 5, 6, 7, 8]);
});

test("the bot answers each message once: over a kill, while it was away, and of new people", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parley-bot-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [bot, ann, lin] = await server.three("bot", "ann", "lin");
  const options = { url: server.origin, token: bot.token, file: join(folder, "answered.json") };
  const { id } = await ann.openDirect(bot);
  const answers = async (person: typeof ann, conversation: number) =>
    (await person.history(conversation))
      .filter(({ sender }) => sender.id === bot.user.id)
      .map(({ body }) => (body as { text: string }).text);
  await ann.send(id, "before the first start");
  const first = await startBot(options);
  await expect.poll(() => answers(ann, id)).toHaveLength(1);
  await server.kill();
  await server.restart();
  await ann.send(id, "after a kill");
  await expect.poll(() => answers(ann, id)).toHaveLength(2);
  const { id: other } = await lin.openDirect(bot);
  await lin.send(other, "hello");
  await expect.poll(() => answers(lin, other)).toEqual(["You said: hello"]);
  await first.flush();
  await first.stop();
  for (const text of ["away 1", "away 2"]) await ann.send(id, text);
  const second = await startBot(options);
  onTestFinished(() => second.stop());
  const all = ["before the first start", "after a kill", "away 1", "away 2"].map(
    (text) => `You said: ${text}`,
  );
  await expect.poll(() => answers(ann, id)).toEqual(all);
});
