import { expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { newest } from "../support/history.ts";
import { takeProblems } from "../support/problems.ts";
import { Seat } from "../support/seat.ts";
import { Site } from "../support/site.ts";
import { choose, composer, connection, row, stored } from "../support/talk.ts";

const site = Site.forFile();

/** A group of two, whose first message is that of the other. */
async function world(): Promise<{ ann: Person; ben: Person; id: number }> {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  await ben.send(id, "Who brings the map?");
  return { ann, ben, id };
}

const seat = new Seat(site);

test("a draft outlives a reload, goes on on another device, and ends with the message", async () => {
  const { ann, id } = await world();
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await composer(page).fill("I bring");
  // Before the server has it.
  await page.reload();
  await expect.poll(() => composer(page).inputValue()).toBe("I bring");
  await expect
    .poll(() => ann.call("GET", "/v1/conversations"))
    .toHaveProperty("items.0.draft.text", "I bring");
  const other = await site.open({ person: await ann.signIn(), hash: `#/c/${id}` });
  await expect.poll(() => composer(other).inputValue()).toBe("I bring");
  await composer(other).fill("I bring it");
  await expect.poll(() => composer(page).inputValue()).toBe("I bring it");
  await composer(other).press("Enter");
  await stored(page, "I bring it").waitFor();
  await expect.poll(() => composer(page).inputValue()).toBe("");
});

test("a page over plain http at an address of a local network sends, also later, keeps a draft and copies", async () => {
  const { ann, id } = await world();
  const page = await site.open({
    person: ann,
    origin: site.origin.replace("127.0.0.1", "parley.lan"),
    hash: `#/c/${id}`,
  });
  await expect
    .poll(() => page.evaluate(() => [isSecureContext, "randomUUID" in crypto]))
    .toEqual([false, false]);
  await composer(page).fill("I bring");
  await page.reload();
  await expect.poll(() => composer(page).inputValue()).toBe("I bring");
  await composer(page).press("Enter");
  await stored(page, "I bring").waitFor();
  await choose(page, "I bring", "Copy C");
  await page.getByText("Copied").waitFor();
  await composer(page).press("ControlOrMeta+v");
  await expect.poll(() => composer(page).inputValue()).toBe("I bring");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("menuitem", { name: "Send later" }).click();
  await page.getByRole("button", { name: "Tomorrow morning" }).click();
  await page.getByRole("button", { name: "Schedule", exact: true }).click();
  await page.getByText("Will be sent").waitFor();
  const problems = takeProblems(page.context());
  // The browser tells of a header that it ignores on such pages.
  expect(problems.filter((problem) => !problem.includes("Cross-Origin-Opener-Policy"))).toEqual([]);
});

test("the field stays while the list is on its way, with what is open above it", async () => {
  const { ann, id } = await world();
  const device = await site.device({ person: ann });
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
  const { promise: isReady, resolve: makeReady } = Promise.withResolvers<void>();
  await device.route(/\/v1\/conversations\?/, async (call) => {
    asked();
    await isReady;
    await call.continue();
  });
  const page = await device.newPage();
  await page.goto(`${site.origin}/#/c/${id}`);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("menuitem", { name: "Poll" }).waitFor();
  await isAsked;
  await connection(page, "live").waitFor({ state: "attached" });
  makeReady();
  await row(page, "Hike").waitFor();
  await page.getByRole("menuitem", { name: "Poll" }).click();
  await page.getByRole("textbox", { name: "Question" }).waitFor();
});

test("what is written while an edit is being saved stays, and can be saved, too", async () => {
  const { ann, id } = await world();
  await ann.send(id, "I do");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await stored(page, "I do").waitFor();
  const [asked, typed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await page.route(/messages\/\d+$/, async (call) => {
    asked.resolve();
    await typed.promise;
    await call.continue();
  });
  await composer(page).press("ArrowUp");
  await page.getByText("Edit the message").waitFor();
  await composer(page).fill("I bring it");
  await composer(page).press("Enter");
  await asked.promise;
  await composer(page).fill("I bring it all");
  typed.resolve();
  await stored(page, "I bring it").waitFor();
  await expect
    .poll(async () => {
      await composer(page).press("Enter");
      return page.getByText("Edit the message").count();
    })
    .toBe(0);
  await expect.poll(() => newest(ann, id)).toMatchObject({ body: { text: "I bring it all" }, version: 3 });
});

test("what is typed elsewhere on the page comes to the field", async () => {
  const { page } = await seat.group("Who brings the map?");
  await composer(page).blur();
  await page.keyboard.type("Me");
  await expect.poll(() => composer(page).inputValue()).toBe("Me");
  await composer(page).blur();
  await page.keyboard.press("ControlOrMeta+v");
  await expect.poll(() => composer(page).evaluate((field) => field === document.activeElement)).toBe(true);
});

test("a user who may not write in a conversation sees why", async () => {
  const { ann, ben, id } = await world();
  const page = await site.open({ person: ben, hash: `#/c/${id}` });
  await composer(page).waitFor();
  await ann.call("PATCH", `/v1/conversations/${id}/members/${ben.user.id}`, { muted_for_s: 600 });
  await page.getByText("You are muted in this group until").waitFor();
  await ann.call("DELETE", `/v1/conversations/${id}/members/${ben.user.id}`);
  await page.getByText(`${ann.user.username} removed you from this group.`).waitFor();
  const other = await site.open({ person: ben, hash: `#/c/${id}` });
  const gone = (hash: string, text: string, back: string) => async () => {
    await other.goto(`${site.origin}/${hash}`);
    await other.getByText(text).waitFor();
    await expect.poll(() => other.locator("main .blank").getByRole("link").allTextContents()).toEqual([back]);
    await expect.poll(() => other.locator("main .problem, main textarea").count()).toBe(0);
  };
  for (const check of [
    gone(`#/c/${id}`, "This conversation is not there, or you are not in it.", "Back to the list"),
    gone("#/c/999999999", "This conversation is not there, or you are not in it.", "Back to the list"),
    gone("#/user/999999999", "There is nobody at this address.", "People"),
    gone("#/join/none", "This invitation does not let anybody in any more.", "Back to the list"),
    gone("#/requests/999999999", "This request is not there any more.", "Message requests"),
    gone("#/settings/none", "There is nothing at this address.", "Back to the list"),
  ])
    await check();
});

test("who has blocked somebody never reads that it was the other", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  await ann.call("PUT", `/v1/blocks/${ben.user.id}`);
  const page = await (await site.device({ person: ann })).newPage();
  const held = Promise.withResolvers<void>();
  await page.route(/\/v1\/users\?/, async (call) => {
    await held.promise;
    await call.continue();
  });
  await page.goto(`${site.origin}/#/c/${id}`);
  await page.getByText(`You cannot write to ${ben.user.username}.`, { exact: true }).waitFor();
  held.resolve();
  await page.getByText(`You have blocked ${ben.user.username}.`).waitFor();
  await page.getByRole("button", { name: "Unblock" }).click();
  await composer(page).waitFor();
});
