import { expect, test } from "vitest";
import { findings } from "../support/axe.ts";
import { newest } from "../support/history.ts";
import { Site } from "../support/site.ts";
import { composer, stored } from "../support/talk.ts";
import { channel, chooseFor, Scene, tab } from "./scene.ts";

const site = Site.forFile();

test("an @ in a channel finds who reads it without following it, and those here and everybody by the permission alone", async () => {
  const club = await Scene.open(site);
  const { ann, bob } = club;
  const seeds = await club.channel("seeds");
  const page = await site.open({ person: ann });
  await tab(page, "Garden club").click();
  await channel(page, "seeds").click();
  const offered = page.getByRole("listbox").getByRole("option");
  const names = () => offered.allInnerTexts().then((all) => all.map((one) => one.split("\n")[1]));
  await composer(page).pressSequentially("Ask @");
  await expect.poll(names).toEqual([bob.user.username, "here", "all"]);
  await composer(page).pressSequentially(bob.user.username.slice(0, 4));
  await expect.poll(names).toEqual([bob.user.username]);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await stored(page, `Ask @${bob.user.username}`).waitFor();
  await expect.poll(() => newest(ann, seeds)).toMatchObject({ mentions: [bob.user.id] });

  // Bob follows it by now. What he writes by hand is found as it is sent.
  const bobs = await site.open({ person: bob, hash: `#/c/${seeds}` });
  await composer(bobs).pressSequentially("Here @");
  const bobsOffer = bobs.getByRole("listbox").getByRole("option");
  await expect.poll(() => bobsOffer.allInnerTexts().then((all) => all.length)).toBe(1);
  await composer(bobs).fill(`@${ann.user.username}, thanks`);
  await composer(bobs).press("Enter");
  await stored(bobs, "thanks").waitFor();
  await expect.poll(() => newest(bob, seeds)).toMatchObject({ mentions: [ann.user.id] });
});

test("who can see a channel is said with the reason, and what somebody may do there, with what decides it", async () => {
  const club = await Scene.open(site);
  const { ann, bob } = club;
  const hosts = await club.role({ name: "Hosts", color: "#2f855a" });
  await ann.call("PUT", `${club.path}/members/${bob.user.id}/roles/${hosts}`);
  await club.channel("board", { visibility: "private", role_ids: [hosts] });
  const page = await site.open({ person: ann });
  await tab(page, "Garden club").click();
  await chooseFor(page, "general", "Who can see this?");
  const dialog = page.getByRole("dialog", { name: "Who can see this?" });
  const rows = () => dialog.getByRole("list", { name: "Readers" }).locator(".why").allInnerTexts();
  await dialog.getByText("All members of the space read it, except").waitFor();
  await expect.poll(rows).toEqual(["Owner of the space", "Member of the space"]);
  await page.keyboard.press("Escape");

  await chooseFor(page, "board", "Who can see this?");
  await dialog.getByText("members with one of these roles").waitFor();
  await expect.poll(rows).toEqual(["Owner of the space", "By the role Hosts"]);
  expect(await findings(page)).toEqual([]);
  await chooseFor(page, bob.user.username, "What they may do here");
  const may = page.getByRole("dialog", { name: `What ${bob.user.username} may do here` });
  const line = (name: string) => may.getByRole("listitem").filter({ hasText: name }).innerText();
  await expect.poll(() => line("Read channels")).toContain("This channel says so for Hosts");
  await expect.poll(() => line("Pin messages")).toContain("No role allows it");
  expect(await findings(page)).toEqual([]);

  // Whoever follows it finds it in the details, too; who may not give roles sees what they may do alone.
  const bobs = await site.open({ person: bob });
  await tab(bobs, "Garden club").click();
  await chooseFor(bobs, "board", "Who can see this?");
  const bobsDialog = bobs.getByRole("dialog", { name: "Who can see this?" });
  await bobsDialog.getByText("By the role Hosts").waitFor();
  await expect.poll(() => bobsDialog.getByRole("button", { name: /^Actions/ }).count()).toBe(0);
  await bobsDialog.getByRole("button", { name: "What you may do here" }).click();
  await bobs.getByRole("dialog", { name: "What you may do here" }).getByText("Hosts").first().waitFor();
});

test("behind a page without anybody others are found: by a button, and at once for an @", async () => {
  const club = await Scene.open(site);
  const { ann, bob } = club;
  const device = await site.device({ person: ann });
  // As in a space of so many members that a call does not look at all of them.
  await device.route(/\/readers(\?|$)/, async (call) => {
    const url = new URL(call.request().url());
    if (url.searchParams.get("cursor") !== "behind")
      return call.fulfill({ json: { items: [], roles: [], next_cursor: "behind" } });
    url.searchParams.delete("cursor");
    return call.fulfill({ response: await call.fetch({ url: url.href }) });
  });
  const page = await device.newPage();
  await page.goto(`${site.origin}/`);
  await tab(page, "Garden club").click();
  await channel(page, "general").click();
  await composer(page).pressSequentially(`@${bob.user.username.slice(0, 4)}`);
  await page.getByRole("listbox").getByRole("option", { name: bob.user.username }).waitFor();
  await composer(page).fill("");
  await chooseFor(page, "general", "Who can see this?");
  const dialog = page.getByRole("dialog", { name: "Who can see this?" });
  await dialog.getByRole("button", { name: "Show more" }).click();
  await dialog.getByRole("list", { name: "Readers" }).getByText(bob.user.username).first().waitFor();
});
