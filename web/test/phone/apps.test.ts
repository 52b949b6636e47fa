import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { followed } from "../support/finger.ts";
import { installed } from "../support/kept.ts";
import { PHONE, Site } from "../support/site.ts";
import { choose, composer, connection, message, stored } from "../support/talk.ts";

const site = Site.forFile();
const PHONE_LOOK = { viewport: PHONE, hasTouch: true };

/** Runs before each page: what a phone has, and a computer has not. */
function asOnPhones(): void {
  const shared: unknown[] = [];
  const media = window.matchMedia;
  window.matchMedia = (query) =>
    media.call(window, query.replace("(hover: hover) and (pointer: fine)", "not all"));
  Object.assign(window, { shared });
  Object.assign(navigator, {
    canShare: () => true,
    share: async ({ files = [], ...data }: ShareData) => {
      shared.push({
        ...data,
        ...(files.length > 0 && { files: files.map(({ name, size }) => `${name} ${size}`) }),
      });
    },
  });
}

/** What was given to the sheet of the system. */
const given = (page: Page) => page.evaluate(() => Reflect.get(window, "shared"));

/** The newest message of a conversation, with all of its body. */
const newest = async (person: Person, id: number) =>
  Object(await person.call("GET", `/v1/conversations/${id}/messages?limit=1`)).items?.at(-1);

/** Shares something with the page, as the system does, and opens it. */
async function share(page: Page, parts: Record<string, string>, files: Record<string, string> = {}) {
  await page.evaluate(
    async ([texts, named]) => {
      const body = new FormData();
      for (const [name, text] of Object.entries(texts)) body.append(name, text);
      for (const [name, text] of Object.entries(named))
        body.append("files", new File([text], name, { type: "text/plain" }));
      await fetch("/share", { method: "POST", body });
    },
    [parts, files] as const,
  );
  await page.reload();
}

test("what another app shares waits for the sign-in, comes into the field of a conversation, and is sent by a tap", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  await ben.send(id, "Where to?");
  const page = await site.open({ ...PHONE_LOOK, hasServiceWorker: true });
  await installed(page);
  await share(page, {
    title: "A map",
    text: "Look: https://example.com/map",
    url: "https://example.com/map",
  });
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  const signIn = async ({ user, token }: Person) => {
    await page.evaluate(
      (session) => localStorage.setItem("parley:session", session),
      JSON.stringify({ userId: user.id, token }),
    );
    await page.reload();
  };
  await signIn(ann);
  const dialog = page.getByRole("dialog", { name: "Send to a conversation" });
  await dialog.getByText("A map").waitFor();
  await dialog.getByRole("searchbox").fill("hi");
  await dialog.getByRole("button", { name: "Hike" }).tap();
  await expect.poll(() => composer(page).inputValue()).toBe("A map\nLook: https://example.com/map");
  expect(page.url()).toContain(`#/c/${id}`);

  // A file, beside what is written there; nobody has sent anything.
  await share(page, {}, { "plan.txt": "At six" });
  await dialog.getByText("plan.txt").waitFor();
  await dialog.getByRole("button", { name: "Hike" }).tap();
  await page.getByRole("list", { name: "Files to send" }).getByText("plan.txt").waitFor();
  expect(await ann.history(id)).toHaveLength(1);
  await page.getByRole("button", { name: "Send", exact: true }).tap();
  const body = { name: "plan.txt", caption: "A map\nLook: https://example.com/map" };
  await expect.poll(() => newest(ann, id)).toMatchObject({ kind: "file", body });

  // Who closes it has thrown it away.
  await share(page, { text: "Never mind" });
  await dialog.getByRole("button", { name: "Close", exact: true }).tap();
  await dialog.waitFor({ state: "detached" });
  // The page goes back over the entry of the dialog.
  await page.waitForFunction(() => !Object(history.state).over);
  await page.reload();
  await connection(page, "live").waitFor({ state: "attached" });
  const waits = () => page.evaluate(() => caches.has("parley-shared"));
  await expect.poll(waits).toBe(false);

  // What one user was asked about is nothing for the next one.
  await share(page, { text: "For Ann alone" });
  await dialog.getByText("For Ann alone").waitFor();
  await signIn(ben);
  await expect.poll(waits).toBe(false);
  await connection(page, "live").waitFor({ state: "attached" });
  await expect.poll(() => dialog.count()).toBe(0);
  await share(page, { text: "For Ben" });
  await dialog.getByText("For Ben").waitFor();
});

test("messages, files and links go to other apps by the sheet of the system", async () => {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  const url = `${site.origin}/icons/icon-192.png`;
  const picture = {
    kind: "image",
    body: { url, name: "map.png", width: 192, height: 192, caption: "The way" },
  };
  await ben.call("POST", `/v1/conversations/${id}/messages`, picture);
  await ben.send(id, "At six");
  const { code } = Object(await ann.call("POST", `/v1/conversations/${id}/invitations`, {}));
  const context = await site.device({ ...PHONE_LOOK, person: ann });
  await context.addInitScript(asOnPhones);
  // Some private windows have the Cache API, and refuse it.
  await context.addInitScript(() => {
    if (isSecureContext)
      caches.has = () => Promise.reject(new DOMException("The operation is insecure.", "SecurityError"));
  });
  const page = await context.newPage();
  await page.goto(`${site.origin}/#/c/${id}`);
  await choose(page, "At six", "Share");
  const size = (await (await fetch(url)).arrayBuffer()).byteLength;
  await expect.poll(() => given(page)).toEqual([{ text: "At six" }]);
  await stored(page, "The way").click({ button: "right", position: { x: 80, y: 10 } });
  await page.getByRole("menuitem", { name: "Share" }).click();
  await expect
    .poll(() => given(page).then((all) => all[1]))
    .toEqual({ text: "The way", files: [`map.png ${size}`] });
  await page.goto(`${site.origin}/#/c/${id}/info`);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect
    .poll(() => given(page).then((all) => all[2]))
    .toEqual({ url: `${site.origin}/#/join/${code}` });
});

test("the camera is asked for a picture, and a picture of the keyboard comes to the field", async () => {
  const [ann, , id] = await site.group("Hike", "ann", "ben");
  const context = await site.device({ ...PHONE_LOOK, person: ann });
  await context.addInitScript(asOnPhones);
  const page = await context.newPage();
  await page.goto(`${site.origin}/#/c/${id}`);
  const input = page.locator(".composer input[type=file]");
  const asked = async (name: string) => {
    await page.getByRole("button", { name: "Add", exact: true }).tap();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("menuitem", { name }).tap();
    await chooser;
    return input.evaluate((one: HTMLInputElement) => [one.accept, one.hasAttribute("capture")]);
  };
  expect(await asked("Camera")).toEqual(["image/*", true]);
  expect(await asked("Photos and files")).toEqual(["", false]);
  await followed(page);
  const bytes = Buffer.from(await (await fetch(`${site.origin}/icons/icon-192.png`)).arrayBuffer());
  await composer(page).evaluate((field, data) => {
    const dataTransfer = new DataTransfer();
    const content = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
    dataTransfer.items.add(new File([content], "cat.gif", { type: "image/gif" }));
    const options = { dataTransfer, inputType: "insertReplacementText", bubbles: true, cancelable: true };
    field.dispatchEvent(new InputEvent("beforeinput", options));
  }, bytes.toString("base64"));
  await page.getByRole("list", { name: "Files to send" }).getByRole("listitem").waitFor();
  await page.getByRole("button", { name: "Send", exact: true }).tap();
  await message(page, "").last().locator("img").waitFor();
  await expect.poll(() => newest(ann, id)).toMatchObject({ kind: "image", body: { name: "cat.gif" } });
});
