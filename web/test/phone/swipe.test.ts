import { expect, test } from "vitest";
import { finger, followed } from "../support/finger.ts";
import { PHONE, Site } from "../support/site.ts";
import { composer, openTalk, row, send, stored } from "../support/talk.ts";

const site = Site.forFile();

test("a phone shows the list, or a conversation, and the way back leads from one to the other", async () => {
  const [ben, ann, id] = await site.direct("ben", "ann");
  await ben.send(id, "On the way");
  const page = await site.open({ person: ann, viewport: PHONE });
  await row(page, ben.user.username).waitFor();
  await expect.poll(() => composer(page).count()).toBe(0);
  await openTalk(page, ben.user.username);
  await stored(page, "On the way").waitFor();
  await expect.poll(() => row(page, ben.user.username).isVisible()).toBe(false);
  await send(page, "Good");
  await stored(page, "Good").waitFor();
  await page.getByRole("link", { name: "Back to the list", exact: true }).click();
  await row(page, "You: Good").waitFor();
  await page.goBack();
  await stored(page, "Good").waitFor();
  await page.goBack();
  await row(page, ben.user.username).waitFor();

  // What was there stays until what comes in its place is loaded.
  const loaded = Promise.withResolvers<void>();
  await page.route(/\/(people-page|info-panel)-/, async (call) => {
    await loaded.promise;
    await call.continue();
  });
  const asked = page.waitForRequest(/people-page-/);
  await page.getByRole("link", { name: "People", exact: true }).click();
  await asked;
  await expect.poll(() => row(page, ben.user.username).isVisible()).toBe(true);
  await page.goBack();
  await openTalk(page, ben.user.username);
  const askedToo = page.waitForRequest(/info-panel-/);
  await page.getByRole("heading", { name: ben.user.username }).click();
  await askedToo;
  await expect.poll(() => composer(page).isVisible()).toBe(true);
  loaded.resolve();
  await page.getByRole("heading", { name: "Details" }).waitFor();
  await expect.poll(() => composer(page).isVisible()).toBe(false);
});

test("nothing is wider than a phone", async () => {
  const [ben, ann, id] = await site.direct("ben", "ann");
  await ben.send(id, "A message that says so much that it has to be broken into several lines on a phone");
  const page = await site.open({ person: ann, viewport: { ...PHONE, width: 320 } });
  for (const hash of ["#/", `#/c/${id}`, "#/settings", "#/settings/privacy"]) {
    await page.goto(`${site.origin}/${hash}`);
    await page.locator("h1:visible, h2:visible").first().waitFor();
    await expect
      .poll(async () => [hash, await page.evaluate(() => document.documentElement.scrollWidth)])
      .toEqual([hash, 320]);
  }
});

/** A phone that shows a conversation, and has what a swipe needs. */
async function swiping(text = "Hello") {
  const [ben, ann, id] = await site.direct("ben", "ann");
  await ben.send(id, text);
  const page = await site.open({ person: ann, viewport: PHONE, hasTouch: true, hash: `#/c/${id}` });
  await page.getByRole("textbox", { name: /^Message / }).waitFor();
  await followed(page);
  const left = () => page.locator("main").evaluate((main) => Math.round(main.getBoundingClientRect().left));
  return { page, left, peer: row(page, ben.user.username), ...(await finger(page)) };
}

test("a swipe pulls a conversation aside, and comes back or ends at the list", async () => {
  const { page, left, peer, down, move, leave } = await swiping();
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await down(60, 500);
  // What follows a finger is loaded with the first touch; a finger goes on moving.
  await expect.poll(() => move(220, 510).then(left)).toBe(160);
  await peer.waitFor();
  await move(90, 510);
  await leave();
  await expect.poll(left).toBe(0);
  await peer.waitFor({ state: "hidden" });
  await composer(page).waitFor();
  await down(60, 500);
  await move(330, 500);
  await leave();
  await expect.poll(() => page.evaluate(() => location.hash)).toBe("#/");
  await peer.click();
  await composer(page).waitFor();
  await expect.poll(left).toBe(0);
});

test("a swipe goes the other way where lines do, and without motion for who wants none", async () => {
  const { page, left, peer, down, move, leave } = await swiping();
  await page.evaluate(() => {
    document.documentElement.dir = "rtl";
  });
  await down(60, 500);
  await move(330, 500);
  await expect.poll(left).toBe(0);
  await leave();
  await down(330, 500);
  await expect.poll(() => move(60, 500).then(left)).toBe(-270);
  await leave();
  await peer.waitFor();
  await expect.poll(() => page.evaluate(() => location.hash)).toBe("#/");
});

test("a finger that scrolls, or that begins elsewhere, pulls nothing aside", async () => {
  const { page, left, down, move, leave } = await swiping(
    `${"Line\n".repeat(12)}\`\`\`\n${"wide ".repeat(60)}\n\`\`\``,
  );
  /** How far a swipe pulls the conversation aside from there. */
  const pull = async (fromX: number, fromY: number, toX: number, toY: number) => {
    await down(fromX, fromY);
    await move(toX, toY);
    // What the browser has been told is drawn.
    const pulled = await page.evaluate(() => new Promise(requestAnimationFrame)).then(left);
    await leave();
    await expect.poll(left).toBe(0);
    return pulled;
  };
  // The edge is the browser's.
  expect(await pull(8, 500, 330, 500)).toBe(0);
  expect(await pull(180, 500, 380, 500)).toBe(0);
  expect(await pull(60, 500, 90, 300)).toBe(0);
  expect(await pull(60, 500, 90, 700)).toBe(0);
  const code = await page.locator(".text pre").evaluate((block) => {
    if (block instanceof HTMLElement) Object.assign(block.style, { overflowX: "auto", whiteSpace: "pre" });
    block.scrollLeft = 300;
    const { left: x, top: y } = block.getBoundingClientRect();
    return { x, y };
  });
  expect(await pull(code.x + 10, code.y + 10, 330, code.y + 10)).toBe(0);
  await expect.poll(() => page.locator(".text pre").evaluate((block) => block.scrollLeft)).toBeLessThan(200);
  await composer(page).waitFor();
  await page.goto(`${page.url()}/info`);
  await page.getByRole("heading", { name: "Details" }).waitFor();
  expect(await pull(60, 500, 330, 500)).toBe(0);
});

test("a swipe against the lines answers a message; what goes up, elsewhere or back answers nothing", async () => {
  const { page, down, move, leave } = await swiping();
  const answer = page.getByText("Answer to ");
  const box = await stored(page, "Hello").boundingBox();
  const y = (box?.y ?? 0) + (box?.height ?? 0) / 2;
  const mark = page.locator(".answer-mark");
  const shakes = await page.evaluateHandle(() => {
    const seen: unknown[] = [];
    navigator.vibrate = (pattern) => seen.push(pattern) > 0;
    return seen;
  });
  // A finger that comes back, or goes up, has changed its mind.
  for (const [x, to] of [
    [200, y],
    [290, y - 200],
  ] as const) {
    await down(280, y);
    await move(x, to);
    if (to === y) await mark.and(page.locator("[data-armed=true]")).waitFor();
    await move(270, y);
    await leave();
    await expect.poll(() => mark.count()).toBe(0);
    await expect.poll(() => answer.count()).toBe(0);
  }
  // Who wants no motion feels none.
  await expect.poll(() => shakes.evaluate((seen) => seen.length)).toBe(0);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  for (const isMirrored of [false, true]) {
    await page.evaluate((is) => {
      document.documentElement.dir = is ? "rtl" : "ltr";
    }, isMirrored);
    const [from, to] = isMirrored ? [100, 200] : [280, 180];
    await down(from, y);
    await move(to, y);
    const way = () =>
      page.locator(".bubble-side").evaluate((one) => Math.round(new DOMMatrix(one.style.transform).e));
    await expect.poll(way).toBe(isMirrored ? 71 : -71);
    await leave();
    await answer.waitFor();
    await expect.poll(() => composer(page).evaluate((field) => field === document.activeElement)).toBe(true);
    await page.keyboard.press("Escape");
    await answer.waitFor({ state: "detached" });
  }
  await expect.poll(() => shakes.evaluate((seen) => seen.length)).toBe(2);
  // The other way is the way back, from the edge alone.
  await down(200, y);
  await move(330, y);
  await leave();
  await expect.poll(() => answer.count()).toBe(0);
  await composer(page).waitFor();
});
