import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { bring } from "../support/files.ts";
import { kinds, newest } from "../support/history.ts";
import { Seat } from "../support/seat.ts";
import { Site } from "../support/site.ts";
import { composer, searchField, send, stored } from "../support/talk.ts";

const site = Site.forFile();
const seat = new Seat(site);

/** Presses Enter as browsers tell of the key that ends the composition of an input method. */
async function endComposition(field: Locator): Promise<void> {
  await field.dispatchEvent("keydown", { key: "Enter", isComposing: true });
  await field.dispatchEvent("keydown", { key: "Enter", keyCode: 229 });
}

test("files that are dropped and pasted wait in a tray, and go in their order behind the text", async () => {
  const { ann, id, page } = await seat.group();
  await bring(composer(page), "drop", [{ name: "one.txt" }, { name: "two.txt" }]);
  await bring(composer(page), "paste", [{ name: "table.png" }], "A table of an office program");
  // Finder copies the name with the file.
  await bring(composer(page), "paste", [{ name: "three.txt" }], "three.txt");
  const tray = page.getByRole("list", { name: "Files to send" });
  await expect.poll(() => tray.getByRole("listitem").count()).toBe(3);
  await page.getByRole("button", { name: "Remove two.txt" }).click();
  await expect.poll(() => composer(page).evaluate((field) => field === document.activeElement)).toBe(true);
  await page.getByRole("textbox", { name: "Caption of three.txt" }).fill("The third");
  await composer(page).fill("Two files");
  await composer(page).press("Enter");
  await expect
    .poll(() => kinds(ann, id))
    .toMatchObject([
      ["text", { text: "Two files" }],
      ["file", { name: "one.txt", size: 7, content_type: "text/plain" }],
      ["file", { name: "three.txt", caption: "The third" }],
    ]);
  await tray.waitFor({ state: "detached" });
});

test("a picture has its size, a large one is made smaller, and the text is the caption of a single one", async () => {
  const { ann, id, page } = await seat.group();
  const pictures = await page.evaluate(async () => {
    const draw = async (width: number, height: number) => {
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext("2d");
      for (let i = 0; i < 400; i++) {
        if (context) context.fillStyle = `rgb(${(i * 37) % 255} ${(i * 91) % 255} ${(i * 53) % 255})`;
        context?.fillRect((i * 131) % width, (i * 197) % height, width / 9, height / 7);
      }
      const reader = new FileReader();
      reader.readAsDataURL(await canvas.convertToBlob({ type: "image/jpeg", quality: 1 }));
      await new Promise((resolve) => reader.addEventListener("load", resolve));
      return String(reader.result).replace(/.*,/, "");
    };
    return [await draw(300, 200), await draw(3000, 1500)];
  });
  for (const [i, picture] of pictures.entries()) {
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("menuitem", { name: "Photos and files" }).click();
    const file = { name: `p${i}.jpg`, mimeType: "image/jpeg", buffer: Buffer.from(picture, "base64") };
    await (await chooser).setFiles([file]);
    await page.getByText(i ? "3000 × 1500" : "300 × 200").waitFor();
    const caption = page.locator(".composer textarea");
    await caption.fill("A picture");
    await caption.press("Enter");
    await expect.poll(() => kinds(ann, id)).toHaveLength(i + 1);
  }
  await expect
    .poll(() => kinds(ann, id))
    .toMatchObject([
      ["image", { width: 300, height: 200, caption: "A picture", name: "p0.jpg" }],
      ["image", { width: 2048, height: 1024, caption: "A picture" }],
    ]);
});

test("pictures that are sent together are an album with one caption, in the viewer and in the panel", async () => {
  const { ann, id, page } = await seat.group();
  const icon = await (await fetch(`${site.origin}/icons/icon-192.png`)).bytes();
  const files = ["one", "two", "three"].map((name) => ({
    ...{ name: `${name}.png`, mimeType: "image/png", buffer: Buffer.from(icon) },
  }));
  await page.locator("input[type=file]").setInputFiles(files);
  await expect.poll(() => page.locator(".tray li").count()).toBe(3);
  await expect.poll(() => page.locator(".tray input[type=text]").count()).toBe(0);
  await page.getByRole("textbox", { name: "Caption" }).fill("The **hut**");
  await page.getByRole("textbox", { name: "Caption" }).press("Enter");
  const album = page.locator(".album");
  await expect.poll(() => album.locator("li[data-seq]").count()).toBe(3);
  await expect
    .poll(() => kinds(ann, id))
    .toMatchObject([
      ["image", { name: "one.png" }],
      ["image", { name: "two.png" }],
      ["image", { name: "three.png", caption: "The **hut**" }],
    ]);
  await expect.poll(() => album.getByText("hut").filter({ visible: true }).count()).toBe(1);
  const cells = await album.locator(".picture").evaluateAll((all) =>
    all.map((one) => {
      const { top, width, height } = one.getBoundingClientRect();
      return [Math.round(top), Math.round(width - height)];
    }),
  );
  expect(cells).toEqual([cells[0], cells[0], cells[0]]);

  await page.getByRole("button", { name: "Open the picture: two.png" }).click();
  const viewer = page.locator(".lightbox");
  const strip = viewer.getByRole("list", { name: "All pictures" }).getByRole("button");
  await expect.poll(() => strip.count()).toBe(3);
  const now = () => viewer.locator(".lightbox-label").innerText();
  await expect.poll(now).toBe("two.png");
  await strip.first().click();
  await expect.poll(now).toBe("one.png");
  await page.keyboard.press("Escape");

  await page.getByRole("link", { name: "Details" }).click();
  await page.getByRole("link", { name: "Media, files and links" }).click();
  const panel = page.getByRole("complementary", { name: "Media, files and links" });
  await expect.poll(() => panel.getByRole("button", { name: /^Open the picture/ }).count()).toBe(3);
  await ann.send(id, "See https://example.com/map");
  await panel.getByRole("button", { name: "Links", exact: true }).click();
  await panel.getByRole("link", { name: /example.com/ }).waitFor();
  await ann.revoke(id, 4);
  await panel.getByText("There is nothing here yet.").waitFor();
  await panel.getByRole("link", { name: "Close", exact: true }).click();
});

test("a voice message is recorded while the button is held, by the pointer and by a key", async () => {
  const { ann, id, page } = await seat.group();
  const button = page.getByRole("button", { name: "Hold to record" });
  const levels = page.locator(".voice-levels i");
  await button.hover();
  await page.mouse.down();
  await levels.nth(9).waitFor();
  await page.mouse.up();
  await expect.poll(() => kinds(ann, id)).toHaveLength(1);
  await button.focus();
  await page.keyboard.down("Space");
  await levels.nth(9).waitFor();
  await page.keyboard.up("Space");
  await expect.poll(() => kinds(ann, id)).toHaveLength(2);
  for (const [kind, body] of Object(await kinds(ann, id))) {
    expect(kind).toBe("audio");
    expect(body.duration_ms).toBeGreaterThan(500);
    expect(body.waveform.length).toBeLessThanOrEqual(100);
    // The microphone of the tests beeps.
    expect(Math.max(...body.waveform)).toBe(100);
  }
});

test("a message is scheduled, changed, and sent at once", async () => {
  const { ann, id, page } = await seat.group();
  await composer(page).fill("See you");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("menuitem", { name: "Send later" }).click();
  await page.getByRole("button", { name: "Tomorrow morning" }).click();
  await page.getByRole("button", { name: "Schedule", exact: true }).click();
  await page.getByText("Will be sent").waitFor();
  await expect.poll(() => composer(page).inputValue()).toBe("");
  await page.getByRole("link", { name: "1 message scheduled for" }).click();
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByRole("textbox", { name: "Message" }).fill("See you tomorrow");
  const saved = page.waitForRequest((call) => call.method() === "PATCH");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  // The time stays as it is.
  expect((await saved).postDataJSON()).toEqual({ kind: "text", body: { text: "See you tomorrow" } });
  await page.getByText("See you tomorrow").waitFor();
  await page.getByRole("button", { name: "Send now" }).click();
  await page.getByText("Nothing is scheduled.").waitFor();
  await expect.poll(() => kinds(ann, id)).toEqual([["text", { text: "See you tomorrow" }]]);
  await expect.poll(() => ann.call("GET", "/v1/scheduled")).toMatchObject({ items: [] });
});

test("Enter during the composition of an input method, or that ends it, sends nothing", async () => {
  const { ann, id, page } = await seat.group("Who brings the map?");
  await composer(page).focus();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Input.imeSetComposition", { text: "nihao", selectionStart: 5, selectionEnd: 5 });
  await page.keyboard.press("Enter");
  await devtools.send("Input.insertText", { text: "你好" });
  await expect.poll(() => composer(page).inputValue()).toContain("你好");
  await composer(page).fill("你好");
  await endComposition(composer(page));
  await expect.poll(() => composer(page).inputValue()).toBe("你好");
  await send(page, "你好吗");
  await stored(page, "你好吗").waitFor();
  await expect.poll(() => ann.history(id)).toHaveLength(2);
});

test("Enter that ends a composition chooses nothing in any other field", async () => {
  const { id, page } = await seat.group();
  await page.keyboard.press("Control+k");
  const places = searchField(page);
  await places.fill("Settings");
  await endComposition(places);
  await places.press("Escape");
  await page.getByRole("button", { name: "Emoji", exact: true }).click();
  const emoji = page.getByRole("searchbox", { name: "Search emoji" });
  await emoji.fill("thumbs up");
  await page.getByRole("button", { name: "thumbs up", exact: true }).waitFor();
  await endComposition(emoji);
  await emoji.press("Escape");
  await expect.poll(() => composer(page).inputValue()).toBe("");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("menuitem", { name: "Poll" }).click();
  const options = page.getByRole("textbox", { name: /^Option/ });
  await options.last().focus();
  await endComposition(options.last());
  await expect.poll(() => options.count()).toBe(2);
  await page.keyboard.press("Escape");
  expect(page.url()).toContain(`#/c/${id}`);
});

test("a name between colons becomes an emoji, by its end and by the suggestions", async () => {
  const { page } = await seat.group();
  await composer(page).pressSequentially("Yes :smile:");
  await expect.poll(() => composer(page).inputValue()).toBe("Yes 😄");
  await composer(page).pressSequentially(" :heart_eye");
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("Tab");
  await expect.poll(() => composer(page).inputValue()).toBe("Yes 😄 😍 ");
  await page.getByRole("button", { name: "Emoji", exact: true }).click();
  await page.getByRole("searchbox", { name: "Search emoji" }).fill("thumbs up");
  await page.getByRole("button", { name: "thumbs up", exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => composer(page).inputValue()).toBe("Yes 😄 😍 👍");
  await expect.poll(() => composer(page).evaluate((field) => field === document.activeElement)).toBe(true);
});

test("the arrow up edits the last message, and an edit of an older version shows the newer one", async () => {
  const { ann, id, page } = await seat.group();
  const { seq } = await ann.send(id, "I do");
  await stored(page, "I do").waitFor();
  await composer(page).press("ArrowUp");
  await page.getByText("Edit the message").waitFor();
  await composer(page).press("Escape");
  await expect.poll(() => composer(page).inputValue()).toBe("");
  await composer(page).press("ArrowUp");
  await composer(page).fill("I bring it");
  const body = { body: { text: "Ben does" }, base_version: 1 };
  await ann.call("PATCH", `/v1/conversations/${id}/messages/${seq}`, body);
  await composer(page).press("Enter");
  await page.getByRole("alert").filter({ hasText: "It now says: Ben does" }).waitFor();
  await composer(page).press("Enter");
  await stored(page, "I bring it").waitFor();
  await page.getByText("Edit the message").waitFor({ state: "detached" });
  await expect.poll(() => newest(ann, id)).toMatchObject({ seq, version: 3 });
  await ann.send(id, "For @all");
  await stored(page, "For @all").waitFor();
  // The members are known from now on.
  await composer(page).fill("@");
  await page.getByRole("option").first().waitFor();
  await composer(page).fill("");
  // A finger leaves a key after the page has drawn what the key has done.
  await page.keyboard.down("ArrowUp");
  await page.getByText("Edit the message").waitFor();
  await page.keyboard.up("ArrowUp");
  // The name was written before: nothing suggests it again, and Enter is that of the edit.
  await composer(page).press("Enter");
  await page.getByText("Edit the message").waitFor({ state: "detached" });
  await expect.poll(() => newest(ann, id)).toMatchObject({ version: 1, body: { text: "For @all" } });
});

test("a text that is too long says so before it is sent, and stays", async () => {
  const { ann, id, page } = await seat.group("Who brings the map?");
  await composer(page).fill("x".repeat(7_990));
  await page.getByText("10 characters left").waitFor();
  await composer(page).fill("x".repeat(8_003));
  await page.getByText("3 characters too many").waitFor();
  await composer(page).press("Enter");
  await expect.poll(() => composer(page).inputValue()).toHaveLength(8_003);
  await expect.poll(() => ann.history(id)).toHaveLength(1);
});

test("an @ suggests the members, and the message mentions who stands in its text", async () => {
  const { ann, ben, id, page } = await seat.group();
  await composer(page).pressSequentially("Ask @b");
  const option = page.getByRole("option", { name: ben.user.username });
  await option.waitFor();
  const active = await composer(page).getAttribute("aria-activedescendant");
  await expect.poll(() => option.getAttribute("id")).toBe(active);
  await page.keyboard.press("Enter");
  await expect.poll(() => composer(page).inputValue()).toBe(`Ask @${ben.user.username} `);
  await composer(page).press("Enter");
  await stored(page, `Ask @${ben.user.username}`).waitFor();
  await expect.poll(() => newest(ann, id)).toMatchObject({ mentions: [ben.user.id] });
  await composer(page).pressSequentially("@al");
  await page.getByRole("option", { name: "Everybody in the group" }).click();
  await composer(page).press("Enter");
  await expect.poll(() => newest(ann, id)).toMatchObject({ mentions: "all" });
});
