import { afterAll, beforeAll, expect, test } from "vitest";
import { startChat, until } from "../support/chats.ts";
import { Network } from "../support/network.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
let network: Network;

beforeAll(async () => {
  server = await TestServer.start();
  network = await Network.to(server.origin);
});
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

test("an empty list is told from one that has not come yet", async () => {
  await network.down();
  const chat = await startChat(network.origin, await server.person("ann"));
  expect([chat.state.isListed, chat.state.conversations]).toEqual([false, []]);
  await network.up();
  await until(chat, ({ isListed }) => isListed);
  expect(chat.state.conversations).toEqual([]);
});

test("an archived group that the user was removed from without a connection goes once it is asked for", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const { id } = await bob.openGroup("Ours", [ann]);
  const chat = await startChat(network.origin, ann);
  await until(chat, (state) => state.conversation(id));
  const body = { archived: true };
  await chat.api.call("put", "/v1/conversations/{id}/preferences", { path: { id }, body });
  await until(chat, (state) => state.conversation(id)?.archived);
  const focused = new Promise((resolve) => {
    chat.onFrame(({ type }) => type === "focused" && resolve(type));
  });
  const window = chat.open(id);
  window.focus();
  await focused;
  await network.down();
  await until(chat, ({ connection }) => connection === "connecting");
  await bob.call("DELETE", `/v1/conversations/${id}/members/${ann.user.id}`);
  window.close();
  await network.up();
  await until(chat, (state) => !state.conversation(id));
});
