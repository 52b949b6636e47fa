import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startChat, text, until } from "./support/chats.ts";
import { Network } from "./support/network.ts";
import { TestServer } from "./support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(() => vi.unstubAllGlobals());

test("a send whose place is not reached when its window closes leaves the outbox", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const { id } = await ann.openDirect(bob);
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
