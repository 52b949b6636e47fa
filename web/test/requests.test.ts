import { expect, test } from "vitest";
import type { Person } from "../../scripts/support/person.ts";
import { entry, wants } from "./support/requests.ts";
import { Site } from "./support/site.ts";
import { composer, confirm, row } from "./support/talk.ts";

const site = Site.forFile();

test("an ignored, a reported and a blocked request are shown no more", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const [cid, dee] = [await site.person("cid"), await site.person("dee")];
  await wants(ann, "nobody");
  for (const other of [ben, cid, dee]) await other.send((await other.openDirect(ann)).id, "Hello");
  const page = await site.open({ person: ann, hash: "#/requests" });
  const choose = async (other: Person, action: string) => {
    await page.getByRole("main").getByRole("link", { name: other.user.username }).click();
    await page.getByRole("button", { name: action, exact: true }).click();
  };
  await entry(page, 3).waitFor();
  await choose(ben, "Ignore");
  await entry(page, 2).waitFor();
  await choose(cid, "Report");
  await confirm(page, "Report");
  await page.getByText("The report was sent.").waitFor();
  await entry(page, 1).waitFor();
  await choose(dee, "Block");
  await confirm(page, "Block");
  await page.getByText("There are no requests.").waitFor();
  await entry(page, 1).waitFor({ state: "detached" });
  await expect
    .poll(async () => JSON.stringify(await ann.call("GET", "/v1/blocks")))
    .toContain(`"id":${dee.user.id}`);
  await expect.poll(() => ann.conversations()).toEqual([]);
});

test("who is added to a group, and wants to be asked, decides in their requests", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  await wants(ben, "nobody");
  const { id } = await ann.openGroup("Hike", []);
  const page = await site.open({ person: ann, hash: `#/c/${id}/info` });
  await page.getByRole("button", { name: "Add people" }).click();
  const dialog = page.getByRole("dialog", { name: "Add people" });
  await dialog.getByRole("searchbox", { name: "People" }).fill(ben.user.username);
  await dialog.getByRole("button", { name: `@${ben.user.username}` }).click();
  await dialog.getByRole("button", { name: "Add people" }).click();
  await page.getByText(`${ben.user.username} is asked first, and becomes a member by accepting.`).waitFor();
  const other = await site.open({ person: ben });
  await entry(other, 1).click();
  await other.getByRole("main").getByRole("link", { name: "Hike" }).click();
  await other.getByText("1 member", { exact: true }).waitFor();
  await other.getByText(`${ann.user.username} wants to add you to this group`).waitFor();
  await other.getByRole("button", { name: "Accept", exact: true }).click();
  await row(other, "Hike").waitFor();
  await composer(other).waitFor();
});

test("whom a user lets write to them and add them is kept", async () => {
  const ann = await site.person("ann");
  const page = await site.open({ person: ann, hash: "#/settings/privacy" });
  const choice = (group: string, name: string) =>
    page.getByRole("group", { name: group }).getByRole("radio", { name, exact: true });
  await choice("Who may write to you", "Nobody").check();
  await choice("Who may add you to groups", "Friends").check();
  await expect
    .poll(() => ann.call("GET", "/v1/me"))
    .toMatchObject({ who_may_write: "nobody", who_may_add: "friends" });
  await page.reload();
  await expect.poll(() => choice("Who may write to you", "Nobody").isChecked()).toBe(true);
  await expect.poll(() => choice("Who may add you to groups", "Friends").isChecked()).toBe(true);
});
