import type { Answer } from "../api/api.ts";

/** The server takes 64 KiB a second at the least, and a minute more: 5 MiB end before this time, in ms. */
const LONGEST = 150_000;

/** The ends of the two that were begun last. */
let before: Promise<unknown> = Promise.resolve();
let last = before;

/** Works on two bodies at a time. More would share the line, and a slow one be too slow for the server. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = before.then(work);
  before = last;
  last = done.catch(() => {});
  return done;
}

/**
 * Makes a `send` for `Api.request` that has the time of a slow line.
 * @param onSent hears how many bytes are on their way, where the platform tells it
 */
export function sender(body: Blob, signal: AbortSignal, onSent: (bytes: number) => void) {
  return (url: string, init: RequestInit): Promise<Answer> => {
    if (typeof XMLHttpRequest === "undefined")
      return fetch(url, { ...init, body, signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]) });
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
