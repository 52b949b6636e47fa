import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { PHONE, Site } from "../support/site.ts";

const site = Site.forFile();

/** What the list of the parts says is shown. */
function current(page: Page) {
  return page.getByRole("navigation", { name: "Parts of the settings" }).locator("[aria-current=page]");
}

function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => document.activeElement?.textContent ?? null);
}

test("each part of the settings has an address, which the list marks, and whose heading gets the focus", async () => {
  const page = await site.open({ person: await site.person("ann"), hash: "#/settings" });
  await page.getByRole("textbox", { name: "Name", exact: true }).waitFor();
  await expect.poll(() => current(page).allInnerTexts()).toEqual(["Profile"]);
  await page.getByRole("link", { name: "Security" }).click();
  await page.getByText("This session").waitFor();
  expect(new URL(page.url()).hash).toBe("#/settings/security");
  await expect.poll(() => current(page).allInnerTexts()).toEqual(["Security"]);
  await expect.poll(() => focused(page)).toBe("Security");
  await page.goBack();
  await page.getByRole("textbox", { name: "Name", exact: true }).waitFor();
  await expect.poll(() => focused(page)).toBe("Profile");
});

test("a phone shows the list, or a part in its place with a way back", async () => {
  const page = await site.open({
    ...{ person: await site.person("ann"), viewport: PHONE, hash: "#/settings", hasTouch: true },
  });
  const part = page.getByRole("link", { name: "Privacy" });
  await part.waitFor();
  await expect.poll(() => current(page).count()).toBe(0);
  await expect.poll(() => page.getByRole("textbox", { name: "Name", exact: true }).count()).toBe(0);
  await part.click();
  await page.getByRole("group", { name: "Who may write to you" }).waitFor();
  await expect.poll(() => part.count()).toBe(0);
  await page.getByRole("link", { name: "Back", exact: true }).click();
  await part.waitFor();
  await expect.poll(() => focused(page)).toBe("Privacy");
  await page.getByRole("link", { name: "Back", exact: true }).click();
  await expect.poll(() => new URL(page.url()).hash).toBe("#/");
});

test("a decision that cannot be stored is taken back, with the reason beside it", async () => {
  const ann = await site.person("ann");
  const page = await site.open({ person: ann, hash: "#/settings/privacy" });
  const group = page.getByRole("group", { name: "Who can become your friend" });
  await page.route("**/v1/me", (call) =>
    call.request().method() === "PATCH" ? call.abort() : call.continue(),
  );
  await group.getByText("Nobody").click();
  await group.getByRole("alert").getByText("The server does not answer.").waitFor();
  await expect
    .poll(() => group.getByRole("radio", { name: "People whom you accept" }).isChecked())
    .toBe(true);
  await page.unroute("**/v1/me");
  await group.getByRole("radio", { name: "Nobody" }).check();
  await expect.poll(() => ann.call("GET", "/v1/me")).toMatchObject({ friend_policy: "deny" });
  await expect.poll(() => group.getByRole("alert").count()).toBe(0);
});

test("of two decisions that are both under way none is shown that was not stored", async () => {
  const ann = await site.person("ann");
  const page = await site.open({ person: ann, hash: "#/settings/privacy" });
  const group = page.getByRole("group", { name: "Who can become your friend" });
  const [asked, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await page.route("**/v1/me", async (call) => {
    if (call.request().method() !== "PATCH") return await call.continue();
    asked.resolve();
    await held.promise;
    await call.abort();
  });
  await group.getByText("Nobody").click();
  await asked.promise;
  const everybody = group.getByRole("radio", { name: "Everybody" });
  await everybody.check();
  let failures = 0;
  page.on("requestfailed", () => failures++);
  held.resolve();
  await expect.poll(() => failures).toBe(2);
  await group.getByRole("alert").waitFor();
  const stored = group.getByRole("radio", { name: "People whom you accept" });
  await expect.poll(() => stored.isChecked()).toBe(true);
});
