import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../scripts/support/person.ts";
import { findings } from "./support/axe.ts";
import { DESKTOP, PHONE, Site } from "./support/site.ts";
import { composer, confirm, connection, row, stored } from "./support/talk.ts";

const site = Site.forFile();

const wants = (person: Person, audience: string) =>
  person.call("PATCH", "/v1/me", { who_may_write: audience, who_may_add: audience });

/** What leads to the message requests, above the conversations. */
const entry = (page: Page, n: number) =>
  page.getByRole("link", { name: n === 1 ? "1 message request" : `${n} message requests`, exact: true });

/** The paths of calls of the page that change something. */
function writes(page: Page): string[] {
  const made: string[] = [];
  page.on("request", (call) => {
    if (call.method() !== "GET") made.push(`${call.method()} ${new URL(call.url()).pathname}`);
  });
  return made;
}

test("whoever must ask is read without their learning of it, and comes into the list once accepted", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  await wants(ann, "nobody");
  const page = await site.open({ person: ann });
  await connection(page, "live").waitFor({ state: "attached" });
  const { id } = await ben.openDirect(ann);
  await ben.send(id, "Hello,\nwe met *at the lake*");
  await entry(page, 1).waitFor();
  expect(await row(page, ben.user.username).count()).toBe(0);
  const body = { url: `${site.origin}/icons/icon-512.png`, width: 512, height: 512, name: "lake.png" };
  await ben.call("POST", `/v1/conversations/${id}/messages`, { kind: "image", body });
  const file = { url: `${site.origin}/icons/icon.svg`, name: "map.pdf", size: 12 };
  await ben.call("POST", `/v1/conversations/${id}/messages`, { kind: "file", body: file });
  const made = writes(page);
  const asked: string[] = [];
  page.on("request", (call) => asked.push(new URL(call.url()).pathname));
  await entry(page, 1).click();
  await page.getByRole("main").getByText("File: map.pdf").waitFor();
  // The list has the last message of each request.
  expect(asked).not.toContain(`/v1/requests/${id}`);
  await page.getByRole("main").getByRole("link", { name: ben.user.username }).click();
  const said = page.getByRole("main").getByRole("listitem").locator("p");
  await expect
    .poll(() => said.allInnerTexts())
    .toEqual(["Hello,\nwe met *at the lake*", "Picture", "File: map.pdf"]);
  expect(await page.getByRole("main").locator("img, audio, video, li a").count()).toBe(0);
  expect(made).toEqual([]);
  const receipts = JSON.stringify(await ben.call("GET", `/v1/conversations/${id}/receipts`));
  expect(receipts).toContain(`"user_id":${ann.user.id},"read_seq":0`);
  await page.getByRole("button", { name: "Accept" }).click();
  await stored(page, "we met").waitFor();
  await composer(page).waitFor();
  await row(page, ben.user.username).waitFor();
  await entry(page, 1).waitFor({ state: "detached" });
});

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
  await page.getByText("Nobody is asking.").waitFor();
  await entry(page, 1).waitFor({ state: "detached" });
  expect(JSON.stringify(await ann.call("GET", "/v1/blocks"))).toContain(`"id":${dee.user.id}`);
  expect(await ann.conversations()).toEqual([]);
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
  await other.getByRole("button", { name: "Accept" }).click();
  await row(other, "Hike").waitFor();
  await composer(other).waitFor();
});

test("whom a user lets write to them and add them is kept", async () => {
  const ann = await site.person("ann");
  const page = await site.open({ person: ann, hash: "#/settings" });
  const choice = (group: string, name: string) =>
    page.getByRole("group", { name: group }).getByRole("radio", { name, exact: true });
  await choice("Who may write to you", "Nobody").check();
  await choice("Who may add you to groups", "Friends").check();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved.").waitFor();
  expect(await ann.call("GET", "/v1/me")).toMatchObject({ who_may_write: "nobody", who_may_add: "friends" });
  await page.reload();
  await expect.poll(() => choice("Who may write to you", "Nobody").isChecked()).toBe(true);
  await expect.poll(() => choice("Who may add you to groups", "Friends").isChecked()).toBe(true);
});

for (const theme of ["light", "dark"] as const)
  test(`requests have no serious finding (${theme})`, async () => {
    const [ann, ben] = [await site.person("ann"), await site.person("ben")];
    await wants(ann, "nobody");
    const { id } = await ben.openDirect(ann);
    await ben.send(id, "Hello");
    const group = await ben.openGroup("Hike", [ann]);
    const page = await site.open({ person: ann, theme, hash: "#/requests" });
    for (const [hash, text] of [
      ["#/requests", "wants to add you"],
      [`#/requests/${id}`, "Hello"],
      [`#/requests/${group.id}`, "1 member"],
      ["#/settings", "Who may add you to groups"],
    ]) {
      await page.goto(`${site.origin}/${hash}`);
      await page
        .getByRole("main")
        .getByText(text ?? "")
        .waitFor();
      for (const viewport of [PHONE, DESKTOP]) {
        await page.setViewportSize(viewport);
        expect([hash, await findings(page)]).toEqual([hash, []]);
      }
      await entry(page, 2).waitFor();
      expect([hash, await findings(page)]).toEqual([hash, []]);
    }
  });
