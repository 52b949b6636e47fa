import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../scripts/support/person.ts";
import { Site } from "./support/site.ts";
import { reported, reportRow, staff } from "./support/staff.ts";
import { message } from "./support/talk.ts";

const site = Site.alone();

function open(person: Person, place = ""): Promise<Page> {
  return site.open({ person, hash: `#/admin/${place}` });
}

test("of a direct conversation only the message can go: there is nothing to dissolve", async () => {
  const [ben, ann, id] = await site.direct("ben", "ann");
  const { seq } = await ben.send(id, "cheap coats");
  const body = { message: { conversation_id: id, seq }, reason: "spam" };
  const direct = Object(await ann.call("POST", "/v1/reports", body));
  const page = await open(await staff(site, "moderator"), `reports/${direct.id}`);
  const severe = page.getByRole("button", { name: "More actions" });
  await severe.click();
  await page.getByRole("menuitem", { name: /^Delete the message/ }).waitFor();
  await expect.poll(() => page.getByRole("menuitem", { name: /^Dissolve/ }).count()).toBe(0);
  await page.keyboard.press("Escape");
  const { report } = await reported(site, "cheap scarfs");
  await page.goto(`${site.origin}/#/admin/reports/${report}`);
  await page.getByRole("link", { name: "note on cheap scarfs" }).waitFor();
  await severe.click();
  await page.getByRole("menuitem", { name: /^Dissolve/ }).waitFor();
});

test("of two who have a report on screen the second is told who was quicker, and sees it anew", async () => {
  const { report } = await reported(site, "cheap shoes");
  const [mia, moe] = [await staff(site, "moderator"), await staff(site, "moderator")];
  const [first, second] = [await open(mia, `reports/${report}`), await open(moe, `reports/${report}`)];
  for (const page of [first, second]) await page.getByRole("button", { name: /^Take/ }).waitFor();
  await first.keyboard.press("t");
  await first.getByRole("article").getByText("Taken by").waitFor();
  await second.keyboard.press("t");
  await second.getByRole("alert").filter({ hasText: "Somebody else was quicker" }).waitFor();
  const facts = second.getByRole("article");
  await facts.getByRole("link", { name: mia.user.username }).waitFor();
  await expect.poll(() => second.getByRole("button", { name: /^Take/ }).count()).toBe(0);
});

test("a moderator finds no report about themselves, is told why at its address, and goes on", async () => {
  const mia = await staff(site, "moderator");
  const body = { user_id: mia.user.id, reason: "abuse", note: "about Mia" };
  const { id } = Object(await (await site.person("ann")).call("POST", "/v1/reports", body));
  const { report } = await reported(site, "cheap belts");
  const page = await open(mia, `reports/${id}`);
  await page.getByRole("alert").filter({ hasText: "The report is about you" }).waitFor();
  await expect.poll(() => page.getByRole("article").count()).toBe(0);
  await reportRow(page, "cheap belts").waitFor();
  await expect.poll(() => page.getByText("about Mia").count()).toBe(0);
  await page.goto(`${site.origin}/#/admin/reports/${report}`);
  await page.getByRole("article").getByText("cheap belts", { exact: true }).waitFor();
});

test("/admin leads to the page, which refuses a user without a role", async () => {
  const page = await site.open({ person: await site.person("ann") });
  await page.goto(`${site.origin}/admin`);
  await page
    .getByRole("alert")
    .filter({ hasText: "This page is for moderators, and you are not one." })
    .locator("svg")
    .waitFor();
  expect(new URL(page.url()).hash).toMatch(/^#\/admin/);
  await expect.poll(() => page.getByRole("navigation", { name: "Parts of the moderation" }).count()).toBe(0);
});

test("an ordinary user loads nothing of the page for staff", async () => {
  const page = await (await site.device({ person: await site.person("ann") })).newPage();
  const loaded: string[] = [];
  page.on("response", async (response) => {
    if (response.url().endsWith(".js")) loaded.push(await response.text());
  });
  await page.goto(`${site.origin}/#/settings/security`);
  await page.getByText("This session").waitFor();
  expect(loaded.join().includes("Parley-Reason")).toBe(false);
  expect(loaded.length).toBeGreaterThan(2);
});

test("an auditor reads reports and users, and has no actions, neither buttons nor keys", async () => {
  const { ben, report } = await reported(site, "cheap hats");
  const page = await open(await staff(site, "auditor"), `reports/${report}`);
  await page.getByText("You can read everything here, and change nothing.").waitFor();
  await page.getByRole("article").getByText("cheap hats", { exact: true }).waitFor();
  await expect.poll(() => page.getByRole("article").getByRole("button").count()).toBe(0);
  for (const key of ["t", "r", "d", "s", "a", "g"]) await page.keyboard.press(key);
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  await page.getByRole("article").getByRole("link", { name: ben.user.username }).first().click();
  await page.getByRole("heading", { name: ben.user.username }).waitFor();
  await expect.poll(() => page.getByRole("article").getByRole("button").count()).toBe(0);
});

test("a moderator finds a user, suspends them with a reason and an end, and lifts it again", async () => {
  const { ben } = await reported(site, "cheap socks");
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
  await dialog.getByRole("button", { name: "Suspend", exact: true }).click();
  await user.getByText("Suspended until").waitFor();
  await user.getByText("spam — 垃圾").waitFor();
  expect(await ben.refused("GET", "/v1/me")).toMatchObject({ status: 401 });
  await page.keyboard.press("l");
  await page.getByRole("dialog").getByLabel("Reason").fill("又好了");
  await page.getByRole("dialog").getByRole("button", { name: "Lift the suspension" }).click();
  await user.getByText("Active", { exact: true }).waitFor();
  await page.keyboard.press("h");
  await dialog.getByLabel("Reason").fill("again");
  await dialog.getByRole("button", { name: "Hide from others" }).click();
  await user.getByText("Hidden from others until").waitFor();
  await page.keyboard.press("l");
  await dialog.getByLabel("Reason").fill("fine");
  await dialog.getByRole("button", { name: "Lift the suspension" }).click();
  await user.getByText("Active", { exact: true }).waitFor();
  await page.getByRole("link", { name: "Audit log" }).click();
  await page.getByText("又好了").waitFor();
});

test("a user who has reported as much as a day may have is told so", async () => {
  const [ben, ann, id] = await site.group("Hike", "ben", "ann");
  await ben.send(id, "Boots");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await page.route("**/v1/reports", (call) =>
    call.fulfill({
      ...{ status: 429, headers: { "Retry-After": "7200" }, contentType: "application/problem+json" },
      body: JSON.stringify({ status: 429, code: "quota", detail: "Too many reports." }),
    }),
  );
  await message(page, "Boots").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Report" }).click();
  await page.getByRole("radio", { name: "Spam" }).check();
  await page.getByRole("button", { name: "Send the report" }).click();
  await page.getByRole("alert").filter({ hasText: "as many reports as one day allows" }).waitFor();
});
