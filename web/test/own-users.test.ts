import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../../scripts/support/wrangler.ts";
import { Site } from "./support/site.ts";

const site = Site.forFile();
const example = spawn(process.execPath, [join(ROOT, "examples/own-users/start.ts"), "--port", "0"], {
  detached: true,
  stdio: ["ignore", "pipe", "inherit"],
});
let printed = "";
example.stdout.on("data", (text) => {
  printed += text;
});

afterAll(async () => {
  example.kill("SIGTERM");
  await once(example, "close");
});

/** The page of the example, in which a user of the issuer is signed in. */
async function pageOf(name: string): Promise<Page> {
  const page = await (await site.device()).newPage();
  await page.goto(new RegExp(`^${name}: (\\S+)$`, "m").exec(printed)?.[1] ?? "");
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  return page;
}

async function send(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("textbox", { name: "Message" }).press("Enter");
}

/** The example starts four servers: on a busy machine that takes a minute and a half (ms). */
const START_MS = 150_000;

test("two users of an issuer chat in a page of their product, whose backend hears of it", {
  timeout: 2 * START_MS,
}, async () => {
  await expect.poll(() => printed, { timeout: START_MS }).toContain("Ben: http");
  const [ann, ben] = [await pageOf("Ann"), await pageOf("Ben")];
  await send(ann, "Lunch?");
  await ben.getByText("Lunch?", { exact: true }).waitFor();
  await send(ben, "At noon.");
  await ann.getByText("At noon.", { exact: true }).waitFor();
  await expect.poll(() => printed).toContain("hook: Ann: Lunch?\nhook: Ben: At noon.\n");
});
