import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../scripts/support/person.ts";
import { findings } from "./support/axe.ts";
import { DESKTOP, PHONE, Site } from "./support/site.ts";
import { staff } from "./support/staff.ts";
import { message } from "./support/talk.ts";

const site = Site.alone();
/** A new user may report twice a day there. */
const strict = Site.alone({ RATE_LIMITS: "on", QUOTAS: "reports=10" });

/** A group in which Ben has written something that Ann has reported. */
async function reported(text: string) {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  await ann.send(id, "Who brings the map?");
  const { seq } = await ben.send(id, text);
  const body = { message: { conversation_id: id, seq }, reason: "spam", note: `note on ${text}` };
  const { id: report } = Object(await ann.call("POST", "/v1/reports", body));
  return { ann, ben, id, seq, report: Number(report) };
}

function open(person: Person, place = ""): Promise<Page> {
  return site.open({ person, hash: `#/admin/${place}` });
}

function rowOf(page: Page, text: string) {
  return page.getByRole("list", { name: "Reports" }).getByRole("link").filter({ hasText: text });
}

test("a moderator takes a report, deletes its message and resolves it by keys alone", async () => {
  const { ann, ben, id, seq } = await reported("cheap watches");
  const page = await open(await staff(site, "moderator"));
  await rowOf(page, "cheap watches").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const report = page.getByRole("article");
  await report.getByText("Who brings the map?").waitFor();
  await report.getByText("cheap watches", { exact: true }).waitFor();
  await report.getByRole("link", { name: ann.user.username }).first().waitFor();

  await page.keyboard.press("t");
  await report.getByText("Taken by").waitFor();
  await page.keyboard.press("d");
  const dialog = page.getByRole("dialog", { name: "Delete the message" });
  await dialog.getByLabel("Reason").waitFor();
  // Letters are for the field, and no keys of the page.
  await page.keyboard.type("rest: 垃圾");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("The message is deleted.").waitFor();
  const [revoked] = (await ben.history(id)).filter((one) => one.seq === seq);
  expect(revoked).toMatchObject({ revoked: true });

  await page.keyboard.press("r");
  await page.getByRole("dialog", { name: "Resolve" }).getByLabel("Note").fill("deleted");
  await page.getByRole("dialog").getByRole("button", { name: "Resolve" }).press("Enter");
  await report.getByText("Acted on").waitFor();
  await rowOf(page, "cheap watches").waitFor({ state: "detached" });
  await page.getByRole("radio", { name: "Resolved" }).check();
  await rowOf(page, "cheap watches").waitFor();

  await page.getByRole("link", { name: "Audit log" }).click();
  const row = page.getByRole("listitem").filter({ hasText: "deleted a message" });
  await row.getByText("rest: 垃圾").waitFor();
});

test("of a direct conversation only the message can go: there is nothing to dissolve", async () => {
  const [ben, ann, id] = await site.direct("ben", "ann");
  const { seq } = await ben.send(id, "cheap coats");
  const body = { message: { conversation_id: id, seq }, reason: "spam" };
  const direct = Object(await ann.call("POST", "/v1/reports", body));
  const page = await open(await staff(site, "moderator"), `reports/${direct.id}`);
  await page.getByRole("button", { name: /^Delete the message/ }).waitFor();
  expect(await page.getByRole("button", { name: /^Dissolve/ }).count()).toBe(0);
  const { report } = await reported("cheap scarfs");
  await page.goto(`${site.origin}/#/admin/reports/${report}`);
  await page.getByRole("button", { name: /^Dissolve/ }).waitFor();
});

test("of two who have a report on screen the second is told who was quicker, and sees it anew", async () => {
  const { report } = await reported("cheap shoes");
  const [mia, moe] = [await staff(site, "moderator"), await staff(site, "moderator")];
  const [first, second] = [await open(mia, `reports/${report}`), await open(moe, `reports/${report}`)];
  for (const page of [first, second]) await page.getByRole("button", { name: /^Take/ }).waitFor();
  await first.keyboard.press("t");
  await first.getByRole("article").getByText("Taken by").waitFor();
  await second.keyboard.press("t");
  await second.getByRole("alert").filter({ hasText: "Somebody else was quicker" }).waitFor();
  const facts = second.getByRole("article");
  await facts.getByRole("link", { name: mia.user.username }).waitFor();
  expect(await second.getByRole("button", { name: /^Take/ }).count()).toBe(0);
});

test("a moderator finds no report about themselves, is told why at its address, and goes on", async () => {
  const mia = await staff(site, "moderator");
  const body = { user_id: mia.user.id, reason: "abuse", note: "about Mia" };
  const { id } = Object(await (await site.person("ann")).call("POST", "/v1/reports", body));
  const { report } = await reported("cheap belts");
  const page = await open(mia, `reports/${id}`);
  await page.getByRole("alert").filter({ hasText: "The report is about you" }).waitFor();
  expect(await page.getByRole("article").count()).toBe(0);
  await rowOf(page, "cheap belts").waitFor();
  expect(await page.getByText("about Mia").count()).toBe(0);
  await page.goto(`${site.origin}/#/admin/reports/${report}`);
  await page.getByRole("article").getByText("cheap belts", { exact: true }).waitFor();
});

test("/admin leads to the page, which refuses a user without a role", async () => {
  const page = await site.open({ person: await site.person("ann") });
  await page.goto(`${site.origin}/admin`);
  await page.getByRole("alert").filter({ hasText: "This page is for moderators." }).waitFor();
  expect(new URL(page.url()).hash).toMatch(/^#\/admin/);
  expect(await page.getByRole("navigation", { name: "Parts of the moderation" }).count()).toBe(0);
});

test("an ordinary user loads nothing of the page for staff", async () => {
  const page = await (await site.device({ person: await site.person("ann") })).newPage();
  const loaded: string[] = [];
  page.on("response", async (response) => {
    if (response.url().endsWith(".js")) loaded.push(await response.text());
  });
  await page.goto(`${site.origin}/#/settings`);
  await page.getByText("This session").waitFor();
  expect(loaded.join().includes("Parley-Reason")).toBe(false);
  expect(loaded.length).toBeGreaterThan(2);
});

test("an auditor reads reports and users, and has no actions, neither buttons nor keys", async () => {
  const { ben, report } = await reported("cheap hats");
  const page = await open(await staff(site, "auditor"), `reports/${report}`);
  await page.getByText("You read here, and change nothing.").waitFor();
  await page.getByRole("article").getByText("cheap hats", { exact: true }).waitFor();
  expect(await page.getByRole("article").getByRole("button").count()).toBe(0);
  for (const key of ["t", "r", "d", "s", "a", "g"]) await page.keyboard.press(key);
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.getByRole("article").getByRole("link", { name: ben.user.username }).first().click();
  await page.getByRole("heading", { name: ben.user.username }).waitFor();
  expect(await page.getByRole("article").getByRole("button").count()).toBe(0);
});

test("a moderator finds a user, suspends them with a reason and an end, and lifts it again", async () => {
  const { ben } = await reported("cheap socks");
  const page = await open(await staff(site, "moderator"), "users");
  await page.getByRole("searchbox", { name: "Username" }).fill(ben.user.username);
  await page.keyboard.press("Enter");
  await page.getByRole("list", { name: "Users" }).getByRole("link").click();
  const user = page.getByRole("article", { name: ben.user.username });
  await user.getByText("note on cheap socks").waitFor();
  await page.keyboard.press("s");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Until").selectOption({ label: "7 days from now" });
  await dialog.getByLabel("Reason").fill("spam — 垃圾");
  await dialog.getByRole("button", { name: "Suspend" }).click();
  await user.getByText("Suspended until").waitFor();
  await user.getByText("spam — 垃圾").waitFor();
  expect(await ben.refused("GET", "/v1/me")).toMatchObject({ status: 401 });
  await page.keyboard.press("l");
  await page.getByRole("dialog").getByLabel("Reason").fill("又好了");
  await page.getByRole("dialog").getByRole("button", { name: "Lift the suspension" }).click();
  await user.getByText("Active", { exact: true }).waitFor();
  await page.keyboard.press("h");
  await dialog.getByLabel("Reason").fill("again");
  await dialog.getByRole("button", { name: "Put in the shadow" }).click();
  await user.getByText("In the shadow until").waitFor();
  await page.keyboard.press("l");
  await dialog.getByLabel("Reason").fill("fine");
  await dialog.getByRole("button", { name: "Lift the suspension" }).click();
  await user.getByText("Active", { exact: true }).waitFor();
  await page.getByRole("link", { name: "Audit log" }).click();
  await page.getByText("又好了").waitFor();
});

test("a member reports a message, a person and a group, and each is among the reports", async () => {
  const [ben, ann, id] = await site.group("Hike", "ben", "ann");
  await ben.send(id, "Buy my boots");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  const report = async (name: string, why: string, note: string) => {
    const dialog = page.getByRole("dialog", { name });
    await dialog.getByRole("radio", { name: why }).check();
    await dialog.getByLabel("What else the moderators should know").fill(note);
    await dialog.getByRole("button", { name: "Send the report" }).click();
    await page.getByText("The report was sent.").last().waitFor();
    await dialog.waitFor({ state: "detached" });
    // The entry of the dialog has left the browser's history, too.
    await page.waitForFunction(() => !Object(history.state).over);
  };
  await message(page, "Buy my boots").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Report" }).click();
  await report("Report the message", "Spam", "boots again");
  await page.goto(`${site.origin}/#/user/${ben.user.id}`);
  await page.getByRole("button", { name: "Report" }).click();
  await report(`Report ${ben.user.username}`, "Something else", "sells boots");
  await page.goto(`${site.origin}/#/c/${id}/info`);
  // The page of the user before has a button of this name, too.
  const details = page.getByRole("complementary", { name: "Details" });
  await details.getByRole("button", { name: "Report" }).click();
  await report("Report “Hike”", "Something illegal", "a boot market");

  const staffPage = await open(await staff(site, "admin"));
  for (const note of ["boots again", "sells boots", "a boot market"]) await rowOf(staffPage, note).waitFor();
});

test("a user who has reported as much as a day may have is told so", async () => {
  const [ben, ann, id] = await strict.group("Hike", "ben", "ann");
  for (let i = 0; i < 3; i++) {
    const { seq } = await ben.send(id, `Boots ${i}`);
    if (i < 2)
      await ann.call("POST", "/v1/reports", { message: { conversation_id: id, seq }, reason: "spam" });
  }
  const page = await strict.open({ person: ann, hash: `#/c/${id}` });
  await message(page, "Boots 2").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Report" }).click();
  await page.getByRole("radio", { name: "Spam" }).check();
  await page.getByRole("button", { name: "Send the report" }).click();
  await page.getByRole("alert").filter({ hasText: "as many reports as a day may have" }).waitFor();
});

for (const theme of ["light", "dark"] as const)
  test(`no part of the page for staff has a serious finding (${theme})`, async () => {
    const { ben, report } = await reported("cheap gloves");
    const page = await site.open({ person: await staff(site, "moderator"), theme, hash: "#/admin" });
    const parts: [place: string, text: string][] = [
      ["reports", "note on cheap gloves"],
      [`reports/${report}`, "As the reporter saw it."],
      [`users/${ben.user.id}`, "Reports about them"],
      ["audit", "read a report"],
    ];
    for (const viewport of [DESKTOP, PHONE])
      for (const [place, text] of parts) {
        await page.setViewportSize(viewport);
        await page.goto(`${site.origin}/#/admin/${place}`);
        await page.getByText(text).filter({ visible: true }).first().waitFor();
        expect([place, viewport, await findings(page)]).toEqual([place, viewport, []]);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width).toBeLessThanOrEqual(viewport.width);
      }
    await page.goto(`${site.origin}/#/admin/reports/${report}`);
    await page.getByRole("button", { name: "Suspend" }).click();
    await page.getByRole("dialog").waitFor();
    expect(await findings(page)).toEqual([]);
  });
