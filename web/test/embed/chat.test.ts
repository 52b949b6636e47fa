import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { findings } from "../support/axe.ts";
import { takeProblems } from "../support/problems.ts";
import { events, field, Product, set, texts } from "../support/product.ts";

const product = await Product.start();
const { site } = product;

/** Opens the page of the product, with a conversation of a user. */
async function embed(person: Person, id: number, before?: (page: Page) => Promise<void>) {
  const embedded = await product.embed(person, { conversation: `${id}` }, before && { before });
  await field(embedded.page).waitFor();
  return embedded;
}

test("older messages come when the user scrolls up, and what the user looks at stays", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
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
  await expect.poll(() => list.evaluate((box) => box.scrollTop)).toBeGreaterThan(100);
  await expect.poll(() => texts(page)).toHaveLength(70);
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
  await expect.poll(() => link.locator("img").count()).toBe(0);
});

test("a new token of the user leaves the field, its focus and what waits to be sent as they are", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  const { page } = await embed(ann, id);
  await expect.poll(() => events(page)).toBe("ready");
  await field(page).pressSequentially("In a");
  const second = await ann.signIn();
  await set(page, { token: second.token });
  await ann.call("POST", "/v1/logout");
  // The chat goes on with the session that is left, until that ends, too.
  await ben.send(id, "Hello");
  await expect.poll(() => texts(page)).toEqual(["Hello"]);
  await second.call("POST", "/v1/logout");
  await expect.poll(() => events(page)).toMatch(/error=signed_out$/);
  await page.keyboard.type(" moment");
  await page.keyboard.press("Enter");
  await page.keyboard.type("And");
  await set(page, { token: (await ann.signIn()).token });
  await expect.poll(() => texts(page)).toEqual(["Hello", "In a moment"]);
  await page.keyboard.type(" then");
  await expect.poll(() => field(page).inputValue()).toBe("And then");
  await expect.poll(() => ben.history(id)).toHaveLength(2);
});

test("the script keeps its name and is asked for each time; what it loads is kept for ever", async () => {
  const script = await fetch(`${site.origin}/assets/embed.js`);
  expect(script.headers.get("Cache-Control")).toBe("no-cache");
  expect(script.headers.get("Access-Control-Allow-Origin")).toBe("*");
  // The chunk with the first view, and what that loads: texts, and the views that are needed later.
  const [chunk = ""] = /chunk-\w+\.js/.exec(await script.text()) ?? [];
  const code = await (await fetch(`${site.origin}/assets/${chunk}`)).text();
  const later = [...code.matchAll(/import\("\.\/([^"]+)"\)/g)].map(([, name = ""]) => name);
  for (const name of ["attach", "en", "inbox", "thread"])
    expect(later).toContainEqual(expect.stringMatching(new RegExp(`^${name}-`)));
  for (const name of [chunk, ...later]) {
    const { status, headers } = await fetch(`${site.origin}/assets/${name}`);
    expect([name, status, headers.get("Cache-Control")]).toEqual([
      name,
      200,
      "public, max-age=31536000, immutable",
    ]);
    expect(headers.get("Access-Control-Allow-Origin")).toBe("*");
  }
  const types = await fetch(`${site.origin}/embed.d.ts`);
  expect(types.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
  expect(await types.text()).toContain("interface HTMLElementTagNameMap");
});

test("a page with the element has no serious finding of axe", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  await ben.send(id, "Hello");
  const { page } = await embed(ann, id);
  await page.getByText("Hello").waitFor();
  expect(await findings(page)).toEqual([]);
});

test("an id that is none opens nothing, and the page is told", async () => {
  const ann = await site.person("ann");
  const page = await (await site.device()).newPage();
  await page.goto(product.origin);
  await page.evaluate(() => document.body.append(document.createElement("parley-chat")));
  const thrown = page.waitForEvent("pageerror");
  await set(page, { conversation: "shop", token: ann.token });
  expect((await thrown).message).toContain('conversation="shop" is no id');
  takeProblems(page.context());
});

test("a conversation of which the user is no member is said to be none", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ben.openGroup("Secret", []);
  const { page } = await embed(ann, id);
  await page.getByRole("alert").filter({ hasText: "Try again" }).waitFor();
  await expect.poll(() => events(page)).toBe("error=not_found");
});
