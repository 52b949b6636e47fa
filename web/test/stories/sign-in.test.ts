import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { PASSWORD } from "../../../scripts/support/person.ts";
import { Conversation } from "../../../scripts/support/shapes.ts";
import { takeProblems } from "../support/problems.ts";
import { Site } from "../support/site.ts";
import { chooseInAccount, connection, openTalk, row, send, stored } from "../support/talk.ts";

const site = Site.forFile();

/** Creates an account by the form. */
async function register(page: Page, username: string, nickname: string): Promise<void> {
  await page.getByRole("button", { name: "New here? Create an account" }).click();
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Name that others see").fill(nickname);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
}

async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

test("a server for its own machine says so at another address, before a password is typed", async () => {
  const device = await site.device();
  await device.route(/\/v1\/login$/, (call) =>
    call.fulfill({
      status: 500,
      contentType: "application/problem+json",
      body: JSON.stringify({ code: "internal", status: 500, title: "", detail: "APP_KEYS has dev-app-key" }),
    }),
  );
  const page = await device.newPage();
  await page.goto(site.origin.replace("127.0.0.1", "parley.lan"));
  await page.getByRole("alert").filter({ hasText: "nobody can sign in at this address" }).waitFor();
  await expect.poll(() => page.getByLabel("Password").count()).toBe(0);
  takeProblems(device);
});

test("a newcomer creates an account, sees who writes to them, and answers", async () => {
  const ben = await site.person("ben");
  const page = await site.open();
  await register(page, "newcomer", "Ann Newcomer");
  await connection(page, "live").waitFor({ state: "attached" });
  await page.getByText("No conversations yet").waitFor();
  const user = await page.evaluate(() => JSON.parse(localStorage.getItem("parley:session") ?? "").userId);
  const body = { kind: "direct", user_id: user };
  const { id } = Conversation.parse(await ben.call("POST", "/v1/conversations", body));
  await ben.send(id, "Welcome");
  await openTalk(page, ben.user.username);
  await send(page, "Thank you");
  await stored(page, "Thank you").waitFor();
});

test("a username that is taken, and a password that is too short, are explained", async () => {
  const { user } = await site.person("taken");
  const page = await site.open();
  await register(page, user.username, "");
  await page.getByRole("alert").getByText("This username is taken.").waitFor();
  await page.getByLabel("Username").fill("another");
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Create account" }).click();
  await page
    .getByRole("alert")
    .getByText(/password/)
    .waitFor();
});

test("a wrong password is refused, the right one signs in, and signing out leaves nothing behind", async () => {
  const [ben, ann, id] = await site.direct("ben", "ann");
  await ben.send(id, "A secret");
  const page = await site.open();
  await signIn(page, ann.user.username, "another password");
  await page.getByRole("alert").getByText("Username or password is wrong.").waitFor();
  await signIn(page, ann.user.username, PASSWORD);
  await openTalk(page, ben.user.username);
  await stored(page, "A secret").waitFor();
  await chooseInAccount(page, "Sign out");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await expect.poll(() => page.evaluate(() => localStorage.getItem("parley:session"))).toBeNull();
  await signIn(page, ben.user.username, PASSWORD);
  await row(page, ann.user.username).waitFor();
  await expect.poll(() => row(page, ben.user.username).count()).toBe(0);
});

test("a new password ends the other sessions, and a deleted account says farewell", async () => {
  const ann = await site.person("ann");
  const other = await site.open({ person: ann });
  await connection(other, "live").waitFor({ state: "attached" });
  const page = await site.open();
  await signIn(page, ann.user.username, PASSWORD);
  await connection(page, "live").waitFor({ state: "attached" });
  await page.goto(`${site.origin}/#/settings/security`);
  const ends = page.getByRole("button", { name: "End", exact: true });
  await expect.poll(() => ends.count()).toBe(1);
  const next = "another long enough passphrase";
  await page.getByLabel("Current password").fill(PASSWORD);
  await page.getByLabel("New password").fill(next);
  await page.getByRole("button", { name: "Change the password" }).click();
  await expect.poll(() => ends.count()).toBe(0);
  await other.getByText("Your session has ended.").waitFor();
  await page.getByRole("link", { name: "Your data", exact: true }).click();
  await page.getByRole("button", { name: "Delete my account", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Delete my account" });
  await dialog.getByLabel("Password").fill(next);
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await page.getByText("Your account is deleted.").waitFor();
});
