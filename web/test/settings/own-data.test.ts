import { readFile } from "node:fs/promises";
import type { Page, Route } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { PASSWORD } from "../../../scripts/support/person.ts";
import { findings } from "../support/axe.ts";
import { kept } from "../support/kept.ts";
import { Site } from "../support/site.ts";
import { composer, confirm, connection, message, row, stored } from "../support/talk.ts";

const site = Site.forFile();

/** Opens the dialog that deletes the account. */
async function openDeletion(page: Page) {
  await page.getByRole("button", { name: "Delete my account", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Delete my account" });
  await dialog.getByText("This cannot be undone.").waitFor();
  return dialog;
}

/** Ann and Ben with a direct conversation of one message of each, and a page of Ben that shows it. */
async function talk(): Promise<{ ann: Person; ben: Person; id: number; bens: Page }> {
  const [ann, ben, id] = await site.direct("ann", "ben");
  await ann.send(id, "Words of Ann");
  await ben.send(id, "Words of Ben");
  const bens = await site.open({ person: ben, hash: `#/c/${id}` });
  await stored(bens, "Words of Ann").waitFor();
  return { ann, ben, id, bens };
}

test("an export is saved as a file, can be cancelled, and tried again when it fails", async () => {
  const page = await site.open({ person: await site.person("ann"), hash: "#/settings/data" });
  const answers: ((call: Route) => Promise<unknown>)[] = [];
  let asked = 0;
  let held = Promise.withResolvers<void>();
  await page.route("**/v1/me/export", async (call) => {
    asked++;
    await answers.shift()?.(call);
  });
  const button = page.locator(".export button");
  const failed = (call: Route) => call.abort();
  const refused = (call: Route) =>
    call.fulfill({
      ...{ status: 429, headers: { "Retry-After": "7200" }, contentType: "application/problem+json" },
      body: JSON.stringify({ status: 429, code: "rate_limited", detail: "Too many exports." }),
    });
  const waiting = async (call: Route) => {
    await held.promise;
    await call.abort().catch(() => {});
  };
  const answered = (call: Route) =>
    call.fulfill({
      headers: { "Content-Disposition": 'attachment; filename="parley-export-7.zip"' },
      ...{ contentType: "application/zip", body: "PK of Ann" },
    });
  answers.push(failed, refused, waiting, answered);
  await button.click();
  await page.getByRole("alert").getByText("The server does not answer.").waitFor();
  await page.getByRole("button", { name: "Try again", exact: true }).click();
  await page.getByText("It is possible again from").waitFor();
  await button.click();
  await page.getByRole("status").getByText("Collecting your data").waitFor();
  expect(await findings(page)).toEqual([]);
  // It goes on while the user looks elsewhere.
  await page.evaluate(() => {
    location.hash = "#/archive";
  });
  await page.getByText("The archive is empty.").waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "Cancel the export" }).click();
  await page.getByRole("button", { name: "Export my data" }).waitFor();
  held.resolve();
  held = Promise.withResolvers();
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  expect(download.suggestedFilename()).toBe("parley-export-7.zip");
  expect(await readFile(await download.path(), "utf8")).toBe("PK of Ann");
  await page.getByRole("status").getByText("parley-export-7.zip is saved (9 bytes).").waitFor();
  expect(asked).toBe(4);
});

test("an export has what the user has sent, and nothing that others have", async () => {
  const { ann } = await talk();
  const page = await site.open({ person: ann, hash: "#/settings/data" });
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export my data" }).click();
  const download = await saved;
  expect(download.suggestedFilename()).toMatch(
    new RegExp(`^parley-export-${ann.user.id}-\\d{4}-\\d\\d-\\d\\d\\.zip$`),
  );
  const file = await readFile(await download.path(), "utf8");
  expect(file).toMatch(/^PK/);
  expect(file).toContain("records.jsonl");
  expect(file).toContain("Words of Ann");
  expect(file).not.toContain("Words of Ben");
  await page.getByRole("status").getByText("is saved").waitFor();
});

test("an account is deleted with its messages, and nothing of it stays in any tab of the browser", async () => {
  const { ann, bens, id } = await talk();
  const device = await site.device({ person: ann });
  const [page, other] = [await device.newPage(), await device.newPage()];
  await other.goto(`${site.origin}/#/c/${id}`);
  await stored(other, "Words of Ben").waitFor();
  await composer(other).fill("A draft of Ann");
  await page.goto(`${site.origin}/#/settings/data`);
  await connection(page, "live").waitFor({ state: "attached" });
  await expect.poll(() => kept(page)).toContainEqual(expect.stringContaining("drafts"));
  const dialog = await openDeletion(page);
  expect(await findings(page)).toEqual([]);
  const remove = dialog.getByRole("button", { name: "Delete for good" });
  await expect.poll(() => remove.isDisabled()).toBe(true);
  await expect.poll(() => dialog.getByRole("radio", { name: "Keep them" }).isChecked()).toBe(true);
  await dialog.getByRole("radio", { name: "Erase them" }).check();
  await dialog.getByLabel("Password").fill("not the password");
  await remove.click();
  await dialog.getByRole("alert").getByText("The password is wrong").waitFor();
  await dialog.getByLabel("Password").fill(PASSWORD);
  await remove.click();
  await page.getByText("Your account is deleted.").waitFor();
  await other.getByRole("heading", { name: "Sign in" }).waitFor();
  await expect.poll(() => kept(page)).toEqual([]);
  await message(bens, "Words of Ann").waitFor({ state: "detached" });
  await stored(bens, "Words of Ben").waitFor();
});

test("an account is deleted without its messages, unless the user wants it otherwise", async () => {
  const { ann, ben, id, bens } = await talk();
  const page = await site.open({ person: ann, hash: "#/settings/data" });
  const dialog = await openDeletion(page);
  await dialog.getByLabel("Password").fill(PASSWORD);
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await page.getByText("Your account is deleted.").waitFor();
  await row(bens, `deleted-${ann.user.id}`).waitFor();
  await expect
    .poll(() => ben.call("GET", `/v1/conversations/${id}/messages/1`))
    .toMatchObject({ revoked: false });
});

test("who owns groups is led to them, and can delete the account once they are handed over or dissolved", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const hike = await ann.openGroup("Hike", [ben]);
  const kitchen = await ann.openGroup("Kitchen", [ben]);
  await ann.call("PUT", `/v1/conversations/${kitchen.id}/preferences`, { archived: true });
  const page = await site.open({ person: ann, hash: "#/settings/data" });
  const dialog = await openDeletion(page);
  await dialog.getByLabel("Password").fill(PASSWORD);
  await dialog.getByRole("link", { name: "Hike" }).waitFor();
  expect(await findings(page)).toEqual([]);
  const remove = dialog.getByRole("button", { name: "Delete for good" });
  await expect.poll(() => remove.isDisabled()).toBe(true);
  // Another device hands one over meanwhile.
  await ann.call("POST", `/v1/conversations/${hike.id}/owner`, { user_id: ben.user.id });
  await dialog.getByRole("link", { name: "Hike" }).waitFor({ state: "detached" });
  await dialog.getByRole("link", { name: "Kitchen" }).click();
  await page.getByRole("button", { name: "Dissolve the group" }).click();
  await confirm(page, "Dissolve the group");
  await page.getByText("Choose a conversation").waitFor();
  await page.goto(`${site.origin}/#/settings/data`);
  await openDeletion(page);
  await dialog.getByLabel("Password").fill(PASSWORD);
  await remove.click();
  await page.getByText("Your account is deleted.").waitFor();
});
