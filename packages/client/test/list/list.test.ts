import { afterAll, beforeAll, expect, test } from "vitest";
import { startChat, until } from "../support/chats.ts";
import { Network } from "../support/network.ts";
import { Server } from "../support/server.ts";

const server = Server.shared();
let network: Network;

beforeAll(async () => {
  network = await Network.to(server.origin);
});
afterAll(() => network[Symbol.asyncDispose]());

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

/** Someone's group with a thread of two replies of Ann's, and Bob's client, who began it. */
async function thread(origin: Server) {
  const [ann, bob] = [await origin.person("ann"), await origin.person("bob")];
  const { id } = await ann.openGroup("Ours", [bob]);
  const { seq: root } = await bob.send(id, "a question");
  const aside = (by: typeof ann, content: string, more = {}) =>
    by.call("POST", `/v1/conversations/${id}/messages`, {
      ...{ kind: "text", body: { text: content }, thread: { root, also_in_main: false } },
      ...more,
    });
  return { ann, bob, id, root, aside };
}

test.each([false, true])(
  "a reply of the user's own reads its thread, also in the main stream: %s",
  async (also_in_main) => {
    const { ann, bob, id, root, aside } = await thread(server);
    for (const content of ["one", "two"]) await aside(ann, content);
    const chat = await startChat(server.origin, bob);
    await until(chat, (state) => state.conversation(id)?.threads_unread === 2);
    await aside(bob, "an answer", { thread: { root, also_in_main } });
    await until(chat, (state) => state.conversation(id)?.threads_unread === 0);
  },
);
