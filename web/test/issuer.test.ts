import type { BrowserContext, Locator, Page, WebSocket } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { PASSWORD } from "../../scripts/support/person.ts";
import { findings } from "./support/axe.ts";
import { Issuer, kept } from "./support/issuer.ts";
import { takeProblems } from "./support/problems.ts";
import { PHONE } from "./support/site.ts";
import { composer, connection, stored } from "./support/talk.ts";

const issuer = await Issuer.start();
const { provider, site, host } = issuer;
const closed = issuer.server([provider.entry({ provision: "never" })], { REGISTRATION: "closed" });

const Sessions = z.object({ items: z.array(z.unknown()) });

/** Goes to the provider, and leaves the user before the choice. */
async function goTo(page: Page, hash = ""): Promise<Locator> {
  await page.goto(`${site.origin}/${hash}`);
  await page.getByRole("link", { name: `Sign in with ${host}` }).click();
  const link = page.getByRole("link", { name: "Continue" });
  await link.waitFor();
  return link;
}

/** How many sessions the user of a page has at the server; undefined: the session of the page has ended. */
async function sessionsOf(page: Page): Promise<number | undefined> {
  const { token } = JSON.parse((await kept(page, "tokens")) ?? "{}");
  const answer = await fetch(`${site.origin}/v1/sessions`, { headers: { Authorization: `Bearer ${token}` } });
  return Sessions.safeParse(await answer.json()).data?.items.length;
}

/** Marks a page that opens a database from now on. */
async function markDatabases(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (...how) {
      document.body.dataset.opened = "";
      return open.apply(this, how);
    };
  });
}

/** How often pages of a browser ask for tokens from now on. */
function countTokens(context: BrowserContext): () => number {
  let count = 0;
  context.on("request", (request) => {
    if (request.url().endsWith("/v1/token")) count++;
  });
  return () => count;
}

test("renews the session of two tabs once; the room sockets of both stay, and text and focus", async () => {
  const id = await issuer.greeted("Ann");
  const browser = await site.device();
  await browser.clock.install();
  const first = await browser.newPage();
  await first.goto(`${site.origin}/#/c/${id}`);
  await issuer.goAndCome(first);
  await stored(first, "Hello").waitFor();
  const before = await kept(first, "tokens");
  const second = await browser.newPage();
  const pages = [first, second];
  const authed = new Map<WebSocket, Page>();
  const lost: Page[] = [];
  for (const page of pages)
    page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => {
        if (`${payload}`.includes('"authed"')) authed.set(socket, page);
      });
      // Tabs share the socket of the device, and hand it over: also after an hour without a sign of each
      // other.
      const isRoom = socket.url().includes("/conversations/");
      socket.on("close", () => isRoom && authed.has(socket) && lost.push(page));
    });
  const pongs = pages.map((page) =>
    page
      .waitForEvent("websocket")
      .then((one) => one.waitForEvent("framereceived", ({ payload }) => payload === "pong")),
  );
  await first.reload();
  await second.goto(`${site.origin}/#/c/${id}`);
  await Promise.all(pongs);
  for (const page of pages) await stored(page, "Hello").waitFor();
  await first.bringToFront();
  await composer(first).pressSequentially("Half a");
  const asked = countTokens(browser);
  await browser.clock.fastForward(59.5 * 60_000);
  await expect.poll(() => new Set(authed.values()).size).toBe(2);
  expect(lost).toEqual([]);
  // The storage of a tab may be a moment behind the lock. The server answers the repeat with the same tokens.
  expect([1, 2]).toContain(asked());
  await expect.poll(() => kept(first, "tokens")).not.toEqual(before);
  await first.keyboard.type(" sentence");
  await expect.poll(() => composer(first).inputValue()).toBe("Half a sentence");
});

test("two tabs whose users come back at the same moment share one session", async () => {
  const id = await issuer.greeted("Ann");
  const browser = await site.device();
  const [first, second] = [await browser.newPage(), await browser.newPage()];
  const links = [await goTo(first, `#/c/${id}`), await goTo(second, `#/c/${id}`)];
  const [isAnswered, mayPass] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await first.route("**/v1/token", async (route) => {
    const response = await route.fetch();
    isAnswered.resolve();
    await mayPass.promise;
    await route.fulfill({ response });
  });
  await links[0]?.click();
  await isAnswered.promise;
  await links[1]?.click();
  const waiting = async () => (await navigator.locks.query()).pending?.map(({ name }) => name);
  await expect.poll(() => second.evaluate(waiting)).toContain("parley:tokens");
  mayPass.resolve();
  for (const page of [first, second]) {
    await stored(page, "Hello").waitFor();
    await connection(page, "live").waitFor({ state: "attached" });
  }
  // `newcomer` has opened the other one.
  await expect.poll(() => sessionsOf(second)).toBe(2);
});

test("a sign-in that another tab has overtaken proves nothing, and takes the place of the other session", async () => {
  await issuer.newcomer("Ann");
  const ann = provider.user;
  const browser = await site.device();
  const [page, late, other] = [await browser.newPage(), await browser.newPage(), await browser.newPage()];
  const links = {
    late: await goTo(late, "#/settings/data"),
    other: await goTo(other),
    page: await goTo(page),
  };
  await links.page.click();
  await connection(page, "live").waitFor({ state: "attached" });
  provider.user = { ...ann, sid: crypto.randomUUID() };
  await links.late.click();
  await late.getByRole("button", { name: "Delete my account", exact: true }).click();
  await late.getByRole("link", { name: "Sign in once more" }).waitFor();
  await expect.poll(() => sessionsOf(late)).toBe(2);
  await issuer.newcomer("Eve");
  await links.other.click();
  for (const one of [page, late, other])
    await one.getByRole("button", { name: /^Your account.*Eve/ }).waitFor();
});

test("a session whose token ends while its user signs in once more ends, too", async () => {
  await issuer.newcomer("Ann");
  const page = await site.open({ hash: "#/settings" });
  await issuer.goAndCome(page);
  await connection(page, "live").waitFor({ state: "attached" });
  await expect.poll(() => sessionsOf(page)).toBe(2);
  provider.user = { ...provider.user, sid: crypto.randomUUID() };
  await page.evaluate(() => {
    const tokens = JSON.parse(localStorage.getItem("parley:tokens") ?? "{}");
    const token = `.${btoa('{"exp":1}')}.`;
    localStorage.setItem("parley:tokens", JSON.stringify({ ...tokens, token }));
  });
  await page.goto(`${site.origin}/sign-in`);
  await page.getByRole("link", { name: "Continue" }).click();
  await connection(page, "live").waitFor({ state: "attached" });
  await expect.poll(() => sessionsOf(page)).toBe(2);
});

test("a user who refuses at the issuer reads so, and signs in with the next try (on a phone)", async () => {
  await issuer.newcomer("Ann");
  const page = await site.open({ language: "zh-CN", viewport: PHONE });
  await page.getByRole("link", { name: `通过 ${host} 登录` }).click();
  await page.getByRole("link", { name: "Refuse", exact: true }).click();
  await page.getByRole("alert").getByText(`你没有在 ${host} 完成登录。`).waitFor();
  expect(await findings(page)).toEqual([]);
  await page.getByRole("button", { name: "重试" }).click();
  await page.getByRole("link", { name: "Continue" }).click();
  await connection(page, "live").waitFor({ state: "attached" });
});

test("shows that the issuer does not answer, and that the user is suspended", async () => {
  await issuer.newcomer("Ann");
  const page = await site.open();
  provider.faults = { isDown: true };
  await page.getByRole("link", { name: `Sign in with ${host}` }).click();
  await page.getByRole("alert").getByText(`${host} does not answer.`).waitFor();
  expect(takeProblems(page.context())).toEqual([expect.stringContaining("503")]);
  provider.faults = {};
  await page.route("**/v1/token", (route) =>
    route.fulfill({ status: 403, contentType: "application/problem+json", body: '{"code":"suspended"}' }),
  );
  await page.getByRole("button", { name: "Try again", exact: true }).click();
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByRole("alert").getByText("Your account is suspended.").waitFor();
  await page.getByRole("link", { name: "Back", exact: true }).click();
  await page.getByLabel("Password").waitFor();
});

test("shows no password form where nobody can register, and tells an unknown user that they have no account", async () => {
  await issuer.newcomer("Ann");
  const page = await closed.open();
  await page.getByRole("link", { name: `Sign in with ${host}` }).waitFor();
  await expect
    .poll(async () => [await page.getByLabel("Password").count(), await page.getByRole("button").count()])
    .toEqual([0, 0]);
  await issuer.goAndCome(page);
  await page.getByRole("alert").getByText("but you have no account here.").waitFor();
});

test("a password signs in at /sign-in, too, when the server does not say how users sign in", async () => {
  const { user } = await site.person("ann");
  const page = await (await site.device()).newPage();
  await page.route("**/v1/login", (call) =>
    call.request().method() === "GET" ? call.fulfill({ status: 503 }) : call.continue(),
  );
  await page.goto(`${site.origin}/sign-in#/archive`);
  await page.getByLabel("Username").fill(user.username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("The archive is empty.").waitFor();
  await page.reload();
  await page.getByText("The archive is empty.").waitFor();
  expect(page.url()).toBe(`${site.origin}/#/archive`);
});

test.each(["has a new sign-in", "goes on with the same sign-in"])(
  "asks for a new sign-in at the issuer before the account is deleted, and refuses that of another user (the issuer %s)",
  async (how) => {
    await issuer.newcomer("Ann");
    const ann = provider.user;
    provider.hasSignOut = false;
    const browser = await site.device();
    const [page, other] = [await browser.newPage(), await browser.newPage()];
    await page.goto(`${site.origin}/#/settings/data`);
    await issuer.goAndCome(page);
    await connection(page, "live").waitFor({ state: "attached" });
    await other.goto(`${site.origin}/#/settings/data`);
    await connection(other, "live").waitFor({ state: "attached" });
    await other.route("**/v1/me/export", () => {});
    await other.getByRole("button", { name: "Export my data" }).click();
    await markDatabases(other);
    const dialog = page.getByRole("dialog", { name: "Delete my account" });
    const again = dialog.getByRole("link", { name: "Sign in once more" });
    const remove = dialog.getByRole("button", { name: "Delete for good" });
    const askProof = async () => {
      await page.getByRole("button", { name: "Delete my account", exact: true }).click();
      await again.waitFor();
      await expect.poll(() => remove.isDisabled()).toBe(true);
      await expect.poll(() => dialog.getByLabel("Password").count()).toBe(0);
      expect(await findings(page)).toEqual([]);
      await again.click();
      await page.getByRole("link", { name: "Continue" }).waitFor();
      expect(new URL(page.url()).searchParams.get("prompt")).toBe("login");
    };
    await askProof();
    provider.user = { sub: crypto.randomUUID(), name: "Eve", sid: crypto.randomUUID() };
    await page.getByRole("link", { name: "Continue" }).click();
    await page.getByRole("alert").getByText("as somebody else").waitFor();
    await page.getByRole("link", { name: "Back", exact: true }).click();
    await connection(page, "live").waitFor({ state: "attached" });
    const { token } = JSON.parse((await kept(page, "session")) ?? "{}");
    await askProof();
    provider.user = how === "has a new sign-in" ? { ...ann, sid: crypto.randomUUID() } : ann;
    await page.getByRole("link", { name: "Continue" }).click();
    await dialog.getByRole("checkbox", { name: "I want to delete my account" }).check();
    const headers = { Authorization: `Bearer ${token}` };
    await expect.poll(async () => (await fetch(`${site.origin}/v1/me`, { headers })).status).toBe(401);
    // The other tab has gone over to the new session.
    const signedOut = other.getByRole("heading", { name: "Sign in" });
    await connection(other, "live").waitFor({ state: "attached" });
    await expect.poll(() => signedOut.count()).toBe(0);
    // What it does goes on, over the database that it has open.
    await expect.poll(() => other.getByRole("button", { name: "Cancel the export" }).count()).toBe(1);
    await expect.poll(() => other.locator("[data-opened]").count()).toBe(0);
    await remove.click();
    await page.getByText("Your account is deleted.").waitFor();
    await signedOut.waitFor();
    await expect
      .poll(async () => [await kept(page, "session"), await kept(page, "tokens")])
      .toEqual([null, null]);
  },
);
