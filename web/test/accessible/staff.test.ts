import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { sampledPairs } from "../../../test/support/sampled-cases.ts";
import { dress, findings, LOOKS } from "../support/axe.ts";
import { flaws } from "../support/sight/flaws.ts";
import { DESKTOP, Site } from "../support/site.ts";
import { byKey, reported, staff } from "../support/staff.ts";

const site = Site.alone();

// Before the first message: rules that are known hold for a while.
beforeAll(async () => {
  const hold = { id: "doubt", match: { words: ["bitcoin"] }, action: "hold" };
  const flag = { id: "look", match: { words: ["discount"] }, action: "flag" };
  await byKey(site, "PUT", "/v1/moderation/rules", { items: [hold, flag] });
});

interface Reported {
  user: number;
  report: number;
}

/** What staff sees: where, how it is opened there if not by the address, and what is there then. */
const VIEWS: [
  place: (of: Reported) => string,
  open: null | ((page: Page) => Promise<unknown>),
  text: string,
][] = [
  [() => "reports", null, "note on cheap gloves"],
  [({ report }) => `reports/${report}`, null, "As the reporter saw it."],
  [
    ({ report }) => `reports/${report}`,
    async (page) => {
      await page.getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name: "Suspend" }).click();
    },
    "Until",
  ],
  [({ user }) => `users/${user}`, null, "Reports about them"],
  [() => "audit", null, "read a report"],
  [() => "held", null, "bitcoin for all"],
  [
    () => "held",
    (page) => page.getByRole("list", { name: "Held" }).getByRole("link", { name: "a discount" }).click(),
    "It is sent already.",
  ],
  [() => "rules", null, "Try a text"],
  [() => "rules", refuse, "must begin and end"],
];

/** Writes what no rule may look for, and a text that a rule would hold. */
async function refuse(page: Page): Promise<void> {
  await page.getByRole("list", { name: "Rules" }).getByRole("link").first().click();
  await page.getByRole("textbox", { name: "Words" }).fill("casino\n!!!");
  await page.getByRole("button", { name: "Save" }).click();
}

test("no part of the page for staff has a serious finding, and each fits", async () => {
  const { ben, id, report } = await reported(site, "cheap gloves");
  const messages = `/v1/conversations/${id}/messages`;
  await ben.refused("POST", messages, { kind: "text", body: { text: "bitcoin for all" } });
  await ben.send(id, "a discount");
  const page = await site.open({ person: await staff(site, "moderator"), hash: "#/admin" });
  for (const [[place, open, text], look] of sampledPairs(VIEWS, LOOKS)) {
    const hash = `#/admin/${place({ user: ben.user.id, report })}`;
    // What was opened over the view before is closed.
    await page.goto("about:blank");
    await dress(page, { ...look, viewport: open ? DESKTOP : look.viewport });
    await page.goto(`${site.origin}/${hash}`);
    await open?.(page);
    await page.getByText(text).filter({ visible: true }).first().waitFor();
    await dress(page, look);
    const where = [hash, text, look];
    expect([where, await findings(page), await flaws(page)]).toEqual([where, [], []]);
  }
});
