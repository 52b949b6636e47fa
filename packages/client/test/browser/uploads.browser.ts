import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Person } from "../../../../scripts/support/person.ts";
import { Browser } from "../support/browser.ts";
import { TestServer } from "../support/server.ts";

/** Slow enough that a browser tells of the bytes of a part several times. */
const BYTES_A_SECOND = 8_000_000;

let browser: Browser;
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ MAX_UPLOAD_MIB: "16" });
  browser = await Browser.start(join(import.meta.dirname, "page.ts"));
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Starts a client with a cache and uploads in a page. */
function start(tab: Page, { token }: Person): Promise<void> {
  return tab.evaluate(
    async ([url, token]) => {
      const { core, openCache, uploads } = window.parley;
      const cache = openCache("ann");
      window.parley.chat = new core.Chat({ url, token, cache, uploads: uploads.uploads });
      await window.parley.chat.start();
    },
    [server.origin, token] as const,
  );
}

/** Uploads a file in a page. @returns its progress, and what came of it */
async function uploaded(size: number, name = "film.mp4", aborts = false) {
  const { token } = await server.person();
  const profile = await browser.profile();
  const tab = await browser.tab(profile);
  const line = await profile.newCDPSession(tab);
  const throughput = { downloadThroughput: -1, uploadThroughput: BYTES_A_SECOND };
  await line.send("Network.emulateNetworkConditions", { offline: false, latency: 0, ...throughput });
  return tab.evaluate(
    async ([url, token, size, name, aborts]) => {
      const { core, uploads } = window.parley;
      const { api } = new core.Chat({ url, token });
      const progress: number[] = [];
      const ending = new AbortController();
      const onProgress = (part: number) => {
        progress.push(part);
        if (aborts) ending.abort();
      };
      const bytes = new Uint8Array(size);
      for (let i = 0; i < size; i += 999) bytes[i] = i % 256;
      const file = new File([bytes], name, { type: "video/mp4" });
      try {
        const stored = await uploads.upload(api, file, { onProgress, signal: ending.signal });
        const back = new Uint8Array(await (await fetch(stored.url)).arrayBuffer());
        return { progress, stored, isSame: back.length === size && back.every((one, i) => one === bytes[i]) };
      } catch (error) {
        return { progress, failed: error instanceof core.Problem ? error.code : String(error) };
      }
    },
    [server.origin, token, size, name, aborts] as const,
  );
}

test("a page uploads a small file, and one in parts, and hears of the bytes that are on their way", async () => {
  const type = { name: "film.mp4", content_type: "video/mp4" };
  const small = await uploaded(3_000_000);
  expect(small).toMatchObject({ isSame: true, stored: { ...type, size: 3_000_000 } });
  expect(small.progress.at(-1)).toBe(1);
  const large = await uploaded(12_000_000);
  expect(large).toMatchObject({ isSame: true, stored: { ...type, size: 12_000_000 } });
  // More than one for each part.
  expect(large.progress.length).toBeGreaterThan(3);
  expect(large.progress.at(-1)).toBe(1);
});

test("a page hears why a file is refused, and cancels one that is under way", async () => {
  expect(await uploaded(10, "x".repeat(256))).toMatchObject({ failed: "validation_failed" });
  expect(await uploaded(17 * 1024 * 1024)).toMatchObject({ failed: "too_large" });
  expect(await uploaded(12_000_000, "film.mp4", true)).toMatchObject({
    failed: expect.stringContaining("AbortError"),
  });
});

test("a reload amid an upload goes on with the parts that are missing, also without the file on the disk", async () => {
  const [ann, , id] = await server.direct("ann", "bob");
  const folder = mkdtempSync(join(tmpdir(), "parley-upload-"));
  const path = join(folder, "film.mp4");
  const bytes = randomBytes(16_500_000);
  writeFileSync(path, bytes);
  // A private window would refer to the file on the disk.
  const profile = await browser.profileOnDisk(join(folder, "profile"));
  onTestFinished(async () => {
    await profile.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const tab = await browser.tab(profile);
  const sent: string[] = [];
  const stored: string[] = [];
  const partOf = (url: string) => url.replace(/.*\//, "");
  tab.on("request", (request) => request.method() === "PUT" && sent.push(partOf(request.url())));
  tab.on("response", (response) => {
    if (response.request().method() === "PUT" && response.ok()) stored.push(partOf(response.url()));
  });
  const line = await profile.newCDPSession(tab);
  await line.send("Network.enable");
  const throughput = { downloadThroughput: -1, uploadThroughput: BYTES_A_SECOND / 4 };
  await line.send("Network.emulateNetworkConditions", { offline: false, latency: 0, ...throughput });
  await start(tab, ann);
  await tab.evaluate(() =>
    document.body.append(Object.assign(document.createElement("input"), { type: "file" })),
  );
  await tab.locator("input").setInputFiles(path);
  await tab.evaluate((id) => {
    const file = document.querySelector("input")?.files?.[0];
    window.parley.chat.send(id, { kind: "video", body: { url: "" } }, file);
  }, id);
  await expect.poll(() => stored.length, { interval: 10 }).toBeGreaterThan(0);
  const before = [...stored];
  await tab.reload();
  rmSync(path);
  sent.length = 0;
  await start(tab, ann);
  const [item] = await tab.evaluate((id) => window.parley.chat.state.outbox(id), id);
  expect(item).toMatchObject({ state: "queued", message: { kind: "video" } });
  await tab.evaluate(() => window.parley.chat.flush());
  const body = await tab.evaluate(async (id) => {
    const { items } = await window.parley.chat.api.call("get", "/v1/conversations/{id}/messages", {
      path: { id },
    });
    const [message] = items;
    return message && "url" in message.body ? message.body : undefined;
  }, id);
  expect(body).toMatchObject({ name: "film.mp4", size: bytes.length, content_type: "video/mp4" });
  expect(sent.length).toBeGreaterThan(0);
  for (const part of before) expect(sent).not.toContain(part);
  const back = Buffer.from(await (await fetch(body?.url ?? "")).arrayBuffer());
  expect(Buffer.compare(back, bytes)).toBe(0);
});
