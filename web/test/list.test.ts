import { expect, test } from "vitest";
import { Site } from "./support/site.ts";
import { focusRow, offer, openTalk, row, searchField, send, stored } from "./support/talk.ts";

const site = Site.forFile();

test("a search whose words change meanwhile shows what the last words find", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  await ben.send(id, "the tent");
  await ben.send(id, "the map");
  const page = await site.open({ person: ann, hash: "#/" });
  const second = Promise.withResolvers<void>();
  await page.route(/messages\/search/, async (call) => {
    if (call.request().url().includes("tent")) await second.promise;
    else second.resolve();
    await call.continue();
  });
  await page.evaluate(() => {
    location.hash = "#/search/tent";
  });
  await searchField(page).fill("map");
  await page.getByText("1 message found").waitFor();
  await offer(page, "the map").waitFor();
  await expect.poll(() => offer(page, "the tent").count()).toBe(0);
});

test("names and messages are found as they are read, in any order of words, and what was found is marked", async () => {
  const [ann, ben, id] = await site.group("İstanbul’da yürüyüş", "ann", "ben");
  await ann.openGroup("Kitchen", [ben]);
  await ben.send(id, "I ❤️ it, and don’t\nforget: to\u00admorrow");
  const page = await site.open({ person: ann, hash: "#/" });
  const names = () => page.getByRole("group", { name: "Conversations" }).getByRole("option").allInnerTexts();
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await searchField(page).fill("yuruyus istanbul'da");
  await expect.poll(names).toEqual(["İ\nİstanbul’da yürüyüş"]);
  for (const [typed, ...marked] of [
    ["❤", "❤️"],
    ["forget don't", "don’t", "forget"],
    ["tomorrow", "to\u00admorrow"],
  ]) {
    await page.evaluate((words) => {
      location.hash = `#/search/${encodeURIComponent(words ?? "")}`;
    }, typed);
    await expect.poll(() => page.locator(".search mark").allTextContents()).toEqual(marked);
  }
});

test("notifications are offered after the first message, and tell of what is new alone", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  await ben.send(id, "old");
  const page = await (await site.device({ person: ann })).newPage();
  await page.addInitScript(() => {
    // The user looks at another window.
    document.hasFocus = () => false;
    const shown: string[] = [];
    class Shown {
      static permission = "default";
      static async requestPermission() {
        Shown.permission = "granted";
        return Shown.permission;
      }
      constructor(_title: string, { body }: { body: string }) {
        shown.push(body);
      }
      close() {}
    }
    Object.assign(window, { Notification: Shown, shown });
  });
  await page.goto(site.origin);
  await openTalk(page, "Hike");
  await send(page, "Hello");
  await page.getByRole("button", { name: "Turn on notifications" }).click();
  const shown = () => page.evaluate(() => Reflect.get(window, "shown"));
  await ben.send(id, "new");
  await expect.poll(async () => JSON.stringify(await shown())).toContain("new");
  await expect.poll(shown).toHaveLength(1);
});

test("notifications are offered after a message that was sent before their code has come", async () => {
  const [ann, , id] = await site.group("Hike", "ann", "ben");
  const device = await site.device({ person: ann });
  const { promise: isSent, resolve: comes } = Promise.withResolvers<void>();
  await device.route(/\/assets\/announce-/, async (call) => {
    await isSent;
    await call.continue();
  });
  const page = await device.newPage();
  // The browser of the tests refuses them.
  await page.addInitScript(() => Object.defineProperty(Notification, "permission", { value: "default" }));
  await page.goto(`${site.origin}/#/c/${id}`);
  await send(page, "Hello");
  await stored(page, "Hello").waitFor();
  await row(page, "Hike").getByText("Hello").waitFor();
  comes();
  await page.getByText("Do you want to know when somebody answers?").waitFor();
});

test("a browser without notifications of pages shows those of the service worker, which lead to the message", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  const context = await site.device({ person: ann, hasServiceWorker: true });
  const page = await context.newPage();
  await page.goto(`${site.origin}/icons/icon.svg`);
  await page.evaluate(() => localStorage.setItem("parley:notify", "true"));
  await page.addInitScript(() => {
    document.hasFocus = () => false;
    class Illegal {
      static readonly permission = "granted";
      constructor() {
        throw new TypeError("Illegal constructor");
      }
    }
    const shown: unknown[] = [];
    Object.assign(window, { Notification: Illegal, shown });
    // There is no push service either.
    PushManager.prototype.subscribe = () => Promise.reject(new DOMException("none", "AbortError"));
    ServiceWorkerRegistration.prototype.showNotification = async (title, options) => {
      shown.push({ title, ...options });
    };
  });
  await page.goto(site.origin);
  await row(page, "Hike").waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await ben.send(id, "new");
  const shown = () => page.evaluate(() => Reflect.get(window, "shown"));
  await expect.poll(shown).toMatchObject([{ title: "Hike", tag: `conversation-${id}`, data: `#/c/${id}` }]);
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  await worker.evaluate((data) => {
    const event = Object.assign(new Event("notificationclick"), {
      notification: { data, close: () => {} },
      waitUntil: () => {},
    });
    self.dispatchEvent(event);
  }, `#/c/${id}`);
  await stored(page, "new").waitFor();
});

test("a view that is empty says what comes there, and what one can do", async () => {
  const [ann, , id] = await site.group("Hike", "ann", "ben");
  const page = await site.open({ person: ann, hash: "#/" });
  for (const [hash, sentence, action, leadsTo] of [
    ["mentions", "Messages that mention you appear here.", "Choose what notifies you", "Notifications"],
    ["saved", "Save a message to find it here.", "Search messages", ""],
    ["archive", "The archive is empty.", "Back to the list", "Choose a conversation"],
    ["requests", "There are no requests.", "Choose who has to ask first", "Privacy"],
    ["threads", "Threads that you write in, or that answer you, appear here.", "Search messages", ""],
    [`c/${id}/threads`, "You follow no thread here.", "Search in this conversation", "In: Hike"],
  ] as const) {
    await page.goto(`${site.origin}/#/${hash}`);
    const blank = page.locator(".blank").filter({ hasText: sentence });
    await blank.locator(".primary").filter({ hasText: action }).click();
    if (leadsTo) await page.getByText(leadsTo).filter({ visible: true }).first().waitFor();
    else
      await expect.poll(() => searchField(page).evaluate((one) => one === document.activeElement)).toBe(true);
    if (!action?.startsWith("Search")) await blank.waitFor({ state: "detached" });
    else await page.keyboard.press("Escape");
  }
});

test("a reminder that is due says so, and ends when the user has seen it", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  const { seq } = await ben.send(id, "Book the hut");
  const page = await site.open({ person: ann, hash: "#/saved" });
  await page.getByText("Save a message to find it here.").waitFor();
  const path = `/v1/conversations/${id}/messages/${seq}/saved`;
  await ann.call("PUT", path, { note: "call them", remind_at: Date.now() + 3_000 });
  await page.getByText("Reminder: call them").waitFor();
  await page.getByRole("link", { name: "1 reminder is due" }).waitFor();
  const main = page.getByRole("main");
  await main.getByText("Due since").waitFor();
  await main.getByRole("button", { name: "Done: end the reminder" }).click();
  await page.getByRole("link", { name: "1 reminder is due" }).waitFor({ state: "detached" });
  await main.getByText("Book the hut").waitFor();
  await expect.poll(() => main.getByText("Due since").count()).toBe(0);
});

test("a message is saved with a reminder at any time that is not past", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  await ben.send(id, "Book the hut");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await focusRow(stored(page, "Book the hut"));
  await page.keyboard.press("s");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: "At another time" }).check();
  const time = dialog.getByLabel("Date and time");
  // A browser refuses what is before `min`, as far as it can.
  await time.evaluate((field) => field.removeAttribute("min"));
  await time.fill("2001-02-03T04:05");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.getByRole("alert").getByText("This time is in the past.").waitFor();
  const at = new Date(Date.now() + 90 * 86_400_000);
  at.setUTCHours(12, 0, 0, 0);
  await time.fill(
    await page.evaluate((ms) => new Date(ms).toLocaleString("sv").slice(0, 16).replace(" ", "T"), +at),
  );
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => ann.call("GET", "/v1/saved")).toMatchObject({ items: [{ remind_at: +at }] });
  // What was saved before is there, and what is not touched stays.
  for (const [before, now] of [
    ["", "By train"],
    ["By train", "By bus"],
  ] as const) {
    await page.keyboard.press("s");
    await expect.poll(() => time.isVisible()).toBe(true);
    const note = dialog.getByRole("textbox", { name: "Note" });
    await expect.poll(() => note.inputValue()).toBe(before);
    await note.fill(now);
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    await expect
      .poll(() => ann.call("GET", "/v1/saved"))
      .toMatchObject({ items: [{ note: now, remind_at: +at }] });
  }
});

test("a row shows as much of a message as there is room, and stands closer where the user wants that", async () => {
  const [ann, , id] = await site.group("Hike", "ann", "ben");
  const page = await site.open({ person: ann, hash: "#/settings/appearance" });
  const hike = row(page, "Hike");
  await hike.waitFor();
  // What one has written oneself leaves no badge.
  await ann.send(id, "a long message of which a list can show only the beginning, in one line");
  await hike.locator(".row-preview", { hasText: "a long message" }).waitFor();
  const edges = await hike.evaluate((one) => {
    const edge = (part: string) => one.querySelector(part)?.getBoundingClientRect();
    return { preview: edge(".row-preview")?.right ?? 0, time: edge("time")?.left ?? 0 };
  });
  expect(edges.preview).toBeGreaterThan(edges.time);
  const height = async () => (await hike.boundingBox())?.height ?? Number.NaN;
  const usual = await height();
  await page.getByLabel("Compact").check();
  await expect.poll(height).toBeLessThan(usual);
  await page.reload();
  await expect.poll(height).toBeLessThan(usual);
});

test("rows that are loading have their place, and a group without others is a place to add them", async () => {
  const [ann, , id] = await site.group("Hike", "ann", "ben");
  const { id: alone } = await ann.openGroup("Plans", []);
  const page = await site.open({ person: ann, hash: "#/" });
  const held = Promise.withResolvers<void>();
  await page.route(/\/members/, async (call) => {
    await held.promise;
    await call.continue();
  });
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/c/${id}/info`);
  const panel = page.locator(".panel");
  await panel.getByText("Loading …").waitFor({ state: "attached" });
  await expect.poll(() => panel.locator(".placeholder > i").count()).toBe(2);
  // A member's row is as high as what stood for it.
  const height = async (rows: string) => (await panel.locator(rows).last().boundingBox())?.height ?? 0;
  const before = await height(".placeholder > i");
  held.resolve();
  await panel.locator(".person-row").first().waitFor();
  await expect.poll(async () => Math.abs((await height(".person-row")) - before)).toBeLessThan(1);
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/c/${alone}`);
  await page.getByRole("link", { name: "Add people" }).click();
  await panel.getByRole("button", { name: "Add people" }).waitFor();
});
