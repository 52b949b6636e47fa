import type { Locator, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { Kit, type Seat } from "./kit.ts";

const kit = await Kit.start("react-app");
let ann: Seat;
let bob: Seat;
/** the conversation of the two */
let id: number;

beforeAll(async () => {
  [ann, bob] = await Promise.all([kit.seat("ann"), kit.seat("bob")]);
  ({ id } = await ann.person.openDirect(bob.person));
  await ann.person.send(id, "hello");
});

/** Both have their conversation before them. */
async function face(): Promise<void> {
  for (const [{ page }, { name }] of [
    [ann, bob],
    [bob, ann],
  ] as const) {
    await page.locator(".uikit-ConversationList-conversationPreview", { hasText: name }).click();
    await page.locator(".ProseMirror").waitFor();
  }
}

/** A message that says something. */
function message(page: Page, text: string): Locator {
  return page.locator(".uikit-MessageList-message-layout").filter({ hasText: text });
}

/** What a message shows of the one that it quotes. */
const quoteIn = (page: Page, text: string): Locator =>
  message(page, text).locator("[class*=text-message__reference]").first();

/** Writes a message and sends it. */
async function send(page: Page, text: string): Promise<void> {
  const field = page.locator(".ProseMirror");
  await field.fill(text);
  await field.press("Enter");
}

/** Chooses in the menu of the message with a text. */
async function choose(page: Page, text: string, item: string): Promise<void> {
  await message(page, text).locator("[class*=message-bubble]").first().click({ button: "right" });
  await page.getByText(item, { exact: true }).click();
}

/** The last message over v1. */
async function last() {
  const { items } = Object(await ann.person.call("GET", `/v1/conversations/${id}/messages?limit=1`));
  return Object(items[0]);
}

test("two people talk, and quote each other, in the kit and over v1", async () => {
  await face();
  await send(bob.page, "tea or coffee?");
  await message(ann.page, "tea or coffee?").waitFor();
  await choose(ann.page, "tea or coffee?", "Quote");
  await send(ann.page, "tea");
  for (const { page } of [ann, bob])
    await quoteIn(page, "tea").filter({ hasText: "tea or coffee?" }).waitFor();
  const { seq, quote } = await last();
  expect(quote).toMatchObject({ preview: "tea or coffee?", sender_id: bob.person.user.id });
  await bob.person.call("POST", `/v1/conversations/${id}/messages`, {
    ...{ kind: "text", body: { text: "with milk?" }, quote_seq: seq },
  });
  await quoteIn(ann.page, "with milk?").filter({ hasText: "tea" }).waitFor();
  await ann.page.reload();
  await face();
  await quoteIn(ann.page, "with milk?").filter({ hasText: "tea" }).waitFor();
});

test("a message is recalled for both at once", async () => {
  await face();
  await send(ann.page, "a mistake");
  await message(bob.page, "a mistake").waitFor();
  await choose(ann.page, "a mistake", "Recall");
  for (const { page } of [ann, bob]) {
    await page.locator(".uikit-MessageList-recalled-message", { hasText: "recalled a message" }).waitFor();
    await message(page, "a mistake").waitFor({ state: "detached" });
  }
  expect(await last()).toMatchObject({ revoked: true });
});
