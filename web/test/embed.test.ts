import { once } from "node:events";
import { createServer } from "node:http";
import type { Locator, Page, WebSocket } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import type { Person } from "../../scripts/support/person.ts";
import { findings } from "./support/axe.ts";
import { takeProblems } from "./support/problems.ts";
import { Site } from "./support/site.ts";

/** The product that embeds the chat: a server of its own, with another origin. */
const product = createServer(({ url = "/" }, response) => {
  if (url === "/page.css") response.setHeader("Content-Type", "text/css").end(STYLE);
  else if (url !== "/") response.writeHead(204).end();
  else
    response
      .setHeader("Content-Type", "text/html")
      .setHeader("Content-Security-Policy", policy())
      .end(
        `<!doctype html><html lang="en"><title>Shop</title><link rel="stylesheet" href="/page.css"><h1>Shop</h1><parley-chat></parley-chat><script type="module" src="${site.origin}/assets/embed.js"></script>`,
      );
});
const STYLE =
  "parley-chat { --parley-accent: rgb(1, 102, 3); height: 300px } ::part(header) { color: #123456 }";
product.listen(0, "127.0.0.1");
await once(product, "listening");
const address = product.address();
const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : address}`;
const site = Site.alone({ ALLOWED_ORIGINS: origin });
afterAll(() => {
  product.close();
  product.closeAllConnections();
});

/** What the page of a careful product may do. */
function policy(): string {
  const server = `${site.origin} ${site.server.socketOrigin}`;
  return `default-src 'none'; script-src ${site.origin}; connect-src ${server}; style-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;
}

/** A page that is too busy to be told that something goes out of sight. */
async function beBusy(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.IntersectionObserver = class extends IntersectionObserver {
      constructor(told: IntersectionObserverCallback) {
        super((entries, observer) => {
          if (entries.at(-1)?.isIntersecting) told(entries, observer);
        });
      }
    };
  });
}

/** Opens the page of the product, with a conversation of a user. */
async function embed(
  person: Person,
  id: number,
  before?: (page: Page) => Promise<void>,
): Promise<{ page: Page; sockets: WebSocket[] }> {
  const page = await (await site.device()).newPage();
  await before?.(page);
  const sockets: WebSocket[] = [];
  page.on("websocket", (socket) => sockets.push(socket));
  await page.goto(origin);
  await page.evaluate(() => {
    for (const name of ["parley-ready", "parley-unread", "parley-signed-out"])
      document.addEventListener(name, (event) => {
        const { count } = Object(event instanceof CustomEvent && event.detail);
        document.title += ` ${name}${count === undefined ? "" : `=${count}`}`;
      });
  });
  await set(page, { conversation: `${id}`, token: person.token });
  await field(page).waitFor();
  return { page, sockets };
}

/** Sets attributes of the element. */
function set(page: Page, attributes: Record<string, string>): Promise<void> {
  return page.locator("parley-chat").evaluate((element, all) => {
    for (const [name, value] of Object.entries(all)) element.setAttribute(name, value);
  }, attributes);
}

function field(page: Page): Locator {
  return page.getByRole("textbox");
}

async function send(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

function texts(page: Page): Promise<string[]> {
  return page.locator("[data-seq] .text").allInnerTexts();
}

/** The events that the element has told, in their order. */
async function events(page: Page): Promise<string> {
  return (await page.title()).replace(/^Shop ?/, "");
}

test("two people talk in a page of another origin that allows no script and no style but its own", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ann.openDirect(ben);
  const { page: anns } = await embed(ann, id);
  const { page: bens } = await embed(ben, id);
  await send(anns, "Is **this** in stock? <b>");
  await expect.poll(() => texts(bens)).toEqual(["Is this in stock? <b>"]);
  await send(bens, "It is");
  for (const page of [anns, bens])
    await expect.poll(() => texts(page)).toEqual(["Is this in stock? <b>", "It is"]);
  await expect.poll(() => events(anns)).toMatch(/^parley-ready/);
  const header = anns.getByRole("heading", { name: ben.user.username });
  await header.waitFor();
  expect(await header.evaluate((element) => getComputedStyle(element).color)).toBe("rgb(18, 52, 86)");
  const button = anns.getByRole("button", { name: "Send" });
  expect(await button.evaluate((element) => getComputedStyle(element).backgroundColor)).toBe(
    "rgb(1, 102, 3)",
  );
});

test("older messages come when the user scrolls up, and what the user looks at stays", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ann.openDirect(ben);
  for (let i = 1; i <= 70; i++) await ben.send(id, `Message ${i}`);
  const { page } = await embed(ann, id);
  await page.getByText("Message 70", { exact: true }).waitFor();
  await page.getByText("Message 70", { exact: true }).scrollIntoViewIfNeeded();
  const list = page.getByRole("log", { name: "Messages" });
  await expect
    .poll(() => list.evaluate((box) => box.scrollHeight - box.clientHeight - box.scrollTop))
    .toBe(0);
  await expect.poll(async () => (await ann.conversation(id)).unread_count).toBe(0);
  await list.evaluate((box) => {
    box.scrollTop = 100;
  });
  await page.getByText("Message 1", { exact: true }).waitFor({ state: "attached" });
  expect(await list.evaluate((box) => box.scrollTop)).toBeGreaterThan(100);
  expect(await texts(page)).toHaveLength(70);
});

test("what happened in a group is told in words, and pictures of other servers are links", async () => {
  const [ann, ben, cem] = [await site.person("ann"), await site.person("ben"), await site.person("cem")];
  const { id } = await ann.openGroup("Hike", [ben]);
  await ann.call("POST", `/v1/conversations/${id}/members`, { user_ids: [cem.user.id] });
  const { page } = await embed(ben, id);
  await page.getByText(`${ann.user.username} added ${cem.user.username} to`).waitFor();
  // A picture of another server would learn who reads the message: it is a link.
  const url = "https://elsewhere.example/a.png";
  await ben.call("POST", `/v1/conversations/${id}/messages`, { kind: "image", body: { url } });
  const link = page.locator(`parley-chat a[href="${url}"]`);
  await link.waitFor();
  expect(await link.locator("img").count()).toBe(0);
});

test("the element tells what is unread, follows its attributes, and closes its sockets when it goes", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ann.openDirect(ben);
  const { page, sockets } = await embed(ann, id, beBusy);
  await expect.poll(() => events(page)).toBe("parley-ready");
  // Where nobody sees it, nothing is read.
  await page.locator("parley-chat").evaluate((element) => element.toggleAttribute("hidden", true));
  await ben.send(id, "Hello");
  await expect.poll(() => events(page)).toMatch("parley-ready parley-unread=1");
  await ben.send(id, "Are you there?");
  await expect.poll(() => events(page)).toBe("parley-ready parley-unread=1 parley-unread=2");
  await page.locator("parley-chat").evaluate((element) => element.toggleAttribute("hidden", false));
  await expect.poll(() => events(page)).toMatch(/ parley-unread=2 parley-unread=0$/);
  await set(page, { lang: "zh-CN" });
  await page.getByRole("button", { name: "发送" }).waitFor();
  await set(page, { token: "no-token" });
  await expect.poll(() => events(page)).toMatch(/parley-signed-out$/);
  await set(page, { token: ben.token });
  await page.getByRole("heading", { name: ann.user.username }).waitFor();
  await expect.poll(() => sockets.filter((socket) => !socket.isClosed()).length).toBe(2);
  await page.locator("parley-chat").evaluate((element) => element.remove());
  await expect.poll(() => sockets.filter((socket) => !socket.isClosed()).length).toBe(0);
});

test("a new token of the user leaves the field, its focus and what waits to be sent as they are", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ann.openDirect(ben);
  const { page } = await embed(ann, id);
  await expect.poll(() => events(page)).toBe("parley-ready");
  await field(page).pressSequentially("In a");
  const second = await ann.signIn();
  const checked = page.waitForResponse(/\/v1\/me$/);
  await set(page, { token: second.token });
  await (await checked).finished();
  await ann.call("POST", "/v1/logout");
  // The chat goes on with the session that is left, until that ends, too.
  await ben.send(id, "Hello");
  await expect.poll(() => texts(page)).toEqual(["Hello"]);
  await second.call("POST", "/v1/logout");
  await expect.poll(() => events(page)).toMatch(/parley-signed-out$/);
  await page.keyboard.type(" moment");
  await page.keyboard.press("Enter");
  await page.keyboard.type("And");
  await set(page, { token: (await ann.signIn()).token });
  await expect.poll(() => texts(page)).toEqual(["Hello", "In a moment"]);
  await page.keyboard.type(" then");
  expect(await field(page).inputValue()).toBe("And then");
  expect(await ben.history(id)).toHaveLength(2);
});

test("the script keeps its name, is asked for each time, and may be loaded by any page", async () => {
  const script = await fetch(`${site.origin}/assets/embed.js`);
  expect(script.headers.get("Cache-Control")).toBe("no-cache");
  expect(script.headers.get("Access-Control-Allow-Origin")).toBe("*");
  const [, chunk = ""] = /import\("\.\/(en-[^"]+)"\)/.exec(await script.text()) ?? [];
  const texts = await fetch(`${site.origin}/assets/${chunk}`);
  expect([texts.status, texts.headers.get("Cache-Control")]).toEqual([
    200,
    "public, max-age=31536000, immutable",
  ]);
  expect(texts.headers.get("Access-Control-Allow-Origin")).toBe("*");
});

test("a page with the element has no serious finding of axe", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ann.openDirect(ben);
  await ben.send(id, "Hello");
  const page = await (await site.device()).newPage();
  await page.goto(origin);
  await set(page, { conversation: `${id}`, token: ann.token });
  await page.getByText("Hello").waitFor();
  expect(await findings(page)).toEqual([]);
});

test("an id that is none opens nothing, and the page is told", async () => {
  const ann = await site.person("ann");
  const page = await (await site.device()).newPage();
  await page.goto(origin);
  const thrown = page.waitForEvent("pageerror");
  await set(page, { conversation: "shop", token: ann.token });
  expect((await thrown).message).toContain('conversation="shop" is no id of a conversation');
  takeProblems(page.context());
});

test("a conversation of which the user is no member is said to be none", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ben.openGroup("Secret", []);
  const { page } = await embed(ann, id);
  await page.getByRole("alert").filter({ hasText: "Try again" }).waitFor();
  expect(await page.title()).not.toContain("parley-ready");
});
