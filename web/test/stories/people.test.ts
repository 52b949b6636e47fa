import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { entry, wants } from "../support/requests.ts";
import { Site } from "../support/site.ts";
import { composer, connection, offer, row, searchField, stored } from "../support/talk.ts";

const site = Site.forFile();

/** The paths of calls of the page that change something. */
function writes(page: Page): string[] {
  const made: string[] = [];
  page.on("request", (call) => {
    if (call.method() !== "GET") made.push(`${call.method()} ${new URL(call.url()).pathname}`);
  });
  return made;
}

test("whoever must ask is read without their learning of it, and comes into the list once accepted", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  await wants(ann, "nobody");
  const page = await site.open({ person: ann });
  await connection(page, "live").waitFor({ state: "attached" });
  const { id } = await ben.openDirect(ann);
  await ben.send(id, "Hello,\nwe met *at the lake*");
  await entry(page, 1).waitFor();
  await expect.poll(() => row(page, ben.user.username).count()).toBe(0);
  const body = { url: `${site.origin}/icons/icon-512.png`, width: 512, height: 512, name: "lake.png" };
  await ben.call("POST", `/v1/conversations/${id}/messages`, { kind: "image", body });
  const file = { url: `${site.origin}/icons/icon.svg`, name: "map.pdf", size: 12 };
  await ben.call("POST", `/v1/conversations/${id}/messages`, { kind: "file", body: file });
  const made = writes(page);
  const asked: string[] = [];
  page.on("request", (call) => asked.push(new URL(call.url()).pathname));
  await entry(page, 1).click();
  await page.getByRole("main").getByText("File: map.pdf").waitFor();
  // The list has the last message of each request.
  expect(asked).not.toContain(`/v1/requests/${id}`);
  await page.getByRole("main").getByRole("link", { name: ben.user.username }).click();
  const said = page.getByRole("main").getByRole("listitem").locator("p");
  await expect
    .poll(() => said.allInnerTexts())
    .toEqual(["Hello, we met at the lake", "Picture", "File: map.pdf"]);
  await expect.poll(() => page.getByRole("main").locator("img, audio, video, li a").count()).toBe(0);
  expect(made).toEqual([]);
  const receipts = JSON.stringify(await ben.call("GET", `/v1/conversations/${id}/receipts`));
  expect(receipts).toContain(`"user_id":${ann.user.id},"read_seq":0`);
  await page.getByRole("button", { name: "Accept", exact: true }).click();
  await stored(page, "we met").waitFor();
  await composer(page).waitFor();
  await row(page, ben.user.username).waitFor();
  await entry(page, 1).waitFor({ state: "detached" });
});

test("people are found, befriended and chosen by the keyboard alone", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const page = await site.open({ person: ann, hash: "#/people" });
  const main = page.getByRole("main");
  await main.getByText("No friends yet.").waitFor();
  await main.getByRole("button", { name: "Find people", exact: true }).press("Enter");
  await searchField(page).fill(ben.user.username);
  await offer(page, `@${ben.user.username}`).waitFor();
  await searchField(page).press("Enter");
  await main.getByRole("button", { name: "Add as a friend" }).press("Enter");
  await main.getByText("You have sent a friend request.").waitFor();
  await ben.call("PUT", `/v1/friends/${ann.user.id}`);
  const [cid, dan] = [await site.person("cid"), await site.person("dan")];
  await cid.call("PATCH", "/v1/me", { nickname: "Zoé Martin" });
  await ann.send((await ann.openDirect(cid)).id, "Hello");
  // As if a hundred others stood before this friend, who is found by name then.
  await page.route("**/v1/people?limit=100", async (call) => {
    const { items } = await (await call.fetch()).json();
    await call.fulfill({ json: { items: items.filter((one: { id: number }) => one.id !== ben.user.id) } });
  });
  await page.keyboard.press("Alt+n");
  const field = main.getByRole("searchbox", { name: "People" });
  await expect.poll(() => field.evaluate((input) => input.matches(":focus"))).toBe(true);
  await main.getByRole("button", { name: "Zoé Martin" }).waitFor();
  await page.keyboard.type("zoe");
  await main.getByRole("button", { name: "Zoé Martin" }).waitFor();
  await field.fill(dan.user.username.slice(0, -1));
  await main.getByRole("button", { name: "Zoé Martin" }).waitFor({ state: "detached" });
  await page.keyboard.press("Enter");
  await main.getByText("Nobody found.").waitFor();
  await field.fill(dan.user.username);
  await main.getByRole("button", { name: `@${dan.user.username}` }).waitFor();
  await field.fill("");
  await page.keyboard.type(ann.user.username);
  await main.getByText("This is you.").waitFor();
  await field.fill(ben.user.username);
  await main.getByRole("button", { name: `@${ben.user.username}` }).waitFor();
  await page.keyboard.press("Enter");
  await main.getByRole("button", { name: `Remove ${ben.user.username}` }).waitFor();
  await expect.poll(() => field.evaluate((input) => input.matches(":focus"))).toBe(true);
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: `Message ${ben.user.username}` }).waitFor();
});
