import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { act, details, member, notice } from "./support/group.ts";
import { Site } from "./support/site.ts";
import { composer, row, send, stored } from "./support/talk.ts";

const site = Site.forFile();

/** An answer that is not asked for again. */
const REFUSED = { code: "forbidden", title: "Forbidden", status: 403, detail: "not now" };

test("a member's name in a group shows in the open lists of others, and an @ finds them by it", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  const hash = `#/c/${id}/info`;
  const page = await site.open({ person: ann, hash });
  const bensPage = await site.open({ person: ben, hash });
  await member(page, ben).waitFor();

  const action = details(bensPage).getByRole("button", { name: "Your name in this group" });
  await action.press("Enter");
  const dialog = bensPage.getByRole("dialog", { name: "Your name in this group" });
  const field = dialog.getByRole("textbox");
  await expect.poll(() => field.evaluate((input) => input === document.activeElement)).toBe(true);
  await bensPage.keyboard.type("Pathfinder");
  await bensPage.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => action.evaluate((button) => button === document.activeElement)).toBe(true);
  for (const one of [page, bensPage]) await member(one, ben).getByText("Pathfinder").waitFor();
  await composer(page).pressSequentially("Ask @pathf");
  await page.getByRole("option", { name: ben.user.username }).getByText("Pathfinder").waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => composer(page).inputValue()).toBe(`Ask @${ben.user.username} `);

  // The owner may name others, and nobody the owner.
  await act(page, ben, "Name in this group");
  const naming = page.getByRole("dialog", { name: "Name in this group" });
  await expect.poll(() => naming.getByRole("textbox").inputValue()).toBe("Pathfinder");
  await naming.getByRole("textbox").fill("\u202eScout");
  await naming.getByRole("button", { name: "Save", exact: true }).click();
  await naming.getByRole("alert").waitFor();
  await naming.getByRole("textbox").fill("Scout");
  await naming.getByRole("button", { name: "Save", exact: true }).click();
  for (const one of [page, bensPage]) await member(one, ben).getByText("Scout").waitFor();
  await action.click();
  await expect.poll(() => field.inputValue()).toBe("Scout");
  await field.fill("");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  for (const one of [page, bensPage])
    await member(one, ben).getByText("Scout").waitFor({ state: "detached" });
  await act(page, ben, "Mute for 1 hour");
  await action.waitFor({ state: "detached" });
  await details(bensPage)
    .getByRole("button", { name: `Actions for ${ann.user.username}` })
    .click();
  await expect.poll(() => bensPage.getByRole("menuitem").allInnerTexts()).toEqual(["Profile"]);
});

test("what was loaded stays while it cannot be loaded anew, beside the reason", async () => {
  const [ann, ben, cem] = [await site.person("ann"), await site.person("ben"), await site.person("cem")];
  const { id } = await ann.openGroup("Hike", [ben, cem]);
  const { seq } = await ann.send(id, "Bring water");
  const pin = (one: number) => ann.call("PUT", `/v1/conversations/${id}/messages/${one}/pin`);
  await pin(seq);
  await ann.call("PUT", `/v1/conversations/${id}/bans/${cem.user.id}`, {});
  const device = await site.device({ person: ann });
  let isCut = false;
  await device.route(/\/(pins|bans\?|bans$|friends|users\/\d+$)/, (call) =>
    isCut && call.request().method() === "GET"
      ? call.fulfill({ status: 403, json: REFUSED })
      : call.continue(),
  );
  const page = await device.newPage();
  /** What a view shows stays while its next load fails, and is another one with the one after. */
  const keeps = async (
    hash: string,
    shown: Locator,
    cause: () => Promise<unknown>,
    end: () => Promise<unknown>,
  ) => {
    await page.goto(`${site.origin}/${hash}`);
    await shown.waitFor();
    isCut = true;
    await cause();
    await page.locator(".problem").first().waitFor();
    await shown.waitFor();
    isCut = false;
    await end();
    await expect.poll(() => page.locator(".problem").count()).toBe(0);
    await shown.waitFor();
  };
  const panel = page.getByRole("complementary", { name: "Pinned messages" });
  const other = await ann.send(id, "And shoes");
  await keeps(
    `#/c/${id}/pins`,
    panel.getByText("Bring water"),
    () => pin(other.seq),
    () => panel.getByRole("button", { name: "Try again", exact: true }).click(),
  );
  const ban = details(page).getByRole("button", { name: "Lift the ban" });
  const mute = (seconds: number) => () =>
    ann.call("PATCH", `/v1/conversations/${id}/members/${ben.user.id}`, { muted_for_s: seconds });
  await keeps(`#/c/${id}/info`, ban, mute(60), mute(0));
  const befriend = () => ben.call("PUT", `/v1/friends/${ann.user.id}`);
  const unfriend = () => ben.call("DELETE", `/v1/friends/${ann.user.id}`);
  await keeps(
    `#/user/${ben.user.id}`,
    page.getByRole("heading", { name: ben.user.username }),
    befriend,
    unfriend,
  );
});

test("a link leads into a group, and an admin answers those who ask to join", async () => {
  const [ann, ben, cem] = [await site.person("ann"), await site.person("ben"), await site.person("cem")];
  const dan = await site.person("dan");
  const { id } = await ann.openGroup("Hike", []);
  await ann.call("PATCH", `/v1/conversations/${id}`, { join_policy: "approval", discoverable: true });
  const page = await site.open({ person: ann, hash: `#/c/${id}/info` });

  await details(page).getByRole("button", { name: "Make a link" }).click();
  const making = page.getByRole("dialog", { name: "Make a link" });
  await making.getByRole("combobox", { name: "Ends after" }).selectOption("1 day");
  await making.getByRole("combobox", { name: "Lets in" }).selectOption("10 people");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await making.getByRole("button", { name: "Make a link" }).click();
  await page.getByText("The link is copied.").waitFor();
  await details(page).getByText("Used 0 of 10 times").waitFor();
  const link = details(page).getByRole("textbox", { name: "Invitation link" });
  const address = await link.inputValue();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(address);
  const bensPage = await site.open({ person: ben });
  await bensPage.goto(address);
  await bensPage.getByRole("heading", { name: "Hike" }).waitFor();
  await bensPage.getByText("invites you.").waitFor();
  await bensPage.getByRole("button", { name: "Join", exact: true }).click();
  await send(bensPage, "Here I am");
  await stored(page, "Here I am").waitFor();
  await member(page, ben).waitFor();
  await notice(page, `${ben.user.username} joined the group.`).waitFor();
  await details(page).getByText("Used 1 of 10 times").waitFor();

  for (const [person, answer] of [
    [cem, "Accept"],
    [dan, "Decline"],
  ] as const) {
    const theirPage = await site.open({ person, hash: "#/new" });
    const finder = theirPage.getByRole("textbox", { name: "Paste an invitation link" });
    await finder.fill(`${id}`);
    await finder.press("Enter");
    await theirPage.getByRole("textbox", { name: "A line to the admins" }).fill("May I come?");
    await theirPage.getByRole("button", { name: "Ask to join" }).click();
    await theirPage.getByText("Your request waits for an admin.").waitFor();
    const request = details(page).getByRole("listitem").filter({ hasText: "May I come?" });
    await request.getByText(`@${person.user.username}`).waitFor();
    await request.getByRole("button", { name: answer }).click();
    await request.waitFor({ state: "detached" });
    if (answer === "Accept") {
      await theirPage.locator(".profile").getByRole("button", { name: "Open", exact: true }).click();
      await composer(theirPage).waitFor();
      await member(page, person).waitFor();
    } else {
      await theirPage.getByRole("button", { name: "Ask to join" }).waitFor();
      await expect.poll(() => row(theirPage, "Hike").count()).toBe(0);
      await expect.poll(() => member(page, person).count()).toBe(0);
    }
  }

  await details(page).getByRole("button", { name: "Withdraw", exact: true }).click();
  await link.waitFor({ state: "detached" });
  expect((await dan.refused("GET", `/v1/invitations/${address.split("/").at(-1)}`)).status).toBe(404);
});

test("a request to join is listed for who made it, and taken back", async () => {
  const [ann, eva] = [await site.person("ann"), await site.person("eva")];
  const { id } = await ann.openGroup("Hike", []);
  await ann.call("PATCH", `/v1/conversations/${id}`, { discoverable: true });
  const page = await site.open({ person: eva, hash: "#/new" });
  const finder = page.getByRole("textbox", { name: "Paste an invitation link" });
  await finder.fill(`${id}`);
  await finder.press("Enter");
  await page.getByRole("button", { name: "Ask to join" }).click();
  await page.getByText("Your request waits for an admin.").waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Requests that you have sent" }).waitFor();
  await finder.fill(`${id}`);
  await finder.press("Enter");
  await page.getByText("Your request waits for an admin.").waitFor();
  await page.getByRole("button", { name: `Cancel the request to group ${id}` }).click();
  await page.getByRole("heading", { name: "Requests that you have sent" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Ask to join" }).waitFor();
  await expect
    .poll(() => ann.call("GET", `/v1/conversations/${id}/applications`))
    .toMatchObject({ items: [] });
});

test("slow mode is set in the group's details, and a plain member waits with what they have typed", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  const page = await site.open({ person: ann, hash: `#/c/${id}/info` });
  const bensPage = await site.open({ person: ben, hash: `#/c/${id}` });
  await details(page).getByRole("button", { name: "Edit the group" }).click();
  await details(page).getByRole("combobox", { name: "Slow mode" }).selectOption({ label: "1 hour" });
  await details(page).getByRole("button", { name: "Save", exact: true }).click();
  await notice(bensPage, `${ann.user.username} changed the slow mode of the group.`).waitFor();

  await send(bensPage, "First");
  await stored(page, "First").waitFor();
  await bensPage.getByText(/^Slow mode: you can write again in (59:|1:00:00)/).waitFor();
  await composer(bensPage).fill("Second");
  await composer(bensPage).press("Enter");
  const button = bensPage.getByRole("button", { name: "Send", exact: true });
  await expect.poll(() => button.isDisabled()).toBe(true);
  await expect.poll(() => composer(bensPage).inputValue()).toBe("Second");
  for (const text of ["One", "Two"]) await send(page, text);
  await stored(bensPage, "Two").waitFor();

  // The field of a page that has no message yet waits until it knows.
  const device = await site.device({ person: await ben.signIn() });
  const known = Promise.withResolvers<void>();
  // What is typed there stays there: as a draft it would take the place of what the other page has.
  await device.route(/\/draft\b/, (call) =>
    call.request().method() === "GET" ? call.continue() : call.abort(),
  );
  await device.route(/\/messages\?/, async (call) => {
    await known.promise;
    await call.continue();
  });
  const fresh = await device.newPage();
  await fresh.goto(`${site.origin}/#/c/${id}`);
  // What the other page has typed comes with the list.
  await expect.poll(() => composer(fresh).inputValue()).toBe("Second");
  await composer(fresh).fill("Too early");
  await expect.poll(() => fresh.getByRole("button", { name: "Send", exact: true }).isDisabled()).toBe(true);
  await composer(fresh).press("Enter");
  known.resolve();
  await fresh.getByText(/^Slow mode: you can write again in /).waitFor();
  await expect.poll(() => composer(fresh).inputValue()).toBe("Too early");
  await expect.poll(() => fresh.locator(".message[data-state]").count()).toBe(0);
  await composer(fresh).fill("");

  await details(page).getByRole("button", { name: "Edit the group" }).click();
  await details(page).getByRole("combobox", { name: "Slow mode" }).selectOption({ label: "Off" });
  await details(page).getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(() => button.isDisabled()).toBe(false);
  await button.click();
  await stored(page, "Second").waitFor();
});

test("previews of links are switched off in the group's details", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  const page = await site.open({ person: ann, hash: `#/c/${id}/info` });
  const previews = page.getByRole("checkbox", { name: "Messages show what they link to" });
  await details(page).getByRole("button", { name: "Edit the group" }).click();
  await previews.uncheck();
  await details(page).getByRole("button", { name: "Save", exact: true }).click();
  await previews.waitFor({ state: "detached" });
  await expect.poll(() => ben.call("GET", `/v1/conversations/${id}`)).toMatchObject({ link_previews: false });
  // The form knows it.
  await details(page).getByRole("button", { name: "Edit the group" }).click();
  await expect.poll(() => previews.isChecked()).toBe(false);
});
