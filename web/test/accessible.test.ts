import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../scripts/support/person.ts";
import { findings } from "./support/axe.ts";
import { PHONE, Site } from "./support/site.ts";
import { composer, row, send, stored } from "./support/talk.ts";

const site = Site.forFile();

/** The views of the page: the address of each, and what is there when it is. */
const VIEWS: [hash: (conversation: number) => string, text: string][] = [
  [() => "#/", "Hike"],
  [(id) => `#/c/${id}`, "Who brings the map?"],
  [(id) => `#/c/${id}/info`, "Invitation links"],
  [(id) => `#/c/${id}/search`, "Go to a date"],
  [(id) => `#/c/${id}/pins`, "Nothing is pinned here."],
  [() => "#/new", "Find a group"],
  [() => "#/search/map", "1 message found"],
  [() => "#/mentions", "Nobody has mentioned you"],
  [() => "#/saved", "Save a message"],
  [() => "#/archive", "The archive is empty."],
  [() => "#/scheduled", "Nothing is scheduled."],
  [() => "#/people", "Nobody is here yet."],
  [() => "#/settings", "This session"],
  [() => "#/nothing", "There is nothing at this address."],
];

/** A user with a group of which they are the owner. */
async function world(): Promise<{ ann: Person; id: number }> {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ann.openGroup("Hike", [ben]);
  await ben.send(id, "Who brings the map?");
  await ann.send(id, "I do");
  return { ann, id };
}

for (const theme of ["light", "dark"] as const) {
  test(`the sign-in has no serious finding (${theme})`, async () => {
    const page = await site.open({ theme });
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByRole("button", { name: "New here?" }).click();
    expect(await findings(page)).toEqual([]);
  });

  test(`no view has a serious finding (${theme})`, async () => {
    const { ann, id } = await world();
    for (const viewport of [undefined, PHONE]) {
      const page = await site.open({ person: ann, theme, ...(viewport && { viewport }) });
      for (const [address, text] of VIEWS) {
        const hash = address(id);
        await page.goto(`${site.origin}/${hash}`);
        await page.getByText(text).filter({ visible: true }).first().waitFor();
        expect([hash, viewport, await findings(page)]).toEqual([hash, viewport, []]);
      }
    }
  });
}

test("a user signs in, opens a conversation and writes with the keyboard alone", async () => {
  const { ann } = await world();
  const page = await site.open();
  await page.getByLabel("Username").focus();
  await page.keyboard.type(ann.user.username);
  await page.keyboard.press("Tab");
  await page.keyboard.type("correct horse battery staple");
  await page.keyboard.press("Enter");
  await row(page, "Hike").waitFor();
  for (let i = 0; i < 20 && !(await isFocused(page)); i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await composer(page).waitFor();
  await expect.poll(() => composer(page).evaluate((field) => field === document.activeElement)).toBe(true);
  await page.keyboard.type("By keys");
  await page.keyboard.press("Enter");
  await stored(page, "By keys").waitFor();
});

/** Whether the row of the group has the focus. */
function isFocused(page: Page): Promise<boolean> {
  return row(page, "Hike").evaluate((link) => link === document.activeElement);
}

test("Enter that ends the input of an input method sends nothing", async () => {
  const { ann, id } = await world();
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await composer(page).fill("你好");
  await composer(page).dispatchEvent("keydown", { key: "Enter", isComposing: true });
  await composer(page).dispatchEvent("keydown", { key: "Enter", keyCode: 229 });
  expect(await composer(page).inputValue()).toBe("你好");
  await send(page, "你好吗");
  await stored(page, "你好吗").waitFor();
  expect(await stored(page, "你好").count()).toBe(1);
});
