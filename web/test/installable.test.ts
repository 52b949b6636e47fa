import { imageSize } from "image-size";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { Network } from "../../client/test/support/network.ts";
import { Site } from "./support/site.ts";
import { connection, message, openTalk, row, send, stored } from "./support/talk.ts";

const site = Site.forFile();

const Manifest = z.object({
  name: z.string(),
  start_url: z.literal("/"),
  display: z.literal("standalone"),
  icons: z.array(z.object({ src: z.string(), sizes: z.string(), purpose: z.string().optional() })),
});

/** Resolves once the browser has kept the page. */
async function installed(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe("activated");
}

test("the manifest names icons that are as large as it says", async () => {
  const { icons } = Manifest.parse(await (await fetch(`${site.origin}/manifest.webmanifest`)).json());
  const drawn = icons.filter(({ sizes }) => sizes !== "any");
  expect(drawn.map(({ sizes, purpose = "any" }) => `${sizes} ${purpose}`)).toEqual(
    expect.arrayContaining(["192x192 any", "512x512 any", "512x512 maskable"]),
  );
  for (const { src, sizes } of drawn) {
    const bytes = await (await fetch(site.origin + src)).arrayBuffer();
    const { width, height } = imageSize(new Uint8Array(bytes));
    expect([src, `${width}x${height}`]).toEqual([src, sizes]);
  }
});

test("without a connection a reload shows what was kept, and what is written is sent later", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ben.openDirect(ann);
  await ben.send(id, "Before");
  await using network = await Network.to(site.origin);
  const page = await site.open({ person: ann, origin: network.origin });
  await openTalk(page, ben.user.username);
  await stored(page, "Before").waitFor();
  await installed(page);
  // The client keeps what it has seen a moment later.
  await expect.poll(() => keptTimelines(page)).toBeGreaterThan(0);
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

/** How many conversations the cache of the client has. */
function keptTimelines(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const counts = (await indexedDB.databases()).map(
      ({ name = "" }) =>
        new Promise<number>((resolve, reject) => {
          const opening = indexedDB.open(name);
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const database = opening.result;
            const stores = [...database.objectStoreNames].filter((store) => store === "timelines");
            if (stores.length === 0) return resolve(0);
            const count = database.transaction(stores).objectStore("timelines").count();
            count.onsuccess = () => resolve(count.result);
            count.onerror = () => reject(count.error);
            database.close();
          };
        }),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  });
}

test("a browser keeps the page and its files, and no answer of an API", async () => {
  const ann = await site.person("ann");
  await ann.openGroup("Hike", []);
  const page = await site.open({ person: ann });
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
