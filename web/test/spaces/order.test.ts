import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { findings } from "../support/axe.ts";
import { finger } from "../support/finger.ts";
import { PHONE, Site } from "../support/site.ts";
import { confirm } from "../support/talk.ts";
import { channel, chooseFor, Scene, shownRows, tab } from "./scene.ts";

const site = Site.forFile();

test("a category is made, named and deleted, and a channel goes into it with what else is said of it", async () => {
  const club = await Scene.open(site);
  const [page, bobs] = [await site.open({ person: club.ann }), await site.open({ person: club.bob })];
  for (const one of [page, bobs]) await tab(one, "Garden club").click();
  await chooseFor(page, "Garden club", "Add a category");
  await page.getByRole("textbox", { name: "Name" }).fill("Outside");
  await page.getByRole("button", { name: "Add the category" }).click();
  await expect.poll(() => shownRows(page)).toEqual(["general", "Outside"]);

  await chooseFor(page, "Outside", "Add a channel");
  await page.getByRole("textbox", { name: "Name" }).fill("seeds");
  await page.getByRole("checkbox", { name: "Whoever comes into the space" }).check();
  expect(await findings(page)).toEqual([]);
  await page.getByRole("button", { name: "Add the channel" }).click();
  await expect.poll(() => shownRows(page)).toEqual(["general", "Outside", "seeds"]);
  await expect.poll(() => shownRows(bobs)).toEqual(["general", "Outside", "seeds"]);
  // Who manages no channels asks who sees it, and nothing else.
  await bobs.getByRole("button", { name: "Actions for seeds" }).click();
  await expect.poll(() => bobs.getByRole("menuitem").allInnerTexts()).toEqual(["Who can see this?"]);
  await bobs.keyboard.press("Escape");

  await chooseFor(page, "seeds", "Edit the channel");
  await page.getByRole("textbox", { name: "Name" }).fill("seedlings");
  await page.getByRole("textbox", { name: "Topic" }).fill("What grows when");
  await page.getByRole("combobox", { name: "Category" }).selectOption("None");
  await page.getByRole("checkbox", { name: "Announcements" }).check();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await channel(bobs, "seedlings").getByLabel("Announcements").waitFor();
  await expect.poll(() => shownRows(page)).toEqual(["general", "seedlings", "Outside"]);
  const changed = { topic: "What grows when", category_id: null, default: true, visibility: "open" };
  expect((await club.layout()).items[1]).toMatchObject(changed);
  // Who reads no channel in it does not see a category.
  await expect.poll(() => shownRows(bobs)).toEqual(["general", "seedlings"]);

  await chooseFor(page, "Outside", "Rename the category");
  await page.getByRole("textbox", { name: "Name" }).fill("Garden");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(() => shownRows(page)).toEqual(["general", "seedlings", "Garden"]);
  await chooseFor(page, "Garden", "Delete the category");
  await confirm(page, "Delete the category");
  await expect.poll(() => shownRows(page)).toEqual(["general", "seedlings"]);
  await chooseFor(page, "seedlings", "Delete the channel");
  await confirm(page, "Delete the channel");
  await expect.poll(() => shownRows(page)).toEqual(["general"]);
});

test("channels are put into an order by keys and by a pointer, and an order that others have changed is shown anew", async () => {
  const club = await Scene.open(site);
  for (const name of ["Outside", "Inside"]) await club.category(name);
  await club.channel("seeds");
  const page = await site.open({ person: club.ann });
  await tab(page, "Garden club").click();
  await chooseFor(page, "Garden club", "Order of the channels");
  const dialog = page.getByRole("dialog");
  const rows = () => dialog.getByRole("listitem").locator("bdi").allInnerTexts();
  const handle = (name: string) => dialog.getByRole("button", { name: `Move ${name}` });
  await expect.poll(rows).toEqual(["general", "seeds", "Outside", "Inside"]);
  await handle("general").press("ArrowDown");
  await expect.poll(rows).toEqual(["seeds", "general", "Outside", "Inside"]);
  await page.keyboard.press("ArrowDown");
  await expect.poll(rows).toEqual(["seeds", "Outside", "general", "Inside"]);
  await dialog.getByRole("status").getByText("general: 3 of 4, in Outside").waitFor();
  await handle("Inside").press("ArrowUp");
  await expect.poll(rows).toEqual(["seeds", "Inside", "Outside", "general"]);
  expect(await findings(page)).toEqual([]);

  // The pointer takes a channel below the last one.
  const [from, to] = [await handle("seeds").boundingBox(), await handle("general").boundingBox()];
  if (!from || !to) throw new Error("a handle is not shown");
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  for (let y = from.y; y <= to.y + to.height; y += 8) await page.mouse.move(from.x + 5, y);
  await page.mouse.up();
  await expect.poll(rows).toEqual(["Inside", "Outside", "general", "seeds"]);
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(() => shownRows(page)).toEqual(["Inside", "Outside", "general", "seeds"]);
  const { items, categories } = await club.layout();
  expect(categories.map(({ name }) => name)).toEqual(["Inside", "Outside"]);
  expect(items.map(({ name }) => name)).toEqual(["general", "seeds"]);

  await chooseFor(page, "Garden club", "Order of the channels");
  await handle("Outside").press("ArrowUp");
  await club.channel("tools");
  await channel(page, "tools").waitFor({ state: "attached" });
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.getByText("Somebody has changed the channels").first().waitFor();
  await expect.poll(rows).toEqual(["tools", "Inside", "Outside", "general", "seeds"]);
});

test("on a phone a finger rests on a channel for its menu, and takes a category with its channels", async () => {
  const club = await Scene.open(site);
  const [outside, inside] = [await club.category("Outside"), await club.category("Inside")];
  await club.channel("seeds", { category_id: outside });
  await club.channel("pots", { category_id: inside });
  const page = await site.open({ person: club.ann, viewport: PHONE, hasTouch: true });
  const hand = await finger(page);
  await tab(page, "Garden club").tap();
  const middleOf = async (what: Locator): Promise<[number, number]> => {
    await what.waitFor();
    const box = await what.boundingBox();
    if (!box) throw new Error("it is not shown");
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  await expect.poll(() => shownRows(page)).toEqual(["general", "Outside", "seeds", "Inside", "pots"]);
  await hand.down(...(await middleOf(channel(page, "pots"))));
  await expect.poll(() => page.locator("[data-held=true]").count()).toBe(1);
  await hand.leave();
  await page.getByRole("menuitem", { name: "Edit the channel" }).tap();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).tap();

  await page.getByRole("button", { name: "Actions for Garden club", exact: true }).tap();
  await page.getByRole("menuitem", { name: "Order of the channels" }).tap();
  const dialog = page.getByRole("dialog");
  const [x, y] = await middleOf(dialog.getByRole("button", { name: "Move Inside" }));
  const [, to] = await middleOf(dialog.getByRole("button", { name: "Move Outside" }));
  await hand.down(x, y);
  await hand.move(x, to);
  await hand.leave();
  await dialog.getByRole("button", { name: "Save", exact: true }).tap();
  await expect.poll(() => shownRows(page)).toEqual(["general", "Inside", "pots", "Outside", "seeds"]);
});
