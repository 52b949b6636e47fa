import { afterAll, beforeAll, expect, test } from "vitest";
import type { Chat, ConversationWindow } from "../src/index.ts";
import { startChat, text, until } from "./support/chats.ts";
import { TestServer } from "./support/server.ts";

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

test("two users talk", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const { id } = await ann.openDirect(bob);
  const annsChat = await startChat(server.origin, ann);
  const bobsChat = await startChat(server.origin, bob);
  const anns = annsChat.open(id);
  anns.send(text("Lunch?"));
  expect(anns.view.pending).toMatchObject([{ state: "queued", message: { body: { text: "Lunch?" } } }]);
  await until(bobsChat, ({ conversations }) => conversations[0]?.unread_count === 1);
  const bobs = bobsChat.open(id);
  await until(bobsChat, () => texts(bobs).length === 1);
  bobs.read();
  bobs.send(text("At noon"));
  await until(annsChat, () => texts(anns).length === 2 && anns.view.pending.length === 0);
  expect(texts(anns)).toEqual(["Lunch?", "At noon"]);
  expect(annsChat.state.conversation(id)).toMatchObject({ unread_count: 1, last_message: { seq: 2 } });
});

test("a client goes on where it was when the server comes back", { repeats: 5 }, async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const { id } = await ann.openDirect(bob);
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
