import { afterAll, beforeAll, expect, test } from "vitest";
import type { Chat, ConversationWindow } from "../src/index.ts";
import { startChat, text, until } from "./support/chats.ts";
import { TestServer } from "./support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

/** A window of a conversation of so many messages, which shows the newest ones. */
async function opened(count: number): Promise<{ chat: Chat; window: ConversationWindow }> {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const { id } = await ann.openDirect(bob);
  const chat = await startChat(server.origin, ann);
  for (let i = 1; i <= count; i++) chat.send(id, text(`${i}`));
  await chat.flush();
  const window = chat.open(id);
  await until(chat, () => window.view.messages.length === 50 && !window.view.isLoading);
  return { chat, window };
}

test("a jump while older messages load shows the place when they are there", async () => {
  const { chat, window } = await opened(150);
  void window.older();
  await window.jump(10);
  await until(chat, () => window.view.messages.some(({ seq }) => seq === 10));
  expect(window.view).toMatchObject({ hasOlder: false, problem: undefined });
});
