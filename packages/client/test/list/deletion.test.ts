import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import type { Person } from "../../../../scripts/support/person.ts";
import { Drafts } from "../../src/drafts/index.ts";
import type { Chat, ConversationWindow } from "../../src/index.ts";
import { startChat, until } from "../support/chats.ts";
import { HeldFrames } from "../support/held-frames.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { Server } from "../support/server.ts";

const server = Server.shared();

afterEach(() => vi.unstubAllGlobals());

/** Two people with a direct conversation of two messages. */
async function talk() {
  const [ann, bob, id] = await server.direct("ann", "bob");
  for (const content of ["one", "two"]) await ann.send(id, content);
  return { ann, bob, id };
}

function deleteForSelf(person: Person, id: number): Promise<unknown> {
  return person.call("DELETE", `/v1/conversations/${id}`);
}

function texts({ view }: ConversationWindow): string[] {
  return view.messages.map(({ body }) => ("text" in body ? body.text : ""));
}

/** Waits until a window shows these texts, and knows that nothing is before them. */
async function shows(chat: Chat, window: ConversationWindow, ...expected: string[]): Promise<void> {
  await until(chat, () => String(texts(window)) === String(expected) && !window.view.isLoading);
  await window.older();
  expect(texts(window)).toEqual(expected);
  expect(window.view.hasOlder).toBe(false);
}

test("a direct conversation that the user deletes goes on all devices, and comes back with new messages alone", async () => {
  const { ann, bob, id } = await talk();
  const [chat, other] = [await startChat(server.origin, bob), await startChat(server.origin, bob)];
  const [window, open] = [chat.open(id), other.open(id)];
  await shows(chat, window, "one", "two");
  await shows(other, open, "one", "two");
  window.close();
  await deleteForSelf(bob, id);
  for (const one of [chat, other]) await until(one, (state) => !state.conversation(id));
  await ann.send(id, "three");
  for (const one of [chat, other]) await until(one, (state) => state.conversation(id)?.last_message);
  expect(chat.state.conversation(id)).toMatchObject({ unread_count: 1, last_seq: 3 });
  await shows(chat, chat.open(id), "three");
  await shows(other, open, "three");
});

test("a device that was away shows nothing of what was deleted meanwhile", async () => {
  const { ann, bob, id } = await talk();
  const chat = await startChat(server.origin, bob);
  const window = chat.open(id);
  await shows(chat, window, "one", "two");
  await chat.stop();
  await deleteForSelf(bob, id);
  await ann.send(id, "three");
  await chat.start();
  await shows(chat, window, "three");
});

test("an archived conversation that was deleted while a device was away leaves its list", async () => {
  const { ann, bob, id } = await talk();
  const other = await bob.openGroup("Ours", [ann]);
  const chat = await startChat(server.origin, bob);
  for (const one of [id, other.id]) {
    await until(chat, (state) => state.conversation(one));
    await bob.call("PUT", `/v1/conversations/${one}/preferences`, { archived: true });
    await until(chat, (state) => state.conversation(one)?.archived);
  }
  await chat.stop();
  await deleteForSelf(bob, id);
  await chat.start();
  await until(chat, (state) => !state.conversation(id));
  expect(chat.state.conversation(other.id)).toMatchObject({ archived: true });
});

test("what was being written in a conversation goes with it, on every device", async () => {
  const { bob, id } = await talk();
  const chats = [await startChat(server.origin, bob), await startChat(server.origin, bob)];
  const storages = chats.map(() => new MemoryStorage());
  const [here, there] = chats.map((chat, i) => {
    const drafts = new Drafts(chat, { name: `bob${i}`, storage: storages[i], pause: 1_000_000 });
    onTestFinished(() => drafts.close());
    return drafts;
  });
  for (const chat of chats) await until(chat, (state) => state.conversation(id));
  here?.write(id, { text: "saved" });
  await here?.flush();
  // Not told to the server yet.
  there?.write(id, { text: "a secret" });
  await deleteForSelf(bob, id);
  for (const chat of chats) await until(chat, (state) => !state.conversation(id));
  await expect.poll(() => [here?.get(id), there?.get(id)]).toEqual([undefined, undefined]);
  expect(storages.map(({ items }) => [...items.values()]).join()).not.toMatch(/saved|secret/);
  await there?.flush();
  expect(await bob.call("GET", `/v1/conversations/${id}`)).toMatchObject({ deleted: true });
});

test.each(["away", "connected"])(
  "a device that is %s while its user is removed and added again shows nothing from before",
  async (where) => {
    const [ann, bob, id] = await server.group("group", "ann", "bob");
    for (const content of ["one", "two"]) await ann.send(id, content);
    const chat = await startChat(server.origin, bob);
    const window = chat.open(id);
    await shows(chat, window, "one", "two");
    if (where === "away") await chat.stop();
    await ann.call("DELETE", `/v1/conversations/${id}/members/${bob.user.id}`);
    if (where === "connected") await until(chat, (state) => !state.conversation(id));
    await ann.send(id, "three");
    await ann.call("POST", `/v1/conversations/${id}/members`, { user_ids: [bob.user.id] });
    await ann.send(id, "four");
    if (where === "away") await chat.start();
    await until(chat, () => texts(window).includes("four"));
    await shows(chat, window, "", "four");
  },
);

test("a deletion that is told after a later message leaves the conversation in the list", async () => {
  const { ann, bob, id } = await talk();
  const frames = new HeldFrames();
  const chat = await startChat(server.origin, bob);
  await until(chat, (state) => state.conversation(id));
  frames.hold("deleted");
  await deleteForSelf(bob, id);
  await expect.poll(() => frames.count).toBe(1);
  await ann.send(id, "three");
  await until(chat, (state) => state.conversation(id)?.last_seq === 3);
  frames.pass();
  expect(chat.state.conversation(id)).toBeUndefined();
  await until(chat, (state) => state.conversation(id)?.last_seq === 3);
});

test("a list that was answered before a deletion does not undo it, and one before a message does not end the conversation", async () => {
  const { ann, bob, id } = await talk();
  const chat = await startChat(server.origin, bob);
  await until(chat, (state) => state.conversation(id));
  const lists: PromiseWithResolvers<void>[] = [];
  // The client asks for mentions once it has taken a list.
  let taken = 0;
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", async (...call: Parameters<typeof fetch>) => {
    if (String(call[0]).includes("/v1/mentions")) taken++;
    const answer = await fetch(...call);
    if (!/\/v1\/conversations(\?|$)/.test(String(call[0]))) return answer;
    const held = Promise.withResolvers<void>();
    lists.push(held);
    await held.promise;
    return answer;
  });
  chat.refresh();
  await expect.poll(() => lists.length).toBe(1);
  await deleteForSelf(bob, id);
  await until(chat, (state) => !state.conversation(id));
  lists[0]?.resolve();
  await expect.poll(() => taken).toBe(1);
  expect(chat.state.conversation(id)).toBeUndefined();

  chat.refresh();
  await expect.poll(() => lists.length).toBe(2);
  await ann.send(id, "three");
  await until(chat, (state) => state.conversation(id));
  lists[1]?.resolve();
  await expect.poll(() => taken).toBe(2);
  expect(chat.state.conversation(id)).toMatchObject({ last_seq: 3, unread_count: 1 });
});

test("a deleted conversation that is on screen elsewhere shows nothing at once, and stays out of the list", async () => {
  const { ann, bob, id } = await talk();
  const chat = await startChat(server.origin, bob);
  const frames: string[] = [];
  chat.onFrame(({ type }) => frames.push(type));
  const window = chat.open(id);
  window.focus();
  await shows(chat, window, "one", "two");
  await expect.poll(() => frames.filter((type) => type === "ready")).toHaveLength(2);
  let asked = 0;
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", async (...call: Parameters<typeof fetch>) => {
    const answer = await fetch(...call);
    if (String(call[0]).endsWith(`/v1/conversations/${id}`)) asked++;
    return answer;
  });
  await deleteForSelf(bob, id);
  await expect.poll(() => asked).toBeGreaterThan(0);
  await shows(chat, window);
  expect(chat.state.conversation(id)).toBeUndefined();
  await ann.send(id, "three");
  await shows(chat, window, "three");
  await until(chat, (state) => state.conversation(id)?.unread_count === 1);
});

test("a client that keeps a conversation is told of each message after a deletion", async () => {
  const { ann, bob, id } = await talk();
  const chat = await startChat(server.origin, bob, { keeps: () => 0 });
  const told: string[] = [];
  chat.onMessage(({ body }) => "text" in body && told.push(body.text));
  await expect.poll(() => told).toEqual(["one", "two"]);
  await deleteForSelf(bob, id);
  for (const content of ["three", "four"]) await ann.send(id, content);
  await expect.poll(() => told).toEqual(["one", "two", "three", "four"]);
});
