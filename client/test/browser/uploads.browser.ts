import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
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
  expect(await uploaded(10, "a/b")).toMatchObject({ failed: "validation_failed" });
  expect(await uploaded(17 * 1024 * 1024)).toMatchObject({ failed: "too_large" });
  expect(await uploaded(12_000_000, "film.mp4", true)).toMatchObject({
    failed: expect.stringContaining("AbortError"),
  });
});
