import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { bring, takesDrops } from "../support/files.ts";
import { kinds } from "../support/history.ts";
import { Seat } from "../support/seat.ts";
import { Site } from "../support/site.ts";
import { composer, focusRow, openTalk, stored } from "../support/talk.ts";

const site = Site.forFile();

const seat = new Seat(site);

/** The same on a page of its own. */
async function ownWorld(): Promise<{ ann: Person; id: number; page: Page }> {
  const [ann, , id] = await site.direct("ann", "ben");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await composer(page).waitFor();
  return { ann, id, page };
}

test("a folder, a picture of the page and a file beside the conversation are not taken", async () => {
  const { page } = await seat.direct();
  const folder = await mkdtemp(join(tmpdir(), "folder-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "inside.txt"), "Inside");
  const devtools = await page.context().newCDPSession(page);
  const drop = async (files: string[], x: number, y: number) => {
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const)
      await devtools.send("Input.dispatchDragEvent", { type, x, y, data });
  };
  const tray = page.getByRole("list", { name: "Files to send" });
  await takesDrops(composer(page));
  await drop([folder], 800, 400);
  await page.getByText("is empty or a folder").waitFor();
  const address = page.url();
  await drop([join(folder, "inside.txt")], 100, 400);
  await composer(page).evaluate((field) =>
    field.dispatchEvent(new DragEvent("dragstart", { bubbles: true })),
  );
  await bring(composer(page), "dragged", [{ name: "own.txt" }]);
  await composer(page).evaluate((field) => field.dispatchEvent(new DragEvent("dragend", { bubbles: true })));
  await drop([join(folder, "inside.txt"), folder], 800, 400);
  await tray.waitFor();
  await expect
    .poll(() => tray.getByRole("listitem").allInnerTexts())
    .toMatchObject([expect.stringContaining("inside.txt")]);
  expect(page.url()).toBe(address);
});

test("chosen files wait for the user, who goes elsewhere or is muted meanwhile", async () => {
  const [ann, ben] = await site.direct("ann", "ben");
  const { id } = await ben.openGroup("Hike", [ann]);
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await composer(page).waitFor();
  const tray = page.getByRole("list", { name: "Files to send" });
  await bring(composer(page), "drop", [{ name: "one.txt" }, { name: "two.txt" }]);
  await page.getByRole("textbox", { name: "Caption of two.txt" }).fill("The second");
  await openTalk(page, ben.user.username);
  await tray.waitFor({ state: "detached" });
  await openTalk(page, "Hike");
  const caption = page.getByRole("textbox", { name: "Caption of two.txt" });
  await expect.poll(() => caption.inputValue()).toBe("The second");
  const mute = (seconds: number) =>
    ben.call("PATCH", `/v1/conversations/${id}/members/${ann.user.id}`, { muted_for_s: seconds });
  await mute(3600);
  await tray.waitFor({ state: "detached" });
  await mute(0);
  await tray.getByText("one.txt").waitFor();
  await composer(page).fill("Both");
  await composer(page).press("Enter");
  await expect
    .poll(async () => (await kinds(ann, id)).slice(2))
    .toMatchObject([
      ["text", { text: "Both" }],
      ["file", { name: "one.txt" }],
      ["file", { caption: "The second" }],
    ]);
});

test("what is written while files are made ready stays in the field, and as a draft", async () => {
  const [ann, , id] = await site.direct("ann", "ben");
  const device = await site.device({ person: ann });
  const { promise: isReady, resolve: makeReady } = Promise.withResolvers<void>();
  await device.route(/\/assets\/media-/, async (call) => {
    await isReady;
    await call.continue();
  });
  const page = await device.newPage();
  await page.goto(`${site.origin}/#/c/${id}`);
  await composer(page).waitFor();
  await bring(composer(page), "drop", [{ name: "one.txt" }]);
  const caption = page.locator(".composer textarea");
  await page.getByRole("textbox", { name: "Caption" }).fill("The way");
  await caption.press("Enter");
  await caption.press("End");
  await caption.pressSequentially("Wait");
  makeReady();
  await expect.poll(() => kinds(ann, id)).toMatchObject([["file", { name: "one.txt", caption: "The way" }]]);
  await expect.poll(() => composer(page).inputValue()).toBe("Wait");
  await expect.poll(() => ann.call("GET", "/v1/conversations")).toHaveProperty("items.0.draft.text", "Wait");
});

test("a link that is followed while a picture is being closed leads on, and nothing moves below a card", async () => {
  const { ann, id, page } = await ownWorld();
  const picture = { url: `${site.origin}/icons/icon-192.png`, width: 192, height: 192 };
  await ann.call("POST", `/v1/conversations/${id}/messages`, {
    client_msg_id: "1",
    kind: "image",
    body: picture,
  });
  await page.getByRole("button", { name: /^Open the picture/ }).click();
  await page.locator(".lightbox").waitFor();
  await expect.poll(() => page.evaluate(() => history.state?.over)).toBe(1);
  const gate = Promise.withResolvers<void>();
  await page.route(/\/v1\/users\/\d+$/, async (route) => {
    await gate.promise;
    await route.continue();
  });
  await page.evaluate(() => {
    const back = history.go.bind(history);
    history.go = (by) => {
      back(by);
      document.querySelector<HTMLElement>("a[aria-label=Details]")?.click();
    };
  });
  await page.keyboard.press("Escape");
  const details = page.getByRole("complementary", { name: "Details" });
  await details.waitFor();
  const link = details.getByRole("link", { name: "Media, files and links" });
  const place = async () => ((await link.count()) ? await link.boundingBox() : null);
  const before = await place();
  gate.resolve();
  await details.getByRole("button", { name: "Block", exact: true }).waitFor();
  await expect.poll(async () => [null, await place()]).toContainEqual(before);
});

test("a picture that is sent while it is read goes once, and leaves the tray", async () => {
  const { ann, id, page } = await ownWorld();
  await page.evaluate(() => {
    const { decode } = HTMLImageElement.prototype;
    const gate = Promise.withResolvers<void>();
    let readers = 0;
    HTMLImageElement.prototype.decode = async function () {
      document.body.dataset.readers = `${++readers}`;
      await gate.promise;
      await decode.call(this);
    };
    addEventListener("test-read", () => gate.resolve());
  });
  await composer(page).evaluate(async (field) => {
    const canvas = new OffscreenCanvas(30, 20);
    canvas.getContext("2d")?.fillRect(0, 0, 9, 9);
    const data = new DataTransfer();
    data.items.add(new File([await canvas.convertToBlob()], "dot.png", { type: "image/png" }));
    const paste = { bubbles: true, cancelable: true, clipboardData: data };
    field.dispatchEvent(new ClipboardEvent("paste", paste));
  });
  await page.locator("body[data-readers='1']").waitFor();
  const caption = page.locator(".composer textarea");
  await caption.press("Enter");
  await page.locator("body[data-readers='2']").waitFor();
  await caption.press("Enter");
  await page.evaluate(() => dispatchEvent(new Event("test-read")));
  await page.getByRole("list", { name: "Files to send" }).waitFor({ state: "detached" });
  await composer(page).fill("The last one");
  await composer(page).press("Enter");
  await page.getByRole("list", { name: "Messages" }).getByText("The last one").waitFor();
  await expect
    .poll(() => kinds(ann, id))
    .toMatchObject([
      ["image", { width: 30, height: 20 }],
      ["text", { text: "The last one" }],
    ]);
});

test("a recording ends unsent by Escape and by a way to the side; a click locks it, and it can be heard", async () => {
  const { ann, id, page } = await seat.direct();
  const button = page.getByRole("button", { name: "Hold to record" });
  const bar = page.locator(".voice-bar");
  const levels = bar.locator(".voice-levels i");
  await button.hover();
  await page.mouse.down();
  await levels.first().waitFor();
  await page.mouse.move(600, 700, { steps: 4 });
  await bar.waitFor({ state: "detached" });
  await page.mouse.up();
  await button.click();
  await page.getByRole("button", { name: "Cancel the recording" }).waitFor();
  await page.keyboard.press("Escape");
  await bar.waitFor({ state: "detached" });
  await button.click();
  await levels.nth(9).waitFor();
  await page.getByRole("button", { name: "Send the recording" }).click();
  await expect.poll(() => kinds(ann, id)).toHaveLength(1);
  await page.getByRole("button", { name: "Play", exact: true }).click();
  const position = page.getByRole("slider", { name: "Position in the recording" });
  await expect.poll(async () => Number(await position.inputValue())).toBeGreaterThan(0);
});

test("a draft of another device and a dropped file leave a recording as it is, and stay behind it", async () => {
  const { ann, id, page } = await seat.direct();
  await page.getByRole("button", { name: "Hold to record" }).click();
  const bar = page.locator(".voice-bar");
  await bar.locator(".voice-levels i").nth(9).waitFor();
  const other = await ann.signIn();
  await other.call("PUT", `/v1/conversations/${id}/draft`, { text: "On the way", client_msg_id: "other" });
  await expect.poll(() => composer(page).inputValue()).toBe("On the way");
  await bring(composer(page), "drop", [{ name: "one.txt" }]);
  await page.getByRole("list", { name: "Files to send" }).waitFor();
  await page.getByRole("button", { name: "Send the recording" }).click();
  await expect.poll(() => kinds(ann, id)).toHaveLength(1);
  const caption = page.locator(".composer textarea");
  await expect.poll(() => caption.inputValue()).toBe("On the way");
  await expect.poll(() => caption.evaluate((field) => field === document.activeElement)).toBe(true);
  await caption.press("Enter");
  await expect
    .poll(() => kinds(ann, id))
    .toMatchObject([
      ["audio", { duration_ms: expect.any(Number) }],
      ["file", { name: "one.txt", caption: "On the way" }],
    ]);
});

test("a poll that answers a message ends the answer, and leaves what was written", async () => {
  const { ann, id, page } = await seat.direct();
  await ann.send(id, "Where do we go?");
  await focusRow(stored(page, "Where do we go?"));
  await page.keyboard.press("r");
  await page.getByText("Answer to").waitFor();
  await composer(page).fill("I think");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("menuitem", { name: "Poll" }).click();
  await page.getByRole("textbox", { name: "Question" }).fill("Where to?");
  await page.getByRole("textbox", { name: "Option 1" }).fill("Lake");
  await page.getByRole("textbox", { name: "Option 2" }).fill("Hill");
  await page.getByRole("button", { name: "Send the poll" }).click();
  await page.getByText("Answer to").waitFor({ state: "detached" });
  await expect.poll(() => composer(page).inputValue()).toBe("I think");
  await composer(page).press("Enter");
  await stored(page, "I think").waitFor();
  const { items } = Object(await ann.call("GET", `/v1/conversations/${id}/messages`));
  expect(items.map((one: { quote?: { seq: number } }) => one.quote?.seq)).toEqual([undefined, 1, undefined]);
});

test("a poll is made of a question and options", async () => {
  const { ann, id, page } = await ownWorld();
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("menuitem", { name: "Poll" }).click();
  await page.getByRole("textbox", { name: "Question" }).fill("Where to?");
  await page.getByRole("textbox", { name: "Option 1" }).fill("Lake");
  await page.keyboard.press("Enter");
  await page.keyboard.type("Lake");
  // What is typed next goes into the new field, however late the next frame is.
  const focused = await page.getByRole("button", { name: "Add an option" }).evaluate(async (button) => {
    window.requestAnimationFrame = () => 0;
    if (button instanceof HTMLElement) button.click();
    await new Promise((resolve) => setTimeout(resolve));
    return document.activeElement?.getAttribute("aria-label");
  });
  expect(focused).toBe("Option 3");
  await page.getByRole("button", { name: "Remove option 3" }).press("Enter");
  await page.getByRole("textbox", { name: "Option 3" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Send the poll" }).click();
  await page.getByRole("alert").filter({ hasText: "Two options are the same" }).waitFor();
  await page.getByRole("textbox", { name: "Option 2" }).fill("Hill");
  await page.getByRole("checkbox", { name: "Several choices" }).check();
  await page.getByRole("button", { name: "Send the poll" }).click();
  const poll = {
    question: "Where to?",
    options: ["Lake", "Hill"],
    multiple: true,
    anonymous: false,
    ends_at: 0,
  };
  await expect.poll(() => kinds(ann, id)).toEqual([["poll", poll]]);
});
