import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { takeProblems } from "../support/problems.ts";
import { Seat } from "../support/seat.ts";
import { Site } from "../support/site.ts";
import { composer, connection, row, searchField, send, stored } from "../support/talk.ts";

const site = Site.forFile();

/** A group of two, whose first message is that of the other. */
async function world(): Promise<{ ann: Person; ben: Person; id: number }> {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  await ben.send(id, "Who brings the map?");
  return { ann, ben, id };
}

const seat = new Seat(site);

/** The same, with the user of the page, which shows the group. */
async function seated(): Promise<{ ann: Person; ben: Person; id: number; page: Page }> {
  const { person: ann } = seat;
  const ben = await site.person("ben");
  const name = `Hike with ${ben.user.username}`;
  const { id } = await ann.openGroup(name, [ben]);
  await ben.send(id, "Who brings the map?");
  const page = await seat.take(id, name);
  await stored(page, "Who brings the map?").waitFor();
  return { ann, ben, id, page };
}

/** The newest message, as the server has it. */
async function newest(person: Person, id: number): Promise<unknown> {
  const { items } = Object(await person.call("GET", `/v1/conversations/${id}/messages?limit=1`));
  return items[0];
}

/** Presses Enter as browsers tell of the key that ends the composition of an input method. */
async function endComposition(field: Locator): Promise<void> {
  await field.dispatchEvent("keydown", { key: "Enter", isComposing: true });
  await field.dispatchEvent("keydown", { key: "Enter", keyCode: 229 });
}

test("Enter during the composition of an input method, or that ends it, sends nothing", async () => {
  const { ann, id, page } = await seated();
  await composer(page).focus();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Input.imeSetComposition", { text: "nihao", selectionStart: 5, selectionEnd: 5 });
  await page.keyboard.press("Enter");
  await devtools.send("Input.insertText", { text: "你好" });
  await expect.poll(() => composer(page).inputValue()).toContain("你好");
  await composer(page).fill("你好");
  await endComposition(composer(page));
  expect(await composer(page).inputValue()).toBe("你好");
  await send(page, "你好吗");
  await stored(page, "你好吗").waitFor();
  expect(await ann.history(id)).toHaveLength(2);
});

test("Enter that ends a composition chooses nothing in any other field", async () => {
  const { id, page } = await seated();
  await page.keyboard.press("Control+k");
  const places = searchField(page);
  await places.fill("Settings");
  await endComposition(places);
  await places.press("Escape");
  await page.getByRole("button", { name: "Emoji", exact: true }).click();
  const emoji = page.getByRole("searchbox", { name: "Search emoji" });
  await emoji.fill("thumbs up");
  await page.getByRole("button", { name: "thumbs up", exact: true }).waitFor();
  await endComposition(emoji);
  await emoji.press("Escape");
  expect(await composer(page).inputValue()).toBe("");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("menuitem", { name: "Poll" }).click();
  const options = page.getByRole("textbox", { name: /^Option/ });
  await options.last().focus();
  await endComposition(options.last());
  expect(await options.count()).toBe(2);
  await page.keyboard.press("Escape");
  expect(page.url()).toContain(`#/c/${id}`);
});

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

test("a page over plain http at an address of a local network sends, and keeps a draft", async () => {
  const { ann, id } = await world();
  const page = await site.open({
    person: ann,
    origin: site.origin.replace("127.0.0.1", "parley.lan"),
    hash: `#/c/${id}`,
  });
  expect(await page.evaluate(() => [isSecureContext, "randomUUID" in crypto])).toEqual([false, false]);
  await composer(page).fill("I bring");
  await page.reload();
  await expect.poll(() => composer(page).inputValue()).toBe("I bring");
  await composer(page).press("Enter");
  await stored(page, "I bring").waitFor();
  const problems = takeProblems(page.context());
  // The browser tells of a header that it ignores on such pages.
  expect(problems.filter((problem) => !problem.includes("Cross-Origin-Opener-Policy"))).toEqual([]);
});

test("tabs of one browser show one draft, which goes with the message in both", async () => {
  const { ann, id } = await world();
  const device = await site.device({ person: ann });
  const [one, two] = [await device.newPage(), await device.newPage()];
  for (const page of [one, two]) {
    await page.goto(`${site.origin}/#/c/${id}`);
    await stored(page, "Who brings the map?").waitFor();
  }
  await composer(one).fill("I bring");
  await expect.poll(() => composer(two).inputValue()).toBe("I bring");
  await composer(two).fill("I bring it");
  await expect.poll(() => composer(one).inputValue()).toBe("I bring it");
  await composer(one).press("Enter");
  await expect.poll(() => composer(two).inputValue()).toBe("");
  await stored(two, "I bring it").waitFor();
  expect(await ann.history(id)).toHaveLength(2);
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

test("a name between colons becomes an emoji, by its end and by the suggestions", async () => {
  const { page } = await seated();
  await composer(page).pressSequentially("Yes :smile:");
  await expect.poll(() => composer(page).inputValue()).toBe("Yes 😄");
  await composer(page).pressSequentially(" :heart_eye");
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("Tab");
  expect(await composer(page).inputValue()).toBe("Yes 😄 😍 ");
  await page.getByRole("button", { name: "Emoji", exact: true }).click();
  await page.getByRole("searchbox", { name: "Search emoji" }).fill("thumbs up");
  await page.getByRole("button", { name: "thumbs up", exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => composer(page).inputValue()).toBe("Yes 😄 😍 👍");
  expect(await composer(page).evaluate((field) => field === document.activeElement)).toBe(true);
});

test("the arrow up edits the last message, and an edit of an older version shows the newer one", async () => {
  const { ann, id, page } = await seated();
  const { seq } = await ann.send(id, "I do");
  await stored(page, "I do").waitFor();
  await composer(page).press("ArrowUp");
  await page.getByText("Edit the message").waitFor();
  await composer(page).press("Escape");
  expect(await composer(page).inputValue()).toBe("");
  await composer(page).press("ArrowUp");
  await composer(page).fill("I bring it");
  const body = { body: { text: "Ben does" }, base_version: 1 };
  await ann.call("PATCH", `/v1/conversations/${id}/messages/${seq}`, body);
  await composer(page).press("Enter");
  await page.getByRole("alert").filter({ hasText: "It now says: Ben does" }).waitFor();
  await composer(page).press("Enter");
  await stored(page, "I bring it").waitFor();
  await page.getByText("Edit the message").waitFor({ state: "detached" });
  expect(await newest(ann, id)).toMatchObject({ seq, version: 3 });
  await ann.send(id, "For @all");
  await stored(page, "For @all").waitFor();
  // The members are known from now on.
  await composer(page).fill("@");
  await page.getByRole("option").first().waitFor();
  await composer(page).fill("");
  // A finger leaves a key after the page has drawn what the key has done.
  await page.keyboard.down("ArrowUp");
  await page.getByText("Edit the message").waitFor();
  await page.keyboard.up("ArrowUp");
  // The name was written before: nothing suggests it again, and Enter is that of the edit.
  await composer(page).press("Enter");
  await page.getByText("Edit the message").waitFor({ state: "detached" });
  expect(await newest(ann, id)).toMatchObject({ version: 1, body: { text: "For @all" } });
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
  expect(await newest(ann, id)).toMatchObject({ body: { text: "I bring it all" }, version: 3 });
});

test("a text that is too long says so before it is sent, and stays", async () => {
  const { ann, id, page } = await seated();
  await composer(page).fill("x".repeat(7_990));
  await page.getByText("10 characters left").waitFor();
  await composer(page).fill("x".repeat(8_003));
  await page.getByText("3 characters too many").waitFor();
  await composer(page).press("Enter");
  expect(await composer(page).inputValue()).toHaveLength(8_003);
  expect(await ann.history(id)).toHaveLength(1);
});

test("what is typed elsewhere on the page comes to the field", async () => {
  const { page } = await seated();
  await composer(page).blur();
  await page.keyboard.type("Me");
  await expect.poll(() => composer(page).inputValue()).toBe("Me");
  await composer(page).blur();
  await page.keyboard.press("ControlOrMeta+v");
  expect(await composer(page).evaluate((field) => field === document.activeElement)).toBe(true);
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
  await other.getByRole("heading", { name: "Unknown conversation" }).waitFor();
  await other.getByText("You are not in this conversation.").waitFor();
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
