import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { takeProblems } from "./support/problems.ts";
import { Site } from "./support/site.ts";
import { choose, composer, focusRow, openTalk, row, stored, texts } from "./support/talk.ts";

const site = Site.forFile();

/** Two users, and their direct conversation. */
async function talk() {
  const [ann, ben, id] = await site.direct("ann", "ben");
  return { ann, ben, id, hash: `#/c/${id}` };
}

test("the caption of a file is edited by its menu and by the arrow up, and is seen on both sides", async () => {
  const { ann, ben, id, hash } = await talk();
  const body = {
    url: `${site.origin}/v1/files/none/map.pdf`,
    name: "map.pdf",
    size: 7,
    caption: "The old way",
  };
  await ann.call("POST", `/v1/conversations/${id}/messages`, { kind: "file", body });
  const [annsPage, bensPage] = [
    await site.open({ person: ann, hash }),
    await site.open({ person: ben, hash }),
  ];
  await choose(annsPage, "The old way", "Edit the caption");
  await annsPage.getByText("Edit the caption").waitFor();
  const field = annsPage.getByRole("textbox", { name: "Caption" });
  await expect.poll(() => field.inputValue()).toBe("The old way");
  await field.fill("The **new** way");
  await field.press("Enter");
  await stored(bensPage, "The new way").getByRole("button", { name: "edited" }).waitFor();
  await annsPage.getByText("Edit the caption").waitFor({ state: "detached" });
  await composer(annsPage).press("ArrowUp");
  await expect.poll(() => field.inputValue()).toBe("The **new** way");
  await field.fill("");
  await field.press("Enter");
  await expect.poll(() => bensPage.getByText("The new way").count()).toBe(0);
  const { caption: _, ...rest } = body;
  await expect
    .poll(() => ben.call("GET", `/v1/conversations/${id}/messages/1`))
    .toMatchObject({
      version: 3,
      body: rest,
    });
  // What another has sent is theirs.
  await focusRow(stored(bensPage, "map.pdf"));
  await bensPage.keyboard.press("Enter");
  await bensPage.getByRole("menuitem", { name: "Reply" }).waitFor();
  await expect.poll(() => bensPage.getByRole("menuitem", { name: "Edit" }).count()).toBe(0);
});

test("of a file with a long name the end is in sight, and the whole is told", async () => {
  const { ann, hash, id } = await talk();
  const name = `${"The minutes of our last meeting ".repeat(4)}(final).pdf`;
  const body = { url: `${site.origin}/v1/files/none/minutes.pdf`, name, size: 7 };
  await ann.call("POST", `/v1/conversations/${id}/messages`, { kind: "file", body });
  const page = await site.open({ person: ann, hash });
  const file = page.locator("a.file");
  await file.waitFor();
  const cut = await file.evaluate((link) => {
    const { right } = link.getBoundingClientRect();
    const parts = [...link.querySelectorAll<HTMLElement>(".file-name bdi")];
    return parts.map((part) => [
      part.scrollWidth > part.clientWidth + 1,
      part.getBoundingClientRect().right > right + 1,
    ]);
  });
  // The end has no width of its own to be cut by.
  expect(cut.map(([, isOutside]) => isOutside)).toEqual([false, false]);
  expect(cut[0]?.[0]).toBe(true);
  await file.locator(".file-name").getByText("final).pdf").waitFor();
  await page.getByRole("list", { name: "Messages" }).getByRole("link", { name }).waitFor();
});

test("screen readers alone tell who has written, in a direct conversation and of own messages", async () => {
  const { ann, ben, id, hash } = await talk();
  const group = await ann.openGroup("Hike", [ben]);
  await ben.send(id, "To you alone");
  await ben.send(group.id, "To all of you");
  await ann.send(group.id, "From me");
  const page = await site.open({ person: ann, hash });
  const name = (text: string) => stored(page, text).locator(".bubble").getByText(ben.user.username);
  const width = async (text: string) => (await name(text).boundingBox())?.width ?? 0;
  await stored(page, "To you alone").waitFor();
  await expect
    .poll(() => stored(page, "To you alone").locator(".bubble").innerText())
    .toContain(ben.user.username);
  await expect.poll(() => stored(page, "To you alone").locator(".sender").count()).toBe(0);
  await row(page, "Hike").click();
  await stored(page, "To all of you").locator(".sender").waitFor();
  await expect.poll(() => width("To all of you")).toBeGreaterThan(10);
  await expect
    .poll(() => stored(page, "From me").locator(".bubble").innerText())
    .toContain(ann.user.username);
  await expect.poll(() => stored(page, "From me").locator(".sender").count()).toBe(0);
});

test("a long text is folded, and opens and closes without a jump, by keys too", async () => {
  const { ann, ben, id, hash } = await talk();
  const lines = Array.from({ length: 40 }, (_, i) => `Line ${i + 1}`);
  await ben.send(id, "Short\n".repeat(20));
  for (let i = 0; i < 15; i++) await ben.send(id, `Before ${i}`);
  await ben.send(id, `${lines.join("\n")} <https://example.com/>`);
  for (let i = 0; i < 3; i++) await ben.send(id, `After ${i}`);
  await ann.read(id, 20);
  const page = await site.open({ person: ann, hash });
  const long = stored(page, "Line 1");
  const more = long.getByRole("button", { name: "Show more", expanded: false });
  const less = long.getByRole("button", { name: "Show less", expanded: true });
  const top = (locator: Locator) => locator.evaluate((element) => element.getBoundingClientRect().top);
  /** Waits until what the page has drawn is what it has measured. */
  const settled = () =>
    page.evaluate(async () => {
      for (let i = 0; i < 3; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
    });
  await more.scrollIntoViewIfNeeded();
  await settled();
  const before = await top(long);
  await expect.poll(() => long.evaluate((row) => row.clientHeight)).toBeLessThan(500);
  await more.click();
  await less.waitFor();
  await settled();
  await expect.poll(async () => Math.abs((await top(long)) - before)).toBeLessThan(2);
  await expect.poll(() => long.evaluate((row) => row.clientHeight)).toBeGreaterThan(800);
  await less.scrollIntoViewIfNeeded();
  await settled();
  const button = await top(less);
  await page.keyboard.press("Enter");
  await more.waitFor();
  await settled();
  await expect.poll(async () => Math.abs((await top(more)) - button)).toBeLessThan(2);
  // The focus goes to what is not visible: it is shown.
  await long.getByRole("link").last().focus();
  await less.waitFor();
  await settled();
  const { y = -1, height = 0 } = (await long.getByRole("link").last().boundingBox()) ?? {};
  expect([y > 56, y + height < 800]).toEqual([true, true]);
  await expect.poll(() => page.getByRole("button", { name: "Show more" }).count()).toBe(0);
});

test("a direct conversation is deleted for its user alone, and comes back with the next message alone", async () => {
  const { ann, ben, id, hash } = await talk();
  await ben.openGroup("Hike", [ann]);
  await ben.send(id, "An old secret");
  const [page, bensPage] = [await site.open({ person: ann, hash }), await site.open({ person: ben, hash })];
  await stored(page, "An old secret").waitFor();
  await row(page, ben.user.username).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Delete the conversation" }).click();
  const question = page.getByRole("dialog", { name: "Delete the conversation" });
  await question.getByText(`${ben.user.username} keeps them`).waitFor();
  await question.getByRole("button", { name: "Cancel", exact: true }).click();
  await stored(page, "An old secret").waitFor();
  await page.getByRole("link", { name: "Details" }).click();
  await page.getByRole("complementary").getByRole("button", { name: "Delete the conversation" }).click();
  await question.getByRole("button", { name: "Delete the conversation" }).click();
  await row(page, ben.user.username).waitFor({ state: "detached" });
  await page.getByText("Choose a conversation").waitFor();
  await stored(bensPage, "An old secret").waitFor();
  await ben.send(id, "News");
  await openTalk(page, ben.user.username);
  await stored(page, "News").waitFor();
  await page.getByText("This is the beginning of the conversation.").waitFor();
  await expect.poll(() => texts(page)).toEqual(["News"]);
  await page.reload();
  await stored(page, "News").waitFor();
  await expect.poll(() => texts(page)).toEqual(["News"]);
  // A group is left, and not deleted.
  await row(page, "Hike").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Move to the archive" }).waitFor();
  await expect.poll(() => page.getByRole("menuitem", { name: "Delete" }).count()).toBe(0);
});

test("a conversation that another device deletes does not stay on screen", async () => {
  const { ann, ben, id, hash } = await talk();
  await ben.send(id, "An old secret");
  const page = await site.open({ person: ann, hash });
  await stored(page, "An old secret").waitFor();
  await ann.call("DELETE", `/v1/conversations/${id}`);
  // It was the only one.
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await expect.poll(() => page.getByText("An old secret").count()).toBe(0);
});

test("a dialog begins in its first field, and keeps the keys of the page to itself", async () => {
  const { ann, ben, id, hash } = await talk();
  await ben.send(id, "Hello");
  const page = await site.open({ person: ann, hash });
  // The field is that of a conversation that the list has, and stays.
  await row(page, ben.user.username).waitFor();
  await stored(page, "Hello").waitFor();
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("menuitem", { name: "Poll" }).click();
  const dialog = page.getByRole("dialog", { name: "New poll" });
  const question = dialog.getByLabel("Question");
  await expect.poll(() => question.evaluate((input) => input.matches(":focus"))).toBe(true);
  await page.keyboard.type("Where to?");
  await expect.poll(() => question.inputValue()).toBe("Where to?");
  await dialog.getByRole("checkbox", { name: "Anonymous" }).focus();
  for (const key of ["?", "Control+k", "Alt+n"]) await page.keyboard.press(key);
  await dialog.getByRole("button", { name: "Close", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  expect(new URL(page.url()).hash).toBe(hash);
});

test("a toast covers nothing that is used, rests under the pointer, and ends by a click and by Escape", async () => {
  const { ann, ben, id, hash } = await talk();
  for (let n = 0; n < 30; n++) await ben.send(id, `Line ${n}`);
  for (const viewport of [
    { width: 1024, height: 720 },
    { width: 390, height: 720 },
  ]) {
    const page = await site.open({ person: ann, hash });
    await page.setViewportSize(viewport);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await stored(page, "Line 29").waitFor();
    await page.clock.install();
    const toast = page.locator(".toasts p");
    const copy = async () => {
      await focusRow(stored(page, "Line 29"));
      await page.keyboard.press("Enter");
      await page.getByRole("menuitem", { name: /^Copy( C)?$/ }).click();
      await toast.getByText("Copied").waitFor();
    };
    await copy();
    const covered = () =>
      page.evaluate(() => {
        const box = document.querySelector(".toasts p")?.getBoundingClientRect();
        if (!box) return ["no toast"];
        const used = [...document.querySelectorAll(".message, .composer, .typing, .sidebar, .back")];
        return used
          .filter((one) => {
            const { left, right, top, bottom } = one.getBoundingClientRect();
            const isSeen = bottom > (document.querySelector(".scroller")?.getBoundingClientRect().top ?? 0);
            return isSeen && left < box.right && right > box.left && top < box.bottom && bottom > box.top;
          })
          .map((one) => one.className);
      });
    await expect.poll(covered).toEqual([]);
    await toast.click();
    await toast.waitFor({ state: "detached" });

    await copy();
    await composer(page).press("Escape");
    await toast.waitFor({ state: "detached" });

    await copy();
    await toast.hover();
    await page.clock.fastForward(60_000);
    await toast.getByText("Copied").waitFor();
    await page.mouse.move(5, 700);
    await page.clock.fastForward(60_000);
    await toast.waitFor({ state: "detached" });
    // It is said once: what stands there already is not said with the next one.
    await expect.poll(() => page.locator(".toasts").getAttribute("aria-atomic")).toBe("false");
  }
});

test("the form says who sees what a user writes about themself", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const page = await site.open({ person: ben, hash: "#/settings" });
  const field = page.getByRole("textbox", { name: "About you", exact: true });
  await field.fill("Climbs at weekends\nاكتب لي");
  const hint = await field.getAttribute("aria-describedby");
  await expect
    .poll(() => page.locator(`[id="${hint}"]`).innerText())
    .toContain("Everybody who opens your profile");
  const email = page.getByRole("textbox", { name: "E-mail", exact: true });
  await email.fill("ben@climbers.example");
  const ownHint = await email.getAttribute("aria-describedby");
  await expect.poll(() => page.locator(`[id="${ownHint}"]`).innerText()).toBe("Other people do not see it.");
  await page.getByText("More about you").click();
  await page.getByRole("textbox", { name: "Birthday" }).fill("1 May");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved.").waitFor();
  await expect
    .poll(() => ben.call("GET", "/v1/me"))
    .toMatchObject({
      ...{ signature: "Climbs at weekends\nاكتب لي", email: "ben@climbers.example", birthday: "1 May" },
    });
  const annsPage = await site.open({ person: ann, hash: `#/user/${ben.user.id}` });
  const shown = annsPage.locator(".profile .prose");
  await shown.getByText("Climbs at weekends").waitFor();
  await expect.poll(() => shown.innerText()).toBe("Climbs at weekends\nاكتب لي");
  await expect.poll(() => annsPage.getByText("climbers.example").count()).toBe(0);
  await ben.call("PUT", `/v1/blocks/${ann.user.id}`);
  await annsPage.reload();
  await annsPage.getByRole("button", { name: "Add as a friend" }).click();
  await annsPage.getByText("One of you blocks the other.").waitFor();
  await expect.poll(() => annsPage.getByText("Climbs").count()).toBe(0);
});

test("a view that cannot be loaded says so calmly, and comes by itself once it can be", async () => {
  const { ann, id } = await talk();
  await ann.send(id, "Hello");
  const context = await site.device({ person: ann });
  /** what becomes of a call; 0: it gets no answer */
  let status = 0;
  // A service worker would have kept the views.
  await context.route(/service-worker|settings-page|message-menu/, (call) => {
    if (!status || call.request().url().includes("service-worker")) return call.abort();
    return status === 200 ? call.continue() : call.fulfill({ status });
  });
  const page = await context.newPage();
  await page.goto(`${site.origin}/#/c/${id}`);
  await stored(page, "Hello").click({ button: "right" });
  const dialog = page.getByRole("dialog", { name: "Not loaded" });
  await dialog.getByText("This part of the page could not be loaded.").waitFor();
  await dialog.getByRole("button", { name: "Close", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await page.goto(`${site.origin}/#/settings`);
  const main = page.getByRole("main");
  await main.getByText("This part of the page could not be loaded.").waitFor();
  // Asked for once more, it is not there yet.
  const asked = page.waitForEvent("requestfailed", (call) => call.url().includes("settings-page"));
  await main.getByRole("button", { name: "Try again", exact: true }).click();
  await asked;
  // Nor does a server have another build that has too much to do, or is being changed.
  for (status of [503, 429]) {
    const answered = page.waitForResponse((answer) => answer.status() === status);
    await main.getByRole("button", { name: "Try again", exact: true }).click();
    await answered;
  }
  status = 200;
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  const logged = /ERR_FAILED|status of (503|429)|An unknown error occurred when fetching the script/;
  expect(takeProblems(context).filter((one) => !logged.test(one))).toEqual([]);
});

test("a bot is shown as one, in the language of the page; a profile that is the team's is not changed here", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  for (const [language, word] of [
    ["en-US", "Bot"],
    ["zh-CN", "机器人"],
  ] as const) {
    const page = await site.open({ person: ann, language });
    await page.route(`**/v1/users/${ben.user.id}`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), bot: true } });
    });
    await page.goto(`${site.origin}/#/user/${ben.user.id}`);
    const name = page.locator(".profile bdi[data-bot]");
    await name.waitFor();
    const label = await name.evaluate((bdi) => getComputedStyle(bdi, "::after").content);
    expect(label).toBe(`"${word}"`);
  }
  const page = await site.open({ person: ann });
  await page.route("**/v1/me", async (route) => {
    const response = await route.fetch();
    const me = await response.json();
    await route.fulfill({ response, json: { ...me, policies: { ...me.policies, profiles: "server" } } });
  });
  await page.goto(`${site.origin}/#/settings`);
  await page.getByRole("textbox", { name: "About you", exact: true }).waitFor();
  await expect.poll(() => page.getByRole("textbox", { name: "Name" }).count()).toBe(0);
});
