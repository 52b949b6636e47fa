import type { Page } from "playwright-core";
import { beforeAll, expect, inject, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { sampledPairs } from "../../../test/support/sampled-cases.ts";
import { findings } from "../support/axe.ts";
import { flaws } from "../support/sight/flaws.ts";
import { LOOKS, type Look, show } from "../support/sight/looks.ts";
import { type Say, saying } from "../support/sight/say.ts";
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

type Opening = (page: Page, say: Say) => Promise<unknown>;
/** What staff sees: where, how it is opened there if not by the address, and what is there then. */
type StaffView = [place: (of: Reported) => string, open: null | Opening, text: (say: Say) => string];

const severe: Opening = (page, say) => page.getByRole("button", { name: say("act.severe") }).click();
const press =
  (key: Parameters<Say>[0]): Opening =>
  (page, say) =>
    page.getByRole("button", { name: say(key) }).click();
const oneReport = ({ report }: Reported) => `reports/${report}`;

/** What is there before anybody has reported anything. */
const BEFORE: StaffView[] = [
  [() => "reports", null, (say) => say("reports.none.open")],
  [() => "held", null, (say) => say("held.none.waiting")],
  [() => "users", null, (say) => say("users.searchHint")],
  [
    () => "users",
    async (page, say) => {
      await page.getByRole("searchbox", { name: say("users.search") }).fill("zebra");
      await page.getByRole("button", { name: say("users.find"), exact: true }).click();
    },
    (say) => say("users.none"),
  ],
];

const AFTER: StaffView[] = [
  [() => "reports", null, () => "note on cheap gloves"],
  [oneReport, null, (say) => say("report.context")],
  [oneReport, severe, (say) => say("act.dissolve")],
  [
    oneReport,
    async (page, say) => {
      await severe(page, say);
      await page.getByRole("menuitem", { name: say("act.suspend") }).click();
    },
    (say) => say("field.until"),
  ],
  [oneReport, press("act.resolve"), (say) => say("resolution.dismissed")],
  [() => "reports/999999", null, (say) => say("problem.not_found")],
  [({ user }) => `users/${user}`, null, (say) => say("user.about")],
  [() => "audit", null, (say) => say("audit.report_read")],
  [() => "held", null, () => "bitcoin for all"],
  [
    () => "held",
    (page) => page.getByRole("link", { name: "a discount" }).click(),
    (say) => say("held.whatFlagged"),
  ],
  [() => "rules", null, (say) => say("rules.try")],
  [() => "rules", press("rules.new"), (say) => say("rules.unsaved")],
  [() => "rules", refuse, (say) => say("rules.flaw")],
  [() => "numbers", null, (say) => say("numbers.sends")],
];

/** Writes what no rule may look for. */
async function refuse(page: Page, say: Say): Promise<void> {
  await page
    .getByRole("list", { name: say("tab.rules") })
    .getByRole("link")
    .first()
    .click();
  await page.getByRole("textbox", { name: say("rules.kind.words") }).fill("casino\n!!!");
  await page.getByRole("button", { name: say("rules.save"), exact: true }).click();
}

/** Looks at views, a page of the same user for each language and kind of device. */
async function examine(views: StaffView[], person: Person, of: Reported): Promise<void> {
  const pages = new Map<string, Page>();
  const found: unknown[] = [];
  for (const [[place, open, text], look] of sampledPairs(views, LOOKS)) {
    const { language, viewport } = look;
    const [say, hasTouch] = [saying(language), viewport.width < DESKTOP.width];
    const key = `${language} ${hasTouch}`;
    const page = pages.get(key) ?? (await site.open({ person, language, hasTouch }));
    pages.set(key, page);
    const hash = `#/admin/${place(of)}`;
    // What was opened over the view before is closed.
    await page.goto("about:blank");
    await show(page, open ? { ...look, viewport: DESKTOP } : look);
    await page.goto(`${site.origin}/${hash}`);
    await open?.(page, say);
    const seen = page.getByText(text(say)).filter({ visible: true }).first();
    const isSeen = await seen.waitFor({ timeout: 20_000 }).then(
      () => true,
      () => false,
    );
    if (!isSeen) found.push([hash, text(say), look, "not shown"]);
    await show(page, look);
    const all = [...(await flaws(page)), ...(isChecked(look) ? await findings(page) : [])];
    if (all.length > 0) found.push([hash, text(say), look, all]);
  }
  expect(found).toEqual([]);
}

/** What a language says changes no role and no label. */
const isChecked = ({ language }: Look) => language === "en-US" || !inject("everyCase");

// All views in all looks take more than ten minutes on a busy machine.
test("no part of the page for staff has a serious finding, and each fits", {
  timeout: 3_000_000,
}, async () => {
  const moderator = await staff(site, "moderator");
  await examine(BEFORE, moderator, { user: 0, report: 0 });
  const { ben, id, report } = await reported(site, "cheap gloves");
  const messages = `/v1/conversations/${id}/messages`;
  await ben.refused("POST", messages, { kind: "text", body: { text: "bitcoin for all" } });
  await ben.send(id, "a discount");
  await examine(AFTER, moderator, { user: ben.user.id, report });
});
