import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { PASSWORD } from "../../../scripts/support/person.ts";
import { Site } from "../support/site.ts";
import { composer, row, stored } from "../support/talk.ts";

const site = Site.forFile();

/** A window of 1280 × 800 at 200 %, in CSS pixels. */
const ZOOMED = { width: 640, height: 400 };

/** What has the focus, and what is wrong with the way it is shown. */
interface Stop {
  name: string;
  problems: string[];
}

/**
 * Presses Tab until it has been everywhere.
 * @returns what is wrong with what had the focus: it is out of sight, cut, or covered
 */
async function walk(page: Page): Promise<{ names: string[]; problems: string[] }> {
  const stops: Stop[] = [];
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(focused);
    if (stop === "again") break;
    if (stop !== "nowhere") stops.push(stop);
  }
  await page.evaluate(() => {
    for (const one of document.querySelectorAll("[data-visited]")) one.removeAttribute("data-visited");
  });
  const problems = stops.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`));
  return { names: stops.map(({ name }) => name), problems };
}

/** Runs in the page. `nowhere`: behind the last one and before the first one; `again`: it was there before */
function focused(): Stop | "nowhere" | "again" {
  const one = document.activeElement;
  if (!(one instanceof HTMLElement) || one === document.body) return "nowhere";
  // Tab stops several times in a field for a date.
  if (one.dataset.visited === "last") return "nowhere";
  if (one.dataset.visited) return "again";
  const last = document.querySelector<HTMLElement>("[data-visited=last]");
  if (last) last.dataset.visited = "before";
  one.dataset.visited = "last";
  const { left, top, right, bottom, width, height } = one.getBoundingClientRect();
  const problems: string[] = [];
  const isSmall = width < 2 || height < 2;
  const isTall = height > innerHeight;
  if (isSmall) problems.push("it cannot be seen");
  // Rows that are no whole px high end between two.
  if (left < 0 || right > innerWidth || (!isTall && (top < -1 || bottom > innerHeight + 1)))
    problems.push(`it is out of sight: ${[left, top, right, bottom].map(Math.round)}`);
  const y = isTall ? Math.max(top, 0) + 10 : (top + bottom) / 2;
  const hit = document.elementFromPoint((left + right) / 2, y);
  if (!isSmall && hit && !one.contains(hit) && !hit.contains(one))
    problems.push(`${hit.className} covers it`);
  const labels = one instanceof HTMLInputElement ? one.labels?.[0]?.innerText : undefined;
  const label =
    one.getAttribute("aria-label") ?? labels ?? (one.innerText || one.getAttribute("placeholder") || "");
  return { name: `${one.localName} ${label.trim().slice(0, 40)}`, problems };
}

/** Whether something is wider than the page, or a text does not fit where it stands. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push("the page");
    for (const one of document.querySelectorAll("button, h1, h2, h3, label, legend, .bar, form")) {
      const { left, right, width } = one.getBoundingClientRect();
      if (width > 2 && (left < 0 || right > innerWidth + 1) && one.checkVisibility())
        found.push(`${one.localName} ${one.textContent?.slice(0, 40)}`);
    }
    return found;
  });
}

/** Expects of what a page shows that all of it can be seen and reached by the keyboard. */
async function expectReachable(page: Page, ...names: string[]): Promise<void> {
  const { names: reached, problems } = await walk(page);
  expect(problems).toEqual([]);
  for (const name of names) expect(reached.join("\n")).toContain(name);
  await expect.poll(() => tooWide(page)).toEqual([]);
}

function hasFocus(control: Locator): Promise<boolean> {
  return control.evaluate((one) => one === document.activeElement);
}

test("at 200 % one signs in, writes, makes a poll and changes settings by the keyboard alone", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  for (const text of ["Who brings the map?", "And the tent?", "I have no idea"]) await ben.send(id, text);
  const page = await site.open({ viewport: ZOOMED });
  await expect.poll(() => hasFocus(page.getByLabel("Username"))).toBe(true);
  await expectReachable(page, "input Username", "input Password", "button Sign in", "button New here?");
  await page.getByLabel("Username").focus();
  await page.keyboard.type(ann.user.username);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");

  await row(page, "Hike").waitFor();
  await expectReachable(page, "button Your account", "button Search", "a H");
  await row(page, "Hike").focus();
  await page.keyboard.press("Enter");
  await stored(page, "I have no idea").waitFor();
  await expect.poll(() => hasFocus(composer(page))).toBe(true);
  await page.keyboard.type("Ask Cem");
  await page.keyboard.press("Enter");
  await stored(page, "Ask Cem").waitFor();
  // The messages have room between the header and the field.
  const room = await page.locator(".scroller").evaluate(({ clientHeight }) => clientHeight);
  expect(room).toBeGreaterThan(ZOOMED.height / 2);
  await expectReachable(page, "Back to the list", "Search", "Add", "Emoji", "Message Hike");

  await page.getByRole("button", { name: "Add", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => hasFocus(page.getByRole("menuitem", { name: "Photos and files" }))).toBe(true);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "New poll" });
  await dialog.waitFor();
  await dialog.getByRole("textbox", { name: "Question" }).focus();
  await page.keyboard.type("When?");
  for (const option of ["Eight", "Nine"]) {
    await page.keyboard.press(option === "Eight" ? "Tab" : "Enter");
    await page.keyboard.type(option);
  }
  await expectReachable(page, "Question", "Send the poll", "Several choices", "Close");
  await dialog.getByRole("button", { name: "Send the poll" }).focus();
  await page.keyboard.press("Enter");
  await stored(page, "When?").waitFor();

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("Settings");
  await page.keyboard.press("Enter");
  await expect.poll(() => hasFocus(page.getByRole("region", { name: "Settings" }))).toBe(true);
  await expectReachable(page, "Profile", "Security", "Your data");
  for (const [part, ...controls] of [
    ["Profile", "Name", "Save"],
    ["Your data", "Export my data", "Delete my account"],
  ] as const) {
    await page.getByRole("link", { name: part }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => hasFocus(page.getByRole("heading", { name: part, exact: true }))).toBe(true);
    await expectReachable(page, ...controls);
    await page.getByRole("link", { name: "Back", exact: true }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => hasFocus(page.getByRole("link", { name: part }))).toBe(true);
  }
});
