import { expect, test } from "vitest";
import { findings, isTooWide } from "../support/axe.ts";
import { Seat } from "../support/seat.ts";
import { DESKTOP, Site } from "../support/site.ts";
import { choose, confirm, focusRow, message, offer, searchField, stored } from "../support/talk.ts";

const site = Site.forFile();

const seat = new Seat(site);

/** A direct conversation of Ann's, which her page shows. */
async function talk() {
  const { page, ...both } = await seat.direct();
  return { ...both, annsPage: page };
}

/** The same, and the page of the other. */
async function talkOfTwo() {
  const both = await talk();
  return { ...both, bensPage: await site.open({ person: both.ben, hash: `#/c/${both.id}` }) };
}

test("an edit is seen on both sides, with what the message said before", async () => {
  const { ann, id, annsPage, bensPage } = await talkOfTwo();
  await ann.send(id, "Lunch at noon?");
  await stored(bensPage, "Lunch at noon?").waitFor();
  const row = stored(annsPage, "Lunch at noon?");
  const more = row.getByRole("button", { name: "More", exact: true });
  // The pointer is beside a row that moves.
  await expect
    .poll(() =>
      row
        .locator(".bubble")
        .hover()
        .then(() => more.isVisible()),
    )
    .toBe(true);
  await more.click();
  await annsPage.getByRole("menuitem", { name: "Edit" }).click();
  const field = annsPage.locator(".composer textarea");
  await expect.poll(() => field.inputValue()).toBe("Lunch at noon?");
  await field.fill("Lunch at **one**?");
  await field.press("Enter");
  await stored(bensPage, "Lunch at one?").getByRole("button", { name: "edited" }).click();
  const history = bensPage.getByRole("dialog", { name: "What this message said" });
  await history.getByText("Lunch at noon?").waitFor();
});

test("a reaction is counted on both sides, and its users are named", async () => {
  const { ann, id, annsPage, bensPage } = await talkOfTwo();
  await ann.send(id, "It works");
  await choose(bensPage, "It works", "React with 👍");
  await annsPage.getByRole("button", { name: "👍, 1 reaction" }).click();
  const chip = bensPage.getByRole("button", { name: "👍, 2 reactions" });
  await chip.hover();
  await bensPage.getByRole("tooltip").getByText(ann.user.username).waitFor();
  await chip.click();
  await annsPage.getByRole("button", { name: "👍, 1 reaction", pressed: true }).waitFor();
  // Another one is a click away.
  await bensPage.getByRole("list", { name: "Reactions" }).getByRole("button", { name: "More emoji" }).click();
  await bensPage.getByRole("searchbox", { name: "Search emoji" }).fill("rocket");
  await bensPage
    .getByRole("button", { name: "rocket" })
    .or(bensPage.getByRole("option", { name: "rocket" }))
    .first()
    .click();
  await annsPage.getByRole("button", { name: "🚀, 1 reaction" }).waitFor();
});

test("code is copied as it was written, and has colours where it names its language", async () => {
  const { ann, id, annsPage } = await talkOfTwo();
  const code = 'const name = "Ann"; // <b>\nsend(name);';
  await ann.send(id, `Here:\n\`\`\`js\n${code}\n\`\`\``);
  const block = stored(annsPage, "Here").locator(".code");
  await block.locator("[data-token=word]").getByText("const").waitFor();
  await expect.poll(() => block.locator("code").innerText()).toBe(code);
  await annsPage.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await block.hover();
  await block.getByRole("button", { name: "Copy the code" }).click();
  await annsPage.getByText("Copied").waitFor();
  await expect.poll(() => annsPage.evaluate(() => navigator.clipboard.readText())).toBe(code);
});

test("code whose parts stand within one another by the thousand is shown", async () => {
  const { ann, id, annsPage } = await talkOfTwo();
  const deep = "`${".repeat(2_600);
  await ann.send(id, `Deep:\n\`\`\`js\n${deep}\n\`\`\``);
  await ann.send(id, "Plain:\n```js\nconst a = 1;\n```");
  // By then the colours of both were looked for.
  await stored(annsPage, "Plain").locator("[data-token=word]").getByText("const").waitFor();
  await expect.poll(() => stored(annsPage, "Deep").locator("code").innerText()).toBe(deep);
});

test("a message that is taken back is gone on both sides", async () => {
  const { ann, id, annsPage, bensPage } = await talkOfTwo();
  await ann.send(id, "Oh no");
  await stored(bensPage, "Oh no").waitFor();
  await choose(annsPage, "Oh no", "Delete for everyone");
  await confirm(annsPage, "Delete for everyone");
  await stored(annsPage, "You deleted this message.").waitFor();
  await stored(bensPage, "This message was deleted.").waitFor();
  await expect.poll(() => bensPage.getByText("Oh no").count()).toBe(0);
});

test("a thread stands beside the conversation, and its replies are counted at its root", async () => {
  const { ann, id, annsPage, bensPage } = await talkOfTwo();
  await ann.send(id, "Who drives?");
  await choose(bensPage, "Who drives?", "Open the thread");
  const thread = bensPage.getByRole("complementary", { name: "Thread" });
  await thread.getByRole("textbox").fill("I do");
  await thread.getByRole("textbox").press("Enter");
  await thread.getByText("I do").waitFor();
  await annsPage.getByRole("link", { name: "1 reply" }).click();
  await annsPage.getByRole("complementary", { name: "Thread" }).getByText("I do").waitFor();
  // A reply in the thread alone is no message of the conversation.
  await expect
    .poll(() => message(annsPage, "I do").and(annsPage.locator(".conversation [data-seq]")).count())
    .toBe(0);
});

test("a found reply that stands in its thread alone leads to the thread", async () => {
  const { ann, id, annsPage } = await talk();
  const messages = `/v1/conversations/${id}/messages`;
  const say = (text: string) => ({ kind: "text", body: { text } });
  const { seq: root } = Object(await ann.call("POST", messages, say("Who drives?")));
  await ann.call("POST", messages, { ...say("The lorry"), thread: { root, also_in_main: false } });
  await annsPage.getByRole("button", { name: "Search in this conversation" }).click();
  await searchField(annsPage).fill("lorry");
  await offer(annsPage, "The lorry").click();
  const thread = annsPage.getByRole("complementary", { name: "Thread" });
  await thread.locator(".message", { hasText: "The lorry" }).waitFor();
  await annsPage.getByRole("button", { name: "Close the search" }).click();
});

test("a quote and a notice lead to the thread in which alone the message stands", async () => {
  const { ann, id, annsPage } = await talk();
  const messages = `/v1/conversations/${id}/messages`;
  const say = (text: string) => ({ kind: "text", body: { text } });
  const { seq: root } = Object(await ann.call("POST", messages, say("Who drives?")));
  const thread = { root, also_in_main: false };
  const { seq } = Object(await ann.call("POST", messages, { ...say("The lorry"), thread }));
  for (let i = 0; i < 30; i++) await ann.call("POST", messages, { ...say(`Or ${i}`), thread });
  await ann.call("POST", messages, { ...say("The red one"), thread, quote_seq: seq });
  await ann.call("POST", messages, { ...say("That one"), quote_seq: seq });
  const panel = annsPage.getByRole("complementary", { name: "Thread" });
  await stored(annsPage, "That one").getByRole("link", { name: "The lorry" }).click();
  await panel.getByText("The red one").waitFor();
  await annsPage.waitForURL((url) => url.hash === `#/c/${id}/m/${root}/t/${root}`);
  // In the thread a quote leads through the thread.
  await panel.getByRole("link", { name: "The lorry" }).click();
  await expect
    .poll(() => panel.locator(`[data-seq="${seq}"]`).evaluate((row) => row.getBoundingClientRect().top > 56))
    .toBe(true);
  await panel.getByRole("link", { name: "Close", exact: true }).click();
  await panel.waitFor({ state: "detached" });

  await ann.call("PUT", `${messages}/${seq}/pin`);
  await annsPage.getByRole("link", { name: "Show", exact: true }).click();
  await panel.getByText("The red one").waitFor();
});

test("a quote, the list and screen readers show what a message shows, also once it is edited", async () => {
  const { ben, id, annsPage } = await talk();
  const messages = `/v1/conversations/${id}/messages`;
  const say = (text: string) => ({ kind: "text", body: { text } });
  const long = "the butler ".repeat(20);
  const { seq } = Object(await ben.call("POST", messages, say(`It was ||${long}!||, **you** see`)));
  await annsPage.getByRole("log").getByText("It was ▒▒▒, you see").waitFor();
  await annsPage.locator(".row-preview", { hasText: "It was ▒▒▒, you see" }).waitFor();
  await ben.call("POST", messages, { ...say("Who knew?"), quote_seq: seq });
  const quote = stored(annsPage, "Who knew?").locator(".quote span");
  await expect.poll(() => quote.textContent()).toBe("It was ▒▒▒, you see");
  const edit = { body: { text: `Was it ||${long}!||? See [this](https://a.example/plan)` }, base_version: 1 };
  await ben.call("PATCH", `${messages}/${seq}`, edit);
  await expect.poll(() => quote.textContent()).toBe("Was it ▒▒▒? See this");
});

test("tables, headings and what is to be done are drawn, and stay what was typed", async () => {
  const { ann, id, annsPage } = await talk();
  const wide = Array.from({ length: 12 }, (_, i) => `**column ${i}**`);
  const text = [
    "# Plan of the week",
    "- [x] Tent",
    "- [ ] Map",
    "  - of the @ben lake",
    "---",
    `| ${wide.join(" | ")} |`,
    `|${" --: |".repeat(12)}`,
    `| @ben | ${"7 | ".repeat(11)}`,
    "Tea\t2",
    "Cake\t3",
    "Z\u0308\u0335\u0322\u034d\u034e\u0318".repeat(8),
  ].join("\n");
  await ann.send(id, text);
  const row = annsPage.locator("[data-seq]", { hasText: "Plan of the week" });
  await row.getByRole("heading", { name: "Plan of the week" }).waitFor();
  await expect.poll(() => row.locator("[data-done]").allInnerTexts()).toEqual(["☑", "☐"]);
  await row.locator("li li", { hasText: "of the" }).waitFor();
  await row.getByRole("columnheader", { name: "column 11" }).waitFor();
  await expect.poll(() => row.getByRole("cell").allInnerTexts()).toContain("Cake");
  // On the narrowest phone, whichever way the page is read: the table alone scrolls, by keys too.
  await annsPage.setViewportSize({ width: 320, height: 640 });
  const table = row.locator("[data-table]").first();
  await table.focus();
  await annsPage.keyboard.press("ArrowRight");
  await expect.poll(() => table.evaluate(({ scrollLeft }) => scrollLeft > 0)).toBe(true);
  for (const dir of ["rtl", "ltr"]) {
    await annsPage.evaluate((to) => {
      document.documentElement.dir = to;
    }, dir);
    await expect.poll(() => isTooWide(annsPage)).toBe(false);
  }
  await expect.poll(() => findings(annsPage)).toEqual([]);
  await annsPage.setViewportSize(DESKTOP);
  await choose(annsPage, "Plan of the week", "Edit");
  await expect.poll(() => annsPage.getByRole("textbox", { name: /^Message / }).inputValue()).toBe(text);
});

test("what is hidden is shown and hidden again by its button, which keeps the focus", async () => {
  const { ben, id, annsPage } = await talk();
  await ben.send(id, "Who? ||The [butler](https://a.example)||!");
  const row = annsPage.locator("[data-seq]", { hasText: "Who?" });
  const button = row.getByRole("button", { name: "Hidden text" });
  const link = row.getByRole("link", { name: "butler" });
  await expect.poll(() => button.getAttribute("aria-expanded")).toBe("false");
  for (const [key, isOpen] of [
    ["Enter", true],
    ["Space", false],
    ["Space", true],
  ] as const) {
    await button.press(key);
    await expect.poll(() => button.getAttribute("aria-expanded")).toBe(`${isOpen}`);
    await expect.poll(() => link.count()).toBe(isOpen ? 1 : 0);
    await expect.poll(() => button.evaluate((one) => one === document.activeElement)).toBe(true);
  }
});

test("a vote is counted at once on both sides, and the poll ends for all", async () => {
  const { ann, ben, id, annsPage, bensPage } = await talkOfTwo();
  const body = {
    question: "When?",
    options: ["Eight", "Nine"],
    multiple: false,
    anonymous: false,
    ends_at: 0,
  };
  await ann.call("POST", `/v1/conversations/${id}/messages`, { kind: "poll", body });
  await bensPage.getByRole("radio", { name: "Nine" }).check();
  await annsPage.getByText("1 voter").waitFor();
  await annsPage.getByRole("radio", { name: "Nine" }).check();
  await bensPage.getByRole("button", { name: "2 · 100%" }).click();
  await bensPage.getByRole("dialog", { name: "Nine" }).getByText(ben.user.username).waitFor();
  await choose(annsPage, "When?", "End the poll");
  await confirm(annsPage, "End the poll");
  await bensPage.getByText("Ended").waitFor();
  await expect.poll(() => bensPage.getByRole("radio", { name: "Eight" }).isDisabled()).toBe(true);
  await bensPage.getByRole("button", { name: "Close", exact: true }).click();
  await bensPage.getByRole("button", { name: "2 · 100%" }).click();
  await bensPage.getByRole("dialog", { name: "Nine" }).getByText(ben.user.username).waitFor();
});

test("votes that follow each other closely are all counted", async () => {
  const { ann, id, annsPage, bensPage } = await talkOfTwo();
  const body = {
    question: "Which?",
    options: ["One", "Two", "Three"],
    multiple: true,
    anonymous: false,
    ends_at: 0,
  };
  await ann.call("POST", `/v1/conversations/${id}/messages`, { kind: "poll", body });
  const held = Promise.withResolvers<void>();
  await bensPage.route(/\/votes\b/, async (route) => {
    if (route.request().postData()?.includes("[0,1]")) await held.promise;
    await route.continue();
  });
  const option = (name: string) => bensPage.getByRole("checkbox", { name });
  await option("One").check();
  await annsPage.getByText("1 voter").waitFor();
  await option("Two").check();
  await annsPage.getByRole("checkbox", { name: "One" }).check();
  await bensPage.getByText("2 voters").waitFor();
  await option("Three").check();
  held.resolve();
  for (const name of ["1 · 50%", "2 · 100%"]) await annsPage.getByRole("button", { name }).first().waitFor();
  await expect.poll(() => annsPage.getByRole("button", { name: "1 · 50%" }).count()).toBe(2);
});

test("messages are forwarded one by one, and as one", async () => {
  const { ann, id, annsPage } = await talk();
  await ann.openGroup("Noodles", []);
  await ann.send(id, "First");
  await ann.send(id, "Second");
  await choose(annsPage, "First", "Select");
  await annsPage.getByRole("checkbox", { name: "Choose: Second" }).check();
  await annsPage
    .getByRole("toolbar", { name: "2 selected" })
    .getByRole("button", { name: "Forward", exact: true })
    .click();
  const dialog = annsPage.getByRole("dialog", { name: "Forward 2 messages" });
  await dialog.getByRole("radio", { name: "As one message" }).check();
  await dialog.getByRole("textbox", { name: "Title" }).fill("Our talk");
  await dialog.getByRole("checkbox", { name: "Noodles" }).check();
  await dialog.getByRole("button", { name: "Forward", exact: true }).click();
  await choose(annsPage, "Second", "Forward");
  const again = annsPage.getByRole("dialog", { name: "Forward 1 message" });
  await again.getByRole("checkbox", { name: "Noodles" }).check();
  await again.getByRole("button", { name: "Forward", exact: true }).click();
  await annsPage
    .getByRole("navigation", { name: "Conversations" })
    .getByRole("link", { name: "Noodles" })
    .click();
  await annsPage.getByRole("button", { name: "Our talk" }).click();
  await annsPage.getByRole("dialog", { name: "Our talk" }).getByText("First").waitFor();
  await annsPage.keyboard.press("Escape");
  await stored(annsPage, "Second").getByText(`Forwarded from ${ann.user.username}`).waitFor();
});

test("chosen messages are copied, saved and deleted together", async () => {
  const { ann, ben, id, annsPage, bensPage } = await talkOfTwo();
  await annsPage.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  for (const text of ["First", "Second"]) await ann.send(id, text);
  await ben.send(id, "Third");
  await stored(annsPage, "Third").waitFor();
  const bar = annsPage.getByRole("toolbar", { name: /selected/ });
  await choose(annsPage, "First", "Select");
  await annsPage.getByRole("checkbox", { name: "Choose: Second" }).check();
  await bar.getByRole("button", { name: "Copy", exact: true }).click();
  const { username } = ann.user;
  const copied = () => annsPage.evaluate(() => navigator.clipboard.readText());
  await expect.poll(copied).toMatch(new RegExp(`^${username}, .+\\nFirst\\n\\n${username}, .+\\nSecond$`));
  await bar.getByRole("button", { name: "Save", exact: true }).click();
  await bar.waitFor({ state: "detached" });
  await expect(ann.call("GET", "/v1/saved")).resolves.toMatchObject({ items: { length: 2 } });

  await choose(annsPage, "First", "Select");
  await annsPage.getByRole("checkbox", { name: "Choose: Third" }).check();
  await bar.getByRole("button", { name: "Delete", exact: true }).click();
  // Ben's message is not hers to delete for him.
  const menu = annsPage.getByRole("menuitem");
  await expect.poll(() => menu.allInnerTexts()).toEqual(["Delete for me"]);
  await menu.click();
  await confirm(annsPage, "Delete for me");
  for (const text of ["First", "Third"]) await stored(annsPage, text).waitFor({ state: "detached" });
  await stored(bensPage, "First").waitFor();
  await choose(annsPage, "Second", "Select");
  await bar.getByRole("button", { name: "Delete", exact: true }).click();
  await menu.filter({ hasText: "Delete for everyone" }).click();
  await confirm(annsPage, "Delete for everyone");
  await stored(bensPage, "This message was deleted.").waitFor();
});

test("the keys of a row do what its menu does", async () => {
  const { ann, id, annsPage } = await talk();
  await ann.send(id, "Read me");
  await stored(annsPage, "Read me").waitFor();
  await focusRow(stored(annsPage, "Read me"));
  await annsPage.keyboard.press("Enter");
  const menu = annsPage.getByRole("menu", { name: "Message actions" });
  await menu.waitFor();
  const item = (at: number) => menu.getByRole("menuitem").nth(at);
  for (const [key, at] of [
    ["ArrowUp", -1],
    ["ArrowDown", 0],
    ["End", -1],
    ["ArrowDown", 0],
    ["ArrowRight", 1],
  ] as const) {
    await annsPage.keyboard.press(key);
    await expect.poll(() => item(at).evaluate((one) => one.matches(":focus"))).toBe(true);
  }
  // Whatever has taken the focus, each key leads to an end.
  for (const [key, at] of [
    ["ArrowUp", -1],
    ["ArrowDown", 0],
  ] as const) {
    await annsPage.evaluate(
      () => document.activeElement instanceof HTMLElement && document.activeElement.blur(),
    );
    await menu.dispatchEvent("keydown", { key });
    await expect.poll(() => item(at).evaluate((one) => one.matches(":focus"))).toBe(true);
  }
  await annsPage.keyboard.press("Escape");
  await menu.waitFor({ state: "detached" });
  await expect
    .poll(() => annsPage.evaluate(() => document.activeElement?.getAttribute("data-seq")))
    .toBe("1");
  await annsPage.keyboard.press("t");
  await annsPage.getByRole("complementary", { name: "Thread" }).waitFor();
});
