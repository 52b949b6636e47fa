import { writeSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../scripts/support/person.ts";
import { write } from "../test/support/history.ts";
import { Site } from "../test/support/site.ts";
import { sight } from "../test/support/timeline.ts";
import { keyTimes, noteKeys, row } from "./keys.ts";

const site = Site.forFile();
const ROUNDS = 9;
/** A room with five messages a second has so many in an hour. */
const HOUR = 18_000;
const PARTS = 6;

declare global {
  interface Window {
    /** when the first message was on screen, in ms since the navigation; absent: not yet */
    firstMessageAt?: number;
  }
}

/** How many keys are pressed, and how many turns of a wheel are made. */
const KEYS = 100;
const TURNS = 150;

/** Notes in each page when it shows the first message. */
function noteFirstMessage(): void {
  const look = () => {
    if (window.firstMessageAt !== undefined || !document.querySelector("li[data-seq] .text")) return;
    // The frame is painted behind this one.
    requestAnimationFrame(() => setTimeout(() => (window.firstMessageAt ??= performance.now())));
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}

/** @returns when the page has shown its first message, in ms since the navigation */
async function firstMessage(page: Page): Promise<number> {
  await page.waitForFunction(() => window.firstMessageAt !== undefined);
  return page.evaluate(() => window.firstMessageAt ?? 0);
}

/** Opens the newest messages of a conversation in a browser that has nothing of it. */
async function open(person: Person, id: number): Promise<Page> {
  const context = await site.device({ person, hasServiceWorker: true });
  await context.addInitScript(noteFirstMessage);
  const page = await context.newPage();
  await page.goto(`${site.origin}/#/c/${id}`);
  return page;
}

test("the time to the first message", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ben.openDirect(ann);
  await write(ben, id, 300);
  await ann.read(id, 300);
  const times: Record<"nothing" | "cache" | "offline", number[]> = { nothing: [], cache: [], offline: [] };
  for (let i = 0; i < ROUNDS; i++) {
    const page = await open(ann, id);
    times.nothing.push(await firstMessage(page));
    // The page is kept by its service worker, and the messages by the cache of the client.
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await expect.poll(() => sight(page)).toMatchObject({ last: 300, below: 0 });
    // The cache writes what has changed within 250 ms.
    await page.waitForTimeout(1_000);
    await page.reload();
    times.cache.push(await firstMessage(page));
    await page.context().setOffline(true);
    await page.reload();
    times.offline.push(await firstMessage(page));
    await page.context().close();
  }
  writeSync(1, "\n| first message on screen | median | range |\n| --- | --- | --- |\n");
  writeSync(1, row("from nothing", times.nothing));
  writeSync(1, row("from the cache", times.cache));
  writeSync(1, row("from the cache, without a connection", times.offline));
});

test("the memory of a page in a busy room", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ben.openDirect(ann);
  await write(ben, id, 100);
  await ann.read(id, 100);
  const page = await open(ann, id);
  // A page opens at what has come before it was connected: it is at the end, and stays there, from here on.
  await expect.poll(() => sight(page)).toMatchObject({ last: 100 });
  await write(ben, id, 1);
  await expect.poll(() => sight(page)).toMatchObject({ last: 101, below: 0 });
  const session = await page.context().newCDPSession(page);
  writeSync(1, "\n| messages since the page was opened | heap, KiB | elements |\n| --- | --- | --- |\n");
  for (let part = 0; part <= PARTS; part++) {
    const count = (part * HOUR) / PARTS;
    if (part > 0) await write(ben, id, HOUR / PARTS);
    await expect.poll(() => sight(page)).toMatchObject({ last: 101 + count, below: 0 });
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    const elements = await page.evaluate(() => document.getElementsByTagName("*").length);
    writeSync(1, `| ${count} | ${Math.round(usedSize / 1_024)} | ${elements} |\n`);
  }
});

for (const count of [5_000, 50_000])
  test(`keys and scrolling with ${count} messages`, async () => {
    const [ann, ben] = [await site.person("ann"), await site.person("ben")];
    const { id } = await ben.openDirect(ann);
    await write(ben, id, count);
    await ann.read(id, count);
    const page = await open(ann, id);
    await expect.poll(() => sight(page)).toMatchObject({ last: count, below: 0 });
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const cpu = async () => {
      const { metrics } = await session.send("Performance.getMetrics");
      return (name: string) => (metrics.find((one) => one.name === name)?.value ?? 0) * 1_000;
    };
    await page.evaluate(noteKeys);
    await page.locator(".composer textarea").focus();
    for (let i = 0; i < KEYS; i++) await page.keyboard.press("a");
    await expect.poll(() => keyTimes(page).then(({ length }) => length)).toBe(KEYS);
    const times = await keyTimes(page);
    await page.locator(".scroller").hover();
    const before = await cpu();
    for (let i = 0; i < TURNS; i++) await page.mouse.wheel(0, -400);
    const after = await cpu();
    const took = (name: string) => Math.round(after(name) - before(name));
    writeSync(1, `\n| ${count} messages | | |\n| --- | --- | --- |\n`);
    writeSync(1, row("key to frame", times));
    writeSync(
      1,
      `| ${TURNS} turns of the wheel | tasks ${took("TaskDuration")} ms, script ${took("ScriptDuration")} ms, ` +
        `styles ${took("RecalcStyleDuration")} ms, layout ${took("LayoutDuration")} ms | ${(await sight(page)).first} |\n`,
    );
  });
