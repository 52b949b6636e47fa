import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageSize } from "image-size";
import type { Page } from "playwright-core";
import { expect, inject, onTestFinished, test } from "vitest";
import { z } from "zod";
import { Network } from "../../packages/client/test/support/network.ts";
import { TestServer } from "../../packages/client/test/support/server.ts";
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

test("a reload shows a new build, and a page of the build before still loads its views", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parley-builds-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(inject("webAssets"), folder, { recursive: true });
  await using server = await TestServer.start({}, folder);
  const person = await server.person("ann");
  const browser = await site.device({ person, origin: server.origin, hasServiceWorker: true });
  const [first, second] = [await browser.newPage(), await browser.newPage()];
  for (const page of [first, second]) {
    await page.goto(server.origin);
    await installed(page);
  }
  await server.kill();
  const gone = nextBuild(folder);
  await server.restart();
  await first.reload();
  await first.locator("html[data-build=next]").waitFor();
  await expect.poll(() => kept(first)).toHaveLength(2);
  expect((await fetch(`${server.origin}/assets/${gone}`)).status).toBe(404);
  await second.evaluate(() => {
    location.hash = "#/settings";
  });
  await second.getByRole("heading", { name: "Settings" }).waitFor();
});

/** The caches of the builds; none while a service worker is being installed. */
function kept(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { installing, waiting, active } = (await navigator.serviceWorker.getRegistration()) ?? {};
    if (installing || waiting || active?.state !== "activated") return [];
    return caches.keys();
  });
}

/** Makes of a build another one, without a script that a view of the first has. @returns the script */
function nextBuild(folder: string): string {
  const assets = join(folder, "assets");
  const gone =
    readdirSync(assets).find((name) => name.startsWith("settings-page-") && name.endsWith(".js")) ?? "";
  rmSync(join(assets, gone));
  const edit = (name: string, change: (text: string) => string) => {
    const path = join(folder, name);
    writeFileSync(path, change(readFileSync(path, "utf8")));
  };
  edit("index.html", (page) => page.replace("<html", '<html data-build="next"'));
  edit("service-worker.js", (script) =>
    script.replace(`"/assets/${gone}"`, '"/"').replace(/"([0-9a-f]{16})"/, '"fedcba9876543210"'),
  );
  return gone;
}
