import { expect, onTestFinished, test, vi } from "vitest";
import type { Person } from "../../../../scripts/support/person.ts";
import type { Chat, ConversationWindow } from "../../src/index.ts";
import { shareSocket } from "../../src/tabs/index.ts";
import { startChat, text, until } from "../support/chats.ts";
import { Network } from "../support/network.ts";
import { Server } from "../support/server.ts";

const server = Server.shared();
let names = 0;

interface Tab {
  chat: Chat;
  window: ConversationWindow;
}

interface Scene {
  ann: Person;
  id: number;
  network: Network;
  /** another user of the conversation, whose connection has no faults */
  bob: Tab;
  /** opens a tab of Ann's browser at the conversation */
  tab(): Promise<Tab>;
}

async function scene(on = server): Promise<Scene> {
  const [ann, bob] = [await on.person("ann"), await on.person("bob")];
  const { id } = await ann.openDirect(bob);
  await bob.openDirect(ann);
  const network = await Network.to(on.origin);
  onTestFinished(() => network[Symbol.asyncDispose]());
  const name = `tabs${++names}`;
  const bobs = await startChat(on.origin, bob);
  await until(bobs, ({ connection }) => connection === "live");
  const tab = async () => {
    const chat = await startChat(network.origin, ann, { socket: shareSocket(name) });
    const window = chat.open(id);
    await until(chat, () => window.view.hasOlder === false && !window.view.isLoading);
    return { chat, window };
  };
  return { ann, id, network, bob: { chat: bobs, window: bobs.open(id) }, tab };
}

function texts({ window }: Tab): string[] {
  return window.view.messages.flatMap(({ body }) => ("text" in body ? [body.text] : []));
}

/** Waits until a tab shows exactly these texts, and nothing waits to be sent. */
function shows(tab: Tab, right: string[]): Promise<unknown> {
  return until(tab.chat, () => String(texts(tab)) === String(right) && tab.window.view.pending.length === 0);
}

test("tabs have one device socket, and each shows the messages of all once", async () => {
  const { network, bob, tab } = await scene();
  const tabs = [await tab(), await tab(), await tab()];
  expect(network.deviceSockets).toBe(1);
  const said = tabs.map((_, i) => `from tab ${i}`);
  for (const [i, { window }] of tabs.entries()) {
    window.send(text(`from tab ${i}`));
    await shows(bob, said.slice(0, i + 1));
  }
  bob.window.send(text("from Bob"));
  for (const one of tabs) await shows(one, [...said, "from Bob"]);
  expect(network.deviceSockets).toBe(1);
});

test("what another tab sends is no message of others, and nothing is told twice", async () => {
  const { id, bob, tab } = await scene();
  const tabs = [await tab(), await tab()];
  const told = tabs.map(({ chat }) => {
    const seen: string[] = [];
    chat.onMessage(({ body }) => "text" in body && seen.push(body.text));
    return seen;
  });
  for (let i = 0; i < 20; i++) {
    for (const { window } of [...tabs, bob]) window.send(text(`${i}`));
  }
  for (const { chat } of [...tabs, bob]) await chat.flush();
  const all = (
    await bob.chat.api.call("get", "/v1/conversations/{id}/messages", {
      path: { id },
      query: { limit: 100 },
    })
  ).items.flatMap(({ body }) => ("text" in body ? [body.text] : []));
  expect(all).toHaveLength(60);
  for (const one of [...tabs, bob]) await shows(one, all);
  const others = Array.from({ length: 20 }, (_, i) => `${i}`);
  expect(told).toEqual([others, others]);
});

test("a read in one tab is a read in all, with the count of the server", async () => {
  const { id, bob, tab } = await scene();
  const tabs = [await tab(), await tab()];
  for (const one of ["one", "two", "three"]) bob.window.send(text(one));
  const unread = ({ chat }: Tab, count: number) =>
    until(chat, (state) => state.conversation(id)?.unread_count === count);
  for (const one of tabs) {
    await shows(one, ["one", "two", "three"]);
    await unread(one, 3);
  }
  for (const [i, reader] of tabs.entries()) {
    reader.window.read(i + 1);
    for (const one of tabs) await unread(one, 2 - i);
    for (const { chat } of tabs) expect(chat.state.conversation(id)?.read_seq).toBe(i + 1);
  }
});

test("who types is shown in all tabs, and the user may type in each", async () => {
  const { ann, id, bob, tab } = await scene();
  const tabs = [await tab(), await tab()];
  bob.window.typing();
  for (const { chat } of tabs) await until(chat, (state) => state.conversation(id)?.typing.length === 1);
  tabs[1]?.window.typing();
  await until(bob.chat, (state) => state.conversation(id)?.typing.includes(ann.user.id));
});

test("a conversation on screen has a room socket of its tab; the others get it by the shared one", async () => {
  const { id, network, bob, tab } = await scene();
  const [first, second] = [await tab(), await tab()];
  const frames: string[] = [];
  first.chat.onFrame(({ type }) => frames.push(type));
  first.window.focus();
  await expect.poll(() => frames.filter((type) => type === "ready")).toHaveLength(1);
  expect(network.deviceSockets).toBe(1);
  bob.window.send(text("one"));
  first.window.send(text("two"));
  await bob.chat.flush();
  await first.chat.flush();
  for (const one of [first, second]) await expect.poll(() => texts(one)).toHaveLength(2);
  expect(frames.filter((type) => type.startsWith("message"))).toHaveLength(1);
  first.window.blur();
  second.window.focus();
  bob.window.send(text("three"));
  second.window.read();
  for (const one of [first, second]) await expect.poll(() => texts(one)).toHaveLength(3);
  expect(texts(first)).toEqual(texts(second));
  for (const { chat } of [first, second])
    await until(chat, (state) => state.conversation(id)?.last_seq === 3);
});

test("the end of the session signs out all tabs", async () => {
  const { tab } = await scene();
  const [first, second, third] = [await tab(), await tab(), await tab()];
  await second.chat.api.call("post", "/v1/logout");
  await second.chat.stop();
  for (const { chat } of [first, third]) await until(chat, ({ connection }) => connection === "signed_out");
  expect(second.chat.state.connection).not.toBe("live");
});

test("without Web Locks each tab has a socket of its own", async () => {
  vi.stubGlobal("navigator", {});
  onTestFinished(() => void vi.unstubAllGlobals());
  const { network, bob, tab } = await scene();
  const tabs = [await tab(), await tab()];
  expect(network.deviceSockets).toBe(2);
  for (const { window } of tabs) window.send(text("hi"));
  for (const one of [...tabs, bob]) await shows(one, ["hi", "hi"]);
});

/** Reacts to some messages, as Bob. */
async function react({ bob, id }: Scene, key: string, ...seqs: number[]): Promise<void> {
  const call = "/v1/conversations/{id}/messages/{seq}/reactions/{key}";
  for (const seq of seqs) await bob.chat.api.call("put", call, { path: { id, seq, key } });
}

/** What a tab shows of each message: its text, and its reactions. */
function shownIn({ window }: Tab): string[] {
  return window.view.messages.map(
    ({ seq, reactions = [] }) => `${seq} ${reactions.map(({ key, count }) => `${key}${count}`)}`,
  );
}

async function history({ bob, id }: Scene): Promise<string[]> {
  const call = "/v1/conversations/{id}/messages";
  const pages = [0, 100].map((after) =>
    bob.chat.api.call("get", call, { path: { id }, query: { after, limit: 100 } }),
  );
  return (await Promise.all(pages)).flatMap(({ items }) =>
    items.map(({ seq, reactions = [] }) => `${seq} ${reactions.map(({ key, count }) => `${key}${count}`)}`),
  );
}

test("a tab that comes back catches up by pages, and a tab that is live beside it misses nothing", async () => {
  const stage = await scene();
  const { bob, tab } = stage;
  const [live, away] = [await tab(), await tab()];
  for (let i = 0; i < 10; i++) bob.window.send(text(`${i}`));
  for (const one of [live, away]) await until(one.chat, () => texts(one).length === 10);
  await react(stage, "👍", 1, 2, 3);
  await until(away.chat, () => shownIn(away)[2] === "3 👍1");
  await away.chat.stop();
  for (let i = 10; i < 140; i++) bob.window.send(text(`${i}`));
  await bob.chat.flush();
  await react(stage, "🎉", 2, 5, 50, 130);
  await away.chat.start();
  // While pages come: messages, and changes of messages that they have.
  for (let i = 140; i < 150; i++) bob.window.send(text(`${i}`));
  await react(stage, "❤", 4, 60, 139);
  await bob.chat.flush();
  const right = await history(stage);
  expect(right).toHaveLength(150);
  for (const one of [live, away]) await expect.poll(() => shownIn(one)).toEqual(right);
});

test("a tab that has missed too many changes begins anew, and the others go on", async () => {
  const stage = await scene(Server.small());
  const { bob, tab } = stage;
  const [live, away] = [await tab(), await tab()];
  for (let i = 0; i < 10; i++) bob.window.send(text(`${i}`));
  for (const one of [live, away]) await until(one.chat, () => texts(one).length === 10);
  const frames: string[] = [];
  away.chat.onFrame(({ type }) => frames.push(type));
  await away.chat.stop();
  await react(stage, "👍", 1, 2, 3, 4, 5, 6, 7);
  await away.chat.start();
  await expect.poll(() => frames).toContain("reset");
  await react(stage, "🎉", 1, 8);
  const right = await history(stage);
  for (const one of [live, away]) await expect.poll(() => shownIn(one)).toEqual(right);
});

test("the messages of a crowded group come to all tabs", async () => {
  const crowded = Server.small();
  const [ann, bob] = [await crowded.person("ann"), await crowded.person("bob")];
  const { id } = await bob.openGroup("Ours", [ann]);
  const bobs = await startChat(crowded.origin, bob);
  const window = bobs.open(id);
  await until(bobs, () => !window.view.hasOlder);
  const frames: string[] = [];
  const tabs: Tab[] = [];
  for (let i = 0; i < 2; i++) {
    const chat = await startChat(crowded.origin, ann, { socket: shareSocket("crowded") });
    chat.onFrame(({ type }) => frames.push(type));
    tabs.push({ chat, window: chat.open(id) });
    await until(chat, () => tabs[i]?.window.view.hasOlder === false);
  }
  const right: string[] = [];
  for (let i = 0; i < 5; i++) {
    window.send(text(`Bob ${i}`));
    await bobs.flush();
    tabs[i % 2]?.window.send(text(`tab ${i}`));
    await tabs[i % 2]?.chat.flush();
    right.push(`Bob ${i}`, `tab ${i}`);
    for (const one of tabs) await until(one.chat, () => texts(one).join() === right.join());
  }
  expect(frames).toContain("activity");
});

test("tabs that were away show nothing of what the user has deleted meanwhile", async () => {
  const { ann, id, network, bob, tab } = await scene();
  const tabs = [await tab(), await tab()];
  for (const content of ["one", "two"]) bob.window.send(text(content));
  for (const one of tabs) await shows(one, ["one", "two"]);
  await network.down();
  for (const { chat } of tabs) await until(chat, ({ connection }) => connection !== "live");
  await ann.call("DELETE", `/v1/conversations/${id}`);
  bob.window.send(text("three"));
  await bob.chat.flush();
  await network.up();
  for (const one of tabs) {
    await shows(one, ["three"]);
    await until(one.chat, (state) => state.conversation(id)?.unread_count === 1);
  }
});
