import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { Network } from "../../../packages/client/test/support/network.ts";
import { PICTURE } from "../support/files.ts";
import { installed } from "../support/kept.ts";
import { hurry } from "../support/offline/desk.ts";
import { takeProblems } from "../support/problems.ts";
import { Site } from "../support/site.ts";
import { connection, message, openTalk, row, send, stored } from "../support/talk.ts";

const site = Site.forFile();
/** How often the client asks before it says that there is no answer. */
const ATTEMPTS = 4;

test("without a connection a reload shows what was kept, and what is written is sent later", async () => {
  const [ben, ann, id] = await site.direct("ben", "ann");
  await ben.send(id, "Before");
  await using network = await Network.to(site.origin);
  const page = await site.open({ person: ann, origin: network.origin, hasServiceWorker: true });
  await page.addInitScript(hurry);
  await openTalk(page, ben.user.username);
  await stored(page, "Before").waitFor();
  await installed(page);
  // The client keeps what it has seen a moment later.
  await expect.poll(() => keptTimelines(page)).toContain("Before");
  await network.down();
  let asked = 0;
  page.on("requestfailed", (call) => {
    if (call.url().endsWith("/v1/push")) asked++;
  });
  await page.reload();
  await row(page, ben.user.username).waitFor();
  await stored(page, "Before").waitFor();
  await send(page, "Without a connection");
  await message(page, "Without a connection").getByText("Waiting to be sent").waitFor();
  await expect.poll(() => asked % ATTEMPTS).toBe(0);
  const before = asked;
  await page.goto(`${network.origin}/#/settings/notifications`);
  // What the user has chosen elsewhere is not known yet, and the page has given up to ask.
  const quiet = page.getByRole("checkbox", { name: "Quiet hours" });
  await quiet.and(page.locator(":disabled")).waitFor();
  await expect.poll(() => asked - before).toBe(ATTEMPTS);
  await network.up();
  await connection(page, "live").waitFor({ state: "attached" });
  await quiet.and(page.locator(":enabled")).waitFor();
  await expect
    .poll(async () => (await ben.history(id)).map(({ body }) => body.text))
    .toEqual(["Before", "Without a connection"]);
});

test.each([
  ["before it has its scripts", false],
  ["once it has them", true],
])("without a service worker what is written without a connection waits, %s", async (_, isKept) => {
  const [ben, ann] = [await site.person("ben"), await site.person("ann")];
  const { id } = await ann.openGroup("Hike", [ben]);
  await ben.send(id, "Before");
  await using network = await Network.to(site.origin);
  // Over plain http in a local network no browser has one.
  const origin = network.origin.replace("127.0.0.1", "parley.lan");
  const context = await site.device({ person: ann, origin });
  const loaded = new Set<string>();
  context.on("requestfinished", (call) => loaded.add(new URL(call.url()).pathname));
  // Playwright's routes would turn the browser's own cache off.
  if (!isKept)
    await context.addInitScript(() => {
      const ask = window.fetch;
      window.fetch = (what, how) =>
        String(what) === "/scripts.json" ? new Promise(() => {}) : ask(what, how);
    });
  const page = await context.newPage();
  await page.goto(`${origin}/#/c/${id}`);
  await stored(page, "Before").waitFor();
  const scripts: string[] = await (await fetch(`${site.origin}/scripts.json`)).json();
  // The texts come with the page.
  const missing = () =>
    isKept
      ? scripts.filter((path) => !loaded.has(path))
      : ["/assets/later-"].filter((start) => ![...loaded].some((path) => path.startsWith(start)));
  await expect.poll(missing).toEqual([]);
  await network.down();
  await connection(page, "connecting").waitFor({ state: "attached" });
  await send(page, "Write to ann@example.org");
  await message(page, "Write to").getByText("Waiting to be sent").waitFor();
  await page
    .locator("input[type=file]")
    .setInputFiles({ name: "p.png", mimeType: "image/png", buffer: PICTURE });
  const caption = page.getByRole("textbox", { name: "Caption" });
  await caption.fill("The picture");
  await caption.press("Enter");
  await network.up();
  await connection(page, "live").waitFor({ state: "attached" });
  await expect
    .poll(async () => (await ben.history(id)).map(({ kind }) => kind))
    .toEqual(["text", "text", "image"]);
  const logged = /Failed to load resource|Cross-Origin-Opener-Policy/;
  expect(takeProblems(context).filter((one) => !logged.test(one))).toEqual([]);
});

/** The conversations that the cache of the client has, as JSON. */
function keptTimelines(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const databases = (await indexedDB.databases()).map(
      ({ name = "" }) =>
        new Promise<unknown>((resolve, reject) => {
          const opening = indexedDB.open(name);
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const database = opening.result;
            const reading = database.transaction("timelines").objectStore("timelines").getAll();
            reading.onsuccess = () => resolve(reading.result);
            reading.onerror = () => reject(reading.error);
            database.close();
          };
        }),
    );
    return JSON.stringify(await Promise.all(databases));
  });
}

test("a browser keeps the page and its files, and no answer of an API", async () => {
  const ann = await site.person("ann");
  await ann.openGroup("Hike", []);
  const page = await site.open({ person: ann, hasServiceWorker: true });
  await installed(page);
  await page.reload();
  await row(page, "Hike").waitFor();
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const caught = await Promise.all(
      names.map(async (name) =>
        (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname),
      ),
    );
    return caught.flat();
  });
  expect(kept).toContain("/");
  expect(kept.filter((path) => !/^\/($|assets\/|icons\/|manifest\.webmanifest$)/.test(path))).toEqual([]);
});
