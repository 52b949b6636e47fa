import { expect, test } from "vitest";
import { Site } from "../support/site.ts";
import { reported, reportRow, staff } from "../support/staff.ts";
import { message } from "../support/talk.ts";

const site = Site.alone();

test("a moderator takes a report, deletes its message and resolves it by keys alone", async () => {
  const { ann, ben, id, seq } = await reported(site, "cheap watches");
  const page = await site.open({ person: await staff(site, "moderator"), hash: "#/admin/" });
  await reportRow(page, "cheap watches").waitFor();
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
  await page.getByRole("dialog").getByRole("button", { name: "Resolve", exact: true }).press("Enter");
  await report.getByText("Acted on").waitFor();
  await reportRow(page, "cheap watches").waitFor({ state: "detached" });
  await page.getByRole("radio", { name: "Resolved" }).check();
  await reportRow(page, "cheap watches").waitFor();

  await page.getByRole("link", { name: "Audit log" }).click();
  const row = page.getByRole("listitem").filter({ hasText: "deleted a message" });
  await row.getByText("rest: 垃圾").waitFor();
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
  await page.getByRole("button", { name: "Report", exact: true }).click();
  await report(`Report ${ben.user.username}`, "Something else", "sells boots");
  await page.goto(`${site.origin}/#/c/${id}/info`);
  // The page of the user before has a button of this name, too.
  const details = page.getByRole("complementary", { name: "Details" });
  await details.getByRole("button", { name: "Report", exact: true }).click();
  await report("Report “Hike”", "Something illegal", "a boot market");

  const staffPage = await site.open({ person: await staff(site, "admin"), hash: "#/admin/" });
  for (const note of ["boots again", "sells boots", "a boot market"])
    await reportRow(staffPage, note).waitFor();
  // The picture is of whom it is about, whatever the words begin with.
  const initial = reportRow(staffPage, "boots again").locator(".avatar");
  await expect.poll(() => initial.innerText()).toBe(ben.user.username.charAt(0).toUpperCase());
});
