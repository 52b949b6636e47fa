import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { chromiumPath } from "../../scripts/chromium.ts";
import { freePort, TestServer } from "../support/server.ts";

const CLIENT = join(import.meta.dirname, "../..");
const EXAMPLES = join(CLIENT, "examples");

/** Serves the page of an example. @returns its address */
async function site(folder: string, main: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(EXAMPLES, folder, main)],
    ...{ bundle: true, format: "esm", target: "es2022", jsx: "automatic", write: false },
    alias: {
      "parley-client": join(CLIENT, "src/index.ts"),
      "parley-client/react": join(CLIENT, "src/react/index.ts"),
    },
  });
  const files: Record<string, [type: string, content: string]> = {
    "/main.js": ["text/javascript", outputFiles[0]?.text ?? ""],
    "/style.css": ["text/css", readFileSync(join(EXAMPLES, "style.css"), "utf8")],
    "/": ["text/html", readFileSync(join(EXAMPLES, folder, "index.html"), "utf8")],
  };
  const server = createServer(({ url = "/" }, response) => {
    const [type, content] = files[new URL(url, "http://site").pathname] ?? ["text/plain", ""];
    response.setHeader("Content-Type", type);
    response.end(content);
  });
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${port}`;
}

test.each([
  ["react-list", "main.tsx"],
  ["plain-dom", "main.ts"],
])(
  "the page of %s shows the list and sends, on phones and desktops, light and dark",
  async (folder, main) => {
    await using server = await TestServer.start();
    const [ann, bob, id] = await server.direct("ann", "bob");
    await bob.send(id, "Lunch?");
    const executablePath = chromiumPath();
    if (executablePath === undefined) throw new Error("there is no Chromium on this machine");
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    onTestFinished(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    const errors: Error[] = [];
    page.on("pageerror", (error) => errors.push(error));
    const query = new URLSearchParams({ url: server.origin, token: ann.token });
    await page.goto(`${await site(folder, main)}/?${query}`);
    await page.locator(".unread", { hasText: "1" }).waitFor();
    await page.locator(".list button").click();
    await page.locator(".messages li", { hasText: "Lunch?" }).waitFor();
    await page.locator(".unread").waitFor({ state: "detached" });
    await page.locator("input").fill("At noon");
    await page.keyboard.press("Enter");
    await page.locator(".messages .own:not(.waiting)", { hasText: "At noon" }).waitFor();
    expect((await ann.history(id)).length).toBe(2);
    for (const colorScheme of ["light", "dark"] as const)
      for (const width of [360, 1200]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 700 });
        if (process.env.SCREENSHOTS)
          await page.screenshot({
            path: join(process.env.SCREENSHOTS, `${folder}-${colorScheme}-${width}.png`),
          });
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        expect(sideways).toBe(false);
      }
    expect(errors).toEqual([]);
  },
);
