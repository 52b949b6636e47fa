import type { Page } from "playwright-core";
import { beforeEach, expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { Site } from "../support/site.ts";
import { byKey, staff } from "../support/staff.ts";

const site = Site.alone();

const SPAM = { id: "spam", match: { words: ["casino", "赌场"] }, action: "refuse" };
const SHOP = { id: "shop", match: { domains: ["shop.example"] }, except: [7], action: "flag" };

beforeEach(async () => {
  await byKey(site, "PUT", "/v1/moderation/rules", { items: [SPAM, SHOP] });
});

function open(person: Person, place = "rules"): Promise<Page> {
  return site.open({ person, hash: `#/admin/${place}` });
}

function row(page: Page, id: string) {
  return page.getByRole("list", { name: "Rules" }).getByRole("link").filter({ hasText: id });
}

/** The rules that hold. */
async function stored(person: Person): Promise<unknown> {
  return Object(await person.call("GET", "/v1/moderation/rules")).items;
}

test("a moderator adds a rule, edits one and removes one, and saves them with a reason", async () => {
  const mia = await staff(site, "moderator");
  const page = await open(mia);
  await row(page, "spam").getByText("casino and 赌场").waitFor();
  await row(page, "shop").getByText("shop.example; not in 1 conversation").waitFor();
  await page.keyboard.press("n");
  await page.getByLabel("Id", { exact: true }).fill("bait");
  await page.getByRole("radio", { name: "Pattern" }).check();
  await page.getByRole("textbox", { name: "Pattern" }).fill("free\\s+money");
  await page.getByRole("radio", { name: "Mask" }).check();
  await page.getByLabel("Except in").fill("3, 5");
  await row(page, "spam").click();
  await page.getByRole("textbox", { name: "Words" }).fill("casino\n\n roulette \n");
  await row(page, "shop").click();
  await page.getByRole("button", { name: "Remove the rule" }).click();
  await row(page, "shop").waitFor({ state: "detached" });
  // What is written stays when another tab is looked at.
  await page.getByRole("link", { name: "Audit log" }).click();
  await page.getByRole("link", { name: "Rules", exact: true }).click();
  await page.getByLabel("Reason").fill("a wave of 垃圾");
  await page.clock.install();
  // Under a pointer it would stay.
  await page.mouse.move(1, 1);
  await page.getByLabel("Reason").press("Enter");
  // It is said until it is so.
  const toast = page.getByText("The rules are saved. They hold everywhere within a minute.");
  await toast.waitFor();
  await page.clock.fastForward(50_000);
  await page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve))));
  await expect.poll(() => toast.count()).toBe(1);
  await page.clock.fastForward(11_000);
  await toast.waitFor({ state: "detached" });
  await page.getByRole("form", { name: "The changes are not saved." }).waitFor({ state: "detached" });
  await expect
    .poll(() => stored(mia))
    .toEqual([
      { id: "spam", match: { words: ["casino", "roulette"] }, action: "refuse" },
      { id: "bait", match: { pattern: "free\\s+money" }, except: [3, 5], action: "mask" },
    ]);
  await page.getByRole("link", { name: "Audit log" }).click();
  await page.getByText("a wave of 垃圾").waitFor();
});

test("what the server objects to stands at the rule and its field, and nothing is saved", async () => {
  const mia = await staff(site, "moderator");
  const page = await open(mia);
  await row(page, "spam").click();
  await page.getByRole("textbox", { name: "Words" }).fill("casino\n!!!");
  await row(page, "shop").click();
  await page.getByLabel("Except in").fill("7 seven");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  const words = page.getByRole("textbox", { name: "Words" });
  await page.getByText("!!!: must begin and end with a letter or a digit").waitFor();
  await expect.poll(() => words.getAttribute("aria-invalid")).toBe("true");
  await row(page, "spam").getByText("Not valid").waitFor();
  await row(page, "shop").getByText("Not valid").waitFor();
  await row(page, "shop").click();
  await page.getByText("seven is no number of a conversation.").waitFor();
  await expect.poll(() => stored(mia)).toEqual([SPAM, SHOP]);
  await page.getByRole("textbox", { name: "Domains" }).fill(" ");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await words.waitFor();
  await row(page, "shop").click();
  await page.getByText("The rule looks for nothing yet.").waitFor();
  await page.getByRole("textbox", { name: "Domains" }).fill("shop.example");
  await page.getByLabel("Except in").fill("7");
  await row(page, "shop").getByText("Not valid").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Discard the changes" }).click();
  await row(page, "spam").getByText("casino and 赌场").waitFor();
  await row(page, "spam").getByText("Not valid").waitFor({ state: "detached" });
});

test("a text is tried out with the rules as they are written", async () => {
  const page = await open(await staff(site, "auditor"));
  const field = page.getByLabel("Try a text");
  await field.fill("a cаsino with a Cyrillic letter");
  await page.getByText("It would be refused. By spam.").waitFor();
  await row(page, "spam").getByText("Matches").waitFor();
  await field.fill("hello");
  await page.getByText("No rule matches: it would be sent.").waitFor();
  await row(page, "spam").getByText("Matches").waitFor({ state: "detached" });
  // An auditor changes nothing.
  await row(page, "spam").click();
  await expect.poll(() => page.getByRole("textbox", { name: "Words" }).isDisabled()).toBe(true);
  await expect.poll(() => page.getByRole("button", { name: "New rule" }).count()).toBe(0);

  const other = await open(await staff(site, "moderator"));
  await other.getByLabel("Try a text").fill("roulette tonight");
  await other.getByText("No rule matches").waitFor();
  await row(other, "spam").click();
  await other.getByRole("radio", { name: "Mask" }).check();
  await other.getByRole("textbox", { name: "Words" }).fill("roulette");
  await other.getByText("******** tonight").waitFor();
});

test("of two who change the rules the second is told, and takes those of the first or replaces them", async () => {
  const [mia, moe] = [await staff(site, "moderator"), await staff(site, "moderator")];
  const [first, second] = [await open(mia), await open(moe)];
  for (const [page, word] of [
    [first, "first"],
    [second, "second"],
  ] as const) {
    await row(page, "spam").click();
    await page.getByRole("textbox", { name: "Words" }).fill(word);
  }
  await first.getByRole("button", { name: "Save", exact: true }).click();
  await first.getByText("The rules are saved.").waitFor();
  await second.getByRole("button", { name: "Save", exact: true }).click();
  await second.getByRole("alert").filter({ hasText: "Somebody else has changed the rules" }).waitFor();
  await expect.poll(() => stored(mia)).toEqual([{ ...SPAM, match: { words: ["first"] } }, SHOP]);
  await second.getByRole("button", { name: "Replace theirs" }).click();
  await second.getByText("The rules are saved.").waitFor();
  await expect.poll(() => stored(mia)).toEqual([{ ...SPAM, match: { words: ["second"] } }, SHOP]);
});
