import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { Network } from "../../../packages/client/test/support/network.ts";
import type { Person } from "../../../scripts/support/person.ts";
import { bring } from "../support/files.ts";
import { Site } from "../support/site.ts";
import { composer, message, stored } from "../support/talk.ts";

const site = Site.forFile();

/** Three parts: two of 5 MiB, and the rest. */
const SIZE = 12 * 1024 * 1024;
const TWO_PARTS = 6 * 1024 * 1024;

const Files = z.object({ items: z.array(z.object({ body: z.object({ name: z.string() }) })) });

/** Two users, and the page of one on their conversation. */
async function world(origin = site.origin): Promise<{ ann: Person; ben: Person; id: number; page: Page }> {
  const [ann, ben, id] = await site.direct("ann", "ben");
  const page = await site.open({ person: ann, origin, hash: `#/c/${id}` });
  await composer(page).waitFor();
  return { ann, ben, id, page };
}

/** Keeps each third part on its way. @returns what lets them go */
async function holdThirdParts(page: Page): Promise<() => Promise<void>> {
  const release = Promise.withResolvers<void>();
  await page.route("**/parts/3", async (route) => {
    await release.promise;
    // The upload may be cancelled meanwhile.
    await route.continue().catch(() => {});
  });
  return async () => {
    release.resolve();
    await page.unroute("**/parts/3");
  };
}

/** How far an upload is, as a text and as a bar. */
function progress(page: Page, name: string): Promise<string> {
  return message(page, name)
    .locator(".upload")
    .evaluate((line) => `${line.querySelector("small")?.innerText} ${line.querySelector("progress")?.value}`);
}

/** The names of the files in a conversation, from the oldest one. */
async function names(person: Person, id: number): Promise<string[]> {
  const { items } = Files.parse(await person.call("GET", `/v1/conversations/${id}/messages`));
  return items.map(({ body }) => body.name);
}

test("large files show how far they are; of one that is cancelled nothing is sent, and nothing stays", async () => {
  const { ann, ben, id, page } = await world();
  const bensPage = await site.open({ person: ben, hash: `#/c/${id}` });
  const release = await holdThirdParts(page);
  await bring(composer(page), "drop", [
    { name: "first.bin", size: SIZE },
    { name: "second.bin", size: SIZE },
    { name: "third.txt" },
  ]);
  const tray = page.getByRole("list", { name: "Files to send" }).getByRole("listitem");
  await expect.poll(() => tray.count()).toBe(3);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  // Of each file two parts of three are there.
  for (const name of ["first.bin", "second.bin"])
    await expect.poll(() => progress(page, name)).toBe("Uploading 83% 0.83");
  const cancelled = page.waitForResponse(
    (answer) => answer.request().method() === "DELETE" && answer.url().includes("/v1/files/uploads/"),
  );
  await message(page, "second.bin").getByRole("button", { name: "Cancel", exact: true }).click();
  await expect.poll(() => message(page, "second.bin").count()).toBe(0);
  const deletion = await cancelled;
  expect(deletion.status()).toBe(204);
  const { status } = await ann.refused("GET", new URL(deletion.url()).pathname);
  expect(status).toBe(404);
  await release();
  for (const one of [page, bensPage])
    for (const name of ["first.bin", "third.txt"]) await stored(one, name).waitFor();
  await expect.poll(() => names(ben, id)).toEqual(["first.bin", "third.txt"]);
  await expect.poll(() => message(bensPage, "second.bin").count()).toBe(0);
  const link = stored(bensPage, "first.bin").getByRole("link", { name: "first.bin" });
  const file = await (await fetch(String(await link.getAttribute("href")))).arrayBuffer();
  expect(file.byteLength).toBe(SIZE);
  // The parts stand in their order.
  const isWhole = new Uint8Array(file).every((byte, i) => byte === 97 + (i % 26));
  expect(isWhole).toBe(true);
});

test("an upload goes on after the connection was lost, and one that was refused can be sent again", async () => {
  await using network = await Network.to(site.origin);
  const { ann, id, page } = await world(network.origin);
  const parts: string[] = [];
  page.on("requestfinished", (request) => {
    const [, part] = /\/parts\/(\d)$/.exec(request.url()) ?? [];
    if (part !== undefined && request.method() === "PUT") parts.push(part);
  });
  const release = await holdThirdParts(page);
  await bring(composer(page), "paste", [{ name: "film.bin", size: SIZE }]);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await message(page, "film.bin").getByText("83%").waitFor();
  await expect.poll(() => parts.toSorted()).toEqual(["1", "2"]);
  await network.down();
  await release();
  await page.getByText("Connecting …").waitFor();
  await network.up();
  await stored(page, "film.bin").waitFor();
  // The parts that were there are not sent again.
  expect(parts.toSorted()).toEqual(["1", "2", "3"]);

  // A user has ten open uploads at most.
  const uploads = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      ann.call("POST", "/v1/files/uploads", { client_upload_id: `open-${i}`, name: "open.bin", size: SIZE }),
    ),
  );
  await bring(composer(page), "paste", [{ name: "again.bin", size: TWO_PARTS }]);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const failed = message(page, "again.bin");
  await failed.getByRole("alert").getByText("Not sent").waitFor();
  await expect.poll(() => names(ann, id)).toEqual(["film.bin"]);
  const { id: upload } = z.object({ id: z.string() }).parse(uploads[0]);
  await ann.call("DELETE", `/v1/files/uploads/${upload}`);
  await failed.getByRole("button", { name: "Try again", exact: true }).click();
  await stored(page, "again.bin").waitFor();
  await expect.poll(() => names(ann, id)).toEqual(["film.bin", "again.bin"]);
});
