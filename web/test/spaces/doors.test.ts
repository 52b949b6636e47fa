import { expect, test } from "vitest";
import { findings } from "../support/axe.ts";
import { Site } from "../support/site.ts";
import { composer, confirm } from "../support/talk.ts";
import { channel, chooseFor, Scene, shownRows, tab } from "./scene.ts";

const site = Site.forFile();

test("an invitation gives the roles and channels that were chosen, shows the space first, and is withdrawn", async () => {
  const club = await Scene.open(site);
  const { ann } = club;
  const cem = await site.person("cem");
  const role = await club.role({ name: "Gardeners", color: "#2f855a" });
  const seeds = await club.channel("seeds");
  await ann.call("PATCH", club.path, { description: "Soil, seeds and tools" });
  const page = await site.open({ person: ann });
  await tab(page, "Garden club").click();
  await channel(page, "seeds").waitFor();
  await chooseFor(page, "Garden club", "Invitation links");
  const links = page.getByRole("dialog", { name: "Invitation links" });
  await links.getByRole("button", { name: "Make a link" }).click();
  const form = page.getByRole("dialog", { name: "Make a link" });
  await form.getByRole("checkbox", { name: "Gardeners" }).check();
  await form.getByRole("checkbox", { name: "# seeds" }).check();
  expect(await findings(page)).toEqual([]);
  await form.getByRole("button", { name: "Make a link" }).click();
  const made = links.getByRole("listitem").filter({ hasText: "Gardeners · # seeds" });
  const link = await made.getByRole("textbox", { name: "Invitation link" }).inputValue();
  expect(await findings(page)).toEqual([]);

  const cems = await site.open({ person: cem, hash: new URL(link).hash });
  await cems.getByText("Soil, seeds and tools").waitFor();
  await cems.getByRole("button", { name: "Join" }).click();
  await composer(cems).waitFor();
  await expect.poll(() => shownRows(cems)).toEqual(["general", "seeds"]);
  const { items } = Object(await ann.call("GET", `${club.path}/members`));
  const member = items.find((one: { user: { id: number } }) => one.user.id === cem.user.id);
  expect(member.role_ids).toEqual([role]);
  const layout = await club.layout(cem);
  expect(layout.items.find(({ id }) => id === seeds)).toMatchObject({ following: true });

  // The link for everybody is another one: a role is given by choice alone.
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Invite people" }).click();
  const plain = page.getByRole("dialog", { name: "Invite people" });
  await expect
    .poll(() => plain.getByRole("textbox", { name: "Invitation link" }).inputValue())
    .not.toBe(link);
  await plain.getByRole("button", { name: "Other links" }).click();
  await made.getByText(`Made by ${ann.user.username}`).waitFor();
  await made.getByRole("button", { name: "Withdraw" }).click();
  await made.waitFor({ state: "detached" });
});

test("an owner hands the space over, and its log says so to who may see it", async () => {
  const club = await Scene.open(site);
  const { ann, bob } = club;
  const role = await club.role({ name: "Gardeners", permissions: ["pin"] });
  await ann.call("PATCH", `${club.path}/roles/${role}`, { permissions: ["pin", "kick"] });
  await ann.call("PUT", `${club.path}/members/${bob.user.id}/roles/${role}`);
  const [page, bobs] = [await site.open({ person: ann }), await site.open({ person: bob })];
  for (const one of [page, bobs]) await tab(one, "Garden club").click();
  const items = async (of: typeof page) => {
    await of.getByRole("button", { name: "Actions for Garden club" }).click();
    const all = await of.getByRole("menuitem").allInnerTexts();
    await of.keyboard.press("Escape");
    return all;
  };
  expect(await items(bobs)).not.toContain("Audit log");
  expect(await items(bobs)).toContain("Leave the space");

  await chooseFor(page, "Garden club", "Members");
  await chooseFor(page, bob.user.username, "Make the owner");
  await confirm(page, "Make the owner");
  const owner = page.getByRole("dialog", { name: "Members" }).locator(".person-row", { hasText: "Owner" });
  await owner.filter({ hasText: bob.user.username }).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => items(bobs)).toContain("Dissolve the space");
  await expect.poll(() => items(page)).toContain("Leave the space");

  await chooseFor(bobs, "Garden club", "Audit log");
  const lines = bobs.getByRole("list", { name: "Audit log" }).getByRole("listitem");
  await lines.first().getByText(`${ann.user.username} handed the space over: ${bob.user.username}`).waitFor();
  await lines.filter({ hasText: `gave a role: ${bob.user.username}, Gardeners` }).waitFor();
  await lines.filter({ hasText: "Now allowed: Mute and remove members" }).waitFor();
  expect(await findings(bobs)).toEqual([]);
});
