import type { Page } from "playwright-core";

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
