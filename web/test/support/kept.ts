import type { Page } from "playwright-core";
import { expect } from "vitest";

/** Settings of a browser, for every user of it. */
const OF_BROWSER = ["sound", "notify", "notify-asked", "notify-content", "theme", "locale", "send-key"].map(
  (name) => `parley:${name}`,
);

/** What a browser keeps of a user: names of databases and caches, and the keys of its storages. */
export async function kept(page: Page): Promise<string[]> {
  const all = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const storages = [localStorage, sessionStorage].flatMap((one) => Object.keys(one));
    return [...databases.map(({ name }) => name ?? ""), ...storages, ...(await caches.keys())];
  });
  return all.filter((name) => !OF_BROWSER.includes(name));
}

/** Resolves once the browser has kept the page. */
export async function installed(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe("activated");
}
