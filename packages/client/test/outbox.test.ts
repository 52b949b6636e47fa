import { expect, onTestFinished, test, vi } from "vitest";
import type { OutboxItem } from "../src/index.ts";
import { uploader } from "../src/uploads/index.ts";
import { startChat, text, until } from "./support/chats.ts";
import { Network } from "./support/network.ts";
import { Server } from "./support/server.ts";

const server = Server.shared();

async function twoInAConversation() {
  const [ann, bob, id] = await server.direct("ann", "bob");
  await ann.send(id, "Hello");
  return { ann, bob, id };
}

const states = (items: readonly OutboxItem[]) => items.map(({ state, code }) => code ?? state);

test("a refused message fails with its code, those behind it are sent, and a retry sends it last", async () => {
  const { ann, bob, id } = await twoInAConversation();
  const chat = await startChat(server.origin, ann);
  const window = chat.open(id);
  await until(chat, ({ connection }) => connection === "live");
  const bad = window.send({ ...text("refused"), quote_seq: 999 });
  window.send(text("sent"));
  await until(chat, () => states(window.view.pending).join() === "not_found");
  await until(chat, () => window.view.messages.length === 2);
  expect((await bob.history(id)).map(({ body }) => body)).toEqual([{ text: "Hello" }, { text: "sent" }]);
  chat.retry(bad);
  await until(chat, (state) => states(state.outbox(id)).join() === "not_found");
  expect(chat.discard(bad)).toBe(true);
  expect(window.view.pending).toEqual([]);
  await chat.flush();
});

test("a message that failed is refused once a moderator has refused it", async () => {
  const { ann, id } = await twoInAConversation();
  const chat = await startChat(server.origin, ann);
  await until(chat, ({ connection }) => connection === "live");
  const client_msg_id = chat.send(id, { ...text("fails"), quote_seq: 999 });
  await until(chat, (state) => states(state.outbox(id)).join() === "not_found");
  const about = { type: "held", conversation_id: id, client_msg_id } as const;
  chat.take({ ...about, state: "accepted" });
  expect(states(chat.state.outbox(id))).toEqual(["not_found"]);
  chat.take({ ...about, state: "refused" });
  expect(states(chat.state.outbox(id))).toEqual(["refused"]);
});

test("messages of the time without a connection are queued, and sent in order once it is back", async () => {
  const { ann, bob, id } = await twoInAConversation();
  await using network = await Network.to(server.origin);
  const chat = await startChat(network.origin, ann);
  const window = chat.open(id);
  await until(chat, () => window.view.messages.length === 1);
  await network.down();
  await until(chat, ({ connection }) => connection === "connecting");
  const sent = Array.from({ length: 150 }, (_, i) => `text ${i}`);
  for (const one of sent) window.send(text(one));
  const dropped = window.send(text("never mind"));
  expect(new Set(states(window.view.pending))).toEqual(new Set(["queued"]));
  expect(chat.discard(dropped)).toBe(true);
  await network.up();
  await chat.flush();
  await until(chat, () => window.view.messages.length === 151 && window.view.pending.length === 0);
  expect((await bob.history(id)).map(({ body }) => body).slice(1)).toEqual(
    sent.map((one) => ({ text: one })),
  );
});

test("a message whose mentions are found out later waits for them, and keeps back those behind it", async () => {
  const { ann, bob, id } = await twoInAConversation();
  const { promise: mentions, resolve } = Promise.withResolvers<number[]>();
  const uploads = uploader(async (_, { message }) => ({ ...message, mentions: await mentions }));
  const chat = await startChat(server.origin, ann, { uploads });
  await until(chat, ({ connection }) => connection === "live");
  chat.send(id, { ...text("@bob"), mentions: "later" });
  chat.send(id, text("behind it"));
  expect(states(chat.state.outbox(id))).toEqual(["queued", "queued"]);
  resolve([bob.user.id]);
  await chat.flush();
  const { items } = Object(await ann.call("GET", `/v1/conversations/${id}/messages`));
  expect(items.slice(1)).toMatchObject([
    { body: { text: "@bob" }, mentions: [bob.user.id] },
    { body: { text: "behind it" }, mentions: [] },
  ]);
});

// A send that the client takes for unanswered would keep back the next one for 40 s.
test("a message goes at once when those before it were acknowledged", { timeout: 30_000 }, async () => {
  const { ann, id } = await twoInAConversation();
  const chat = await startChat(server.origin, ann);
  for (const content of ["without a window", "once more"]) {
    chat.send(id, text(content));
    await chat.flush();
  }
  const window = chat.open(id);
  for (const content of ["in a window", "once more"]) {
    window.send(text(content));
    await chat.flush();
  }
  expect((await ann.history(id)).length).toBe(5);
});

test("a message that is too large for a frame fails, and the connection stays", async () => {
  const { ann, id } = await twoInAConversation();
  const chat = await startChat(server.origin, ann);
  const window = chat.open(id);
  window.send(text("x".repeat(70_000)));
  window.send(text("small"));
  await until(chat, () => window.view.messages.length === 2);
  expect(states(window.view.pending)).toEqual(["too_large"]);
});

test("messages that acks leave out are shown, also if they cannot be loaded at first", async () => {
  const { ann, id } = await twoInAConversation();
  const { fetch } = globalThis;
  const failed: string[] = [];
  const isLeftOut = /\/messages\/\d+$/;
  vi.stubGlobal("fetch", async (...call: Parameters<typeof fetch>) => {
    const address = String(call[0]);
    // As often as the client makes a call.
    if (!isLeftOut.test(address) || failed.filter((one) => one === address).length === 4)
      return fetch(...call);
    failed.push(address);
    throw new TypeError("no network");
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const chat = await startChat(server.origin, ann, { pause: 10 });
  const window = chat.open(id);
  await until(chat, () => window.view.messages.length === 1);
  for (let i = 0; i < 100; i++) window.send(text(`${i} ${"x".repeat(600)}`));
  await until(chat, () => window.view.messages.length === 101 && window.view.pending.length === 0);
  expect(failed.length).toBeGreaterThan(0);
});

test("the id of a message begins with the time, so that ids rise", async () => {
  const { ann, id } = await twoInAConversation();
  const chat = await startChat(server.origin, ann);
  const before = Date.now();
  const time = Number(chat.send(id, text("Hello again")).slice(0, String(before).length));
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(Date.now());
  await chat.flush();
});
