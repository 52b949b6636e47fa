import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { z } from "zod";
import type { InboxObject } from "../../../src/inbox/object.ts";

const Bump = z.object({ lastSeq: z.int() });

/** How a conversation tells an inbox. */
const TOLD: ReadonlySet<string> = new Set<keyof InboxObject>(["applyUpdate", "notify"]);

type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;

/** Looks at every query from now on. What a cursor has read and written it tells once it was drained. */
export function watchSql(sql: SqlStorage, look: (query: string, cursor: Cursor) => void): void {
  const exec = sql.exec.bind(sql);
  const value = (query: string, ...bindings: SqlStorageValue[]) => {
    const cursor = exec(query, ...bindings);
    look(query, cursor);
    return cursor;
  };
  Object.defineProperty(sql, "exec", { configurable: true, value });
}

/** What objects have asked each other, and what some of them have written, since counting began. */
export class Costs implements Disposable {
  /** calls to inboxes and to conversations, by the id of whose it is */
  readonly #calls = new Map<string, number>();
  /** how often each inbox was told */
  readonly bumps = new Map<string, number>();
  /** the newest message that each inbox was told of */
  readonly told = new Map<string, number>();
  readonly #cursors = new Map<string, Cursor[]>();

  readonly #absent: ReadonlySet<string>;

  /**
   * @param absent people without a device whose inboxes nobody asks: a snapshot or a notice for one of them is answered
   *   as by such an inbox, and counted, and no object is made. Five hundred of them take seconds.
   */
  constructor(absent: readonly { user: { id: number } }[] = []) {
    this.#absent = new Set(absent.map(({ user }) => String(user.id)));
    for (const namespace of [env.INBOX, env.CONVERSATION]) {
      const getByName = namespace.getByName.bind(namespace);
      const value = (name: string) => this.#counted(getByName(name), name);
      Object.defineProperty(namespace, "getByName", { configurable: true, value });
    }
  }

  [Symbol.dispose](): void {
    for (const namespace of [env.INBOX, env.CONVERSATION]) Reflect.deleteProperty(namespace, "getByName");
  }

  /** Counts the rows that an object writes from now on, as long as it is not evicted. */
  async watch(kind: string, stub: DurableObjectStub): Promise<void> {
    await runInDurableObject(stub, (_, { storage }) => {
      const cursors = this.#cursors.get(kind) ?? [];
      this.#cursors.set(kind, cursors);
      watchSql(storage.sql, (_, cursor) => cursors.push(cursor));
    });
  }

  /** Counts anew. */
  reset(): void {
    this.#calls.clear();
    this.bumps.clear();
    for (const cursors of this.#cursors.values()) cursors.length = 0;
  }

  /** The rows which the objects of a kind have written. */
  rows(kind: string): number {
    return (this.#cursors.get(kind) ?? []).reduce((sum, { rowsWritten }) => sum + rowsWritten, 0);
  }

  /** The calls to these users' inboxes and to these conversations. */
  callsTo(ids: number[]): number {
    return ids.reduce((sum, id) => sum + (this.#calls.get(String(id)) ?? 0), 0);
  }

  #counted(stub: object, name: string): object {
    return new Proxy(stub, {
      get: (target, property) => {
        const found: unknown = Reflect.get(target, property, target);
        if (typeof found !== "function" || property === "constructor") return found;
        return async (...args: unknown[]) => {
          const method = String(property);
          count(this.#calls, name);
          if (method === "applyUpdate") count(this.bumps, name);
          const answer: unknown =
            this.#absent.has(name) && TOLD.has(method)
              ? { ok: true, value: null }
              : await Reflect.apply(found, target, args);
          const { data } = Bump.safeParse(args[0]);
          if (method === "applyUpdate" && data) {
            this.told.set(name, Math.max(data.lastSeq, this.told.get(name) ?? 0));
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
