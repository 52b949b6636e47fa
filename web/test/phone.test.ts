import { expect, test } from "vitest";
import { PHONE, Site } from "./support/site.ts";
import { composer, openTalk, row, send, stored } from "./support/talk.ts";

const site = Site.forFile();

test("a phone shows the list, or a conversation, and the way back leads from one to the other", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ben.openDirect(ann);
  await ben.send(id, "On the way");
  const page = await site.open({ person: ann, viewport: PHONE });
  await row(page, ben.user.username).waitFor();
  expect(await composer(page).count()).toBe(0);
  await openTalk(page, ben.user.username);
  await stored(page, "On the way").waitFor();
  expect(await row(page, ben.user.username).isVisible()).toBe(false);
  await send(page, "Good");
  await stored(page, "Good").waitFor();
  await page.getByRole("link", { name: "Back to the list" }).click();
  await row(page, "You: Good").waitFor();
  await page.goBack();
  await stored(page, "Good").waitFor();
  await page.goBack();
  await row(page, ben.user.username).waitFor();
});

test("nothing is wider than a phone", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ben.openDirect(ann);
  await ben.send(id, "A message that says so much that it has to be broken into several lines on a phone");
  const page = await site.open({ person: ann, viewport: { ...PHONE, width: 320 } });
  for (const hash of ["#/", `#/c/${id}`, "#/settings"]) {
    await page.goto(`${site.origin}/${hash}`);
    await page.locator("h1:visible, h2:visible").first().waitFor();
    expect([hash, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([hash, 320]);
  }
});
