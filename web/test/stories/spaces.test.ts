import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { findings } from "../support/axe.ts";
import { PHONE, Site } from "../support/site.ts";
import { composer, confirm, send, stored } from "../support/talk.ts";

const site = Site.forFile();

/** What the list shows: a space, or "All". */
const tab = (page: Page, name: string): Locator =>
  page.getByRole("group", { name: "Spaces" }).getByRole("button", { name });

/** A channel of the space that is shown. */
const channel = (page: Page, name: string): Locator =>
  page.getByRole("list", { name: "Channels" }).getByRole("link", { name });

const unread = (page: Page, name: string): Locator => channel(page, name).getByLabel(/unread message/);

const heading = (page: Page, name: string): Locator =>
  page.getByRole("main").getByRole("heading", { name, exact: true });

async function addChannel(page: Page, name: string, topic: string): Promise<void> {
  await page.getByRole("button", { name: "Add a channel" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a channel" });
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await dialog.getByRole("textbox", { name: "Topic" }).fill(topic);
  await dialog.getByRole("button", { name: "Add the channel" }).click();
  await heading(page, `# ${name}`).waitFor();
}

async function chooseInSpace(page: Page, space: string, item: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${space}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

test("a space is made, its channels are read and written by who follows its invitation, and it is left and dissolved", async () => {
  const [ann, bob] = [await site.person("ann"), await site.person("bob")];
  const page = await site.open({ person: ann, hash: "#/new" });
  await page.getByRole("button", { name: "New space" }).click();
  await expect.poll(() => tab(page, "All").count()).toBe(0);
  const form = page.getByRole("dialog", { name: "New space" });
  await form.getByRole("textbox", { name: "Name" }).fill("Garden club");
  await form.getByRole("textbox", { name: "Description" }).fill("Soil and seeds");
  await form.getByRole("button", { name: "Make the space" }).click();
  await heading(page, "# general").waitFor();
  await send(page, "Welcome");
  await addChannel(page, "seeds", "What grows when");
  await page.getByRole("main").getByText("What grows when").first().waitFor();
  await send(page, "Tomatoes in March");
  await stored(page, "Tomatoes in March").waitFor();
  expect(await findings(page)).toEqual([]);

  await page.getByRole("button", { name: "Invite people" }).click();
  const link = await page.getByRole("textbox", { name: "Invitation link" }).inputValue();
  await page.keyboard.press("Escape");
  const { hash } = new URL(link);
  const bobs = await site.open({ person: bob, hash });
  await bobs.getByText("Soil and seeds").waitFor();
  await bobs.getByText("1 member").waitFor();
  await bobs.getByText(new RegExp(`${ann.user.username}.* invites you`)).waitFor();
  await bobs.getByRole("button", { name: "Join" }).click();
  await heading(bobs, "# general").waitFor();
  await stored(bobs, "Welcome").waitFor();

  // He looks at the channel that he does not follow, and follows it by writing.
  await channel(bobs, "seeds").click();
  await stored(bobs, "Tomatoes in March").waitFor();
  await bobs.getByText("What grows when").waitFor();
  expect(await findings(bobs)).toEqual([]);
  await send(page, "Beans in May");
  await stored(bobs, "Beans in May").waitFor();
  await send(bobs, "And peas?");
  await bobs.getByRole("link", { name: "Details" }).waitFor();
  await tab(bobs, "All").click();
  await channel(bobs, "seeds").waitFor({ state: "detached" });
  const list = bobs.getByRole("navigation", { name: "Conversations" });
  await expect.poll(() => list.getByRole("link", { name: "seeds" }).count()).toBe(0);
  await tab(bobs, "Garden club").click();
  await channel(bobs, "general").click();
  await heading(bobs, "# general").waitFor();
  await send(page, "Peas are sown");
  await unread(bobs, "seeds").waitFor();
  await tab(bobs, "Garden club")
    .getByLabel(/1 unread/)
    .waitFor();

  // Who follows it no more still reads it.
  await channel(bobs, "seeds").click();
  await stored(bobs, "Peas are sown").waitFor();
  await bobs.getByRole("button", { name: "Conversation menu" }).click();
  await bobs.getByRole("menuitem", { name: "Unfollow" }).click();
  await bobs.getByRole("button", { name: "Follow", exact: true }).waitFor();
  await stored(bobs, "Peas are sown").waitFor();
  await bobs.getByRole("button", { name: "Follow", exact: true }).click();
  await bobs.getByRole("link", { name: "Details" }).click();
  const details = bobs.getByRole("complementary", { name: "Details" });
  await details.getByText(ann.user.username).first().waitFor();
  const refused = details.getByRole("button", { name: /Leave|Add people|Make a link/ });
  await expect.poll(() => refused.count()).toBe(0);

  await chooseInSpace(page, "Garden club", "Members");
  await page.getByRole("dialog", { name: "Members" }).getByText(bob.user.username).first().waitFor();
  await page.keyboard.press("Escape");
  await chooseInSpace(page, "Garden club", "Edit the space");
  await page.getByRole("textbox", { name: "Name" }).fill("Gardeners");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await tab(page, "Gardeners").waitFor();

  // Others see it at once, as a new channel.
  await tab(bobs, "Gardeners").waitFor();
  await addChannel(page, "tools", "Who lends what");
  await channel(bobs, "tools").waitFor();
  await chooseInSpace(bobs, "Gardeners", "Leave the space");
  await confirm(bobs, "Leave the space");
  await tab(bobs, "Gardeners").waitFor({ state: "detached" });
  await chooseInSpace(page, "Gardeners", "Dissolve the space");
  await confirm(page, "Dissolve the space");
  await tab(page, "Gardeners").waitFor({ state: "detached" });
});

test("on a phone a space stands in the place of the list, and its channel in that of both", async () => {
  const ann = await site.person("ann");
  const { id } = Object(await ann.call("POST", "/v1/spaces", { name: "Garden club" }));
  await ann.call("POST", `/v1/spaces/${id}/channels`, { name: "seeds" });
  const page = await site.open({ person: ann, viewport: PHONE });
  await tab(page, "Garden club").click();
  await channel(page, "seeds").click();
  await composer(page).waitFor();
  await page.getByRole("link", { name: "Back to the list" }).click();
  await channel(page, "general").waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search" }).fill("seed");
  await page.getByRole("option", { name: /seeds.*Garden club/ }).waitFor();
});
