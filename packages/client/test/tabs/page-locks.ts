import { parentPort } from "node:worker_threads";
import type { LockEvent, LockOrder } from "./locks.ts";

/** What each event does to a request. */
type Request = Record<LockEvent["lock"], () => void>;

const requests = new Map<number, Request>();
let last = 0;

function say(order: LockOrder): void {
  parentPort?.postMessage(order);
}

/** `navigator.locks.request` of a page. */
function request(
  name: string,
  { signal, steal = false }: LockOptions,
  callback: () => unknown,
): Promise<unknown> {
  const n = ++last;
  return new Promise((resolve, reject) => {
    const release = () => {
      requests.delete(n);
      say({ lock: "release", n });
    };
    const granted = async () => {
      signal?.removeEventListener("abort", abort);
      resolve(await callback());
      release();
    };
    const stolen = () => {
      requests.delete(n);
      reject(new DOMException("stolen", "AbortError"));
    };
    const abort = () => {
      release();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort);
    requests.set(n, { granted, stolen });
    say({ lock: "request", n, name, steal });
  });
}

/** Gives this page Web Locks that the test keeps. */
export function installLocks(): void {
  Object.defineProperty(navigator, "locks", { value: { request } });
  parentPort?.on("message", ({ lock, n }: Partial<LockEvent>) => {
    if (lock && n) requests.get(n)?.[lock]();
  });
}
