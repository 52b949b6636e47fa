import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { PASSWORD } from "../../scripts/support/person.ts";
import { Site } from "./support/site.ts";
import { chooseInAccount, connection, focusRow, row, stored } from "./support/talk.ts";

const site = Site.forFile();

async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

test("a page whose session another device has ended asks for a sign-in, and shows nothing any more", async () => {
  const [ann, ben, cem] = [await site.person("ann"), await site.person("ben"), await site.person("cem")];
  const { id } = await ben.openDirect(ann);
  await ben.send(id, "A secret");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await row(page, ben.user.username).waitFor();
  await focusRow(stored(page, "A secret"));
  await page.keyboard.press("s");
  await page.getByRole("dialog").getByText("A secret").waitFor();
  await ann.call("POST", "/v1/logout");
  await page.getByText("Your session has ended. Sign in again.").waitFor();
  await signIn(page, cem.user.username, PASSWORD);
  await connection(page, "live").waitFor({ state: "attached" });
  await expect.poll(() => page.getByText("A secret").count()).toBe(0);
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  await chooseInAccount(page, "Sign out");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await expect.poll(() => page.getByText("A secret").count()).toBe(0);
});

test("a sign-in and a sign-out hold for the other tabs of a browser", async () => {
  const ann = await site.person("ann");
  const browser = await site.device();
  const [first, second] = [await browser.newPage(), await browser.newPage()];
  for (const page of [first, second]) await page.goto(site.origin);
  await signIn(first, ann.user.username, PASSWORD);
  for (const page of [first, second]) await connection(page, "live").waitFor({ state: "attached" });
  // The server is out of reach.
  await second.route("**/v1/logout", (call) => call.abort());
  await chooseInAccount(second, "Sign out");
  await second.getByText("You are signed out on this device. The server does not answer").waitFor();
  await first.getByRole("heading", { name: "Sign in" }).waitFor();
  await second.unroute("**/v1/logout");
  await second.getByText("You are signed out.").waitFor();
  await expect.poll(() => ann.call("GET", "/v1/sessions")).toMatchObject({ items: [{ current: true }] });
  await signIn(first, ann.user.username, PASSWORD);
  for (const page of [first, second]) await connection(page, "live").waitFor({ state: "attached" });
  await chooseInAccount(second, "Sign out");
  for (const page of [first, second]) {
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await expect.poll(() => page.getByText("Your session has ended").count()).toBe(0);
  }
});
