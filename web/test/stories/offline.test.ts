import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { Network } from "../../../packages/client/test/support/network.ts";
import { installed } from "../support/kept.ts";
import { Site } from "../support/site.ts";
import { connection, message, openTalk, row, send, stored } from "../support/talk.ts";

const site = Site.forFile();

test("without a connection a reload shows what was kept, and what is written is sent later", async () => {
  const [ben, ann, id] = await site.direct("ben", "ann");
  await ben.send(id, "Before");
  await using network = await Network.to(site.origin);
  const page = await site.open({ person: ann, origin: network.origin, hasServiceWorker: true });
  await openTalk(page, ben.user.username);
  await stored(page, "Before").waitFor();
  await installed(page);
  // The client keeps what it has seen a moment later.
  await expect.poll(() => keptTimelines(page)).toContain("Before");
  await network.down();
  await page.reload();
  await row(page, ben.user.username).waitFor();
  await stored(page, "Before").waitFor();
  await send(page, "Without a connection");
  await message(page, "Without a connection").getByText("Waiting to be sent").waitFor();
  await page.goto(`${network.origin}/#/settings`);
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await network.up();
  await connection(page, "live").waitFor({ state: "attached" });
  await expect
    .poll(async () => (await ben.history(id)).map(({ body }) => body.text))
    .toEqual(["Before", "Without a connection"]);
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
