/**
 * Loads what the page loads when it is needed. The build has each `import()` of the page call `loadScript`
 * (`web/scripts/loads.ts`). The bytes come by `fetch` first, into the browser's own cache: Chromium remembers
 * an import that has failed until the page is loaded anew (https://github.com/whatwg/html/issues/6768), but
 * no fetch. So without a connection a script is work that waits, whatever wants it.
 */
import { signal } from "@preact/signals";

/** What got no answer is asked for again after this time, in ms, and as soon as there is a network. */
const AGAIN = 3_000;

/** So many of the scripts that nobody has asked for yet are loaded at the same time. */
const AT_ONCE = 6;

/** What a script imports at once, as the build writes it. */
const IMPORTED = /(?:from|import)"(\.\/[\w-]+\.js)"/g;

/** The scripts that the browser has, or is loading, by their addresses. */
const loads = new Map<string, Promise<unknown>>();
// Those of the page itself.
for (const { href } of document.querySelectorAll<HTMLLinkElement>("link[rel=modulepreload]"))
  loads.set(href, Promise.resolve());

/** How many scripts wait for an answer of the server. */
export const waiting = signal(0);

declare global {
  interface Window {
    loadScript: (path: string) => Promise<unknown>;
  }
}

window.loadScript = async (path) => {
  await keep(path);
  return import(path);
};

/** Has the browser keep all scripts of the page: those of the list that the build has written. */
export async function keepScripts(): Promise<void> {
  const paths = Array.from(JSON.parse(await asked("/scripts.json")), String).values();
  const some = async () => {
    for (const path of paths) await keep(path);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
}

/** Asks for what waits at once. */
export function askAgain(): void {
  dispatchEvent(new Event("online"));
}

/** Ends when the browser has a script, and what that imports. */
function keep(path: string): Promise<unknown> {
  const { href } = new URL(path, import.meta.url);
  const load =
    loads.get(href) ??
    asked(href).then(async (code) => {
      const imported = [...code.matchAll(IMPORTED)];
      await Promise.all(imported.map(([, path = ""]) => keep(path)));
    });
  loads.set(href, load);
  return load;
}

/** A file, once the server answers. @throws an Error if it does not have it any more */
async function asked(url: string): Promise<string> {
  for (let tries = 0; ; tries++) {
    // What the page shows comes first.
    const text = await fetch(url, { priority: "low" })
      // A server that is busy or away may have it later.
      .then((answer) => (answer.ok ? answer.text() : /429|^5/.test(`${answer.status}`) ? undefined : null))
      .catch(() => undefined);
    if (text !== undefined && tries > 0) waiting.value--;
    if (text === null) throw new Error(url);
    if (text !== undefined) return text;
    if (tries === 0) waiting.value++;
    await new Promise((resolve) => {
      const signal = AbortSignal.timeout(AGAIN);
      signal.onabort = resolve;
      addEventListener("online", resolve, { once: true, signal });
    });
  }
}
