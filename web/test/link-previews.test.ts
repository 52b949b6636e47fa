import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { paint } from "../../test/support/pages/paint.ts";
import { dress, findings, isTooWide, LOOKS } from "./support/axe.ts";
import { Site } from "./support/site.ts";
import { send, stored } from "./support/talk.ts";

// Pages of this machine are no pages of the public Internet: `npm run dev` may read them.
const site = Site.alone({ LINK_PREVIEWS: "on", DEV_LOOPBACK: "on" });

const ICON = readFileSync(new URL("../public/icons/icon-192.png", import.meta.url));

/** The site of somebody else. */
const pages = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "", "http://pages.example");
  if (pathname.endsWith(".png")) {
    response.setHeader("Content-Type", "image/png");
    response.end(pathname === "/wide.png" ? paint(1200, 630) : ICON);
    return;
  }
  const meta = (name: string, content: string) => `<meta property="og:${name}" content="${content}">`;
  const picture = pathname === "/none" ? "" : meta("image", `${pathname}.png`);
  const title = pathname === "/wide" ? "How the bridge over the strait was built" : "关于这座桥的一切";
  const about = "Nine years, four towers and a storm. &lt;b&gt;What&lt;/b&gt; the engineers say today.";
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.end(
    `<html><head>${meta("title", title)}${meta("description", about)}${meta("site_name", "The Bridges")}${picture}`,
  );
});
let origin = "";
beforeAll(async () => {
  await once(pages.listen(0, "127.0.0.1"), "listening");
  const address = pages.address();
  if (typeof address !== "object" || address === null) throw new Error("the pages have no port");
  origin = `http://127.0.0.1:${address.port}`;
});
afterAll(() => void pages.close());

test("a preview stands below its text, leads to its page, and loads nothing from there", async () => {
  const [ann, , id] = await site.direct("ann", "ben");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  const foreign: string[] = [];
  page.on("request", (call) => {
    if (new URL(call.url()).origin !== site.origin) foreign.push(call.url());
  });
  await send(page, `Look: ${origin}/wide`);
  const card = stored(page, "Look").locator(".link-preview");
  await card.locator("img").waitFor();
  await expect.poll(() => card.getAttribute("href")).toBe(`${origin}/wide`);
  await expect.poll(() => card.getAttribute("rel")).toBe("noopener noreferrer");
  await expect.poll(() => card.getAttribute("target")).toBe("_blank");
  await card.getByText("How the bridge over the strait was built").waitFor();
  await card.getByText("<b>What</b> the engineers say").waitFor();
  // The page calls itself so: where it is stands beside it.
  await expect.poll(() => card.locator("small").innerText()).toBe(`The Bridges · ${new URL(origin).host}`);
  expect(foreign).toEqual([]);
  expect(await findings(page)).toEqual([]);
});

test("the picture of a preview has its room before it is there", async () => {
  const [ann, , id] = await site.direct("ann", "ben");
  await ann.send(id, `${origin}/wide`);
  const page = await site.open({ person: ann });
  const held = Promise.withResolvers<void>();
  await page.route("**/files/**", async (call) => {
    await held.promise;
    await call.continue();
  });
  await page.goto(`${site.origin}/#/c/${id}`);
  const picture = page.locator(".link-preview img");
  const height = () => picture.evaluate((image) => image.getBoundingClientRect().height);
  await expect.poll(height).toBeGreaterThan(100);
  const before = await height();
  held.resolve();
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.complete)).toBe(true);
  // It comes in the size that is shown.
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(640);
  await expect.poll(height).toBe(before);
});

test.each(["en-US", "zh-CN"] as const)(
  "previews fit on a computer and on a phone, light and dark (%s)",
  async (language) => {
    const [ann, ben, id] = await site.direct("ann", "ben");
    for (const name of ["wide", "small", "none"]) await ann.send(id, `Look: ${origin}/${name}`);
    await ben.send(id, `**Yes**\n\n${origin}/small`);
    const page = await site.open({ language, person: ann, hash: `#/c/${id}` });
    await expect.poll(() => page.locator(".link-preview").count()).toBe(4);
    for (const look of LOOKS) {
      await dress(page, look);
      const cut = await page
        .locator(".link-preview")
        .evaluateAll((cards) => cards.filter((one) => one.scrollWidth > one.clientWidth).length);
      expect([look, cut, await isTooWide(page), await findings(page)]).toEqual([look, 0, false, []]);
    }
  },
);
