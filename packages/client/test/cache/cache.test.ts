import "fake-indexeddb/auto";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Person } from "../../../../scripts/support/person.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { type Cache, openCache } from "../../src/cache/index.ts";
import { Chat, type ConversationWindow, type OutboxItem, type Uploader } from "../../src/index.ts";
import { Conversations } from "../../src/list/conversations.ts";
import { Outbox } from "../../src/outbox/outbox.ts";
import { Timeline } from "../../src/sync/timeline.ts";
import { uploader } from "../../src/uploads/index.ts";
import { startChat, text, until } from "../support/chats.ts";
import { HeldFrames } from "../support/held-frames.ts";
import { Server } from "../support/server.ts";
import { contents, rawDatabase } from "./raw.ts";

/** Nobody answers there. */
const NOWHERE = "http://127.0.0.1:9";

const server = Server.shared();
let names = 0;

function texts({ view }: ConversationWindow): string[] {
  return view.messages.flatMap(({ body }) => ("text" in body ? [body.text] : []));
}

/** A cache that ends with the test, and its name. */
function cacheOf(name = `test${++names}`): [Cache, string] {
  const cache = openCache(name);
  onTestFinished(() => cache.close());
  return [cache, name];
}

/** A client that shows the first messages of a conversation, with what its cache has after it has ended. */
async function talked(messages: string[]): Promise<{
  ann: Person;
  bob: Person;
  id: number;
  name: string;
  shown: Pick<Chat["state"], "conversations" | "me">;
}> {
  const [ann, bob, id] = await server.direct("ann", "bob");
  const [cache, name] = cacheOf();
  const chat = await startChat(server.origin, ann, { cache });
  const window = chat.open(id);
  for (const one of messages) window.send(text(one));
  await until(chat, () => {
    const { hasOlder, isLoading, pending } = window.view;
    if (hasOlder && !isLoading) void window.older();
    return texts(window).length === messages.length && pending.length === 0;
  });
  const { conversations, me } = chat.state;
  await chat.stop();
  await cache.close();
  return { ann, bob, id, name, shown: { conversations, me } };
}

/** The connection of a client to nowhere, with what the cache of a name has. */
async function offline(person: Person, name: string): Promise<[Chat, Cache]> {
  const [cache] = cacheOf(name);
  const uploads: Uploader = { outboxChanged: () => {} };
  return [await startChat(NOWHERE, person, { cache, uploads }), cache];
}

test("a start shows the list and the messages of the cache before the network answers, and then goes on", async () => {
  const { ann, bob, id, name, shown } = await talked(["one", "two", "three"]);
  const [chat, cache] = await offline(ann, name);
  expect(cache.isPersistent).toBe(true);
  expect(chat.state.me).toBe(shown.me);
  expect(chat.state.conversations).toEqual(shown.conversations);
  expect(chat.state.user(shown.me)?.username).toBe(ann.user.username);
  const window = chat.open(id);
  // Told of it: nothing else happens without a connection.
  await until(chat, () => window.view.messages.length === 3);
  expect(texts(window)).toEqual(["one", "two", "three"]);
  expect(window.view.hasOlder).toBe(false);
  await chat.stop();
  await cache.close();

  const bobs = await startChat(server.origin, bob);
  bobs.send(id, text("four"));
  await bobs.flush();
  const [again] = cacheOf(name);
  const live = await startChat(server.origin, ann, { cache: again });
  const shownAgain = live.open(id);
  await until(live, () => texts(shownAgain).length === 4);
  expect(texts(shownAgain)).toEqual(["one", "two", "three", "four"]);
  expect(live.state.conversation(id)?.unread_count).toBe(1);
});

test("a conversation that is opened before the cache is read shows what the cache has, also without a connection", async () => {
  const { ann, id, name } = await talked(["one", "two"]);
  const chat = new Chat({ url: NOWHERE, token: ann.token, cache: cacheOf(name)[0], pause: 50 });
  onTestFinished(() => chat.stop());
  const window = chat.open(id);
  await chat.start();
  await until(chat, () => window.view.messages.length === 2);
  expect(texts(window)).toEqual(["one", "two"]);
});

test("only the newest 200 messages of a conversation are kept, and older ones load behind them", async () => {
  const all = Array.from({ length: 230 }, (_, i) => `m${i}`);
  const { ann, id, name } = await talked(all);
  const [chat, cache] = await offline(ann, name);
  const window = chat.open(id);
  await until(chat, () => window.view.messages.length > 0);
  expect(texts(window)).toEqual(all.slice(30));
  expect(window.view.hasOlder).toBe(true);
  await chat.stop();
  await cache.close();
  const live = await startChat(server.origin, ann, { cache: cacheOf(name)[0] });
  const again = live.open(id);
  await until(live, () => !again.view.isLoading && live.state.connection === "live");
  await again.older();
  expect(texts(again)).toEqual(all);
});

test("of a gap is kept what lies among the messages that are kept", async () => {
  const { ann, id, name } = await talked(["one"]);
  const [chat, cache] = await offline(ann, name);
  const window = chat.open(id);
  const [message] = await until(chat, () => window.view.messages.length > 0 && window.view.messages);
  const entry = chat.state.conversation(id);
  await chat.stop();
  await cache.close();
  if (!message || !entry) throw new Error("nothing was kept");
  const restored = async () => {
    const list = new Conversations(() => {});
    const [another] = cacheOf(name);
    const options = { pause: 50, transmit: () => false, onChange: () => {} };
    await another.restore(list, new Outbox(options));
    const timeline = new Timeline(id, () => false);
    await another.restoreTimeline(timeline);
    return { timeline, another };
  };
  const { timeline, another } = await restored();
  const { main } = timeline;
  timeline.reset(600, 0);
  for (let seq = 2; seq <= 600; seq += 2) main.put({ ...message, seq });
  main.cover(0, Infinity);
  main.skip(10, 400);
  await eventually(async () => {
    main.version++;
    await another.flush();
    expect(await contents(name, "timelines")).toMatchObject([{ seq: 600 }]);
  });
  await another.close();
  expect((await restored()).timeline.main.gaps).toEqual([{ from: 202, to: 400 }]);
});

test("what waits to be sent is kept at once, with its file, and is sent once and in order after a reload", async () => {
  const { ann, id, name } = await talked(["before"]);
  const [chat, cache] = await offline(ann, name);
  for (const one of ["a", "b", "c"]) chat.send(id, text(one));
  const file = new Blob(["bytes"], { type: "text/plain" });
  chat.send(id, { kind: "file", body: { url: "", name: "a.txt", size: 5 } }, file);
  const discarded = chat.send(id, new Proxy(text("never"), {}));
  chat.discard(discarded);
  // No flush: the tab ends now.
  const kept = await eventually(async () => {
    const items = (await contents<{ item: OutboxItem }>(name, "outbox")).map(({ item }) => item);
    expect(items).toHaveLength(4);
    return items;
  });
  expect(await kept.find((one) => one.file)?.file?.text()).toBe("bytes");
  const pending = chat.state.outbox(id);
  await chat.stop();
  await cache.close();

  const live = await startChat(server.origin, ann, {
    cache: cacheOf(name)[0],
    uploads: uploader(async () => text("uploaded")),
  });
  expect(live.state.outbox(id).map((one) => one.client_msg_id)).toEqual(
    pending.map((one) => one.client_msg_id),
  );
  const window = live.open(id);
  await until(live, () => texts(window).length === 5 && window.view.pending.length === 0);
  expect(texts(window)).toEqual(["before", "a", "b", "c", "uploaded"]);
  await expect.poll(() => contents(name, "outbox")).toEqual([]);
});

test("a save that breaks in its midst leaves the cache as it was, and the next one makes up for it", async () => {
  const { ann, bob, id, name, shown } = await talked(["one"]);
  const [cache] = cacheOf(name);
  const chat = await startChat(server.origin, ann, { cache });
  const window = chat.open(id);
  const before = await contents<{ seq: number }>(name, "timelines");
  const { put } = IDBObjectStore.prototype;
  const breaking = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (
    this: IDBObjectStore,
    ...args: Parameters<typeof put>
  ) {
    const request = put.apply(this, args);
    if (this.name === "timelines") this.transaction.abort();
    return request;
  });
  onTestFinished(() => breaking.mockRestore());
  const bobs = await startChat(server.origin, bob);
  bobs.send(id, text("two"));
  await until(chat, () => texts(window).length === 2);
  await cache.flush();
  expect(cache.isPersistent).toBe(false);
  expect(await contents(name, "timelines")).toEqual(before);
  const list = await contents<{ entry: object }>(name, "conversations");
  expect(list.map(({ entry }) => entry)).toEqual(shown.conversations);
  breaking.mockRestore();
  await cache.flush();
  expect(cache.isPersistent).toBe(true);
  expect(await contents(name, "timelines")).toMatchObject([{ seq: 2, messages: [{ seq: 1 }, { seq: 2 }] }]);
  expect(await contents(name, "conversations")).toMatchObject([{ entry: { last_seq: 2 } }]);
});

test("of more than 500 conversations the messages of those used last are kept", async () => {
  const { ann, id, name } = await talked(["one"]);
  const db = await rawDatabase(`parley:${name}`);
  const tx = db.transaction("timelines", "readwrite");
  for (let i = 1; i <= 500; i++)
    tx.objectStore("timelines").put({ id: 1e6 + i, seq: 0, rev: 0, hidden: [], messages: [], used: i });
  await new Promise((resolve) => tx.addEventListener("complete", resolve));
  db.close();
  const [cache] = cacheOf(name);
  const chat = await startChat(server.origin, ann, { cache });
  const window = chat.open(id);
  window.send(text("two"));
  await until(chat, () => texts(window).length === 2);
  await cache.flush();
  const kept = (await contents<{ id: number }>(name, "timelines")).map((one) => one.id);
  expect(kept).toHaveLength(500);
  expect(kept).toContain(id);
  expect(kept).not.toContain(1e6 + 1);
  expect(kept).toContain(1e6 + 2);
});

test("a conversation that the user has left leaves nothing in the cache", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const bobs = await startChat(server.origin, bob);
  const { id } = await bob.openGroup("Ours", [ann]);
  const [cache, name] = cacheOf();
  const chat = await startChat(server.origin, ann, { cache });
  await until(chat, ({ conversations }) => conversations.length === 1);
  const window = chat.open(id);
  bobs.send(id, text("secret"));
  await until(chat, () => texts(window).includes("secret"));
  await cache.flush();
  expect(JSON.stringify(await contents(name, "timelines"))).toContain("secret");
  await bobs.api.call("delete", "/v1/conversations/{id}/members/{user_id}", {
    path: { id, user_id: ann.user.id },
  });
  await until(chat, ({ conversations }) => conversations.length === 0);
  await cache.flush();
  expect(await contents(name, "timelines")).toEqual([]);
  expect(await contents(name, "conversations")).toEqual([]);
});

test("unread mentions are there before the network answers, and go once they were read elsewhere", async () => {
  const [bob, ann, id] = await server.group("Ours", "bob", "ann");
  const bobs = await startChat(server.origin, bob);
  bobs.send(id, { ...text("Ann?"), mentions: [ann.user.id] });
  bobs.send(id, { ...text("All?"), mentions: "all" });
  await bobs.flush();
  const [cache, name] = cacheOf();
  const chat = await startChat(server.origin, ann, { cache });
  const mentions = await until(chat, (state) => {
    const shown = state.conversation(id)?.mentions;
    return shown?.length === 2 && shown;
  });
  await chat.stop();
  await cache.close();
  const [cached, again] = await offline(ann, name);
  expect(cached.state.conversation(id)?.mentions).toEqual(mentions);
  await cached.stop();
  await again.close();
  await ann.read(id, mentions[1] ?? 0);
  const live = await startChat(server.origin, ann, { cache: cacheOf(name)[0] });
  expect(live.state.conversation(id)?.mentions).toEqual(mentions);
  await until(live, (state) => state.conversation(id)?.mentions.length === 0);
});

test("a logout leaves nothing", async () => {
  const { ann, id, name } = await talked(["one"]);
  const [cache] = cacheOf(name);
  const chat = await startChat(server.origin, ann, { cache });
  chat.open(id).send(text("two"));
  await chat.api.call("post", "/v1/logout");
  await chat.stop();
  await cache.clear();
  expect((await indexedDB.databases()).map((one) => one.name)).not.toContain(`parley:${name}`);
  const [again] = await offline(ann, name);
  expect(again.state).toMatchObject({ conversations: [], me: 0 });
  expect(again.state.outbox(id)).toEqual([]);
});

test("of two tabs one writes, and each has its own outbox; what a closed tab has left goes to the next", async () => {
  const { ann, id, name } = await talked(["one"]);
  const [first, firstCache] = await offline(ann, name);
  first.send(id, text("of the first"));
  await firstCache.flush();
  const [second, secondCache] = await offline(ann, name);
  expect(second.state.conversations).toHaveLength(1);
  expect(second.state.outbox(id)).toEqual([]);
  second.send(id, text("of the second"));
  await secondCache.flush();
  await first.stop();
  await firstCache.close();
  await second.stop();
  await secondCache.close();
  const [third] = await offline(ann, name);
  const left = third.state.outbox(id).map(({ message }) => message);
  // Two tabs may send in one millisecond: between tabs there is no order.
  expect(left).toHaveLength(2);
  expect(left).toEqual(expect.arrayContaining([text("of the first"), text("of the second")]));
});

test("a start shows a send that was stored before what the cache had shown last, and had no ack", async () => {
  onTestFinished(() => void vi.unstubAllGlobals());
  const [ann, bob, id] = await server.direct("ann", "bob");
  const other = await startChat(server.origin, bob);
  const [cache, name] = cacheOf();
  const frames = new HeldFrames();
  frames.hold("ack", "acks");
  const chat = await startChat(server.origin, ann, { cache });
  const window = chat.open(id);
  await until(chat, () => !window.view.hasOlder && !window.view.isLoading);
  window.send(text("one"));
  await until(other, (state) => state.conversation(id)?.last_seq === 1);
  other.send(id, text("two"));
  await until(chat, () => texts(window).length === 1);
  await chat.stop();
  await cache.close();

  frames.pass();
  const next = await startChat(server.origin, ann, { cache: cacheOf(name)[0] });
  await next.flush();
  const again = next.open(id);
  await until(next, () => again.view.messages.length > 0 && !again.view.isLoading);
  expect(texts(again)).toEqual(["one", "two"]);
});

test("a send that another tab has shown, and that has no ack, is shown once", async () => {
  onTestFinished(() => void vi.unstubAllGlobals());
  const [ann, , id] = await server.direct("ann", "bob");
  const [first, name] = cacheOf();
  const writing = await startChat(server.origin, ann, { cache: first });
  const shown = writing.open(id);
  await until(writing, () => !shown.view.hasOlder && !shown.view.isLoading);
  new HeldFrames().hold("ack", "acks");
  const chat = await startChat(server.origin, ann, { cache: cacheOf(name)[0] });
  chat.send(id, text("one"));
  await until(writing, () => texts(shown).length === 1);
  await first.flush();

  const window = chat.open(id);
  await until(chat, () => texts(window).length === 1);
  expect(window.view.pending).toEqual([]);
});
