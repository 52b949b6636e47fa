import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { findings } from "../support/axe.ts";
import { bring } from "../support/files.ts";
import { events, field, Product, send, set, texts } from "../support/product.ts";
import { PHONE } from "../support/site.ts";

const product = await Product.start();
const { site } = product;

const Bot = z.object({ id: z.int(), token: z.string() });

/** Three parts: two of 5 MiB, and the rest. */
const SIZE = 12 * 1024 * 1024;

/** The thread in the element. */
function thread(page: Page): Locator {
  return page.getByRole("region", { name: "Thread" });
}

/** Whether an element inside the shadow root has the focus. */
function hasFocus(one: Locator): Promise<boolean> {
  return one.evaluate((node) => node.matches(":focus"));
}

test("files are attached, show how far they are, and can be cancelled; a text beside one is its caption", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  const { page } = await product.embed(ann, { conversation: `${id}` });
  await expect.poll(() => events(page)).toBe("ready");
  const release = Promise.withResolvers<void>();
  await page.route("**/parts/3", async (route) => {
    await release.promise;
    // The upload may be cancelled meanwhile.
    await route.continue().catch(() => {});
  });
  await page.getByRole("button", { name: "Photos and files" }).waitFor();
  await bring(field(page), "drop", [{ name: "plan.bin", size: SIZE }, { name: "wrong.txt" }]);
  const tray = page.getByRole("list", { name: "Files to send" }).getByRole("listitem");
  await expect.poll(() => tray.count()).toBe(2);
  await page.getByRole("button", { name: "Remove wrong.txt" }).click();
  await expect.poll(() => hasFocus(field(page))).toBe(true);
  await page.keyboard.type("The **plan**");
  await page.keyboard.press("Enter");
  const upload = page.locator("li[data-state]");
  await expect
    .poll(() =>
      upload.getByRole("progressbar", { name: "Upload" }).evaluate((bar) => bar.getAttribute("value")),
    )
    .toBe("0.83");
  // The next message waits behind it, and is sent when the upload is cancelled.
  await send(page, "Later");
  await upload.getByRole("button", { name: "Cancel", exact: true }).first().click();
  await expect.poll(() => texts(page)).toEqual(["Later"]);
  await bring(field(page), "drop", [{ name: "note.txt" }]);
  await field(page).fill("The note");
  await field(page).press("Enter");
  await page.locator("[data-seq]").getByRole("link", { name: "note.txt" }).waitFor();
  await expect.poll(() => texts(page)).toEqual(["Later", "The note"]);
  await expect.poll(() => ben.history(id)).toHaveLength(2);
  release.resolve();
});

test("a thread opens over a narrow chat, is answered there, and its count stands below the message", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  const { seq } = await ben.send(id, "Who drives?");
  const { page } = await product.embed(ann, { conversation: `${id}` }, { viewport: PHONE });
  // The thread covers the conversation: what is not read by then stays so.
  await expect.poll(async () => (await ann.conversation(id)).unread_count).toBe(0);
  await field(page).fill("By the way");
  const row = page.locator(`li[data-seq="${seq}"]`).first();
  await row.getByRole("button", { name: "Reply in thread" }).click();
  await expect.poll(() => events(page, "open")).toBe(`open=${id}=${seq}`);
  await expect
    .poll(() => hasFocus(thread(page).getByRole("button", { name: "Close", exact: true })))
    .toBe(true);
  // The conversation below it can neither be seen nor reached, and nothing of it is read.
  await expect.poll(() => field(page).count()).toBe(0);
  const answer = thread(page).getByRole("textbox", { name: "Answer in the thread" });
  await answer.fill("I do");
  await answer.press("Enter");
  await thread(page).locator("[data-seq]").getByText("I do").waitFor();
  await ben.send(id, "Is the car full?");
  await ben.call("POST", `/v1/conversations/${id}/messages`, {
    ...{ kind: "text", body: { text: "Thanks" }, thread: { root: seq, also_in_main: false } },
  });
  await thread(page).getByText("Thanks").waitFor();
  await expect.poll(async () => (await ann.conversation(id)).threads_unread).toBe(0);
  await expect.poll(async () => (await ann.conversation(id)).unread_count).toBe(1);
  expect(await findings(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect.poll(() => hasFocus(row.getByRole("button", { name: "2 replies" }))).toBe(true);
  await expect.poll(() => field(page).inputValue()).toBe("By the way");
  await expect.poll(async () => (await ann.conversation(id)).unread_count).toBe(0);
});

test("an inbox of a space has its channels that the user follows, and counts those alone", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = Object(await ann.call("POST", "/v1/spaces", { name: "Garden club" }));
  const made = Object(await ann.call("POST", `/v1/spaces/${id}/channels`, { name: "seeds" }));
  const { code } = Object(await ann.call("POST", `/v1/spaces/${id}/invitations`, {}));
  await ben.call("POST", `/v1/invitations/${code}`);
  const direct = await ann.openDirect(ben);
  const { page } = await product.embed(ann, { space: `${id}` }, { tag: "parley-inbox" });
  await expect.poll(() => events(page, "ready")).toBe("ready");
  const names = () =>
    page.getByRole("navigation", { name: "Conversations" }).locator(".name").allInnerTexts();
  await expect.poll(async () => (await names()).toSorted()).toEqual(["general", "seeds"]);
  await ben.send(direct.id, "Elsewhere");
  await ben.send(Number(made.id), "Beans?");
  await expect.poll(() => events(page, "unread")).toMatch(/unread=1$/);
  await page.getByRole("button", { name: /^seeds/ }).click();
  await expect.poll(() => texts(page)).toEqual(["Beans?"]);
  await set(page, { space: "0" });
  await page.getByText("No conversations yet").waitFor();
});

test("an inbox shows the list and the chosen conversation: side by side, or one of them", async () => {
  const [ann, ben, cem] = [await site.person("ann"), await site.person("ben"), await site.person("cem")];
  const [direct, group] = [await ann.openDirect(ben), await ann.openGroup("Hike", [ben, cem])];
  const { page } = await product.embed(ann, {}, { tag: "parley-inbox" });
  await expect.poll(() => events(page, "ready")).toBe("ready");
  const list = page.getByRole("navigation", { name: "Conversations" });
  const row = (name: string) => list.getByRole("button", { name: new RegExp(`^${name}`) });
  await ben.send(group.id, "Shall we go?");
  await row("Hike").getByText("1 unread message").waitFor({ state: "attached" });
  await expect.poll(() => events(page, "unread")).toMatch(/unread=1$/);
  await row("Hike").press("ArrowDown");
  await page.keyboard.press("Enter");
  await send(page, "Hello");
  await page.getByRole("heading", { name: ben.user.username }).waitFor();
  await field(page).fill("Not sent yet");
  await row("Hike").click();
  await expect.poll(() => texts(page)).toEqual(["Shall we go?"]);
  await expect.poll(() => events(page, "open")).toBe(`open=${direct.id} open=${group.id}`);
  await expect.poll(() => events(page, "unread")).toMatch(/unread=0$/);
  // What is written in a conversation stays there.
  await expect.poll(() => field(page).inputValue()).toBe("");
  await row(ben.user.username).click();
  await expect.poll(() => field(page).inputValue()).toBe("Not sent yet");
  await expect.poll(() => row(ben.user.username).getAttribute("aria-current")).toBe("true");
  expect(await findings(page)).toEqual([]);
  await page.setViewportSize(PHONE);
  await expect.poll(() => list.isVisible()).toBe(false);
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await expect.poll(() => hasFocus(row(ben.user.username))).toBe(true);
  await expect.poll(() => field(page).count()).toBe(0);
  expect(await findings(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await expect.poll(() => hasFocus(page.getByRole("button", { name: "Back", exact: true }))).toBe(true);
  await set(page, { conversation: `${group.id}` });
  await expect.poll(() => texts(page)).toEqual(["Shall we go?"]);
});

test("a tap on Send leaves the focus in the field, and the keyboard of a phone open", async () => {
  const [ann, , id] = await site.direct("ann", "ben");
  const { page } = await product.embed(ann, { conversation: `${id}` }, { viewport: PHONE, hasTouch: true });
  await field(page).tap();
  await page.keyboard.type("On my way");
  await page.getByRole("button", { name: "Send", exact: true }).tap();
  await expect.poll(() => texts(page)).toEqual(["On my way"]);
  await expect.poll(() => hasFocus(field(page))).toBe(true);
});

test("getToken, set before the script comes, renews the token; text, focus and what waits stay", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  const second = await ann.signIn();
  const page = await (await site.device()).newPage();
  const script = Promise.withResolvers<void>();
  await page.route("**/embed.js", async (route) => {
    await script.promise;
    await route.continue();
  });
  await page.goto(product.origin, { waitUntil: "commit" });
  const asked: (string | undefined)[] = [];
  const answers = [ann.token, second.token];
  await page.exposeFunction("askServer", (refused?: string) => {
    asked.push(refused);
    if (answers[0] === "down") throw new Error(answers.shift());
    return answers.shift() ?? null;
  });
  await page.evaluate((conversation) => {
    const chat = document.createElement("parley-chat");
    const ask: unknown = Reflect.get(window, "askServer");
    Object.assign(chat, { getToken: ask });
    chat.setAttribute("conversation", conversation);
    document.addEventListener("parley-error", (event) => {
      document.title += ` parley-${Object(event instanceof CustomEvent && event.detail).code}`;
    });
    document.body.append(chat);
  }, `${id}`);
  script.resolve();
  await field(page).pressSequentially("Half a");
  await ann.call("POST", "/v1/logout");
  await page.keyboard.type(" sentence");
  await ben.send(id, "Hello");
  await expect.poll(() => texts(page)).toEqual(["Hello"]);
  expect(asked).toEqual([undefined, ann.token]);
  await expect.poll(() => field(page).inputValue()).toBe("Half a sentence");
  // The backend of the page is down, and then has no token: the user is signed out, until it has one.
  answers.push("down");
  await second.call("POST", "/v1/logout");
  await expect.poll(() => events(page)).toBe("no_token signed_out");
  await page.keyboard.press("Enter");
  await page.keyboard.type("Another");
  const third = await ann.signIn();
  answers.push(third.token);
  await page.locator("parley-chat").evaluate((chat) => Reflect.apply(Reflect.get(chat, "renew"), chat, []));
  await expect.poll(() => texts(page)).toEqual(["Hello", "Half a sentence"]);
  await expect.poll(() => field(page).inputValue()).toBe("Another");
  await expect.poll(() => hasFocus(field(page))).toBe(true);
  // The token of another user opens a chat of theirs.
  answers.push(ben.token, ben.token);
  await third.call("POST", "/v1/logout");
  await page.getByRole("heading", { name: ann.user.username }).waitFor();
  await expect.poll(() => field(page).inputValue()).toBe("");
});

test("the example has three themes, each easy to read, made of what the guide documents alone", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  await ben.send(id, "Is the **blue** one in stock?");
  await ann.send(id, "It is");
  const page = await (await site.device()).newPage();
  await page.goto(`${product.origin}/example/themes.html#conversation=${id}&token=${ann.token}`);
  await expect.poll(() => page.getByText("It is", { exact: true }).count()).toBe(3);
  await expect.poll(() => page.getByRole("button", { name: "Photos and files" }).count()).toBe(3);
  const looks = await page.locator("parley-chat").evaluateAll((all) =>
    all.map((one) => {
      const { backgroundColor, borderRadius } = getComputedStyle(one);
      return [backgroundColor, borderRadius];
    }),
  );
  expect(looks).toEqual([
    ["rgb(255, 255, 255)", "12px"],
    ["rgb(11, 15, 12)", "0px"],
    ["rgb(255, 248, 240)", "22px"],
  ]);
  expect(await findings(page)).toEqual([]);
});

test("buttons of a bot get its answers, which stand below them", async () => {
  const ann = await site.person("ann");
  const bot = Bot.parse(await ann.call("POST", "/v1/bots", { nickname: "Helper" }));
  const opened = await ann.call("POST", "/v1/conversations", { kind: "direct", user_id: bot.id });
  const { id } = z.object({ id: z.int() }).parse(opened);
  const asBot = async (path: string, body: object) => {
    const headers = { Authorization: `Bearer ${bot.token}`, "Content-Type": "application/json" };
    const answer = await fetch(site.origin + path, { method: "POST", headers, body: JSON.stringify(body) });
    expect(answer.ok, path).toBe(true);
  };
  const { page } = await product.embed(ann, { conversation: `${id}` });
  const rows = [
    [{ text: "Where is it?", data: "where" }],
    [{ text: "Help", url: "https://shop.example/help" }],
  ];
  const body = { text: "Your order is on its way" };
  await asBot(`/v1/conversations/${id}/messages`, { kind: "text", body, buttons: rows });
  const buttons = page.getByRole("list", { name: "Buttons of Helper" });
  const where = buttons.getByRole("button", { name: "Where is it?" });
  const tapped = page.waitForResponse(/\/taps$/);
  await where.click();
  const { tap_id: tap } = z.object({ tap_id: z.string() }).parse(await (await tapped).json());
  await expect.poll(() => where.getAttribute("aria-busy")).toBe("true");
  const url = "https://shop.example/map";
  await asBot(`/v1/bots/me/taps/${tap}`, { text: "Two streets away", url });
  const answer = page.getByRole("status").filter({ hasText: "Two streets away" });
  await expect
    .poll(() => answer.getByRole("link", { name: url }).getAttribute("rel"))
    .toBe("noopener noreferrer");
  await expect.poll(() => where.getAttribute("aria-busy")).toBe("false");
  // What has come below the message is in sight.
  await expect
    .poll(() =>
      page
        .getByRole("log", { name: "Messages" })
        .evaluate((box) => box.scrollHeight - box.clientHeight - box.scrollTop),
    )
    .toBeLessThan(1);
  const help = buttons.getByRole("link", { name: "Help" });
  await expect.poll(() => help.getAttribute("href")).toBe("https://shop.example/help");
  expect(await findings(page)).toEqual([]);
});
