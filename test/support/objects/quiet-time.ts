import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { advanceClock } from "../clock.ts";
import { listenToWrites, type WriteListener } from "./writes.ts";

/** What objects cost while they sleep most of the time. */
export interface Bill {
  /** starts of an object, by its alarm or by a call */
  wakeUps: number;
  alarms: number;
  /** calls from one object to another */
  calls: number;
  /** rows written, and each setting of an alarm as one */
  rows: number;
}

type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;

/** An object, asleep: its next alarm in ms since 1970, or null. */
interface Sleeper {
  stub: DurableObjectStub;
  alarmAt: number | null;
}

/**
 * Objects that hibernate as soon as they have nothing to do, and wake for an alarm or a call. The time
 * between is skipped. Until it is disposed of, calls between objects and writes of all objects are counted.
 */
export class QuietTime implements Disposable {
  readonly #sleepers = new Map<string, Sleeper>();
  readonly #called = new Set<string>();
  /** the alarms that were set, by the storage of one life of an object */
  readonly #alarms = new Map<unknown, number>();
  readonly #restore: (() => void)[] = [];
  readonly #writes: WriteListener = {
    query: (cursor) => this.#cursors.push(cursor),
    alarm: (storage, at) => {
      this.#alarms.set(storage, at);
      this.#bill.rows++;
    },
  };
  #cursors: Cursor[] = [];
  #bill: Bill = { wakeUps: 0, alarms: 0, calls: 0, rows: 0 };

  /**
   * Puts these objects to sleep.
   * @param conversations their ids
   * @param users the ids of the users whose inboxes sleep too
   */
  static async begin(conversations: number[], users: number[]): Promise<QuietTime> {
    const time = new QuietTime();
    const names = [...conversations.map((id) => `CONVERSATION ${id}`), ...users.map((id) => `INBOX ${id}`)];
    for (const name of names) {
      const stub = stubOf(name);
      // The first look wakes the object, and is not counted.
      const alarmAt = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
      time.#sleepers.set(name, { stub, alarmAt });
    }
    const [first] = time.#sleepers.values();
    if (first) time.#restore.push(await listenToWrites(first.stub, time.#writes));
    for (const name of names) await time.#sleep(name);
    time.#watchCalls();
    return time;
  }

  [Symbol.dispose](): void {
    for (const restore of this.#restore) restore();
  }

  /** Lets time pass. @returns what it has cost */
  async pass(ms: number): Promise<Bill> {
    this.#bill = { wakeUps: 0, alarms: 0, calls: 0, rows: 0 };
    this.#cursors = [];
    const end = Date.now() + ms;
    for (;;) {
      const [name, next] = this.#next();
      if (!next || next.alarmAt === null || next.alarmAt > end) break;
      advanceClock(Math.max(0, next.alarmAt - Date.now()));
      next.alarmAt = null;
      // An alarm that was deleted, or that fired early, is not there any more.
      if (await runDurableObjectAlarm(next.stub)) {
        this.#bill.alarms++;
        this.#bill.wakeUps++;
      }
      await this.#sleep(name);
      for (const called of this.#called) {
        if (called !== name) this.#bill.wakeUps++;
        await this.#sleep(called);
      }
      this.#called.clear();
    }
    advanceClock(Math.max(0, end - Date.now()));
    for (const { rowsWritten } of this.#cursors) this.#bill.rows += rowsWritten;
    return this.#bill;
  }

  #next(): [string, Sleeper | undefined] {
    let first: [string, Sleeper | undefined] = ["", undefined];
    for (const [name, sleeper] of this.#sleepers) {
      const { alarmAt } = sleeper;
      if (alarmAt !== null && alarmAt < (first[1]?.alarmAt ?? Number.POSITIVE_INFINITY))
        first = [name, sleeper];
    }
    return first;
  }

  /** Evicts an object that is awake. The runtime waits until it has nothing to do. */
  async #sleep(name: string): Promise<void> {
    const sleeper = this.#sleepers.get(name) ?? { stub: stubOf(name), alarmAt: null };
    this.#sleepers.set(name, sleeper);
    let life: unknown;
    await runInDurableObject(sleeper.stub, (_, { storage }) => {
      life = storage;
    });
    await evictDurableObject(sleeper.stub);
    sleeper.alarmAt = this.#alarms.get(life) ?? sleeper.alarmAt;
  }

  #watchCalls(): void {
    for (const kind of ["INBOX", "CONVERSATION"] as const) {
      const namespace = env[kind];
      const getByName = namespace.getByName.bind(namespace);
      const value = (name: string) =>
        new Proxy(getByName(name), {
          get: (target, property) => {
            const found: unknown = Reflect.get(target, property, target);
            if (typeof found !== "function" || property === "constructor") return found;
            return (...args: unknown[]) => {
              this.#bill.calls++;
              this.#called.add(`${kind} ${name}`);
              return Reflect.apply(found, target, args);
            };
          },
        });
      Object.defineProperty(namespace, "getByName", { configurable: true, value });
      this.#restore.push(() => Reflect.deleteProperty(namespace, "getByName"));
    }
  }
}

/** A stub that no test has wrapped: the test runtime evicts no other. */
function stubOf(name: string): DurableObjectStub {
  const [kind, id = ""] = name.split(" ");
  const namespace = kind === "INBOX" ? env.INBOX : env.CONVERSATION;
  return namespace.get(namespace.idFromName(id));
}
