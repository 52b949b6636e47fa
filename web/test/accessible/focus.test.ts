import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { Site } from "../support/site.ts";
import { stored } from "../support/talk.ts";

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

test("the focus is back at the message in the moment in which a dialog closes", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  await ben.send(id, "Book the hut");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await stored(page, "Book the hut").focus();
  await page.keyboard.press("s");
  const note = page.getByRole("textbox", { name: "Note" });
  await expect.poll(() => note.evaluate((field) => field === document.activeElement)).toBe(true);
  const focused = await watchDialog(page);
  await page.keyboard.press("Enter");
  expect(await focused()).toBe("1");
});

test("the form of the sign-in has the focus in the moment in which it is there", async () => {
  const page = await site.open();
  await page.addInitScript(() => {
    const observer = new MutationObserver(() => {
      const field = document.querySelector("form input");
      if (!field) return;
      observer.disconnect();
      document.documentElement.dataset.fieldHadFocus = String(field === document.activeElement);
    });
    observer.observe(document, { childList: true, subtree: true });
  });
  await page.reload();
  await page.getByLabel("Username").waitFor();
  expect(await page.evaluate(() => document.documentElement.dataset.fieldHadFocus)).toBe("true");
});
