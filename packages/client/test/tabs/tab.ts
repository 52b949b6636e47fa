import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { buildSync } from "esbuild";
import { onTestFinished } from "vitest";
import { type LockOrder, Locks } from "./locks.ts";
import type { Order, PageData, Shown } from "./page.ts";

/** Long enough, in ms, that only a tab that never gets there fails. */
const PATIENCE = 60_000;

/** The page as one script: a thread that loads each module of the client by itself takes 0.3 s longer. */
const PAGE = new URL(`data:text/javascript,${encodeURIComponent(bundled("page.ts"))}`);

const locks = new Locks();

/** A tab with a thread of its own: it can be closed and frozen in the midst of anything. */
export class Tab {
  readonly #worker: Worker;
  readonly #freezer: Int32Array;
  #shown: Shown | undefined;
  readonly #listeners = new Set<() => void>();

  private constructor(worker: Worker, freezer: Int32Array) {
    this.#worker = worker;
    this.#freezer = freezer;
    worker.on("message", (said: Shown | LockOrder) => {
      if ("lock" in said) {
        locks.take(worker, said);
        return;
      }
      this.#shown = said;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Opens a tab. Resolves once it shows its conversation. */
  static async open(data: Omit<PageData, "freezer">): Promise<Tab> {
    const freezer = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(PAGE, { workerData: { ...data, freezer } });
    const tab = new Tab(worker, freezer);
    onTestFinished(() => tab.close());
    await tab.until(({ isThere, connection }) => connection === "live" && isThere);
    return tab;
  }

  /** What it has shown last. */
  get shown(): Shown | undefined {
    return this.#shown;
  }

  /** Tells the page what to do. */
  order(order: Order): void {
    this.#worker.postMessage(order);
  }

  /** Freezes the page. Resolves when nothing of it runs. */
  async freeze(): Promise<void> {
    Atomics.store(this.#freezer, 0, 1);
    this.order({ do: "freeze" });
    await this.until(({ isFrozen }) => isFrozen);
  }

  thaw(): void {
    Atomics.store(this.#freezer, 0, 0);
    Atomics.notify(this.#freezer, 0);
  }

  /** Ends the page at once, as a browser that closes a tab. */
  async close(): Promise<void> {
    await this.#worker.terminate();
    locks.end(this.#worker);
  }

  /** Waits until the tab shows something. */
  async until(is: (shown: Shown) => boolean): Promise<Shown> {
    const ended = once(this.#worker, "exit").then(() => {
      throw new Error("the tab has ended");
    });
    ended.catch(() => {});
    const found = new Promise<Shown>((resolve, reject) => {
      const look = () => {
        if (!this.#shown || !is(this.#shown)) return;
        clearTimeout(timer);
        this.#listeners.delete(look);
        resolve(this.#shown);
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(look);
        reject(new Error(`it never became so: ${is}, but ${JSON.stringify(this.#shown)}`));
      }, PATIENCE);
      this.#listeners.add(look);
      look();
    });
    return Promise.race([found, ended]);
  }
}

function bundled(file: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, file)],
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
