/**
 * `npm run web:pictures`: takes the pictures of the README anew, in the sample world of `npm run demo --
 * --open`, with the fonts that this machine has. Wants a Chromium, as the tests of the web client do.
 */
import { join } from "node:path";
import type { Page } from "playwright-core";
import { livePast } from "../../scripts/demo/open.ts";
import { HIKE } from "../../scripts/demo/world/talks/hike.ts";
import { PASSWORD } from "../../scripts/support/person.ts";
import { inTemporaryFolder, Server } from "../../scripts/support/server.ts";
import { findChromium, launch } from "../test/support/chromium.ts";

const IMAGES = join(import.meta.dirname, "../../docs/images");
const LIMIT_MS = 300_000;
const DESKTOP = { width: 1280, height: 800 };

interface Picture {
  name: string;
  viewport: { width: number; height: number };
  locale: string;
  colorScheme: "light" | "dark";
  /** the name of the conversation that it shows */
  of: string;
  /** what else is done before it is taken */
  prepare?: (page: Page) => Promise<unknown>;
}

const GROUP = HIKE.group?.name ?? "";
const PICTURES: Picture[] = [
  {
    ...{ name: "web-conversation", viewport: DESKTOP, locale: "en-US", colorScheme: "light", of: GROUP },
    prepare: async (page) => {
      await page.locator(".thread-summary").first().click();
      await page.getByText("First aid").scrollIntoViewIfNeeded();
    },
  },
  { name: "web-dark-chinese", viewport: DESKTOP, locale: "zh-CN", colorScheme: "dark", of: "林美" },
  {
    ...{ name: "web-phone", viewport: { width: 390, height: 844 }, locale: "en-US", colorScheme: "light" },
    of: GROUP,
  },
];

await inTemporaryFolder(LIMIT_MS, async (folder) => {
  await livePast(folder);
  const server = await Server.start(folder);
  const browser = await launch(await findChromium());
  try {
    for (const { name, of, prepare, ...look } of PICTURES) {
      const page = await (await browser.newContext({ ...look, serviceWorkers: "block" })).newPage();
      await page.goto(server.origin);
      await page.locator("input").first().fill("ann");
      await page.locator("input[type=password]").fill(PASSWORD);
      await page.keyboard.press("Enter");
      await page.getByRole("link", { name: of }).first().click();
      await page.locator("[data-seq] .text").last().waitFor();
      await prepare?.(page);
      await page.waitForLoadState("networkidle");
      await page.screenshot({ path: join(IMAGES, `${name}.png`) });
      await page.context().close();
      console.log(`docs/images/${name}.png`);
    }
  } finally {
    await browser.close();
    await server.stop();
  }
});
