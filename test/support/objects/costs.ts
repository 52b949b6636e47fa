import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { z } from "zod";
import type { INBOX_CALLS } from "../../../src/inbox/calls.ts";
import { withoutCallChannels } from "../timing.ts";

const Update = z.object({ lastSeq: z.int() });

/** The calls by which a conversation delivers to an inbox. */
const DELIVERIES: ReadonlySet<string> = new Set<keyof typeof INBOX_CALLS>(["applyUpdate", "notify"]);

/** The objects whose calls are counted. */
const COUNTED = [env.INBOX, env.CONVERSATION, env.RELAY];

type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;

/** Passes every later query to `look`. A cursor counts its rows once it is drained. */
export function watchSql(sql: SqlStorage, look: (query: string, cursor: Cursor) => void): void {
  const exec = sql.exec.bind(sql);
  const value = (query: string, ...bindings: SqlStorageValue[]) => {
    const cursor = exec(query, ...bindings);
    look(query, cursor);
    return cursor;
  };
  Object.defineProperty(sql, "exec", { configurable: true, value });
}

/** Counts the calls between objects, and the rows that watched objects write. */
export class Costs implements Disposable {
  /** calls to inboxes and conversations, by id */
  readonly #calls = new Map<string, number>();
  /** calls by the name of the method */
  readonly #methods = new Map<string, number>();
  /** the number of inbox updates, by user id */
  readonly inboxUpdates = new Map<string, number>();
  /** the newest seq in the inbox updates, by user id */
  readonly newestSeq = new Map<string, number>();
  readonly #cursors = new Map<string, Cursor[]>();

  readonly #absent: ReadonlySet<string>;
  readonly #withoutChannels: Disposable | undefined;
  /** what the platform bills as requests: calls that go over no channel, and openings of channels */
  requests = 0;

  /**
   * @param absent users without a device, whose inboxes no test reads. Deliveries to them are counted and
   *   answered here, and their objects are never made: 500 of them would take seconds.
   * @param options `channels`: calls may go over channels. Those that are open already are not counted.
   */
  constructor(absent: readonly { user: { id: number } }[] = [], { channels = false } = {}) {
    this.#withoutChannels = channels ? undefined : withoutCallChannels();
    this.#absent = new Set(absent.map(({ user }) => String(user.id)));
    for (const namespace of COUNTED) {
      const getByName = namespace.getByName.bind(namespace);
      const value = (name: string) => this.#counted(getByName(name), name);
      Object.defineProperty(namespace, "getByName", { configurable: true, value });
    }
  }

  [Symbol.dispose](): void {
    for (const namespace of COUNTED) Reflect.deleteProperty(namespace, "getByName");
    this.#withoutChannels?.[Symbol.dispose]();
  }

  /**
   * Counts the rows that an object writes from now on, until it is evicted.
   * @param kind a label for `rows`
   */
  async watch(kind: string, stub: DurableObjectStub): Promise<void> {
    await runInDurableObject(stub, (_, { storage }) => {
      const cursors = this.#cursors.get(kind) ?? [];
      this.#cursors.set(kind, cursors);
      watchSql(storage.sql, (_, cursor) => cursors.push(cursor));
    });
  }

  /** Resets the counts. */
  reset(): void {
    this.#calls.clear();
    this.#methods.clear();
    this.requests = 0;
    this.inboxUpdates.clear();
    for (const cursors of this.#cursors.values()) cursors.length = 0;
  }

  /** The rows that the watched objects of this label have written. */
  rows(kind: string): number {
    return (this.#cursors.get(kind) ?? []).reduce((sum, { rowsWritten }) => sum + rowsWritten, 0);
  }

  /** The calls to these inboxes and conversations. */
  callsTo(ids: number[]): number {
    return ids.reduce((sum, id) => sum + (this.#calls.get(String(id)) ?? 0), 0);
  }

  /** The number of calls by the name of the method. */
  get byMethod(): ReadonlyMap<string, number> {
    return this.#methods;
  }

  /** @param callee the stub of an object, or the end of a channel to it */
  #counted(callee: object, name: string, isChannel = false): object {
    return new Proxy(callee, {
      get: (target, property) => {
        const found: unknown = Reflect.get(target, property, target);
        if (typeof found !== "function" || property === "constructor") return found;
        if (property === Symbol.dispose) return () => Reflect.apply(found, target, []);
        return async (...args: unknown[]) => {
          if (!isChannel) this.requests++;
          if (property === "openCalls")
            return this.#counted(await Reflect.apply(found, target, args), name, true);
          const method = String(property);
          count(this.#calls, name);
          count(this.#methods, method);
          if (method === "applyUpdate") count(this.inboxUpdates, name);
          const answer: unknown =
            this.#absent.has(name) && DELIVERIES.has(method)
              ? { ok: true, value: null }
              : await Reflect.apply(found, target, args);
          const { data } = Update.safeParse(args[0]);
          if (method === "applyUpdate" && data) {
            this.newestSeq.set(name, Math.max(data.lastSeq, this.newestSeq.get(name) ?? 0));
          }
          return answer;
        };
      },
    });
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
