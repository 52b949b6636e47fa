import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { findings } from "../support/axe.ts";
import { PHONE, Site } from "../support/site.ts";
import { composer, confirm, send, stored } from "../support/talk.ts";

const site = Site.forFile();

/** What the list shows: a space, or "Chats". */
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
  await expect.poll(() => tab(page, "Chats").count()).toBe(0);
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
  await tab(bobs, "Chats").click();
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

/** Chooses in the menu of a member in the open dialog. */
async function chooseForMember(page: Page, name: string, item: string): Promise<void> {
  const members = page.getByRole("dialog", { name: "Members" });
  await members.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

test("a role is made and given, opens a private channel to its members, and closes it once it is taken", async () => {
  const [ann, bob] = [await site.person("ann"), await site.person("bob")];
  const { id } = Object(await ann.call("POST", "/v1/spaces", { name: "Garden club" }));
  const { code } = Object(await ann.call("POST", `/v1/spaces/${id}/invitations`, {}));
  await bob.call("POST", `/v1/invitations/${code}`);
  const [page, bobs] = [await site.open({ person: ann }), await site.open({ person: bob })];
  for (const one of [page, bobs]) await tab(one, "Garden club").click();
  await bobs.getByRole("button", { name: "Actions for Garden club" }).click();
  await bobs.getByRole("menuitem", { name: "Members" }).waitFor();
  await expect.poll(() => bobs.getByRole("menuitem", { name: "Roles" }).count()).toBe(0);
  await bobs.keyboard.press("Escape");

  await chooseInSpace(page, "Garden club", "Roles");
  const roles = page.getByRole("dialog", { name: "Roles", exact: true });
  for (const name of ["Gardeners", "Hosts"]) {
    await roles.getByRole("button", { name: "Add a role" }).click();
    const form = page.getByRole("dialog", { name: "Add a role" });
    await form.getByRole("textbox", { name: "Name" }).fill(name);
    await form.getByRole("checkbox", { name: "A color of its own" }).check();
    await form.getByRole("checkbox", { name: "Pin messages" }).check();
    expect(await findings(page)).toEqual([]);
    await form.getByRole("button", { name: "Add the role" }).click();
    await roles.getByRole("button", { name: new RegExp(`^${name}`) }).waitFor();
  }
  const shown = () => roles.getByRole("listitem").locator("bdi").allInnerTexts();
  expect(await shown()).toEqual(["Gardeners", "Hosts", "Everyone"]);
  await roles.getByRole("button", { name: "Actions for Hosts" }).click();
  await page.getByRole("menuitem", { name: "Move up" }).click();
  await expect.poll(shown).toEqual(["Hosts", "Gardeners", "Everyone"]);
  expect(await findings(page)).toEqual([]);
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Add a channel" }).click();
  const form = page.getByRole("dialog", { name: "Add a channel" });
  await form.getByRole("textbox", { name: "Name" }).fill("board");
  await form.getByRole("checkbox", { name: "Private" }).check();
  await form.getByRole("checkbox", { name: "Gardeners" }).check();
  expect(await findings(page)).toEqual([]);
  await form.getByRole("button", { name: "Add the channel" }).click();
  await heading(page, "# board").waitFor();
  await channel(page, "board").getByLabel("Private").waitFor();
  await send(page, "Only for gardeners");
  await stored(page, "Only for gardeners").waitFor();

  await page.getByRole("button", { name: "Add a channel" }).click();
  await form.getByRole("textbox", { name: "Name" }).fill("news");
  await form.getByRole("checkbox", { name: "Announcements" }).check();
  await form.getByRole("button", { name: "Add the channel" }).click();
  await heading(page, "# news").waitFor();
  await send(page, "We open at nine");
  await stored(page, "We open at nine").waitFor();
  await channel(bobs, "news").getByLabel("Announcements").waitFor();
  await expect.poll(() => channel(bobs, "board").count()).toBe(0);
  await channel(bobs, "news").click();
  await stored(bobs, "We open at nine").waitFor();
  await bobs.getByText("Only some roles write here.").waitFor();
  await bobs.getByRole("button", { name: "Follow", exact: true }).click();
  await bobs.getByText("Only some roles write here. You can answer in threads.").waitFor();
  expect(await findings(bobs)).toEqual([]);

  await chooseInSpace(page, "Garden club", "Members");
  await chooseForMember(page, bob.user.username, "Roles");
  const given = page.getByRole("dialog", { name: `Roles of ${bob.user.username}` });
  await given.getByRole("checkbox", { name: "Gardeners" }).check();
  await channel(bobs, "board").click();
  await stored(bobs, "Only for gardeners").waitFor();
  const held = page.getByRole("list", { name: `Roles of ${bob.user.username}` });
  await held.getByText("Gardeners").waitFor();
  expect(await findings(page)).toEqual([]);
  await given.getByRole("checkbox", { name: "Gardeners" }).uncheck();
  await channel(bobs, "board").waitFor({ state: "detached" });
  await held.waitFor({ state: "detached" });
  await page.keyboard.press("Escape");

  // A member who is muted reads, and does not write.
  await chooseForMember(page, bob.user.username, "Mute for 10 minutes");
  await page.getByRole("dialog", { name: "Members" }).getByText("muted").waitFor();
  await channel(bobs, "general").click();
  await bobs.getByText("You are muted in this space").waitFor();
  await chooseForMember(page, bob.user.username, "Unmute");
  await expect.poll(() => page.getByRole("dialog").getByText("muted").count()).toBe(0);
  await page.keyboard.press("Escape");
});

test("who reads and writes in a channel is changed, and each page shows it", async () => {
  const [ann, bob] = [await site.person("ann"), await site.person("bob")];
  const { id } = Object(await ann.call("POST", "/v1/spaces", { name: "Garden club" }));
  const { code } = Object(await ann.call("POST", `/v1/spaces/${id}/invitations`, {}));
  await bob.call("POST", `/v1/invitations/${code}`);
  await ann.call("POST", `/v1/spaces/${id}/roles`, { name: "Gardeners" });
  const { id: seeds } = Object(await ann.call("POST", `/v1/spaces/${id}/channels`, { name: "seeds" }));
  const [page, bobs] = [
    await site.open({ person: ann, hash: `#/c/${seeds}/info` }),
    await site.open({ person: bob, hash: `#/c/${seeds}` }),
  ];
  await composer(bobs).waitFor();
  const details = page.getByRole("complementary", { name: "Details" });
  const dialog = page.getByRole("dialog", { name: "Change who sees and writes this" });
  const change = async (choose: () => Promise<void>) => {
    await details.getByRole("button", { name: "Change who sees and writes this" }).click();
    await choose();
    expect(await findings(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
  };
  const some = (who: string) =>
    dialog.getByRole("group", { name: who, exact: true }).getByRole("radio", { name: "Only some roles" });
  await change(() => some("Who writes in it").check());
  await channel(bobs, "seeds").getByLabel("Announcements").waitFor();
  await bobs.getByText("Only some roles write here.").waitFor();
  await change(async () => {
    await some("Who reads it").check();
    await dialog.getByRole("group", { name: "Roles that read it" }).getByLabel("Gardeners").check();
  });
  await channel(page, "seeds").getByLabel("Private").waitFor();
  await channel(bobs, "seeds").waitFor({ state: "detached" });
  await channel(bobs, "general").click();
  await heading(bobs, "# general").waitFor();
  await change(async () => {
    await dialog.getByRole("radio", { name: "All members of the space" }).check();
    await dialog.getByRole("radio", { name: "All who read it" }).check();
  });
  await channel(bobs, "seeds").click();
  await composer(bobs).waitFor();

  // A role lets its members change channels, and each of them sees with what.
  await bobs.getByRole("button", { name: "Follow", exact: true }).click();
  await bobs.getByRole("link", { name: "Details" }).click();
  const bobsDetails = bobs.getByRole("complementary", { name: "Details" });
  await bobsDetails.getByText(ann.user.username).first().waitFor();
  const edit = bobsDetails.getByRole("button", { name: "Edit the channel" });
  await expect.poll(() => edit.count()).toBe(0);
  const hosts = { name: "Hosts", permissions: ["manage_channel"] };
  const { id: role } = Object(await ann.call("POST", `/v1/spaces/${id}/roles`, hosts));
  await ann.call("PUT", `/v1/spaces/${id}/members/${bob.user.id}/roles/${role}`);
  await edit.click();
  await bobsDetails.getByRole("textbox", { name: "Name" }).fill("seedlings");
  await bobsDetails.getByRole("button", { name: "Save", exact: true }).click();
  await channel(page, "seedlings").waitFor();
  await expect
    .poll(() => bobsDetails.getByRole("button", { name: "Change who sees and writes this" }).count())
    .toBe(0);
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
