import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** The row of a conversation in the list. */
export function row(page: Page, name: string): Locator {
  return page
    .locator(".tui-conversation-item")
    .filter({ has: page.locator(".name", { hasText: new RegExp(`^${name}$`) }) });
}

/** The number of unread messages at a row. */
export function unread(page: Page, name: string): Locator {
  return row(page, name).locator(".num");
}

/** The names of the list, from its top. */
export function names(page: Page): Promise<string[]> {
  return page.locator(".tui-conversation-item .name").allInnerTexts();
}

/** Opens a conversation from the list. Resolves once one can write in it. */
export async function openTalk(page: Page, name: string): Promise<void> {
  await expect
    .poll(async () => {
      // The kit draws another conversation in a row that moves: a click at that moment opens that one.
      await row(page, name).click();
      return title(page, name).isVisible();
    })
    .toBe(true);
  await field(page).waitFor();
}

/** What stands above a conversation. */
export function title(page: Page, text: string): Locator {
  return page.locator(".chat-header-content", { hasText: text });
}

/**
 * Watches what stands above a conversation.
 * @returns resolves once the text has stood there, if only for a moment: with each change of any conversation
 * the kit writes the name there again
 */
export async function watchTitle(page: Page, text: string): Promise<() => Promise<void>> {
  const watch = await page.evaluateHandle((part) => {
    const seen = new Promise<void>((resolve) => {
      new MutationObserver(() => {
        if (document.querySelector(".chat-header-content")?.textContent?.includes(part)) resolve();
      }).observe(document.body, { childList: true, characterData: true, subtree: true });
    });
    return { seen };
  }, text);
  return () => watch.evaluate(({ seen }) => seen);
}

/** Chooses in the menu of a row. */
export async function chooseInRow(page: Page, name: string, item: string): Promise<void> {
  await row(page, name).click({ button: "right" });
  // In its first 300 ms the kit does not close the menu.
  await page.locator(".actions-menu-item", { hasText: item }).click({ delay: 350 });
}

/** The field in which one writes: an editor, on phones plain. */
export function field(page: Page): Locator {
  return page.locator(
    ".message-input-editor-area [contenteditable=true], [contenteditable=true].message-input-editor-area",
  );
}

/** Writes a message and sends it. It may still be on its way. */
export async function send(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

/** A message, or a tip, that says something. */
export function message(page: Page, text: string): Locator {
  return page.locator(".message-li").filter({ hasText: text });
}

/** Opens the menu of the message with a text. */
export async function openMenu(page: Page, text: string): Promise<void> {
  const exactly = page.locator(".message-text-container").getByText(text, { exact: true });
  await page.locator(".message-body-content").filter({ has: exactly }).click({ button: "right" });
}

/** Chooses in the menu of the message with a text. */
export async function choose(page: Page, text: string, item: string): Promise<void> {
  await openMenu(page, text);
  await page.locator(".dialog-item-list .list-item", { hasText: item }).click();
}

/** Chooses whom a message is forwarded to, or who is in a group. */
export async function pick(page: Page, name: string): Promise<void> {
  await page.locator(".transfer-list-item", { hasText: name }).click();
}

/** How long, in ms, the kit has to show whom it has found. */
const FOUND_WITHIN = 3_000;

/** Looks for a user who is in none of the lists, and chooses them. */
export async function find(page: Page, name: string): Promise<void> {
  const field = page.locator(".transfer .left input");
  const found = page.locator(".transfer-list-item", { hasText: name });
  // The kit's list of friends replaces what was found before it has come, and empties the field. A further
  // Enter would replace it, too.
  await expect
    .poll(async () => {
      await field.fill(name);
      await field.press("Enter");
      await found.waitFor({ timeout: FOUND_WITHIN }).catch(() => undefined);
      return found.count();
    })
    .toBe(1);
  await pick(page, name);
}

/** Is done with choosing. */
export async function done(page: Page): Promise<void> {
  await page.locator(".transfer button", { hasText: "Done" }).click();
}

/** What the texts on screen say, from the oldest to the newest. */
export function texts(page: Page): Promise<string[]> {
  return page.locator(".message-li .message-text-container").allInnerTexts();
}

/** What the tips on screen say. */
export function tips(page: Page): Promise<string[]> {
  return page.locator(".message-tip").allInnerTexts();
}
