import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { brandOf } from "../scripts/brand.ts";
import { buildWeb, ROOT } from "../scripts/bundle.ts";
import { Site } from "./support/site.ts";

const site = Site.forFile();
const folder = mkdtempSync(join(tmpdir(), "brand-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

test("a deployment's name, accent and icons are those of the page, the element and what is installed", async () => {
  const [dist, icons] = [join(folder, "dist"), join(folder, "icons")];
  cpSync(join(ROOT, "public/icons"), icons, { recursive: true });
  writeFileSync(join(icons, "icon.svg"), '<svg xmlns="http://www.w3.org/2000/svg"><title>Acme</title></svg>');
  await buildWeb(dist, brandOf({ name: "Acme & Open.js", accent: "#0b7285", icons }, ROOT));
  const read = (path: string) => readFileSync(join(dist, path), "utf8");
  expect(JSON.parse(read("manifest.webmanifest"))).toMatchObject({
    ...{ name: "Acme & Open.js", short_name: "Acme & Open.js", theme_color: "#0b7285" },
  });
  expect(read("icons/icon.svg")).toContain("Acme");
  expect(read("assets/embed.js")).not.toContain("#3b5bdb");

  const page = await (await site.device()).newPage();
  await page.route(
    (url) => url.origin === site.origin,
    async (call) => {
      const { pathname } = new URL(call.request().url());
      const path = join(dist, pathname === "/" ? "index.html" : pathname);
      if (!existsSync(path)) return await call.fallback();
      await call.fulfill({ path, contentType: TYPES[extname(path)] ?? "application/octet-stream" });
    },
  );
  await page.goto(site.origin);
  await page.getByText("Acme & Open.js", { exact: true }).waitFor();
  await expect.poll(() => page.title()).toBe("Acme & Open.js");
  const button = page.getByRole("button", { name: "Sign in", exact: true });
  const ground = await button.evaluate((one) => getComputedStyle(one).backgroundColor);
  const [red = 0, green = 0, blue = 0] = (ground.match(/\d+/g) ?? []).map(Number);
  expect([blue > red, green > red, ground === "rgb(59, 91, 219)"]).toEqual([true, true, false]);
});

test.each([
  [{ accent: "blue" }, "a colour like #3b5bdb"],
  [{ name: "" }, "name"],
  [{ colour: "#000000" }, "colour"],
  [{ icons: "nowhere" }, "nowhere has no icon.svg"],
])("a brand that cannot be drawn ends the build with what is wrong: %j", (value, problem) => {
  expect(() => brandOf(value, ROOT)).toThrow(problem);
});
