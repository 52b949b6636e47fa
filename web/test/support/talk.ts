import type { Locator, Page } from "playwright-core";

/** The row of a conversation in the list. */
export function row(page: Page, name: string): Locator {
  return page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name });
}

/** How many messages of a conversation are unread, as its row says. */
export function unread(page: Page, name: string): Locator {
  return row(page, name).getByLabel(/unread message/);
}

/** Opens a conversation from the list. Resolves once one can write in it. */
export async function openTalk(page: Page, name: string): Promise<void> {
  await row(page, name).click();
  await composer(page).waitFor();
}

/** Goes on with what the page asks about before it does it. @param verb on the button */
export async function confirm(page: Page, verb: string): Promise<void> {
  await page.getByRole("dialog", { name: verb }).getByRole("button", { name: verb }).click();
}

/** The field in which one writes. */
export function composer(page: Page): Locator {
  return page.getByRole("textbox", { name: /^Message / });
}

/** Writes a message and sends it. It may still be queued. */
export async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** A message in the timeline that says something: a stored one, or one that is not stored yet. */
export function message(page: Page, text: string): Locator {
  const items = page.getByRole("list", { name: "Messages" }).getByRole("listitem");
  // A day is an item, too, which has a list of its own.
  return items.filter({ hasText: text, hasNot: page.locator("ol") });
}

/** A message that the server has stored. */
export function stored(page: Page, text: string): Locator {
  return message(page, text).and(page.locator("[data-seq]"));
}

/** What the messages of the timeline that are stored say, from the oldest to the newest. */
export function texts(page: Page): Promise<string[]> {
  return page.locator("[data-seq] .text").allInnerTexts();
}

/** What says whether the page is connected, when it says so. An empty one is attached, and not visible. */
export function connection(page: Page, now: "connecting" | "live"): Locator {
  return page.locator(`[data-connection="${now}"]`);
}

/** The field of the search. */
export function searchField(page: Page): Locator {
  return page.getByRole("combobox", { name: "Search" });
}

/** What the search offers, by a part of what it says. */
export function offer(page: Page, text: string): Locator {
  return page.getByRole("option").filter({ hasText: text });
}

/** Chooses something in the menu of the account. */
export async function chooseInAccount(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menuitem", { name }).click();
}

/**
 * Gives the row of a message the focus. A browser gives it to no row that Tab and the arrow keys have not
 * made one that can have it, as the first of two messages that come at once: the key would then go to
 * another element.
 */
export function focusRow(row: Locator): Promise<void> {
  return row.evaluate((one: HTMLElement) => {
    one.tabIndex = 0;
    one.focus();
  });
}

/**
 * Chooses something in the menu of a stored message, by a key. A pointer that rests on a row is beside it
 * when something above comes or goes, and the button that the row showed is gone.
 */
export async function choose(page: Page, text: string, item: string): Promise<void> {
  await focusRow(stored(page, text).first());
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: item }).click();
}
