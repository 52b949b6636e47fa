import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { Site } from "../support/site.ts";
import { byKey, staff } from "../support/staff.ts";

const site = Site.alone();

const HOLD = { id: "doubt", match: { words: ["bitcoin"] }, action: "hold" };
const FLAG = { id: "look", match: { words: ["discount"] }, action: "flag" };

// Before the first message: rules that are known hold for a while.
beforeAll(async () => {
  await byKey(site, "PUT", "/v1/moderation/rules", { items: [HOLD, FLAG] });
});

/** A group in which Ben has written something that a rule holds. */
async function held(...texts: string[]) {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  for (const text of texts) {
    const body = { kind: "text", body: { text } };
    const { status } = await ben.refused("POST", `/v1/conversations/${id}/messages`, body);
    expect(status).toBe(403);
  }
  return { ann, ben, id };
}

async function textsOf(person: Person, id: number): Promise<unknown[]> {
  return (await person.history(id)).map(({ body }) => Object(body).text).filter(Boolean);
}

function open(person: Person, place = "held"): Promise<Page> {
  return site.open({ person, hash: `#/admin/${place}` });
}

function row(page: Page, text: string) {
  return page.getByRole("list", { name: "Held" }).getByRole("link").filter({ hasText: text });
}

test("a moderator does not decide about a colleague, and is told so while the message waits on", async () => {
  const moe = await staff(site, "moderator");
  const { id } = await moe.openGroup("Hike", []);
  const body = { kind: "text", body: { text: "bitcoin of Moe" } };
  await moe.refused("POST", `/v1/conversations/${id}/messages`, body);
  const page = await open(await staff(site, "moderator"));
  await row(page, "bitcoin of Moe").click();
  await page.keyboard.press("a");
  await page
    .getByRole("alert")
    .filter({ hasText: "may not act on a user with the role moderator" })
    .waitFor();
  await row(page, "bitcoin of Moe").waitFor();
  await page.getByRole("article").getByText("Waiting").waitFor();
  await held("bitcoin of Ben");
  const own = await open(moe);
  await row(own, "bitcoin of Ben").waitFor();
  await expect.poll(() => row(own, "bitcoin of Moe").count()).toBe(0);
});

test("a moderator accepts and refuses held messages by a key each", async () => {
  const { ann, ben, id } = await held("bitcoin one", "bitcoin two", "bitcoin three");
  const page = await open(await staff(site, "moderator"));
  await row(page, "bitcoin three").waitFor();
  await page.keyboard.press("j");
  const message = page.getByRole("article");
  await message.getByText("bitcoin three").waitFor();
  await message.getByRole("link", { name: ben.user.username }).waitFor();
  await message.getByText("doubt").waitFor();
  await message.getByText(`${id}`, { exact: true }).waitFor();
  await page.keyboard.press("j");
  await message.getByText("bitcoin two").waitFor();
  // A key means what is shown, in the same frame already.
  await page.evaluate(async () => {
    const press = (key: string) =>
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const isShown = () => document.querySelector("article")?.textContent?.includes("bitcoin three");
    press("k");
    for (let i = 0; i < 100 && !isShown(); i++) await Promise.resolve();
    press("r");
  });
  await page.getByText("The message is refused.").waitFor();
  await message.getByText("bitcoin two").waitFor();
  await page.keyboard.press("a");
  await page.getByText("The message is accepted.").waitFor();
  await message.getByText("bitcoin one").waitFor();
  await expect.poll(() => textsOf(ann, id)).toEqual(["bitcoin two"]);
  await row(page, "bitcoin two").waitFor({ state: "detached" });
  await page.getByRole("radio", { name: "Refused" }).check();
  await row(page, "bitcoin three").waitFor();
  await expect.poll(() => row(page, "bitcoin two").count()).toBe(0);
});

test("of two who decide otherwise the second is told", async () => {
  const { ann, id } = await held("bitcoin for both");
  const [first, second] = [
    await open(await staff(site, "moderator")),
    await open(await staff(site, "moderator")),
  ];
  for (const page of [first, second]) {
    await row(page, "bitcoin for both").click();
    await page.getByRole("button", { name: /^Refuse/ }).waitFor();
  }
  await first.keyboard.press("r");
  await first.getByText("The message is refused.").waitFor();
  await second.keyboard.press("a");
  await second
    .getByRole("alert")
    .filter({ hasText: /was refused before|somebody else/ })
    .waitFor();
  await row(second, "bitcoin for both").waitFor({ state: "detached" });
  await expect.poll(() => textsOf(ann, id)).toEqual([]);
});

test("of a message that its sender has taken back nothing is left to do", async () => {
  const { ben } = await held("bitcoin by mistake");
  const page = await open(await staff(site, "moderator"));
  await row(page, "bitcoin by mistake").click();
  const accept = page.getByRole("button", { name: /^Accept/ });
  await accept.waitFor();
  const [{ id }] = Object(await ben.call("GET", "/v1/held")).items;
  await ben.call("DELETE", `/v1/held/${id}`);
  await page.keyboard.press("a");
  await page.getByRole("alert").filter({ hasText: "Its sender has taken it back." }).waitFor();
  await accept.waitFor({ state: "detached" });
  await expect.poll(() => page.getByRole("button", { name: /^Try to send again/ }).count()).toBe(0);
});

test("a message that cannot be sent any more says so, and may be sent again", async () => {
  const { ann, ben, id } = await held("bitcoin and goodbye");
  const page = await open(await staff(site, "moderator"));
  await row(page, "bitcoin and goodbye").click();
  await ann.call("DELETE", `/v1/conversations/${id}/members/${ben.user.id}`);
  await page.getByRole("button", { name: /^Accept/ }).click();
  await page.getByRole("alert").filter({ hasText: "It was not sent" }).waitFor();
  await ann.call("POST", `/v1/conversations/${id}/members`, { user_ids: [ben.user.id] });
  await page.getByRole("button", { name: /^Try to send again/ }).click();
  await page.getByText("The message is accepted.").waitFor();
  await expect.poll(() => textsOf(ann, id)).toEqual(["bitcoin and goodbye"]);
});

test("a list of several pages goes on, and an auditor only reads", async () => {
  const many = Array.from({ length: 55 }, (_, i) => `bitcoin number ${i}`);
  await held(...many);
  const page = await open(await staff(site, "auditor"));
  await row(page, "bitcoin number 54").waitFor();
  await expect.poll(() => row(page, "bitcoin number 2").count()).toBe(10);
  await page.getByRole("button", { name: "More" }).click();
  await row(page, "bitcoin number 1").nth(10).waitFor();
  await page.keyboard.press("j");
  await page.getByRole("article").waitFor();
  await expect.poll(() => page.getByRole("button", { name: /^(Accept|Refuse)/ }).count()).toBe(0);
  await page.keyboard.press("a");
  await row(page, "bitcoin number 54").waitFor();
});

test("the sender reads at the message that it was refused, and sees an accepted one in its place", async () => {
  const [, ben, id] = await site.group("Hike", "ann", "ben");
  const page = await site.open({ person: ben, hash: `#/c/${id}` });
  const field = page.locator(".composer textarea");
  const failed = page.locator('.message:is([data-state="failed"], [data-state="held"])');
  for (const text of ["bitcoin for nobody", "bitcoin for the others"]) {
    await field.fill(text);
    await field.press("Enter");
    await failed.filter({ hasText: text }).getByText("Waits for a moderator").waitFor();
  }
  const staffs = await open(await staff(site, "moderator"));
  for (const [text, key] of [
    ["bitcoin for nobody", "r"],
    ["bitcoin for the others", "a"],
  ] as const) {
    await row(staffs, text).click();
    await staffs.getByRole("article").getByText(text).waitFor();
    await staffs.keyboard.press(key);
    await row(staffs, text).waitFor({ state: "detached" });
  }
  await failed.filter({ hasText: "bitcoin for nobody" }).getByText("Refused: nobody else sees it").waitFor();
  await failed.filter({ hasText: "bitcoin for the others" }).waitFor({ state: "detached" });
  await page.locator(".message:not([data-state])").getByText("bitcoin for the others").waitFor();
});

test("the sender takes back what waits, and reads whether a moderator was quicker", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  const page = await site.open({ person: ben, hash: `#/c/${id}` });
  const field = page.locator(".composer textarea");
  const waits = page.locator('.message[data-state="held"]');
  const waiting = (text: string) => waits.filter({ hasText: text });
  const texts = ["bitcoin taken back", "bitcoin that was quicker", "bitcoin that was refused"];
  for (const text of texts) {
    await field.fill(text);
    await field.press("Enter");
    await waiting(text).getByText("Waits for a moderator").waitFor();
    await expect.poll(() => waiting(text).getByRole("button").allTextContents()).toEqual(["Discard"]);
    // It is no alarm.
    await expect.poll(() => waiting(text).getByRole("alert").count()).toBe(0);
  }
  const [first, quicker, refused] = texts.map((text) =>
    waiting(text).getByRole("button", { name: "Discard", exact: true }),
  );
  const moe = await staff(site, "moderator");
  const staffs = await open(moe);
  await row(staffs, "bitcoin taken back").click();
  await staffs.getByRole("article").getByText("bitcoin taken back").waitFor();

  await page.context().setOffline(true);
  await first?.click();
  await page.getByText("It goes on waiting").waitFor();
  await page.context().setOffline(false);
  await first?.click();
  await page.getByText("Taken back: nobody else has seen it.").waitFor();
  await waiting("bitcoin taken back").waitFor({ state: "detached" });
  await row(staffs, "bitcoin taken back").waitFor({ state: "detached" });
  await staffs.getByText("its sender has taken it back").waitFor();

  const { items } = Object(await moe.call("GET", "/v1/moderation/held?limit=100"));
  const idOf = (text: string): number =>
    items.find((one: { body: { text: string } }) => one.body.text === text).id;
  // The decisions come while the page has looked, and not asked yet.
  await page.route(/\/v1\/held\/\d+$/, async (call) => {
    const decision = call
      .request()
      .url()
      .endsWith(`/${idOf("bitcoin that was quicker")}`)
      ? "accept"
      : "refuse";
    await moe.call("PATCH", new URL(call.request().url()).pathname.replace("held", "moderation/held"), {
      decision,
    });
    await call.continue();
  });
  await quicker?.click();
  await page.getByText("a moderator has just accepted it").waitFor();
  await page.locator(".message:not([data-state])").getByText("bitcoin that was quicker").waitFor();
  await refused?.click();
  await page.getByText("A moderator has refused it").waitFor();
  await expect.poll(() => waits.count()).toBe(0);
  await expect.poll(() => textsOf(ann, id)).toEqual(["bitcoin that was quicker"]);
});
