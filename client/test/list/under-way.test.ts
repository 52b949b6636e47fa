import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startChat, text, until } from "../support/chats.ts";
import { HeldFrames } from "../support/held-frames.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(() => vi.unstubAllGlobals());

test("a list that was answered before an own message does not undo that all is read", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const { id } = await ann.openDirect(bob);
  await bob.send(id, "Hello?");
  const chat = await startChat(server.origin, ann);
  await until(chat, ({ conversations }) => conversations[0]?.unread_count === 1);
  await chat.stop();
  const answered = Promise.withResolvers<void>();
  const sent = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", async (...call: Parameters<typeof fetch>) => {
    if (String(call[0]).includes("/v1/mentions")) asked.resolve();
    const answer = await fetch(...call);
    if (!String(call[0]).includes("/v1/conversations?")) return answer;
    answered.resolve();
    await sent.promise;
    return answer;
  });
  await chat.start();
  await answered.promise;
  chat.send(id, text("Here I am"));
  await chat.flush();
  expect(chat.state.conversation(id)).toMatchObject({ read_seq: 2, unread_count: 0 });
  sent.resolve();
  // The client asks for them once it has taken the list.
  await asked.promise;
  expect(chat.state.conversation(id)).toMatchObject({ read_seq: 2, unread_count: 0 });
});

test("a read of another device never undoes what this one has read further", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const { id } = await ann.openDirect(bob);
  const sender = await startChat(server.origin, bob);
  for (const one of ["one", "two", "three"]) sender.send(id, text(one));
  await sender.flush();
  const other = await startChat(server.origin, ann);
  const frames = new HeldFrames();
  const chat = await startChat(server.origin, ann);
  const windows = [other.open(id), chat.open(id)];
  await until(other, () => windows[0]?.view.messages.length === 3);
  await until(chat, () => windows[1]?.view.messages.length === 3);
  await until(chat, (state) => state.conversation(id)?.unread_count === 3);

  frames.hold("read");
  windows[0]?.read(1);
  await expect.poll(() => frames.count).toBe(1);
  windows[1]?.read(3);
  frames.pass();
  expect(chat.state.conversation(id)?.unread_count).toBe(0);
});
