import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageSize } from "image-size";
import type { Page } from "playwright-core";
import { expect, inject, onTestFinished, test } from "vitest";
import { z } from "zod";
import { TestServer } from "../../packages/client/test/support/server.ts";
import { installed } from "./support/kept.ts";
import { Site } from "./support/site.ts";

const site = Site.forFile();

const Manifest = z.object({
  name: z.string(),
  start_url: z.literal("/"),
  display: z.literal("standalone"),
  icons: z.array(z.object({ src: z.string(), sizes: z.string(), purpose: z.string().optional() })),
});

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
  await opensWhileBusy(first, server.origin);
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

/** A server that has too much to do has no page: it opens as it was kept. */
async function opensWhileBusy(page: Page, origin: string): Promise<void> {
  const busy = createServer((_, answer) => void answer.writeHead(503).end("busy"));
  await once(busy.listen(Number(new URL(origin).port), "127.0.0.1"), "listening");
  await page.reload();
  await page.getByRole("navigation", { name: "Conversations" }).waitFor();
  busy.closeAllConnections();
  await once(busy.close(), "close");
}

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
