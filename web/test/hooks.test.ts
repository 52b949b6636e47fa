import { once } from "node:events";
import { createServer } from "node:http";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { findings } from "./support/axe.ts";
import { details } from "./support/group.ts";
import { PHONE, Site } from "./support/site.ts";
import { byKey } from "./support/staff.ts";
import { confirm, message, send } from "./support/talk.ts";

const site = Site.alone({ DEV_LOOPBACK: "on" });

/** Posts to the URL of a hook, as a service does. @returns the status */
async function post(url: string, body: object): Promise<number> {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  await response.arrayBuffer();
  return response.status;
}

/** The URL in the dialog that shows it once. */
async function shownUrl(page: Page): Promise<string> {
  return page.getByRole("dialog", { name: "Address" }).getByRole("textbox", { name: "Address" }).inputValue();
}

test("an admin makes a hook, a service writes by it, and its address is replaced and ends", async () => {
  const [ann, ben, id] = await site.group("Builds", "ann", "ben");
  const page = await site.open({ person: ann, hash: `#/c/${id}/info` });
  const bensPage = await site.open({ person: ben, hash: `#/c/${id}`, viewport: PHONE });

  await details(page).getByRole("button", { name: "Make a hook" }).click();
  const making = page.getByRole("dialog", { name: "Make a hook" });
  await making.getByRole("textbox", { name: "Name of its messages" }).fill("Build server");
  expect(await findings(page)).toEqual([]);
  await making.getByRole("button", { name: "Make a hook" }).click();
  const showing = page.getByRole("dialog", { name: "Address" });
  const url = await shownUrl(page);
  await showing.getByRole("combobox", { name: "Service" }).selectOption("Slack");
  await expect.poll(() => shownUrl(page)).toBe(`${url}/slack`);
  expect(await findings(page)).toEqual([]);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await showing.getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByText("The link is copied.").waitFor();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(`${url}/slack`);
  await showing.getByRole("button", { name: "Close", exact: true }).click();

  expect(await post(`${url}/slack`, { text: "*Build 42* <https://ci.example.org/42|failed>" })).toBe(200);
  for (const who of [page, bensPage]) {
    await message(who, "Build 42 failed").waitFor();
    await who.getByRole("list", { name: "Messages" }).getByText("Build server").first().waitFor();
  }
  // Two hooks, or a hook under two names, never look like one.
  expect(await post(url, { text: "Deployed", name: "Deploys" })).toBe(201);
  await page.getByRole("list", { name: "Messages" }).getByText("Deploys").waitFor();
  await send(bensPage, "Thanks");
  expect(await findings(bensPage)).toEqual([]);

  const row = details(page).getByRole("listitem").filter({ hasText: "Build server" });
  await row.getByRole("button", { name: "New address for Build server" }).click();
  await confirm(page, "New address");
  await page.getByRole("dialog", { name: "Address" }).waitFor();
  const next = await shownUrl(page);
  expect(await post(url, { text: "late" })).toBe(404);
  expect(await post(next, { text: "Build 43 is done" })).toBe(201);
  await message(page, "Build 43 is done").waitFor();
  await page
    .getByRole("dialog", { name: "Address" })
    .getByRole("button", { name: "Close", exact: true })
    .click();
  await row.getByRole("button", { name: "Delete Build server" }).click();
  await confirm(page, "Delete");
  await row.waitFor({ state: "detached" });
  expect(await post(next, { text: "late" })).toBe(404);
  // Members are not shown the hooks of their group.
  await bensPage.goto(`${new URL(bensPage.url()).origin}/#/c/${id}/info`);
  await details(bensPage).getByRole("heading", { name: "Members" }).waitFor();
  await expect.poll(() => details(bensPage).getByText("Make a hook").count()).toBe(0);
});

test("who writes what a hook of the backend rejects reads why, and is not asked to try again", async () => {
  const [, ben, id] = await site.group("Rules", "ann", "ben");
  const answer = JSON.stringify({ action: "reject", reason: "No links, please." });
  const gate = createServer((_, response) => response.end(answer)).listen(0, "127.0.0.1");
  onTestFinished(() => void gate.close());
  await once(gate, "listening");
  const { port } = z.object({ port: z.int() }).parse(gate.address());
  const url = `http://localhost:${port}/`;
  const hook = { url, events: ["message.sending"], conversations: [id] };
  await byKey(site, "POST", "/v1/server/hooks", hook);
  const page = await site.open({ person: ben, hash: `#/c/${id}` });
  await send(page, "https://example.com");
  const failed = page.locator('.message[data-state="failed"]');
  await failed.getByText("No links, please.").waitFor();
  await expect.poll(() => failed.getByRole("button").allTextContents()).toEqual(["Discard"]);
  await failed.getByRole("button", { name: "Discard", exact: true }).click();
  await failed.waitFor({ state: "detached" });
});
