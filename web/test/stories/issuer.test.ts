import { expect, test } from "vitest";
import { findings } from "../support/axe.ts";
import { Issuer, kept } from "../support/issuer.ts";
import { chooseInAccount, connection, stored } from "../support/talk.ts";

const issuer = await Issuer.start();
const { provider, site, host } = issuer;

test("a user signs in at the issuer, is led to what they wanted, and stays signed in", async () => {
  const id = await issuer.greeted("Ann");
  const page = await site.open({ hash: `#/c/${id}` });
  await page.getByText("or with a password").waitFor();
  await page.getByLabel("Password").waitFor();
  expect(await findings(page)).toEqual([]);
  await issuer.goAndCome(page);
  await stored(page, "Hello").waitFor();
  expect(page.url()).toBe(`${site.origin}/#/c/${id}`);
  await page.reload();
  await stored(page, "Hello").waitFor();
  await connection(page, "live").waitFor({ state: "attached" });
  // The same sign-in at the issuer, in a page that knows nothing of the session.
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await issuer.goAndCome(page);
  await stored(page, "Hello").waitFor();
  await expect
    .poll(async () => JSON.parse((await kept(page, "tokens")) ?? "{}").refreshToken)
    .toMatch(/^prt_/);
});

test("refuses an answer to no sign-in of the tab, and an ID token with another nonce", async () => {
  const id = await issuer.greeted("Ann");
  const page = await site.open({ hash: `#/c/${id}` });
  provider.faults = { answer: { state: "forged" } };
  await issuer.goAndCome(page);
  await page.getByRole("alert").getByText("This sign-in is over, or belongs to another tab.").waitFor();
  provider.faults = { claims: { nonce: "another" } };
  await page.getByRole("button", { name: "Try again", exact: true }).click();
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("gave an answer that this page cannot use").waitFor();
  await expect
    .poll(async () => [await kept(page, "session"), await kept(page, "tokens")])
    .toEqual([null, null]);
  // A code stands in no address, and a reload begins anew.
  expect(page.url()).toBe(`${site.origin}/sign-in#/c/${id}`);
  provider.faults = {};
  await page.reload();
  await page.getByRole("link", { name: "Continue" }).click();
  await stored(page, "Hello").waitFor();
});

test("a sign-out ends the session here and at the issuer, and forgets the tokens", async () => {
  await issuer.newcomer("Ann");
  const page = await site.open();
  await issuer.goAndCome(page);
  await connection(page, "live").waitFor({ state: "attached" });
  const { token } = JSON.parse((await kept(page, "session")) ?? "{}");
  const before = provider.signedOut;
  await chooseInAccount(page, "Sign out");
  await page.getByRole("link", { name: `Sign in with ${host}` }).waitFor();
  await expect.poll(() => provider.signedOut).toBe(before + 1);
  await page.waitForURL(`${site.origin}/`);
  await expect
    .poll(async () => [await kept(page, "session"), await kept(page, "tokens")])
    .toEqual([null, null]);
  const headers = { Authorization: `Bearer ${token}` };
  expect((await fetch(`${site.origin}/v1/me`, { headers })).status).toBe(401);
  // An issuer without a sign-out.
  provider.hasSignOut = false;
  await issuer.goAndCome(page);
  await connection(page, "live").waitFor({ state: "attached" });
  await chooseInAccount(page, "Sign out");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await expect.poll(() => kept(page, "tokens")).toBeNull();
  expect(provider.signedOut).toBe(before + 1);
});
