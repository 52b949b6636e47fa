import { expect, onTestFinished, test } from "vitest";
import type { Person } from "../../scripts/support/person.ts";
import { write } from "./support/history.ts";
import { Seat } from "./support/seat.ts";
import { DESKTOP, PHONE, Site } from "./support/site.ts";
import { composer, focusRow, message, offer, openTalk, searchField, send, stored } from "./support/talk.ts";
import { scrollTo, sight } from "./support/timeline.ts";

const site = Site.forFile();

const seat = new Seat(site);

/**
 * Two people, and a conversation in which one has written so many messages to the other, who has read some.
 */
async function history(count: number, { read = count, ann }: { read?: number; ann?: Person } = {}) {
  const ben = await site.person("ben");
  ann ??= await site.person("ann");
  const { id } = await ben.openDirect(ann);
  await write(ben, id, count);
  if (read > 0) await ann.read(id, read);
  return { ann, ben, id, hash: `#/c/${id}` };
}

/** The same, on the page that tests share. */
async function seated(count: number) {
  const talk = await history(count, { ann: seat.person });
  // Else it opens at a message that the page takes for unread.
  await seat.hasRead(talk.id, `Message ${count}`);
  return { ...talk, page: await seat.take(talk.id, talk.ben.user.username) };
}

test.each([
  ["read", 120],
  ["unread", 20],
])("who scrolls in a conversation of %s messages before it is up to date stays there", async (_, read) => {
  const { ann, hash } = await history(120, { read });
  const page = await (await site.device({ person: ann })).newPage();
  const held = Promise.withResolvers<void>();
  await page.routeWebSocket(/\/socket\?/, async (socket) => {
    await held.promise;
    socket.connectToServer();
  });
  await page.goto(`${site.origin}/${hash}`);
  await expect.poll(() => sight(page)).toMatchObject({ last: 120, below: 0 });
  const loading = page.getByText("Loading …");
  await loading.waitFor({ state: "attached" });
  await page.locator(".scroller").evaluate((box) => {
    // The event of it comes only after the timeline is rendered again.
    document.addEventListener("scroll", (event) => event.stopPropagation(), { capture: true });
    box.scrollTop -= 300;
  });
  const { first } = await sight(page);
  held.resolve();
  await loading.waitFor({ state: "detached" });
  await expect.poll(async () => (await sight(page)).first).toBe(first);
});

test("nothing is read while the user looks elsewhere, and a bar leads to what is new", async () => {
  const { ann, ben, id, hash } = await history(60);
  const page = await site.open({ person: ann, hash });
  await expect.poll(() => sight(page)).toMatchObject({ last: 60, below: 0 });
  await expect.poll(async () => (await ann.conversation(id)).read_seq).toBe(60);
  await page.evaluate(() => {
    document.hasFocus = () => false;
    dispatchEvent(new Event("blur"));
  });
  await write(ben, id, 40, (number) => `Meanwhile ${number}`);
  await expect.poll(() => sight(page)).toMatchObject({ last: 100, below: 0 });
  await expect.poll(async () => (await ann.conversation(id)).read_seq).toBe(60);
  await page.evaluate(() => {
    document.hasFocus = () => true;
    dispatchEvent(new Event("focus"));
  });
  await expect.poll(async () => (await ann.conversation(id)).read_seq).toBe(100);
  await page.getByRole("button", { name: "40 new messages" }).click();
  await expect.poll(() => sight(page)).toMatchObject({ unread: 61 });
  await expect.poll(async () => (await sight(page)).first).toBeLessThanOrEqual(61);
});

test("an address leads to a message, and the way back to where the user was", async () => {
  const { ann, hash } = await history(300);
  const page = await site.open({ person: ann, hash });
  await expect.poll(() => sight(page)).toMatchObject({ last: 300, below: 0 });
  await page.goto(`${site.origin}/${hash}/m/100`);
  await page.locator("[data-seq='100'][data-highlighted]").waitFor();
  const jumped = await sight(page);
  expect([jumped.first < 100, jumped.last > 100]).toEqual([true, true]);
  await scrollTo(page, 60, -150);
  // The same address once more.
  await page.evaluate(() => {
    const link = document.createElement("a");
    link.href = location.hash;
    link.click();
  });
  await expect.poll(() => sight(page)).toMatchObject({ first: jumped.first });
  await page.goBack();
  await expect.poll(() => sight(page)).toMatchObject({ last: 300, below: 0 });
});

test("the timeline stays at its end when the field or the page changes its height", async () => {
  const { ann, ben, id, hash } = await history(60);
  const page = await site.open({ person: ann, hash, viewport: PHONE });
  await expect.poll(() => sight(page)).toMatchObject({ last: 60, below: 0 });
  await composer(page).fill("1\n2\n3\n4\n5\n6");
  await expect.poll(() => sight(page)).toMatchObject({ last: 60, below: 0 });
  // As a phone does for its keyboard.
  await page.setViewportSize({ ...PHONE, height: 420 });
  await expect.poll(() => sight(page)).toMatchObject({ last: 60, below: 0 });
  // As a picture that has loaded.
  await page.locator("[data-seq='58']").evaluate((row) => row.setAttribute("hidden", ""));
  await expect.poll(() => sight(page)).toMatchObject({ last: 60, below: 0 });
  await page.locator("[data-seq='58']").evaluate((row) => row.removeAttribute("hidden"));
  await expect.poll(() => sight(page)).toMatchObject({ last: 60, below: 0 });
  await ben.send(id, "Sixty-one");
  await expect.poll(() => sight(page)).toMatchObject({ last: 61, below: 0 });
});

test("the sender sees who has read, in a direct conversation and in a group", async () => {
  const [ann, ben, cleo] = [await site.person("ann"), await site.person("ben"), await site.person("cleo")];
  const direct = await ann.openDirect(ben);
  const group = await ann.openGroup("Hike", [ben, cleo]);
  const page = await site.open({ person: ann, hash: `#/c/${direct.id}` });
  await send(page, "Hello");
  await stored(page, "Hello").waitFor();
  const mark = page.locator(".read-mark");
  await mark.getByText("Sent").waitFor();
  const bens = await site.open({ person: ben, hash: `#/c/${direct.id}` });
  await stored(bens, "Hello").waitFor();
  await mark.getByText("Read").waitFor();
  const known = Promise.withResolvers<void>();
  await page.route(/\/receipts$/, async (call) => {
    await known.promise;
    await call.continue();
  });
  await page.goto(`${site.origin}/#/c/${group.id}`);
  await send(page, "Who comes?");
  const top = () => stored(page, "Who comes?").evaluate((row) => row.getBoundingClientRect().top);
  const before = await top();
  known.resolve();
  await mark.getByText("Sent").waitFor();
  // What the user points at has not moved away.
  await expect.poll(top).toBe(before);
  await bens.goto(`${site.origin}/#/c/${group.id}`);
  await mark.getByRole("button", { name: "Read by 1 of 2" }).click();
  const readers = page.getByRole("dialog", { name: "Who has read it" });
  await readers.getByText(ben.user.username).waitFor();
  await readers.getByText("Not read by 1").waitFor();
  await page.keyboard.press("Escape");
  await cleo.send(group.id, "Me");
  await mark.getByRole("button", { name: "Read by 2 of 2" }).waitFor();
});

test("the time stands once in a run, on the last line, and others come with the pointer", async () => {
  const ben = await site.person("ben");
  const { id } = await ben.openDirect(seat.person);
  for (const text of ["Hello", "Two", "שלום"]) await ben.send(id, text);
  const page = await seat.take(id, ben.user.username);
  await stored(page, "שלום").waitFor();
  await expect.poll(() => page.locator(".meta").count()).toBe(1);
  // Screen readers are told each.
  await expect.poll(() => stored(page, "Hello").locator("time").count()).toBe(1);
  await stored(page, "Hello").locator(".bubble").hover();
  await page.getByRole("toolbar").locator("time").waitFor();
  const line = "A line that is longer than the bubble. ";
  await send(page, `First\n\n${line.repeat(5)}`);
  await stored(page, "First").locator(".meta").waitFor();
  const times = await page.locator("li.message:has(.meta)").evaluateAll((rows) =>
    rows.map((row) => {
      const lines = row.querySelector(".text > p:last-child")?.getClientRects() ?? [];
      const last = [...lines].at(-1) ?? new DOMRect();
      const time = row.querySelector(".meta")?.getBoundingClientRect() ?? new DOMRect();
      return time.top >= last.bottom ? "below" : time.left >= last.right ? "beside" : "over";
    }),
  );
  // A text from the right has it below.
  expect(times).toEqual(["below", "beside"]);
});

test("the bar of a message covers no other message, also where there is no room beside it", async () => {
  const { ann, ben, id, page } = await seated(2);
  onTestFinished(() => page.setViewportSize(DESKTOP));
  await ben.send(id, "wide ".repeat(80));
  await ben.send(id, "Below");
  await ann.send(id, "Mine");
  await ann.send(id, "wide ".repeat(80));
  await ann.send(id, "Mine, too");
  await stored(page, "Mine, too").waitFor();
  for (const width of [1280, 390]) {
    await page.setViewportSize({ ...DESKTOP, width });
    for (let seq = 1; seq <= 7; seq++) {
      await page.locator(`[data-seq="${seq}"] .bubble`).hover();
      const bar = page.locator(`[data-seq="${seq}"]`).getByRole("toolbar");
      await bar.waitFor();
      const covered = await bar.evaluate((element) => {
        const box = element.getBoundingClientRect();
        const row = element.closest("li");
        const others = [...document.querySelectorAll("li[data-seq]")].filter((one) => one !== row);
        const { left = 0, right = 0 } = row?.getBoundingClientRect() ?? {};
        const isOver = (one: Element) => {
          const { top, bottom } = one.getBoundingClientRect();
          return box.bottom > top && box.top < bottom;
        };
        return [others.filter(isOver).length, box.left >= left && box.right <= right];
      });
      expect([width, seq, ...covered]).toEqual([width, seq, 0, true]);
    }
  }
});

test("what changes its place is there at once for those who want no motion", async () => {
  const { ann, id, page } = await seated(1);
  await ann.send(id, "Mine");
  const row = page.locator('[data-seq="2"]');
  await row.locator(".bubble").hover();
  const isMoved = await row.getByRole("toolbar").evaluate((bar) => {
    const before = bar.getBoundingClientRect().left;
    bar.setAttribute("data-inside", "true");
    return bar.getBoundingClientRect().left !== before;
  });
  expect(isMoved).toBe(true);
});

test("arrow keys lead from message to message, and Escape back to the field", async () => {
  const { ann, hash } = await history(120);
  const page = await (await site.device({ person: ann })).newPage();
  const reached = Promise.withResolvers<void>();
  await page.routeWebSocket(/\/conversations\/\d+\/socket/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage(async (frame) => {
      await reached.promise;
      socket.send(frame);
    });
  });
  await page.goto(`${site.origin}/${hash}`);
  await expect.poll(() => sight(page)).toMatchObject({ last: 120, below: 0 });
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-seq") ?? "");
  await composer(page).focus();
  for (let i = 0; i < 5 && (await focused()) === ""; i++) await page.keyboard.press("Shift+Tab");
  // Also before the timeline is up to date.
  await expect.poll(focused).toBe("120");
  reached.resolve();
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowUp");
  await expect.poll(focused).toBe("117");
  await page.keyboard.press("PageUp");
  await expect.poll(async () => Number(await focused())).toBeLessThan(112);
  // The oldest that is loaded, until all is loaded.
  await expect
    .poll(async () => {
      await page.keyboard.press("Home");
      return focused();
    })
    .toBe("1");
  await page.keyboard.press("End");
  await expect.poll(focused).toBe("120");
  await page.keyboard.press("Escape");
  await expect.poll(() => composer(page).evaluate((field) => field === document.activeElement)).toBe(true);
});

test("Tab reaches one message and its controls, and those of no other", async () => {
  const { ann, ben, id, hash } = await history(60);
  for (const number of [1, 2]) await ben.send(id, `Look at https://example.com/${number}`);
  await ben.send(id, "That is all");
  await ann.read(id, 63);
  const page = await site.open({ person: ann, hash });
  await expect.poll(() => sight(page)).toMatchObject({ last: 63, below: 0 });
  const place = () =>
    page.evaluate(() => {
      const { activeElement: focused } = document;
      return `${focused?.closest("li[data-seq]")?.getAttribute("data-seq")} ${focused?.tagName}`;
    });
  /** Where Tab leads, until it leaves the rows. */
  const way = async (key: "Tab" | "Shift+Tab") => {
    const places = [await place()];
    for (; !places.at(-1)?.startsWith("undefined"); places.push(await place()))
      await page.keyboard.press(key);
    return places.slice(0, -1);
  };
  await focusRow(stored(page, "That is all"));
  await page.keyboard.press("ArrowUp");
  await expect.poll(place).toBe("62 LI");
  await page.getByRole("toolbar", { name: "Message actions" }).waitFor();
  const down = await way("Tab");
  expect(down.slice(0, 2)).toEqual(["62 LI", "62 A"]);
  expect(new Set(down.map((one) => one.split(" ")[0]))).toEqual(new Set(["62"]));
  await focusRow(stored(page, "example.com/2"));
  expect(await way("Shift+Tab")).toEqual(["62 LI"]);
  // What is rendered anew is no stop either.
  await ben.call("PUT", `/v1/conversations/${id}/messages/61/reactions/%F0%9F%91%8D`);
  const reaction = page.locator("[data-seq='61']").getByRole("button", { name: "👍, 1 reaction" });
  await reaction.waitFor();
  await expect.poll(() => reaction.evaluate((one: HTMLElement) => one.tabIndex)).toBe(-1);
  await focusRow(stored(page, "example.com/2"));
  await page.keyboard.press("ArrowUp");
  await expect.poll(place).toBe("61 LI");
  await expect.poll(() => reaction.evaluate((one: HTMLElement) => one.tabIndex)).toBe(0);
});

test("the heading of a day leads to a day", async () => {
  const { ann, hash } = await history(40);
  const page = await (await site.device({ person: ann })).newPage();
  // Ten messages a day.
  await page.addInitScript(() => {
    const { parse } = JSON;
    JSON.parse = (text) =>
      parse(text, (_, value) => {
        const { seq, created_at: at } = Object(value);
        return seq && at ? { ...value, created_at: at - Math.ceil((40 - seq) / 10) * 86_400_000 } : value;
      });
  });
  await page.goto(`${site.origin}/${hash}`);
  await expect.poll(() => sight(page)).toMatchObject({ last: 40, below: 0 });
  await page.getByTitle("Go to a date").last().click();
  await page.getByRole("button", { name: "Show this day" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator("[data-highlighted]").waitFor();
  await expect.poll(() => sight(page)).toMatchObject({ first: 1 });
});

test("a jump to a day that the user has closed, or left the conversation of, leads nowhere", async () => {
  const { ann, hash } = await history(10);
  const cleo = await site.person("cleo");
  await ann.openDirect(cleo);
  const page = await site.open({ person: ann, hash });
  await stored(page, "Message 10").waitFor();
  const held = Promise.withResolvers<void>();
  await page.route(/\/messages\?.*\bat=/, async (call) => {
    await held.promise;
    await call.continue();
  });
  await page.getByTitle("Go to a date").click();
  const asked = page.waitForRequest(/\/messages\?.*\bat=/);
  await page.getByRole("button", { name: "Show this day" }).click();
  const call = await asked;
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await openTalk(page, cleo.user.username);
  const here = page.url();
  held.resolve();
  await (await call.response())?.finished();
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  expect(page.url()).toBe(here);
});

test("Escape closes what stands beside a conversation, and the search, and leads back to the field", async () => {
  const { ben, page } = await seated(10);
  await stored(page, "Message 10").waitFor();
  // Its menu has what is rare, by keys alone.
  await page.getByRole("button", { name: "Conversation menu" }).press("Enter");
  const threads = page.getByRole("menuitem", { name: "Threads" });
  await expect.poll(() => threads.evaluate((one) => one === document.activeElement)).toBe(true);
  await threads.press("Enter");
  const close = page.getByRole("link", { name: "Close", exact: true });
  await close.focus();
  await page.keyboard.press("Escape");
  await close.waitFor({ state: "detached" });
  await expect.poll(() => composer(page).evaluate((one) => one === document.activeElement)).toBe(true);
  await page.keyboard.press("Control+Shift+F");
  const field = searchField(page);
  await expect.poll(() => field.evaluate((one) => one === document.activeElement)).toBe(true);
  await page.getByText(`In: ${ben.user.username}`).waitFor();
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  await expect.poll(() => composer(page).evaluate((one) => one === document.activeElement)).toBe(true);
});

test("new messages of others are told to screen readers, and history is not", async () => {
  const { ben, id, page } = await seated(10);
  await stored(page, "Message 10").waitFor();
  const log = page.getByRole("log");
  await expect.poll(() => log.innerText()).toBe("");
  await ben.send(id, "Can you hear me?");
  await log.getByText(`${ben.user.username}: Can you hear me?`).waitFor();
  await log.evaluate((node) => {
    const watch = new MutationObserver(() => node.setAttribute("data-told-again", ""));
    watch.observe(node, { childList: true, subtree: true, characterData: true });
  });
  await ben.send(id, "Can you hear me?");
  await page.locator("[role=log][data-told-again]").waitFor({ state: "attached" });
});

test("system messages are in words, in the timeline and in the list", async () => {
  const [ann, ben, cleo] = [await site.person("ann"), await site.person("ben"), await site.person("cleo")];
  await cleo.call("PATCH", "/v1/me", { nickname: "ليلى" });
  const { id } = await ann.openGroup("Hike", [ben]);
  await ann.call("POST", `/v1/conversations/${id}/members`, { user_ids: [cleo.user.id] });
  const page = await site.open({ person: ben, hash: `#/c/${id}` });
  const [added, left] = ["added", "left"];
  // A name that is written from the right does not turn the words around it.
  await message(page, `${ann.user.username} ${added} \u2068ليلى\u2069 to the group.`).waitFor();
  await cleo.call("POST", `/v1/conversations/${id}/leave`);
  await message(page, `\u2068ليلى\u2069 ${left} the group.`).waitFor();
  await page.getByRole("navigation").getByText(`${left} the group.`).waitFor();
});

test("a search that has failed finds its own words alone when it is repeated", async () => {
  const { ann, ben, id, hash } = await history(10);
  await ben.send(id, "The map is in the drawer");
  const page = await site.open({ person: ann, hash });
  await page.getByRole("button", { name: "Search in this conversation" }).click();
  await searchField(page).fill("drawer");
  await page.getByText("1 message found").waitFor();
  const refused = { code: "invalid", title: "Bad Request", status: 400, detail: "not these words" };
  await page.route("**/messages/search?**", (route) => route.fulfill({ status: 400, json: refused }));
  await searchField(page).fill("Message 3");
  const retry = page.locator(".search").getByRole("button", { name: "Try again", exact: true });
  await retry.waitFor();
  await page.unroute("**/messages/search?**");
  await retry.click();
  await offer(page, "Message 3").waitFor();
  await expect.poll(() => page.locator(".found-text").allInnerTexts()).toEqual(["Message 3"]);
});
