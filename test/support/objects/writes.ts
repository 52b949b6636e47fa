import { runInDurableObject } from "cloudflare:test";

type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;
type Sql = Pick<SqlStorage, "exec">;
type Storage = Pick<DurableObjectStorage, "setAlarm">;

/** Hears of the writes of all objects. */
export interface WriteListener {
  /** @param sql the storage of one life of an object */
  query(cursor: Cursor, sql: unknown): void;
  /** @param storage the storage of one life of an object; @param at ms since 1970 */
  alarm(storage: unknown, at: number): void;
}

/**
 * Tells `listener` of each query and each alarm that any object sets: objects share the prototypes of their
 * storage.
 * @param stub any object, which is woken
 * @returns ends it
 */
export async function listenToWrites(stub: DurableObjectStub, listener: WriteListener): Promise<() => void> {
  const restore: (() => void)[] = [];
  const replace = (type: object, name: string, value: unknown) => {
    const before = Object.getOwnPropertyDescriptor(type, name);
    Object.defineProperty(type, name, { configurable: true, writable: true, value });
    restore.push(() => before && Object.defineProperty(type, name, before));
  };
  await runInDurableObject(stub, (_, { storage }) => {
    const sqlType: Sql = Object.getPrototypeOf(storage.sql);
    const { exec } = sqlType;
    replace(sqlType, "exec", function (this: unknown, ...args: unknown[]) {
      const cursor = Reflect.apply(exec, this, args);
      listener.query(cursor, this);
      return cursor;
    });
    const storageType: Storage = Object.getPrototypeOf(storage);
    const { setAlarm } = storageType;
    replace(storageType, "setAlarm", function (this: unknown, ...args: unknown[]) {
      listener.alarm(this, Number(args[0]));
      return Reflect.apply(setAlarm, this, args);
    });
  });
  return () => {
    for (const end of restore) end();
  };
}

/** Rows written, and how often an alarm was set. */
export interface Written {
  conversationRows: number;
  inboxRows: number;
  alarms: number;
}

/** Counts what all objects write, until it is disposed of or a conversation is evicted. */
export class Writes implements Disposable {
  readonly #conversation: unknown;
  readonly #cursors = { conversation: new Set<Cursor>(), inbox: new Set<Cursor>() };
  #alarms = 0;
  #end = () => {};

  private constructor(conversation: unknown) {
    this.#conversation = conversation;
  }

  /** @param conversation the object whose rows are the conversation's; all others count as inboxes */
  static async begin(conversation: DurableObjectStub): Promise<Writes> {
    let sql: unknown;
    await runInDurableObject(conversation, (_, { storage }) => {
      sql = storage.sql;
    });
    const writes = new Writes(sql);
    writes.#end = await listenToWrites(conversation, {
      query: (cursor, of) => {
        writes.#cursors[of === writes.#conversation ? "conversation" : "inbox"].add(cursor);
      },
      alarm: () => {
        writes.#alarms++;
      },
    });
    return writes;
  }

  [Symbol.dispose](): void {
    this.#end();
  }

  get written(): Written {
    const rows = (cursors: Set<Cursor>) =>
      [...cursors].reduce((sum, { rowsWritten }) => sum + rowsWritten, 0);
    const { conversation, inbox } = this.#cursors;
    return { conversationRows: rows(conversation), inboxRows: rows(inbox), alarms: this.#alarms };
  }
}
