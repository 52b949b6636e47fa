import "fake-indexeddb/auto";
import { expect, onTestFinished, test, vi } from "vitest";
import { openDatabase } from "../../src/cache/database.ts";
import { type Cache, openCache } from "../../src/cache/index.ts";
import { startChat, text, until } from "../support/chats.ts";
import { Server } from "../support/server.ts";
import { contents, rawDatabase } from "./raw.ts";

const server = Server.shared();

/** Two users talk through clients, one with a cache. */
async function talk(cache: Cache): Promise<void> {
  const [ann, , id] = await server.direct("ann", "bob");
  onTestFinished(() => cache.close());
  const chat = await startChat(server.origin, ann, { cache });
  const window = chat.open(id);
  window.send(text("Lunch?"));
  await until(chat, () => window.view.messages.length === 1 && window.view.pending.length === 0);
  await cache.flush();
}

test("without IndexedDB a client works, and its cache says that nothing is kept", async () => {
  vi.stubGlobal("indexedDB", undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  const cache = openCache("none");
  await talk(cache);
  expect(cache.isPersistent).toBe(false);
  await cache.clear();
});

test("a database that does not open is done without", async () => {
  const db = await rawDatabase("parley:blocked", 1);
  onTestFinished(() => db.close());
  // The deletion waits for the open connection, and each later opening waits for the deletion.
  indexedDB.deleteDatabase("parley:blocked");
  const cache = openCache("blocked");
  await talk(cache);
  expect(cache.isPersistent).toBe(false);
});

test("a client works while the storage is full, and its cache says so", async () => {
  const { put } = IDBObjectStore.prototype;
  const full = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (
    this: IDBObjectStore,
    ...args: Parameters<typeof put>
  ) {
    const request = put.apply(this, args);
    if (this.name === "timelines" || this.name === "outbox") this.transaction.abort();
    return request;
  });
  onTestFinished(() => full.mockRestore());
  const cache = openCache("full");
  await talk(cache);
  expect(cache.isPersistent).toBe(false);
  full.mockRestore();
  await cache.flush();
  expect(cache.isPersistent).toBe(true);
  expect(await contents("full", "timelines")).toMatchObject([{ messages: [{ body: { text: "Lunch?" } }] }]);
});

test("a newer schema keeps the outbox, and drops what the server can say once more", async () => {
  const cache = openCache("older");
  await talk(cache);
  await cache.close();
  const db = await rawDatabase("parley:older");
  const kept = { id: "x", owner: "y", place: 1, item: {} };
  const tx = db.transaction("outbox", "readwrite");
  tx.objectStore("outbox").put(kept);
  await new Promise((resolve) => tx.addEventListener("complete", resolve));
  db.close();
  (await openDatabase("parley:older", db.version + 1)).close();
  expect(await contents("older", "outbox")).toEqual([kept]);
  expect(await contents("older", "conversations")).toEqual([]);
  // An app that goes back to an older version of the client leaves it as it is.
  const old = openCache("older");
  await talk(old);
  expect(old.isPersistent).toBe(false);
  expect(await contents("older", "outbox")).toEqual([kept]);
});

test("a database of another shape is replaced", async () => {
  (await rawDatabase("parley:strange", 1, (db) => void db.createObjectStore("things"))).close();
  const cache = openCache("strange");
  await talk(cache);
  expect(cache.isPersistent).toBe(true);
  expect(await contents("strange", "conversations")).toHaveLength(1);
});
