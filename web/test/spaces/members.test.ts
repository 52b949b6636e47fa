import { expect, test } from "vitest";
import { findings } from "../support/axe.ts";
import { Site } from "../support/site.ts";
import { composer, confirm } from "../support/talk.ts";
import { channel, chooseFor, Scene, tab } from "./scene.ts";

const site = Site.forFile();

test("members stand below their role, who is muted reads why they do not write, and a ban is made and lifted", async () => {
  const club = await Scene.open(site);
  const { ann, bob } = club;
  const name = bob.user.username;
  const role = await club.role({ name: "Gardeners", color: "#2f855a" });
  await ann.call("PUT", `${club.path}/members/${bob.user.id}/roles/${role}`);
  const [page, bobs] = [await site.open({ person: ann }), await site.open({ person: bob })];
  for (const one of [page, bobs]) await tab(one, "Garden club").click();
  await chooseFor(page, "Garden club", "Roles");
  await page.getByRole("button", { name: /^Gardeners/ }).click();
  await page.getByRole("checkbox", { name: "Show its members apart" }).check();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("dialog", { name: "Edit the role" }).waitFor({ state: "detached" });
  await page.keyboard.press("Escape");

  await chooseFor(page, "Garden club", "Members");
  const members = page.getByRole("dialog", { name: "Members" });
  const rows = () => members.locator("h3, .row-name").allInnerTexts();
  await expect.poll(rows).toEqual(["Gardeners", name, "Others", ann.user.username]);
  expect(await findings(page)).toEqual([]);

  await channel(bobs, "general").click();
  await composer(bobs).waitFor();
  await chooseFor(page, name, "Mute for 1 hour");
  await bobs.getByText("You are muted in this space until").waitFor();
  await expect.poll(() => composer(bobs).count()).toBe(0);
  await chooseFor(page, name, "Unmute");
  await composer(bobs).waitFor();

  await chooseFor(page, name, "Remove and ban");
  await confirm(page, "Remove and ban");
  await tab(bobs, "Garden club").waitFor({ state: "detached" });
  await expect.poll(rows).toEqual([ann.user.username]);
  await page.keyboard.press("Escape");
  await chooseFor(page, "Garden club", "Banned");
  const bans = page.getByRole("dialog", { name: "Banned" });
  await bans.getByText(name).first().waitFor();
  expect(await findings(page)).toEqual([]);
  await bans.getByRole("button", { name: "Lift the ban" }).click();
  await bans.getByText("Nobody is banned from this space.").waitFor();
});
