import { beforeAll, expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { Site } from "../support/site.ts";
import { byKey, staff } from "../support/staff.ts";

const site = Site.alone();

const HOLD = { id: "doubt", match: { words: ["bitcoin"] }, action: "hold" };

// Before the first message: rules that are known hold for a while.
beforeAll(async () => {
  await byKey(site, "PUT", "/v1/moderation/rules", { items: [HOLD] });
});

async function report(by: Person, about: Person, note: string): Promise<void> {
  await by.call("POST", "/v1/reports", { user_id: about.user.id, reason: "spam", note });
}

test("open lists and the counts of the tabs follow what users and others of the staff do", async () => {
  const [ann, ben, mia] = [
    await site.person("ann"),
    await site.person("ben"),
    await staff(site, "moderator"),
  ];
  const page = await site.open({ person: mia, hash: "#/admin/reports" });
  await page.getByText("No report is open.").waitFor();
  const tabs = page.getByRole("navigation", { name: "Parts of the moderation" });
  await report(ann, ben, "first note");
  const reports = page.getByRole("list", { name: "Reports" }).getByRole("link");
  await reports.filter({ hasText: "first note" }).waitFor();
  await tabs.getByRole("link", { name: "Reports 1 waiting" }).waitFor();
  await report(ben, ann, "second note");
  await reports.filter({ hasText: "second note" }).waitFor();
  await tabs.getByRole("link", { name: "Reports 2 waiting" }).waitFor();

  const { id } = await ann.openGroup("Hike", [ben]);
  const held = { kind: "text", body: { text: "buy bitcoin" } };
  await ben.refused("POST", `/v1/conversations/${id}/messages`, held);
  await tabs.getByRole("link", { name: "Held 1 waiting" }).click();
  const row = page.getByRole("list", { name: "Held" }).getByRole("link");
  await row.filter({ hasText: "buy bitcoin" }).click();
  await page.getByRole("button", { name: /^Accept/ }).waitFor();

  // Somebody else is quicker.
  const moe = await staff(site, "admin");
  const [found] = Object(await moe.call("GET", "/v1/moderation/held")).items;
  await moe.call("PATCH", `/v1/moderation/held/${found.id}`, { decision: "refuse" });
  await page.getByRole("alert").filter({ hasText: "somebody else has decided" }).waitFor();
  await row.filter({ hasText: "buy bitcoin" }).waitFor({ state: "detached" });
  await tabs.getByRole("link", { name: "Held", exact: true }).waitFor();
  await expect.poll(() => page.getByRole("button", { name: /^Accept/ }).count()).toBe(0);
});
