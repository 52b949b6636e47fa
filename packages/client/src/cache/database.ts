import {
  type DBSchema,
  deleteDB,
  type IDBPDatabase,
  type IDBPTransaction,
  openDB,
  type StoreNames,
} from "idb";
import type { OutboxItem } from "../outbox/item.ts";
import type { Run } from "../sync/stream.ts";
import type { ConversationEntry, Message, Profile } from "../types.ts";

/** The version of the schema. Raise it with each change of what follows. */
const VERSION = 1;
/** A database that does not open within this time is done without, in ms. */
const OPEN_TIME = 3_000;

/** A conversation of the list, and how far the user has read it on this device. */
interface EntryRecord {
  id: number;
  entry: ConversationEntry;
  readTo: number;
}

/** The newest messages of a conversation, with the position that they stand for. */
export interface TimelineRecord {
  id: number;
  seq: number;
  rev: number;
  hidden: number[];
  messages: Message[];
  /** every message from here to `seq` is there; undefined: none was loaded */
  from: number | undefined;
  /** where messages were left out; absent: nowhere */
  gaps?: Run[];
  /** when it was written, in ms since 1970 */
  used: number;
}

/** An item of the outbox. */
export interface OutboxRecord {
  id: string;
  /** the tab that sends it */
  owner: string;
  /** goes up in the order of the items of a tab */
  place: number;
  /** its place in its conversation is behind this `seq`; absent: nobody knows */
  after?: number | undefined;
  item: OutboxItem;
}

interface Schema extends DBSchema {
  me: { key: number; value: number };
  conversations: { key: number; value: EntryRecord };
  users: { key: number; value: Profile };
  timelines: { key: number; value: TimelineRecord; indexes: { used: number } };
  outbox: { key: string; value: OutboxRecord };
}

export type Database = IDBPDatabase<Schema>;

/** A transaction that writes. */
export type Writing = IDBPTransaction<Schema, StoreNames<Schema>[], "readwrite">;

/** Every store. */
export const STORES: StoreNames<Schema>[] = ["me", "conversations", "users", "timelines", "outbox"];

/**
 * Opens a database, with the schema of today: an older one loses what the server can say once more, and keeps
 * the outbox.
 * @throws an Error: there is no IndexedDB, it has a newer schema, or another tab keeps it from opening
 */
export async function openDatabase(name: string, version = VERSION): Promise<Database> {
  for (;;) {
    const database = await inTime(
      openDB<Schema>(name, version, {
        upgrade(upgraded) {
          for (const store of upgraded.objectStoreNames)
            if (store !== "outbox") upgraded.deleteObjectStore(store);
          upgraded.createObjectStore("me");
          upgraded.createObjectStore("timelines", { keyPath: "id" }).createIndex("used", "used");
          for (const store of ["conversations", "users", "outbox"] as const)
            if (!upgraded.objectStoreNames.contains(store))
              upgraded.createObjectStore(store, { keyPath: "id" });
        },
        // Another tab has a newer schema, or logs out.
        blocking: (_current, _blocked, { target }) => (target as IDBDatabase).close(),
      }),
      (late) => late.close(),
    );
    if (STORES.every((store) => database.objectStoreNames.contains(store))) return database;
    // A database of another program has the same name.
    database.close();
    await removeDatabase(name);
  }
}

/** Removes a database. @throws an Error if another tab keeps it */
export async function removeDatabase(name: string): Promise<void> {
  await inTime(deleteDB(name), () => {});
}

/** Some browsers never answer, and never refuse either. */
function inTime<T>(opening: Promise<T>, onLate: (late: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error("no answer"));
      opening.then(onLate, () => {});
    }, OPEN_TIME);
    opening.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
