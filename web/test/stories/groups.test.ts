import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { PICTURE } from "../support/files.ts";
import { act, details, member, notice } from "../support/group.ts";
import { Site } from "../support/site.ts";
import { composer, confirm, openTalk, row, send, stored } from "../support/talk.ts";

const site = Site.forFile();

/** Opens the details of the conversation that a page shows. */
async function openDetails(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Details" }).click();
  await details(page).getByRole("heading", { name: "Members" }).waitFor();
}

test("a group is made, named, pictured, announced and dissolved, and each member sees it", async () => {
  const [ann, ben, cem] = [await site.person("ann"), await site.person("ben"), await site.person("cem")];
  const page = await site.open({ person: ann, hash: "#/new" });
  const bensPage = await site.open({ person: ben });
  for (const { user } of [ben, cem]) {
    await page.getByRole("searchbox", { name: "People" }).fill(user.username);
    await page.getByRole("button", { name: `@${user.username}` }).click();
    await page.getByRole("list", { name: "Chosen" }).getByText(user.username).waitFor();
  }
  await page.getByRole("textbox", { name: "Name of the group" }).fill("Hike");
  await page.getByRole("button", { name: "Create group" }).click();
  await send(page, "Welcome");
  await stored(page, "Welcome").waitFor();
  await openTalk(bensPage, "Hike");
  await stored(bensPage, "Welcome").waitFor();
  await openDetails(bensPage);
  for (const person of [ann, ben, cem]) await member(bensPage, person).waitFor();
  // A plain member cannot change the group.
  await expect.poll(() => details(bensPage).getByRole("button", { name: "Edit the group" }).count()).toBe(0);

  await openDetails(page);
  const edit = details(page).getByRole("button", { name: "Edit the group" });
  const hasFocus = (control: Locator) => control.evaluate((one) => one === document.activeElement);
  await edit.click();
  const name = details(page).getByRole("textbox", { name: "Name of the group" });
  await expect.poll(() => hasFocus(name)).toBe(true);
  await page.keyboard.press("Escape");
  await expect.poll(() => hasFocus(edit)).toBe(true);
  await edit.click();
  const chooser = page.waitForEvent("filechooser");
  await details(page).getByRole("button", { name: "Choose a picture" }).click();
  await (await chooser).setFiles([{ name: "hut.png", mimeType: "image/png", buffer: PICTURE }]);
  await details(page).getByRole("button", { name: "Remove the picture" }).waitFor();
  await name.fill("Hike to the hut");
  await details(page).getByRole("textbox", { name: "Introduction" }).fill("Each Sunday");
  await details(page).getByRole("textbox", { name: "Announcement" }).fill("Bring water");
  await details(page).getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(() => hasFocus(edit)).toBe(true);
  for (const one of [page, bensPage]) {
    await row(one, "Hike to the hut").waitFor();
    await details(one).getByRole("heading", { name: "Hike to the hut" }).waitFor();
    for (const text of ["Each Sunday", "Bring water"]) await details(one).getByText(text).waitFor();
    const picture = details(one).locator(".profile img");
    await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(1);
  }
  await notice(bensPage, `${ann.user.username} renamed the group to “Hike to the hut”.`).waitFor();

  await details(page).getByRole("button", { name: "Dissolve the group" }).click();
  await confirm(page, "Dissolve the group");
  await row(page, "Hike to the hut").waitFor({ state: "detached" });
  await row(bensPage, "Hike to the hut").waitFor({ state: "detached" });
  await bensPage.getByText("You are not in this conversation.").waitFor();
  // What is left on screen has its name, and nothing that could be done with it.
  await bensPage
    .getByRole("region", { name: "Hike to the hut" })
    .getByRole("heading", { level: 2 })
    .waitFor();
  await details(bensPage).waitFor({ state: "detached" });
});

test("roles, a mute, a ban and a hand-over show on the pages of both, as they are given and taken", async () => {
  const [ann, ben, cem] = [await site.person("ann"), await site.person("ben"), await site.person("cem")];
  const { id } = await ann.openGroup("Hike", [ben, cem]);
  const hash = `#/c/${id}/info`;
  const page = await site.open({ person: ann, hash });
  const bensPage = await site.open({ person: ben, hash });
  const make = details(bensPage).getByRole("button", { name: "Edit the group" });

  await act(page, ben, "Make admin");
  for (const one of [page, bensPage]) await member(one, ben).getByText("Admin").waitFor();
  await make.waitFor();
  await notice(bensPage, `${ann.user.username} made you an admin.`).waitFor();
  await act(page, ben, "Remove as admin");
  for (const one of [page, bensPage])
    await expect.poll(() => member(one, ben).getByText("Admin").count()).toBe(0);
  await make.waitFor({ state: "detached" });
  await notice(bensPage, `${ann.user.username} dismissed you as admin.`).waitFor();

  await act(page, ben, "Mute for 1 hour");
  for (const one of [page, bensPage]) await member(one, ben).getByText("muted").waitFor();
  await bensPage.getByText("You are muted in this group until").waitFor();
  await notice(bensPage, `${ann.user.username} muted you for 1 hour.`).waitFor();
  await notice(page, `You muted ${ben.user.username} for 1 hour.`).waitFor();
  await expect.poll(() => composer(bensPage).count()).toBe(0);
  await act(page, ben, "Unmute");
  await send(bensPage, "Thank you");
  await stored(page, "Thank you").waitFor();

  await act(page, ben, "Remove and ban", true);
  await member(page, ben).getByRole("button", { name: "Lift the ban" }).waitFor();
  // The header and the card say it.
  await expect.poll(() => page.getByText("2 members").count()).toBe(2);
  await row(bensPage, "Hike").waitFor({ state: "detached" });
  await bensPage.getByText(`${ann.user.username} removed you from this group.`).waitFor();
  await details(page).getByRole("button", { name: "Lift the ban" }).click();
  await expect.poll(() => member(page, ben).count()).toBe(0);
  await details(page).getByRole("button", { name: "Add people" }).click();
  const dialog = page.getByRole("dialog", { name: "Add people" });
  await dialog.getByRole("searchbox", { name: "People" }).fill(ben.user.username);
  await dialog.getByRole("button", { name: `@${ben.user.username}` }).click();
  await dialog.getByRole("button", { name: "Add people" }).click();
  await openTalk(bensPage, "Hike");
  await notice(bensPage, `${ann.user.username} added you to the group.`).waitFor();
  await openDetails(bensPage);
  await member(page, ben).waitFor();

  await act(page, ben, "Hand the group over", true);
  for (const one of [page, bensPage]) await member(one, ben).getByText("Owner").waitFor();
  await details(page).getByRole("button", { name: "Leave the group" }).waitFor();
  await details(bensPage).getByRole("button", { name: "Dissolve the group" }).waitFor();
  await notice(bensPage, `${ann.user.username} handed the group over to you.`).waitFor();
  await act(bensPage, cem, "Remove from the group", true);
  await expect.poll(() => member(page, cem).count()).toBe(0);

  const ending = "Leave and hand over";
  await details(bensPage).getByRole("button", { name: ending }).click();
  await bensPage.getByLabel("Next owner").selectOption({ label: ann.user.username });
  await confirm(bensPage, ending);
  await row(bensPage, "Hike").waitFor({ state: "detached" });
  await member(page, ann).getByText("Owner").waitFor();
  await expect.poll(() => member(page, ben).count()).toBe(0);
});
