import { afterAll, beforeAll, expect, test } from "vitest";
import { Conversation, Message } from "../../../../scripts/support/shapes.ts";
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
  const [bob, ann, id] = await server.group("Ours", "bob", "ann");
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

test("an audience room that the user has left leaves the list, although they may still look at it", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const group = { kind: "group", name: "Stage", member_ids: [], audience: true, join_policy: "free" };
  const { id } = Conversation.parse(await bob.call("POST", "/v1/conversations", group));
  const chat = await startChat(server.origin, ann);
  await chat.api.call("post", "/v1/conversations/{id}/join", { path: { id } });
  await until(chat, (state) => state.conversation(id));
  await chat.api.call("post", "/v1/conversations/{id}/leave", { path: { id } });
  await until(chat, (state) => !state.conversation(id));
  const looked = await chat.api.call("get", "/v1/conversations/{id}", { path: { id } });
  expect(looked).toMatchObject({ role: "viewer" });
  // The window has the client look the conversation up.
  const window = chat.open(id);
  await until(chat, () => window.view.problem);
  expect(chat.state.conversation(id)).toBeUndefined();
});

/** A group with a thread of two replies of Ann's, and Bob's client, who began it. */
async function thread(origin: Server) {
  const [ann, bob, cat] = await origin.three("ann", "bob", "cat");
  const { id } = await ann.openGroup("Ours", [bob, cat]);
  const { seq: root } = await bob.send(id, "a question");
  const aside = (by: typeof ann, content: string, more = {}) =>
    by.call("POST", `/v1/conversations/${id}/messages`, {
      ...{ kind: "text", body: { text: content }, thread: { root, also_in_main: false } },
      ...more,
    });
  return { ann, bob, cat, id, root, aside };
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

test("a mention in a thread that the user does not follow shows until they have read so far, or have hidden it", async () => {
  const { ann, bob, cat, id, root, aside } = await thread(server);
  const chat = await startChat(server.origin, cat);
  await until(chat, ({ isListed }) => isListed);
  const mentions = () => chat.state.conversation(id)?.mentions.length;
  const one = Message.parse(await aside(ann, "Cat?", { mentions: [cat.user.id] }));
  await until(chat, () => mentions() === 1);
  expect(chat.state.conversation(id)).toMatchObject({ mentions: [one.seq], threads_unread: 0 });
  await chat.api.call("put", "/v1/conversations/{id}/threads/{root}/follow", { path: { id, root } });
  const input = { path: { id, root }, body: { seq: one.seq } };
  await chat.api.call("put", "/v1/conversations/{id}/threads/{root}/read", input);
  await until(chat, () => mentions() === 0);
  const two = Message.parse(await aside(bob, "Cat!", { mentions: [cat.user.id] }));
  await until(chat, () => mentions() === 1 && chat.state.conversation(id)?.threads_unread === 1);
  await cat.call("DELETE", `/v1/conversations/${id}/messages/${two.seq}?for=me`);
  await until(chat, () => mentions() === 0);
});
