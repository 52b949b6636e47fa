import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../scripts/support/person.ts";
import { paint } from "../../test/support/pages/paint.ts";
import { Site } from "./support/site.ts";

const site = Site.forFile();

/** Uploads a picture. @returns its address */
async function uploaded({ token }: Person, bytes: Uint8Array): Promise<string> {
  const headers = { "Content-Type": "image/png", Authorization: `Bearer ${token}` };
  const response = await fetch(`${site.origin}/v1/files?name=a.png`, {
    method: "POST",
    headers,
    body: Uint8Array.from(bytes),
  });
  return String(Object(await response.json()).url);
}

const widthOf = (picture: Locator) => picture.evaluate((image: HTMLImageElement) => image.naturalWidth);

test("pictures and avatars come in the size that is shown, and the viewer has the picture itself", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  await ben.call("PATCH", "/v1/me", { avatar: await uploaded(ben, paint(800, 800)) });
  const { id } = await ann.openDirect(ben);
  const url = await uploaded(ben, paint(1200, 900));
  const body = { url, width: 1200, height: 900 };
  for (let i = 0; i < 2; i++)
    await ben.call("POST", `/v1/conversations/${id}/messages`, { kind: "image", body });
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  const picture = page.locator(".picture[data-state=shown] img").last();
  await picture.waitFor();
  await expect.poll(() => widthOf(picture)).toBe(640);
  await expect.poll(() => widthOf(page.locator(".sender-picture img"))).toBe(160);
  await picture.click();
  const viewer = page.locator(".lightbox");
  await expect.poll(() => widthOf(viewer.locator(".lightbox-box img"))).toBe(1200);
  await expect.poll(() => widthOf(viewer.locator(".lightbox-strip img").first())).toBe(160);
});
