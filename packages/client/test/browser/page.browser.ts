import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser } from "../support/browser.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await Browser.start(join(import.meta.dirname, "page.ts"));
});
afterAll(() => browser[Symbol.asyncDispose]());

test("a tab runs the client, and has what tabs and caches need", async () => {
  const tab = await browser.tab(await browser.profile());
  const offline = tab.evaluate(() => new window.parley.core.Chat({ url: "", token: "" }).state.connection);
  expect(await offline).toBe("offline");
  expect(await tab.evaluate(() => [isSecureContext, "locks" in navigator, "indexedDB" in window])).toEqual([
    true,
    true,
    true,
  ]);
});
