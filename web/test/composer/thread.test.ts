import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { bring } from "../support/files.ts";
import { Site } from "../support/site.ts";
import { composer, confirm, focusRow, message, send, stored } from "../support/talk.ts";

const site = Site.forFile();

/** The thread beside a conversation. */
function thread(page: Page): Locator {
  return page.getByRole("complementary", { name: "Thread" });
}

/** The field of the thread. */
function answer(page: Page): Locator {
  return thread(page).getByRole("textbox", { name: /^(Answer in the thread|Caption)$/ });
}

/** A reply, as the thread shows it. */
function reply(page: Page, text: string): Locator {
  return thread(page).getByRole("list", { name: "Thread" }).getByRole("listitem").filter({ hasText: text });
}

/** A message, as the conversation beside the thread shows it. */
function main(page: Page, text: string): Locator {
  return message(page, text).and(page.locator(".conversation li"));
}

test("a thread has a field of its own, whose draft stays, and which sends texts and files", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  const { seq } = await ann.send(id, "Who drives?");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  const bensPage = await site.open({ person: ben, hash: `#/c/${id}/t/${seq}` });
  await focusRow(stored(page, "Who drives?"));
  await page.keyboard.press("t");
  await answer(page).waitFor();
  await expect.poll(() => answer(page).evaluate((field) => field === document.activeElement)).toBe(true);

  // Each field keeps what is written in it, while the other one sends.
  await page.keyboard.type("Perhaps");
  await composer(page).fill("By the way");
  await expect.poll(() => answer(page).inputValue()).toBe("Perhaps");
  await thread(page).getByRole("link", { name: "Close", exact: true }).click();
  await thread(page).waitFor({ state: "detached" });
  await expect.poll(() => composer(page).inputValue()).toBe("By the way");
  await composer(page).press("Enter");
  await main(bensPage, "By the way").waitFor();
  await focusRow(stored(page, "Who drives?"));
  await page.keyboard.press("t");
  await expect.poll(() => answer(page).inputValue()).toBe("Perhaps");
  await answer(page).fill("Perhaps I do");
  await expect
    .poll(() => ann.call("GET", "/v1/conversations"))
    .toHaveProperty("items.0.draft.text", "Perhaps I do");
  await page.reload();
  await expect.poll(() => answer(page).inputValue()).toBe("Perhaps I do");
  await expect.poll(() => composer(page).inputValue()).toBe("");
  await answer(page).press("Enter");
  await reply(page, "Perhaps I do").and(page.locator("[data-seq]")).waitFor();
  await reply(bensPage, "Perhaps I do").waitFor();
  await expect.poll(() => main(bensPage, "Perhaps I do").count()).toBe(0);

  await thread(page).getByRole("checkbox", { name: "Also in the conversation" }).check();
  await answer(page).fill("I drive");
  await answer(page).press("Enter");
  for (const shown of [reply, main]) await shown(bensPage, "I drive").waitFor();

  await thread(page).getByRole("checkbox", { name: "Also in the conversation" }).uncheck();
  await bring(answer(page), "paste", [{ name: "map.txt" }]);
  await bring(answer(page), "drop", [{ name: "way.txt" }]);
  const tray = thread(page).getByRole("list", { name: "Files to send" }).getByRole("listitem");
  await expect.poll(() => tray.count()).toBe(2);
  await answer(page).press("Enter");
  for (const name of ["map.txt", "way.txt"]) await reply(bensPage, name).getByRole("link").waitFor();
  await expect.poll(() => main(bensPage, "map.txt").count()).toBe(0);

  // What is taken back is gone from the thread, and from the conversation, on both sides.
  await reply(page, "I drive").press("Enter");
  await page.getByRole("menuitem", { name: "Delete for everyone" }).click();
  await confirm(page, "Delete for everyone");
  for (const [one, text] of [
    [page, "You deleted this message."],
    [bensPage, "This message was deleted."],
  ] as const)
    for (const shown of [reply, main]) {
      await shown(one, text).waitFor();
      await expect.poll(() => shown(one, "I drive").count()).toBe(0);
    }
  await send(bensPage, "Thank you");
  await main(page, "Thank you").waitFor();
});

test("the button of a thread asks once whether its user follows it, and is right on each device", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  const { seq } = await ann.send(id, "Who drives?");
  const say = (text: string) => ({
    kind: "text",
    body: { text },
    thread: { root: seq, also_in_main: false },
  });
  for (const text of ["I do", "Or you?"])
    await ben.call("POST", `/v1/conversations/${id}/messages`, say(text));
  const device = await site.device({ person: ben });
  const asked: string[] = [];
  device.on("request", (call) => call.url().endsWith(`/${id}/threads`) && asked.push(call.url()));
  const [page, other] = [
    await device.newPage(),
    await site.open({ person: ben, hash: `#/c/${id}/t/${seq}` }),
  ];
  await page.goto(`${site.origin}/#/c/${id}/t/${seq}`);
  const button = (one: Page, name: "Follow" | "Following") =>
    thread(one).getByRole("button", { name, exact: true });
  for (const one of [page, other]) await button(one, "Following").waitFor();
  await reply(page, "Or you?").waitFor();
  expect(asked).toHaveLength(1);
  await button(page, "Following").click();
  for (const one of [page, other]) await button(one, "Follow").waitFor();
  // Who writes in a thread follows it again.
  await answer(other).fill("Nobody");
  await answer(other).press("Enter");
  for (const one of [page, other]) await button(one, "Following").waitFor();
});

test("arrow keys lead through a thread, whose replies Tab reaches once", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  const { seq: root } = await ann.send(id, "Who drives?");
  for (const text of ["I do", "Or I", "Both at https://example.com"])
    await ben.call("POST", `/v1/conversations/${id}/messages`, {
      ...{ kind: "text", body: { text }, thread: { root } },
    });
  const page = await site.open({ person: ann, hash: `#/c/${id}/t/${root}` });
  await reply(page, "Both at").waitFor();
  await answer(page).focus();
  const focused = () => page.evaluate(() => document.activeElement?.closest("li[data-seq]")?.textContent);
  // A button stands before the field, and a link in the reply.
  for (const _ of ["button", "link", "reply"]) await page.keyboard.press("Shift+Tab");
  await expect.poll(focused).toContain("Both at");
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("LI");
  await page.keyboard.press("ArrowUp");
  await expect.poll(focused).toContain("Or I");
  await page.keyboard.press("Home");
  await expect.poll(focused).toContain("Who drives?");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("r");
  await thread(page).getByText("Answer to").waitFor();
  await expect.poll(() => answer(page).evaluate((field) => field === document.activeElement)).toBe(true);
});
