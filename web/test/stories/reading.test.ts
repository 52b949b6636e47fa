import { expect, test } from "vitest";
import { write } from "../support/history.ts";
import { Site } from "../support/site.ts";
import { composer, offer, openTalk, row, searchField, send, stored, unread } from "../support/talk.ts";
import { scrollTo, sight } from "../support/timeline.ts";

const site = Site.forFile();

/** A conversation in which one user has written so many messages to the other, who has read some. */
async function history(count: number, { read = count } = {}) {
  const [ben, ann, id] = await site.direct("ben", "ann");
  await write(ben, id, count);
  await ann.read(id, read);
  return { ann, ben, id };
}

test("a conversation opens at its first unread message, and the divider stays while one reads", async () => {
  const { ann, ben, id } = await history(200, { read: 80 });
  const page = await site.open({ person: ann });
  await openTalk(page, ben.user.username);
  await expect.poll(() => sight(page)).toMatchObject({ unread: 81 });
  const { first, last } = await sight(page);
  expect([first <= 81, last >= 81, last < 110]).toEqual([true, true, true]);
  // What was on screen is read, and no more.
  await expect.poll(async () => (await ann.conversation(id)).read_seq).toBe(last);
  await scrollTo(page, 200, 150);
  await unread(page, ben.user.username).waitFor({ state: "detached" });
  await expect.poll(async () => (await ann.conversation(id)).read_seq).toBe(200);
  // The last step may have ended some pixels before the end.
  await page.locator(".scroller").evaluate((box) => {
    box.scrollTop = box.scrollHeight;
  });
  await expect.poll(() => sight(page)).toMatchObject({ unread: 81, below: 0 });
  // What was read is no longer announced: the mark fades.
  await page.locator(".unread-mark[data-read='true']").waitFor();
});

test("what comes while the user is above is counted by the button to the newest messages", async () => {
  const { ann, ben, id } = await history(120);
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await expect.poll(() => sight(page)).toMatchObject({ last: 120, below: 0 });
  await expect.poll(async () => (await ann.conversation(id)).read_seq).toBe(120);
  await scrollTo(page, 90, -150);
  const { first } = await sight(page);
  await ben.send(id, "One");
  await ben.send(id, "Two");
  const button = page.getByRole("button", { name: "To the newest messages: 2 new" });
  await button.waitFor();
  await expect.poll(async () => (await sight(page)).first).toBe(first);
  await expect.poll(async () => (await ann.conversation(id)).read_seq).toBe(120);
  const bottomOf = (selector: string) =>
    page.locator(selector).evaluate((element) => element.getBoundingClientRect().bottom);
  const topOfButton = (await button.boundingBox())?.y ?? 0;
  expect(topOfButton).toBeGreaterThanOrEqual(await bottomOf(".scroller"));
  await button.click();
  await expect.poll(() => sight(page)).toMatchObject({ last: 122, below: 0, unread: 121 });
  await expect.poll(async () => (await ann.conversation(id)).read_seq).toBe(122);
  // The heading of the day, which stays in sight, is beside the label wherever both are at one height.
  const label = await page.locator(".unread-mark > span").boundingBox();
  const heading = await page.locator(".day-heading > button").boundingBox();
  expect(label?.x).toBeGreaterThan((heading?.x ?? Infinity) + (heading?.width ?? 0));
  await send(page, "Who has answered has seen them");
  await expect.poll(() => sight(page)).toMatchObject({ last: 123, below: 0, unread: 0 });
});

test("pinned messages stand beside the conversation, as they are now", async () => {
  const { ann, ben, id } = await history(30);
  const page = await site.open({ person: ann, hash: `#/c/${id}/pins` });
  await page.getByText("Nothing is pinned here.").waitFor();
  await ben.call("PUT", `/v1/conversations/${id}/messages/7/pin`);
  await page.locator(".hit", { hasText: "Message 7" }).click();
  await page.locator("[data-seq='7'][data-highlighted]").waitFor();
  const bar = page.locator(".pin-bar");
  await ben.call("PUT", `/v1/conversations/${id}/messages/9/pin`);
  await bar.getByRole("link", { name: "Message 9" }).click();
  await page.locator("[data-seq='9'][data-highlighted]").waitFor();
  await bar.getByRole("link", { name: "All 2" }).click();
  await page.locator(".hit", { hasText: "Message 7" }).waitFor();
  await ben.call("DELETE", `/v1/conversations/${id}/messages/9/pin`);
  await bar.getByRole("link", { name: "Message 7" }).waitFor();
  await ben.call("DELETE", `/v1/conversations/${id}/messages/7/pin`);
  await bar.waitFor({ state: "detached" });
  await page.getByText("Nothing is pinned here.").waitFor();
});

test("what a user does with a conversation shows in the list and in the archive", async () => {
  const [ann, ben] = await site.group("Hike", "ann", "ben");
  await ann.openGroup("Kitchen", [ben]);
  const page = await site.open({ person: ann });
  const names = () => page.locator(".sidebar .row-name").allInnerTexts();
  const choose = async (name: string, action: string) => {
    await row(page, name).click({ button: "right" });
    await page.getByRole("menuitem", { name: action, exact: true }).click();
  };
  await expect.poll(names).toEqual(["Kitchen", "Hike"]);
  await choose("Hike", "Pin to the top");
  await expect.poll(names).toEqual(["Hike", "Kitchen"]);
  await choose("Kitchen", "Move to the archive");
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await expect.poll(names).toEqual(["Hike", "Kitchen"]);
  await choose("Kitchen", "Move to the archive");
  await expect.poll(names).toEqual(["Hike"]);
  await page.evaluate(() => {
    location.hash = "#/archive";
  });
  const archived = page.getByRole("main").getByRole("link", { name: "Kitchen" });
  await archived.click({ button: "right" });
  await page.getByRole("menuitem", { name: "Move out of the archive" }).click();
  await page.getByText("The archive is empty.").waitFor();
  await expect.poll(names).toEqual(["Hike", "Kitchen"]);
});

test("one search leads to conversations, people, pages and messages by keys alone", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  await ben.call("PATCH", "/v1/me", { nickname: "Ben Baker" });
  const [{ id: hike }, { id: kitchen }] = [
    await ann.openGroup("Hike", [ben]),
    await ann.openGroup("Kitchen", [ben]),
  ];
  await ben.send(hike, "The map is in the drawer");
  await ben.send(kitchen, "The map of the drawers");
  const page = await site.open({ person: ann, hash: `#/c/${hike}` });
  await stored(page, "The map is in the drawer").waitFor();
  await row(page, "Kitchen").click();
  await stored(page, "The map of the drawers").waitFor();
  const field = searchField(page);
  const hasFocus = () => field.evaluate((one) => one === document.activeElement);
  const selected = page.getByRole("option", { selected: true });

  // Without words the conversation before this one stands first.
  await page.keyboard.press("Control+k");
  await page.getByRole("group", { name: "Recent" }).waitFor();
  await expect.poll(() => selected.innerText()).toContain("Hike");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toContain(`#/c/${hike}`);
  await field.waitFor({ state: "detached" });
  await row(page, "Hike").waitFor();

  await page.keyboard.press("Control+k");
  await expect.poll(hasFocus).toBe(true);
  await page.keyboard.type("baker");
  await offer(page, "Ben Baker").waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toContain(`#/user/${ben.user.id}`);

  // One goes from message to message, and the words stay.
  await page.keyboard.press("Control+k");
  await expect.poll(hasFocus).toBe(true);
  await page.keyboard.type("drawer map");
  await page.getByText("2 messages found").waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toContain(`#/c/${kitchen}/m/`);
  await composer(page).waitFor();
  await page.keyboard.press("Control+k");
  await expect.poll(hasFocus).toBe(true);
  await expect.poll(() => field.inputValue()).toBe("drawer map");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toContain(`#/c/${hike}/m/`);
  await page.locator("[data-highlighted]", { hasText: "The map is in the drawer" }).waitFor();

  await page.keyboard.press("Control+k");
  await expect.poll(hasFocus).toBe(true);
  await page.keyboard.type("saved");
  await offer(page, "Saved messages").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Saved messages" }).waitFor();

  // Who only goes past the search finds the list again.
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect.poll(hasFocus).toBe(true);
  await page.getByRole("link", { name: "People", exact: true }).focus();
  await row(page, "Hike").waitFor();
});
