import type { Worker } from "node:worker_threads";

/** What a page says of its locks. `n`: its request. */
export type LockOrder =
  | { lock: "request"; n: number; name: string; steal: boolean }
  | { lock: "release"; n: number };

/** What a page is told of its locks. */
export interface LockEvent {
  lock: "granted" | "stolen";
  n: number;
}

interface Request {
  page: Worker;
  n: number;
}

/**
 * Web Locks of pages that are threads, as a browser has them: a page that ends has none. Those of Node 26 do
 * it too, but a `steal` from another thread makes Node crash.
 */
export class Locks {
  /** by name: the first one holds the lock */
  readonly #queues = new Map<string, Request[]>();

  /** Takes what a page says. */
  take(page: Worker, order: LockOrder): void {
    const { n } = order;
    if (order.lock === "release") {
      this.#remove((one) => one.page === page && one.n === n);
      return;
    }
    const queue = this.#queues.get(order.name) ?? [];
    this.#queues.set(order.name, queue);
    if (order.steal) {
      const [stolen] = queue.splice(0, 1, { page, n });
      if (stolen) tell(stolen, "stolen");
    } else queue.push({ page, n });
    if (queue.length === 1 || order.steal) tell({ page, n }, "granted");
  }

  /** A page has ended. */
  end(page: Worker): void {
    this.#remove((one) => one.page === page);
  }

  #remove(isGone: (request: Request) => boolean): void {
    for (const [name, queue] of this.#queues) {
      const left = queue.filter((one) => !isGone(one));
      this.#queues.set(name, left);
      if (left[0] && left[0] !== queue[0]) tell(left[0], "granted");
    }
  }
}

function tell({ page, n }: Request, lock: LockEvent["lock"]): void {
  page.postMessage({ lock, n } satisfies LockEvent);
}
