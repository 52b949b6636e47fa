import type { Answer } from "../api/api.ts";

/** The server takes 64 KiB a second at the least, and a minute more: 5 MiB end before this time, in ms. */
const LONGEST = 150_000;

/** How many bodies go up or wait for that. */
let count = 0;
/** What lets those go up that wait, from the oldest one. */
const waiting: (() => void)[] = [];

/** Works on two bodies at a time, in their order. With more of them each could be too slow for the server. */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (++count > 2) await new Promise<void>((go) => waiting.push(go));
  try {
    return await work();
  } finally {
    count--;
    waiting.shift()?.();
  }
}

/**
 * Makes a `send` for `Api.request` that has the time of a slow line.
 * @param onSent hears how many bytes are on their way, where the platform tells it
 */
export function sender(body: Blob, signal: AbortSignal, onSent: (bytes: number) => void) {
  return (url: string, init: RequestInit): Promise<Answer> => {
    if (typeof XMLHttpRequest === "undefined") {
      const aborting = new AbortController();
      const abort = () => aborting.abort();
      const timer = setTimeout(abort, LONGEST);
      signal.addEventListener("abort", abort);
      return fetch(url, { ...init, body, signal: aborting.signal }).finally(() => clearTimeout(timer));
    }
    return new Promise((resolve) => {
      const xhr = new XMLHttpRequest();
      xhr.open(init.method ?? "", url);
      xhr.timeout = LONGEST;
      new Headers(init.headers).forEach((value, name) => {
        xhr.setRequestHeader(name, value);
      });
      xhr.upload.onprogress = ({ loaded }) => onSent(loaded);
      const get = (name: string) => xhr.getResponseHeader(name);
      xhr.onloadend = () => {
        const { status, response } = xhr;
        // A status of 0 is no answer.
        resolve({ ok: (status || 400) < 300, status, headers: { get }, text: async () => response });
      };
      signal.addEventListener("abort", () => xhr.abort());
      xhr.send(body);
    });
  };
}
