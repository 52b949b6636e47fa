import { afterEach, expect, test, vi } from "vitest";
import { startChat, text, until } from "./support/chats.ts";
import { HeldFrames } from "./support/held-frames.ts";
import { Network } from "./support/network.ts";
import { Server } from "./support/server.ts";

const server = Server.shared();

afterEach(() => vi.unstubAllGlobals());

test("a send whose place is not reached when its window closes leaves the outbox", async () => {
  const [ann, , id] = await server.direct("ann", "bob");
  await using silent = await Network.to(server.origin);
  silent.silence();
  // The room socket stays in CONNECTING, so the conversation stays behind.
  class WithSilentRooms extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(
        url.includes("/conversations/") ? url.replace(server.socketOrigin, silent.socketOrigin) : url,
        protocols,
      );
    }
  }
  vi.stubGlobal("WebSocket", WithSilentRooms);
  const chat = await startChat(server.origin, ann);
  const window = chat.open(id);
  const looks = new Promise<void>((resolve) => {
    chat.onFrame(({ type }) => type === "focused" && resolve());
  });
  await until(chat, () => window.view.isLoading === false && chat.state.connection === "live");
  window.focus();
  await looks;
  window.send(text("Hello"));
  await until(chat, ({ outbox }) => chat.state.outbox(id)[0]?.state === "sent" && outbox);
  window.close();
  expect(chat.state.outbox(id)).toEqual([]);
  await chat.flush();
});

/** A client without the acks of its sends, a window of it that is live, and the other user. */
async function withoutAcks() {
  const [ann, bob, id] = await server.direct("ann", "bob");
  const frames = new HeldFrames();
  frames.hold("ack", "acks");
  const chat = await startChat(server.origin, ann);
  const other = await startChat(server.origin, bob);
  const window = chat.open(id);
  await until(chat, () => !window.view.hasOlder && !window.view.isLoading);
  return { chat, other, window, id, frames };
}

test("a send that a page of a closed window brings leaves the outbox", async () => {
  const { chat, other, window, id } = await withoutAcks();
  other.send(id, text("Lunch?"));
  await until(chat, () => window.view.messages.length === 1);
  window.send({ ...text("Hello"), thread: { root: 1, also_in_main: true } });
  await until(other, (state) => state.conversation(id)?.last_seq === 2);
  // The page of the thread has it.
  const thread = chat.open(id, { thread: 1 });
  thread.close();
  window.close();
  await until(chat, (state) => state.outbox(id).length === 0);
});

test("a window shows a send whose ack came after a later message, while no window was open", async () => {
  const { chat, other, window, id, frames } = await withoutAcks();
  window.send(text("one"));
  await until(other, (state) => state.conversation(id)?.last_seq === 1);
  other.send(id, text("two"));
  await until(chat, () => window.view.messages.length === 1);
  window.close();
  frames.pass();
  await chat.flush();
  const again = chat.open(id);
  await until(chat, () => !again.view.hasOlder && !again.view.isLoading);
  expect(again.view.messages.map(({ seq }) => seq)).toEqual([1, 2]);
});
