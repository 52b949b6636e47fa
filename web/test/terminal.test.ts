import { once } from "node:events";
import type { Locator, Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { site as pageOfExample } from "../../packages/react/examples/site.ts";
import { PASSWORD, type Person } from "../../scripts/support/person.ts";
import { Site } from "./support/site.ts";

/** The example of parley-react, which React draws, on a server of its own. */
const example = await pageOfExample();
example.listen(0, "127.0.0.1");
await once(example, "listening");
const address = example.address();
const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : address}`;
const site = Site.alone({ ALLOWED_ORIGINS: origin });
afterAll(() => {
  example.close();
  example.closeAllConnections();
});

/** The terminal of a user who is signed in. */
async function terminal(person: Person): Promise<Page> {
  const context = await site.device();
  const session = JSON.stringify({ me: person.user.id, token: person.token });
  await context.addInitScript((kept) => {
    if (location.protocol === "http:") localStorage.setItem("terminal:session", kept);
  }, session);
  const page = await context.newPage();
  await page.goto(`${origin}/?url=${site.origin}`);
  await prompt(page).waitFor();
  return page;
}

function prompt(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message" });
}

function lines(page: Page): Locator {
  return page.locator("[data-seq]");
}

/** Where a line stands on screen, in px. */
function top(line: Locator): Promise<number> {
  return line.evaluate((element) => element.getBoundingClientRect().top);
}

test("two people talk in an app of React, which signs them in itself", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const page = await (await site.device()).newPage();
  await page.goto(`${origin}/?url=${site.origin}`);
  await page.getByRole("textbox", { name: "login:" }).fill(ann.user.username);
  await page.getByLabel("password:").fill(PASSWORD);
  await page.getByRole("button", { name: "enter" }).click();
  await page.getByText("no channels").waitFor();
  const { id } = await ben.openDirect(ann);
  await ben.send(id, "Anybody there?");
  await lines(page).filter({ hasText: "Anybody there?" }).waitFor();
  await prompt(page).fill("**I** am");
  await prompt(page).press("Enter");
  await lines(page).locator("strong", { hasText: "I" }).waitFor();
  await expect
    .poll(async () => (await ben.history(id)).map(({ body }) => body.text))
    .toEqual(["Anybody there?", "**I** am"]);
});

test("the log holds its place, a draft survives a reload, and a member is suggested and mentioned", async () => {
  const [ann, ben, id] = await site.group("ops", "ann", "ben");
  for (let i = 1; i <= 120; i++) await ben.send(id, `line ${i}`);
  await ann.read(id, 120);
  const page = await terminal(ann);
  await lines(page).filter({ hasText: "line 120" }).waitFor();

  const box = page.locator(".scroll");
  await box.evaluate((element) => element.scrollBy(0, -900));
  const held = lines(page).filter({ hasText: "line 84" });
  await held.scrollIntoViewIfNeeded();
  await page.getByRole("button", { name: "-- more --" }).waitFor();
  const before = await top(held);
  const newest = await ben.send(id, "newest line");
  await expect.poll(async () => (await ann.conversation(id)).unread_count).toBe(1);
  await expect.poll(async () => Math.abs((await top(held)) - before)).toBeLessThan(1);
  await page.getByRole("button", { name: "-- more --" }).click();
  await lines(page).filter({ hasText: "newest line" }).waitFor();
  await expect.poll(async () => (await ann.conversation(id)).read_seq).toBe(newest.seq);

  await prompt(page).fill("a draft");
  await page.reload();
  await expect.poll(() => prompt(page).inputValue()).toBe("a draft");

  await prompt(page).fill("");
  await prompt(page).pressSequentially("hi @be");
  await page.getByRole("option", { name: ben.user.username }).waitFor();
  await prompt(page).press("Enter");
  await expect.poll(() => prompt(page).inputValue()).toBe(`hi @${ben.user.username} `);
  await prompt(page).press("Enter");
  // The log draws as a mention whom the stored message mentions.
  await lines(page).locator("[data-mention]", { hasText: ben.user.username }).waitFor();
});
