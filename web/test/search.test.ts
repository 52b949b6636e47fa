import { expect, test } from "vitest";
import { PHONE, Site } from "./support/site.ts";
import { offer, row, searchField, stored } from "./support/talk.ts";

const site = Site.forFile();

/** Ann's groups Hike and Kitchen, with messages of three. */
async function world() {
  const [ann, ben, cem] = [await site.person("ann"), await site.person("ben"), await site.person("cem")];
  await ben.call("PATCH", "/v1/me", { nickname: "Ben Baker" });
  const hike = await ann.openGroup("Hike", [ben, cem]);
  const kitchen = await ann.openGroup("Kitchen", [ben]);
  await ben.send(hike.id, "Who brings the map?");
  await cem.send(hike.id, "The map is in the drawer");
  await ben.send(kitchen.id, "The map of the drawers");
  return { ann, ben, cem, hike: hike.id, kitchen: kitchen.id };
}

test("filters are written or chosen, and removed", async () => {
  const { ann, ben, hike } = await world();
  await ben.call("POST", `/v1/conversations/${hike}/messages`, {
    ...{ kind: "file", body: { url: `${site.origin}/icons/icon.svg`, name: "map.svg", size: 10 } },
  });
  const page = await site.open({ person: ann, hash: "#/search/map" });
  const field = searchField(page);
  const chips = page.getByRole("list", { name: "Filters" }).getByRole("listitem");
  const found = page.locator(".found-text");
  await page.getByText("4 messages found").waitFor();

  await page.getByRole("button", { name: "From", exact: true }).click();
  await page.keyboard.type("bak");
  await offer(page, "Ben Baker").waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => chips.allInnerTexts()).toEqual(["From: Ben Baker"]);
  await page.getByText("3 messages found").waitFor();

  await field.pressSequentially(" in:hik");
  await offer(page, "Hike").click();
  await page.getByText("2 messages found").waitFor();
  await field.pressSequentially("has:file ");
  await page.getByText("1 message found").waitFor();
  await expect.poll(() => found.innerText()).toContain("map.svg");
  await expect.poll(async () => (await field.inputValue()).trim()).toBe("map");
  // The address says it, and shows it again.
  await expect.poll(() => decodeURIComponent(page.url())).toContain("has:file");
  await page.reload();
  await expect.poll(() => chips.allInnerTexts()).toEqual(["From: Ben Baker", "In: Hike", "Kind: Files"]);

  await page.getByRole("button", { name: "Remove Kind: Files" }).click();
  await page.getByText("2 messages found").waitFor();
  await field.pressSequentially("before:2020-01-02 ");
  await page.getByText("No messages found.").waitFor();
  await field.fill("");
  await page.keyboard.press("Backspace");
  await expect.poll(() => chips.allInnerTexts()).toEqual(["From: Ben Baker", "In: Hike"]);
  await page.getByText("Write the words that you are looking for.").waitFor();
});

test("on a phone Back leads from a message to what was found, and then to the list", async () => {
  const { ann } = await world();
  const page = await site.open({ person: ann, viewport: PHONE, hasTouch: true });
  await page.getByRole("button", { name: "Search", exact: true }).tap();
  await searchField(page).fill("drawer");
  await offer(page, "The map of the drawers").tap();
  await stored(page, "The map of the drawers").waitFor();
  await page.goBack();
  await offer(page, "The map is in the drawer").waitFor();
  await expect.poll(() => searchField(page).inputValue()).toBe("drawer");
  await page.goBack();
  await row(page, "Kitchen").waitFor();
  await expect.poll(() => searchField(page).count()).toBe(0);
});
