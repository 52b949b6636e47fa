import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { PICTURE } from "./support/files.ts";
import { takeProblems } from "./support/problems.ts";
import { Seat } from "./support/seat.ts";
import { Site } from "./support/site.ts";
import { message, row, send, stored } from "./support/talk.ts";

const site = Site.forFile();
const seat = new Seat(site);

const ADDRESS = "https://elsewhere.example/picture.png";
/** Makes each view fail that shows an address with this text. @returns mends it */
async function breaks(page: Page, text: string): Promise<() => Promise<void>> {
  await page.evaluate((part) => {
    const parse = URL.parse.bind(URL);
    URL.parse = (address, base) => {
      if (String(address).includes(part)) throw new Error("broken by the test");
      return parse(address, base);
    };
    addEventListener("mend", () => {
      URL.parse = parse;
    });
  }, text);
  return () => page.evaluate(() => void dispatchEvent(new Event("mend")));
}

/** Leads to another view. */
async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
}

test("what cannot be drawn says so, with a way on, and takes nothing else away", async () => {
  const { ann, ben, id, name, page } = await seat.group();
  const { id: direct } = await ann.openDirect(ben);
  await ben.send(direct, "Hello");
  const mend = await breaks(page, "broken.example");
  await ben.call("PATCH", "/v1/me", { avatar: "https://broken.example/a.png" });
  await ben.send(id, "From me");
  await send(page, "See https://broken.example/b");
  await send(page, "Fine");
  await stored(page, "Fine").waitFor();
  // A row of a timeline, and one of the list.
  await expect.poll(() => message(page, "This could not be shown.").count()).toBe(2);
  const list = page.getByRole("navigation", { name: "Conversations" });
  await list.getByText("This could not be shown.").waitFor();
  await row(page, name).waitFor();
  // A panel beside the conversation, and a page, with a way back.
  const back = page.getByRole("main").getByRole("button", { name: "Back", exact: true });
  await go(page, `#/c/${id}/info`);
  await back.waitFor();
  await stored(page, "Fine").waitFor();
  await back.click();
  await back.waitFor({ state: "detached" });
  await go(page, `#/user/${ben.user.id}`);
  await back.click();
  await stored(page, "Fine").waitFor();
  await mend();
  const retry = page.getByRole("button", { name: "Try again", exact: true });
  while ((await retry.count()) > 0) await retry.first().click();
  await stored(page, "See https://broken.example/b").getByRole("link").waitFor();
  await stored(page, "From me").waitFor();
  await row(page, "Hello").waitFor();
  expect(takeProblems(page.context()).every((one) => one.includes("broken by the test"))).toBe(true);
});

test("a picture of another server is loaded once the user wants it, and tells it nothing of the page", async () => {
  const { ben, id, page } = await seat.group();
  const asked: (string | undefined)[] = [];
  await page.route("https://elsewhere.example/**", (call) => {
    asked.push(call.request().headers().referer);
    return call.fulfill({ body: PICTURE, contentType: "image/png" });
  });
  await ben.call("PATCH", "/v1/me", { avatar: ADDRESS });
  const post = (kind: string, body: object) =>
    ben.call("POST", `/v1/conversations/${id}/messages`, { kind, body });
  await post("image", { url: `${site.origin}/icons/icon-512.png`, width: 512, height: 512 });
  await post("image", { url: `${ADDRESS}?image`, width: 512, height: 512 });
  await post("face", { index: "", data: `${ADDRESS}?face` });
  await post("video", { url: `${ADDRESS}?video` });
  const show = page.getByRole("button", { name: "Show the picture from elsewhere.example" });
  await expect.poll(() => show.count()).toBe(2);
  await page.locator(".picture[data-state=shown]").waitFor();
  expect(asked).toEqual([]);
  await show.first().click();
  await expect.poll(() => page.locator(".picture[data-state=shown]").count()).toBe(2);
  await show.click();
  await page.locator("img.sticker").waitFor();
  await expect.poll(() => asked).toEqual([undefined, undefined]);
  await go(page, `#/user/${ben.user.id}`);
  await show.click();
  await page.locator(".profile .avatar img").waitFor();
  await expect.poll(() => asked).toEqual([undefined, undefined, undefined]);
  await page.unroute("https://elsewhere.example/**");
});
