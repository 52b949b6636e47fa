import { afterEach, expect, test, vi } from "vitest";
import type { Chat, ConversationWindow } from "../src/index.ts";
import { startChat, text, until } from "./support/chats.ts";
import { HeldFrames } from "./support/held-frames.ts";
import { Server } from "./support/server.ts";

const server = Server.shared();

afterEach(() => vi.unstubAllGlobals());

/** A window of a conversation of so many messages, which shows the newest ones. */
async function opened(count: number): Promise<{ chat: Chat; window: ConversationWindow }> {
  const [ann, , id] = await server.direct("ann", "bob");
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

/** A direct conversation in which Ann has said something, and Bob's client, before it opens a window. */
async function listed() {
  const [ann, bob, id] = await server.direct("ann", "bob");
  await ann.send(id, "Hello");
  const frames = new HeldFrames();
  const chat = await startChat(server.origin, bob);
  await until(chat, (state) => state.isListed && state.conversation(id));
  return { ann, chat, frames, id };
}

test("a window that is opened again is live, though a sync was refused while nobody looked", async () => {
  const { chat, frames, id } = await listed();
  frames.replace("synced", { type: "error", code: "unavailable", detail: "", conversation_id: id });
  const refused = new Promise((resolve) => {
    chat.onFrame(({ type }) => type === "error" && resolve(type));
  });
  const first = chat.open(id);
  // The sync goes with the messages, and has no answer yet.
  await until(chat, () => first.view.messages.length === 1);
  expect(first.view.isLoading).toBe(true);
  first.close();
  await refused;
  const window = chat.open(id);
  await until(chat, () => window.view.messages.length === 1 && !window.view.isLoading);
});

test("a window that closes before its messages come leaves no gap for the next one", async () => {
  const { ann, chat, id } = await listed();
  const [asked, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", async (...call: Parameters<typeof fetch>) => {
    const answer = await fetch(...call);
    if (!`${call[0]}`.includes("/messages?")) return answer;
    asked.resolve();
    await held.promise;
    return answer;
  });
  const first = chat.open(id);
  await asked.promise;
  first.close();
  held.resolve();
  await chat.api.call("get", "/v1/me");
  await ann.send(id, "Meanwhile");
  await until(chat, (state) => state.conversation(id)?.last_seq === 2);
  const window = chat.open(id);
  await until(chat, () => window.view.messages.length === 2 && !window.view.isLoading);
});

test("the list hears of new messages, though the window has closed between two pages", async () => {
  const { ann, chat, frames, id } = await listed();
  const window = chat.open(id);
  await until(chat, () => window.view.messages.length === 1 && !window.view.isLoading);
  await chat.stop();
  const sender = await startChat(server.origin, ann);
  for (let i = 1; i <= 150; i++) sender.send(id, text(`${i}`));
  await sender.flush();
  frames.hold("synced");
  await chat.start();
  await expect.poll(() => frames.count).toBe(1);
  window.close();
  frames.pass();
  await until(chat, (state) => state.conversation(id)?.last_seq === 151);
  await ann.send(id, "Still there?");
  await until(chat, (state) => state.conversation(id)?.last_seq === 152);
  const again = chat.open(id);
  await until(chat, () => again.view.messages.at(-1)?.seq === 152);
  const seqs = again.view.messages.map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, i) => 153 - seqs.length + i));
});

test("a window tells of what comes from now on, and of no reply in a thread that was there before", async () => {
  const { ann, chat, id } = await listed();
  const reply = { ...text("In the thread"), thread: { root: 1, also_in_main: false } };
  await ann.call("POST", `/v1/conversations/${id}/messages`, reply);
  const heard: string[] = [];
  chat.onMessage(({ body }) => heard.push("text" in body ? body.text : ""));
  const window = chat.open(id);
  await until(chat, () => window.view.messages.length === 1 && !window.view.isLoading);
  await ann.send(id, "New");
  await until(chat, () => window.view.messages.length === 2);
  expect(heard).toEqual(["New"]);
});
