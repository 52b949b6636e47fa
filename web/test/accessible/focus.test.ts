import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { Site } from "../support/site.ts";
import { focusRow, searchField, stored } from "../support/talk.ts";

const site = Site.forFile();

/**
 * Watches for the end of a dialog.
 * @returns tells which message has the focus in the moment in which the dialog goes
 */
async function watchDialog(page: Page): Promise<() => Promise<string>> {
  const watch = await page.evaluateHandle(() => {
    const focused = new Promise<string>((resolve) => {
      const observer = new MutationObserver(() => {
        if (document.querySelector("dialog")) return;
        observer.disconnect();
        resolve(document.activeElement?.closest("[data-seq]")?.getAttribute("data-seq") ?? "nothing");
      });
      observer.observe(document.body, { childList: true, subtree: true });
    });
    return { focused };
  });
  return () => watch.evaluate(({ focused }) => focused);
}

/** Runs in the page: notes whether a field has the focus in the moment in which it is there. */
function watchField(selector: string): void {
  const observer = new MutationObserver(() => {
    const field = document.querySelector(selector);
    if (!field) return;
    observer.disconnect();
    document.documentElement.dataset.fieldHadFocus = String(field === document.activeElement);
  });
  observer.observe(document, { childList: true, subtree: true });
}

/** What `watchField` has noted. */
const hadFocus = (page: Page) => page.evaluate(() => document.documentElement.dataset.fieldHadFocus);

test("the focus is back at the message in the moment in which a dialog closes", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  await ben.send(id, "Book the hut");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await focusRow(stored(page, "Book the hut"));
  await page.keyboard.press("s");
  const note = page.getByRole("textbox", { name: "Note" });
  await expect.poll(() => note.evaluate((field) => field === document.activeElement)).toBe(true);
  const focused = await watchDialog(page);
  await page.keyboard.press("Enter");
  await expect.poll(focused).toBe("1");
});

test("the form of the sign-in has the focus in the moment in which it is there", async () => {
  const page = await site.open();
  await page.addInitScript(watchField, "form input");
  await page.reload();
  await page.getByLabel("Username").waitFor();
  expect(await hadFocus(page)).toBe("true");
});

test("the field of a conversation has the focus in the moment in which it is there", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  await ann.openGroup("Hike", [ben]);
  const page = await site.open({ person: ann });
  await page.evaluate(watchField, ".composer textarea");
  await page.getByRole("link", { name: "Hike" }).click();
  await page.getByPlaceholder("Message Hike").waitFor();
  expect(await hadFocus(page)).toBe("true");
});

test("a menu has the focus when the click that opens it is over, and its button when it closes", async () => {
  const page = await site.open({ person: await site.person("ann") });
  const button = page.getByRole("button", { name: "More pages" });
  // What it offers is loaded with the first click.
  await button.press("Enter");
  await expect.poll(() => page.evaluate(() => document.activeElement?.role)).toBe("menuitem");
  await page.keyboard.press("Escape");
  await page.getByRole("menu").waitFor({ state: "detached" });
  const focused = await button.evaluate(async (pressed: HTMLElement) => {
    const role = () => document.activeElement?.role;
    pressed.click();
    // Preact draws in a microtask of the click.
    await null;
    const opened = role();
    document.querySelector<HTMLElement>(":popover-open")?.hidePopover();
    return { opened, isBack: document.activeElement === pressed };
  });
  expect(focused).toEqual({ opened: "menuitem", isBack: true });
});

test("a conversation that opens late leaves the focus in the search that is open by then", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ann.openGroup("Hike", [ben]);
  const page = await site.open({ person: ann });
  await page.getByRole("link", { name: "Hike" }).waitFor();
  await page.keyboard.press("Control+k");
  const field = searchField(page);
  await expect.poll(() => field.evaluate((one) => one === document.activeElement)).toBe(true);
  await page.evaluate(watchField, ".composer textarea");
  await page.evaluate((hash) => location.assign(hash), `#/c/${id}`);
  await page.getByPlaceholder("Message Hike").waitFor();
  expect(await hadFocus(page)).toBe("false");
});

test("what is written in the moment in which an answer begins stays", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ann.openGroup("Hike", [ben]);
  await ben.send(id, "Where do we go?");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await page.getByPlaceholder("Message Hike").evaluate((field) => {
    const observer = new MutationObserver(() => {
      if (!(field instanceof HTMLTextAreaElement) || !document.body.innerText.includes("Answer to")) return;
      observer.disconnect();
      field.value = "To the lake";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    observer.observe(document.body, { childList: true, subtree: true });
  });
  await focusRow(stored(page, "Where do we go?"));
  await page.keyboard.press("r");
  await page.getByText("Answer to").waitFor();
  await page.keyboard.press("Enter");
  await stored(page, "To the lake").waitFor();
});
