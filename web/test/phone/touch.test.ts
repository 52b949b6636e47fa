import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { finger } from "../support/finger.ts";
import { Seat } from "../support/seat.ts";
import { PHONE, Site } from "../support/site.ts";
import { composer, row, stored } from "../support/talk.ts";

const site = Site.forFile();
const seat = new Seat(site, { viewport: PHONE, hasTouch: true });

/** A direct conversation with somebody who has said something, on the page of a phone. */
async function talk(...texts: string[]) {
  const { person: ann } = seat;
  const ben = await site.person("ben");
  const { id } = await ben.openDirect(ann);
  for (const text of texts) await ben.send(id, text);
  const page = await seat.take(id, ben.user.username);
  return { ann, ben, id, page };
}

/**
 * Rests a finger on something until it is noticed.
 * @param noticed what is on the page then
 * @returns how many menus the browser would have opened
 */
async function press(page: Page, target: Locator, noticed: Locator): Promise<number> {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  const { down, leave } = await finger(page);
  const menus = await page.evaluateHandle(() => {
    const seen: Event[] = [];
    addEventListener("contextmenu", (event) => seen.push(event));
    return seen;
  });
  await down((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2);
  await noticed.waitFor();
  // As Chromium asks for its menu on Android: a browser without a screen does not.
  await target.dispatchEvent("contextmenu", { bubbles: true, cancelable: true });
  await leave();
  return menus.evaluate((seen) => seen.filter((event) => !event.defaultPrevented).length);
}

test("a tap on Send leaves the focus in the field, and the keyboard open", async () => {
  const { page } = await talk("Where are you?");
  await composer(page).tap();
  await composer(page).fill("On my way");
  const blurs = await composer(page).evaluateHandle((field) => {
    const seen: Event[] = [];
    field.addEventListener("blur", (event) => seen.push(event));
    return seen;
  });
  await page.getByRole("button", { name: "Send", exact: true }).tap();
  await stored(page, "On my way").waitFor();
  await expect.poll(() => blurs.evaluate((seen) => seen.length)).toBe(0);
  await expect.poll(() => composer(page).evaluate((field) => field === document.activeElement)).toBe(true);
});

test("a finger that rests on a conversation of the list opens its menu, and follows no link", async () => {
  const { ben, page } = await talk("Hello");
  await page.getByRole("link", { name: "Back to the list", exact: true }).tap();
  const menu = page.getByRole("menu", { name: `Actions for ${ben.user.username}` });
  const shakes = await page.evaluateHandle(() => {
    const seen: unknown[] = [];
    navigator.vibrate = (pattern) => seen.push(pattern) > 0;
    return seen;
  });
  await page.emulateMedia({ reducedMotion: "no-preference" });
  expect(await press(page, row(page, ben.user.username), page.locator("[data-held=true]"))).toBe(0);
  expect(page.url()).toMatch(/#\/$/);
  await menu.getByRole("menuitem", { name: "Pin to the top" }).waitFor();
  await expect.poll(() => shakes.evaluate((seen) => seen.length)).toBe(1);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.keyboard.press("Escape");
});

test("the narrowest phone has the name of a conversation, the search and a menu at its top, and nothing cut", async () => {
  const { ben, page } = await talk("Hello");
  await page.setViewportSize({ width: 320, height: 640 });
  const header = page.getByRole("main").locator("header.bar");
  const more = header.getByRole("button", { name: "Conversation menu" });
  await more.tap();
  const menu = page.getByRole("menu", { name: "Conversation menu" });
  const names = ["Threads", "Media, files and links", "Pinned messages", "Pin to the top", "Mute for 1 hour"];
  for (const name of names) await menu.getByRole("menuitem", { name }).waitFor();
  const boxes = [header.getByText(ben.user.username), more, menu];
  for (const one of boxes) {
    const { x, width } = (await one.boundingBox()) ?? { x: -1, width: 0 };
    expect([x >= 0, x + width <= 320]).toEqual([true, true]);
  }
  await expect
    .poll(() => header.locator(":scope > :is(a, button)").filter({ visible: true }).count())
    .toBe(4);
  await menu.getByRole("menuitem", { name: "Pinned messages" }).tap();
  await page.getByText("Nothing is pinned here.").waitFor();
  await page.setViewportSize(PHONE);
});

test("a finger that rests on a link, a quote or a picture opens the menu of the message alone", async () => {
  const { ann, ben, id, page } = await talk("See https://example.com/map");
  const shared = { client_msg_id: "1", kind: "text", body: { text: "This one?" }, quote_seq: 1 };
  await ben.call("POST", `/v1/conversations/${id}/messages`, shared);
  const url = `${site.origin}/icons/icon-192.png`;
  const picture = { client_msg_id: "2", kind: "image", body: { url, width: 192, height: 192 } };
  await ann.call("POST", `/v1/conversations/${id}/messages`, picture);
  const menu = page.getByRole("menu", { name: "Message actions" });
  const messages = page.getByRole("list", { name: "Messages" });
  for (const target of [
    messages.getByRole("link", { name: "https://example.com/map", exact: true }),
    messages.getByRole("link", { name: ben.user.username }).last(),
    messages.getByRole("button", { name: /^Open / }),
  ]) {
    expect(await press(page, target, menu)).toBe(0);
    await menu.waitFor();
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "detached" });
  }
  expect(page.url()).toContain(`#/c/${id}`);
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
});

test("Back closes a picture and what else is over the page, and then leads back", async () => {
  const { ann, ben, id, page } = await talk("Hello");
  const url = `${site.origin}/icons/icon-192.png`;
  const picture = { client_msg_id: "1", kind: "image", body: { url, width: 192, height: 192 } };
  await ann.call("POST", `/v1/conversations/${id}/messages`, picture);
  await page.getByRole("link", { name: "Back to the list", exact: true }).tap();
  await row(page, ben.user.username).tap();
  const viewer = page.locator(".lightbox");
  /** Nobody is so quick as to go back before the browser has noted what was opened or closed. */
  const noted = (over: 0 | 1) =>
    expect.poll(() => page.evaluate(() => Number(history.state?.over ?? 0))).toBe(over);
  await page.getByRole("button", { name: /^Open / }).tap();
  await viewer.waitFor();
  await noted(1);
  await page.goBack();
  await viewer.waitFor({ state: "detached" });
  await composer(page).waitFor();
  await page.getByRole("button", { name: /^Open / }).tap();
  await viewer.getByRole("button", { name: "Close", exact: true }).tap();
  await viewer.waitFor({ state: "detached" });
  await noted(0);
  await page.getByTitle("Go to a date").tap();
  await page.getByRole("dialog").waitFor();
  await noted(1);
  await page.goBack();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await composer(page).waitFor();
  // Nothing is left of what was open.
  await page.goBack();
  await row(page, ben.user.username).waitFor();
});

test("a finger leads from one picture to the next in the viewer", async () => {
  const { ann, id, page } = await talk("Hello");
  const url = `${site.origin}/icons/icon-192.png`;
  for (const name of ["one", "two"]) {
    const picture = { client_msg_id: name, kind: "image", body: { url, name, width: 192, height: 192 } };
    await ann.call("POST", `/v1/conversations/${id}/messages`, picture);
  }
  await page.getByRole("button", { name: "Open the picture: two" }).tap();
  const label = page.locator(".lightbox-label");
  await page.getByRole("button", { name: "Previous picture" }).waitFor();
  const hand = await finger(page);
  for (const [from, to, name] of [
    [100, 300, "one"],
    [300, 100, "two"],
    // A way down leads nowhere.
    [200, 200, "two"],
  ] as const) {
    await hand.down(from, 400);
    await hand.move(to, from === to ? 600 : 420);
    await hand.leave();
    await expect.poll(() => label.innerText()).toBe(name);
    await page.getByRole("button", { name: name === "one" ? "Next picture" : "Previous picture" }).waitFor();
  }
});

test("an address with a panel that there is not shows the conversation", async () => {
  const { id, page } = await talk("Hello");
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/c/${id}/files`);
  await stored(page, "Hello").waitFor();
  await expect.poll(() => stored(page, "Hello").isVisible()).toBe(true);
});
