import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { element, events, field, Product, send, set, texts } from "../support/product.ts";

const product = await Product.start();
const { site } = product;

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
async function embed(person: Person, id: number, before?: (page: Page) => Promise<void>) {
  const embedded = await product.embed(person, { conversation: `${id}` }, before && { before });
  await field(embedded.page).waitFor();
  return embedded;
}

test("two people talk in a page of another origin that allows no script and no style but its own", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  const { page: anns } = await embed(ann, id);
  const { page: bens } = await embed(ben, id);
  await send(anns, "Is **this** in stock? <b>");
  await expect.poll(() => texts(bens)).toEqual(["Is this in stock? <b>"]);
  await send(bens, "It is");
  for (const page of [anns, bens])
    await expect.poll(() => texts(page)).toEqual(["Is this in stock? <b>", "It is"]);
  await expect.poll(() => events(anns)).toMatch(/^ready/);
  const header = anns.getByRole("heading", { name: ben.user.username });
  await header.waitFor();
  await expect
    .poll(() => header.evaluate((element) => getComputedStyle(element).color))
    .toBe("rgb(18, 52, 86)");
  const button = anns.getByRole("button", { name: "Send", exact: true });
  await expect
    .poll(() => button.evaluate((element) => getComputedStyle(element).backgroundColor))
    .toBe("rgb(1, 102, 3)");
});

test("the element tells what is unread, follows its attributes, and closes its sockets when it goes", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  const { page, sockets } = await embed(ann, id, beBusy);
  await expect.poll(() => events(page)).toBe("ready");
  // Where nobody sees it, nothing is read.
  await element(page).evaluate((one) => one.toggleAttribute("hidden", true));
  await ben.send(id, "Hello");
  await expect.poll(() => events(page, "ready", "unread")).toBe("ready unread=1");
  await ben.send(id, "Are you there?");
  await expect.poll(() => events(page, "unread")).toBe("unread=1 unread=2");
  await expect.poll(() => events(page, "message")).toBe("message=Hello message=Are you there?");
  await element(page).evaluate((one) => one.toggleAttribute("hidden", false));
  await expect.poll(() => events(page, "unread")).toBe("unread=1 unread=2 unread=0");
  await set(page, { lang: "zh-CN" });
  await page.getByRole("button", { name: "发送" }).waitFor();
  await set(page, { token: "no-token" });
  await expect.poll(() => events(page)).toMatch(/error=signed_out$/);
  await set(page, { token: ben.token });
  await page.getByRole("heading", { name: ann.user.username }).waitFor();
  await expect.poll(() => sockets.filter((socket) => !socket.isClosed()).length).toBe(2);
  await element(page).evaluate((one) => one.remove());
  await expect.poll(() => sockets.filter((socket) => !socket.isClosed()).length).toBe(0);
});
