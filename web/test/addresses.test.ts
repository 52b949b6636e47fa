import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { Person } from "../../scripts/support/person.ts";
import { Product } from "./support/product.ts";

const product = await Product.start();
const { site } = product;

/** Addresses as they are stored, and what a server without our checks would have instead. */
const STORED = "https://chat.example/";
const SCRIPT = "javascript:ran=1//";

const Bot = z.object({ id: z.int(), token: z.string() });
const Tap = z.object({ tap_id: z.string() });
const Hook = z.object({ url: z.string() });

/** Gives a page scripts in place of addresses, in all that the server says. */
async function withScripts(page: Page): Promise<void> {
  const changed = (text: string) => text.replaceAll(STORED, SCRIPT);
  // An answer may be under way when the page closes.
  onTestFinished(() => page.unrouteAll({ behavior: "ignoreErrors" }));
  await page.route(`${site.origin}/v1/**`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: changed(await response.text()) });
  });
  await page.routeWebSocket(/\/socket/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => socket.send(typeof message === "string" ? changed(message) : message));
  });
}

/** A conversation with an address in each place that may have one, and a bot that answers taps. */
async function world(): Promise<{
  ann: Person;
  ben: Person;
  id: number;
  answer(tap: string): Promise<void>;
}> {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  await ben.call("PATCH", "/v1/me", { avatar: `${STORED}ben.png` });
  const { id } = await ann.openGroup("Hike", [ben]);
  await ann.call("PATCH", `/v1/conversations/${id}`, { avatar: `${STORED}group.png` });
  const bot = Bot.parse(
    await ann.call("POST", "/v1/bots", { nickname: "Helper", avatar: `${STORED}bot.png` }),
  );
  await ann.call("POST", `/v1/conversations/${id}/members`, { user_ids: [bot.id] });
  const asBot = async (path: string, body: object) => {
    const headers = { Authorization: `Bearer ${bot.token}`, "Content-Type": "application/json" };
    const answer = await fetch(site.origin + path, { method: "POST", headers, body: JSON.stringify(body) });
    expect(answer.ok, await answer.text()).toBe(true);
  };
  const messages = `/v1/conversations/${id}/messages`;
  const media = { url: `${STORED}a.png`, name: "a.png", caption: `${STORED}caption` };
  for (const kind of ["file", "image", "audio", "video"])
    await ben.call("POST", messages, { kind, body: media });
  await ben.call("POST", messages, { kind: "face", body: { index: "1", data: `${STORED}face.png` } });
  await ben.call("POST", messages, { kind: "text", body: { text: `[a link](${STORED}link) ${STORED}` } });
  const hook = Hook.parse(
    await ann.call("POST", `/v1/conversations/${id}/hooks`, { name: "Builds", avatar: `${STORED}hook.png` }),
  );
  const post = { method: "POST", headers: { "Content-Type": "application/json" } };
  await fetch(hook.url, { ...post, body: JSON.stringify({ text: "built" }) });
  const rows = [[{ text: "Where?", data: "where" }], [{ text: "Help", url: `${STORED}help` }]];
  await asBot(messages, { kind: "text", body: { text: "On its way" }, buttons: rows });
  const said = { text: "Two streets away", url: `${STORED}map`, alert: true };
  return { ann, ben, id, answer: (tap) => asBot(`/v1/bots/me/taps/${tap}`, said) };
}

/** The addresses of scripts that a page leads to, or loads; shadow roots too. */
function scriptsIn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const roots: ParentNode[] = [document];
    const found: string[] = [];
    for (const root of roots)
      for (const element of root.querySelectorAll("*")) {
        if (element.shadowRoot) roots.push(element.shadowRoot);
        for (const name of ["href", "src", "poster", "action", "data", "style"])
          if (/javascript:/i.test(element.getAttribute(name) ?? "")) found.push(element.outerHTML);
      }
    return found;
  });
}

/** Taps on the button, and waits for the answer, which names an address. */
async function tapped(page: Page, answer: (tap: string) => Promise<void>): Promise<void> {
  const response = page.waitForResponse(/\/taps$/);
  await page.getByRole("button", { name: "Where?" }).click();
  await answer(Tap.parse(await (await response).json()).tap_id);
  await page.getByText("Two streets away").waitFor();
}

test("an address that is no page of the Web is no link and no picture, whatever the server says", async () => {
  const { ann, ben, id, answer } = await world();
  const page = await (await site.device({ person: ann })).newPage();
  await withScripts(page);
  await page.goto(`${site.origin}/#/c/${id}`);
  await page.getByText("On its way").last().waitFor();
  await expect.poll(() => scriptsIn(page)).toEqual([]);
  await tapped(page, answer);
  await expect.poll(() => scriptsIn(page)).toEqual([]);
  for (const view of [`c/${id}/info`, `c/${id}/media`, `user/${ben.user.id}`]) {
    await page.goto(`${site.origin}/#/${view}`);
    await page.getByText("ben").filter({ visible: true }).first().waitFor();
    await expect.poll(() => scriptsIn(page)).toEqual([]);
  }
});

test("nor is it in the element for pages of others", async () => {
  const { ann, id, answer } = await world();
  const { page } = await product.embed(ann, { conversation: `${id}` }, { before: withScripts });
  await page.getByText("On its way").last().waitFor();
  await page.getByRole("button", { name: "Where?" }).waitFor();
  await expect.poll(() => scriptsIn(page)).toEqual([]);
  await tapped(page, answer);
  await expect.poll(() => scriptsIn(page)).toEqual([]);
});
