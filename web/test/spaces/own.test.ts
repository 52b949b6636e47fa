import { expect, test } from "vitest";
import { findings } from "../support/axe.ts";
import { Site } from "../support/site.ts";
import { chooseFor, Scene, tab } from "./scene.ts";

const site = Site.forFile();

test("a member mutes a space, has a name of their own in it, and its channels get slow by the settings", async () => {
  const club = await Scene.open(site);
  const { ann, bob } = club;
  const bobs = await site.open({ person: bob });
  await tab(bobs, "Garden club").click();
  const muted = bobs.getByRole("img", { name: "You have muted this space" });
  await chooseFor(bobs, "Garden club", "Mute");
  await muted.waitFor();
  expect(await findings(bobs)).toEqual([]);
  const stored = async (by = bob) => Object(await by.call("GET", club.path));
  expect(await stored()).toMatchObject({ muted_until: -1 });
  expect(await stored(ann)).toMatchObject({ muted_until: 0 });
  await chooseFor(bobs, "Garden club", "Unmute");
  await muted.waitFor({ state: "detached" });

  await chooseFor(bobs, "Garden club", "Members");
  await chooseFor(bobs, bob.user.username, "Your name in this space");
  const dialog = bobs.getByRole("dialog", { name: "Your name in this space" });
  await dialog.getByRole("textbox").fill("Bob, seeds");
  await dialog.getByRole("button", { name: "Save" }).click();
  await bobs.getByRole("dialog", { name: "Members" }).getByText("Bob, seeds").waitFor();
  expect(await findings(bobs)).toEqual([]);

  const page = await site.open({ person: ann });
  await tab(page, "Garden club").click();
  await chooseFor(page, "Garden club", "Members");
  const members = page.getByRole("dialog", { name: "Members" });
  await members.getByText("Bob, seeds").waitFor();
  await page.keyboard.press("Escape");
  await members.waitFor({ state: "detached" });
  await chooseFor(page, "Garden club", "Edit the space");
  await page.getByLabel("Slow mode of channels").selectOption("30");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await stored(ann)).toMatchObject({ slow_mode_s: 30 });
});

test("a user puts their spaces into an order, which all their devices have", async () => {
  const club = await Scene.open(site);
  const { ann } = club;
  for (const name of ["Bees", "Compost"]) await club.another(name);
  const page = await site.open({ person: ann });
  await tab(page, "Garden club").click();
  const tabs = () => page.locator(".space-tabs button bdi").allInnerTexts();
  await expect.poll(tabs).toEqual(["Compost", "Bees", "Garden club"]);
  await chooseFor(page, "Garden club", "Order of your spaces");
  const dialog = page.getByRole("dialog", { name: "Order of your spaces" });
  const handle = (name: string) => dialog.getByRole("button", { name: `Move ${name}` });
  await handle("Garden club").press("ArrowUp");
  await dialog.getByRole("status").getByText("Garden club: 2 of 3").waitFor();
  await page.keyboard.press("ArrowUp");
  expect(await findings(page)).toEqual([]);
  const [from, to] = [await handle("Compost").boundingBox(), await handle("Bees").boundingBox()];
  if (!from || !to) throw new Error("a handle is not shown");
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  for (let y = from.y; y <= to.y + to.height; y += 8) await page.mouse.move(from.x + 5, y);
  await page.mouse.up();
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await expect.poll(tabs).toEqual(["Garden club", "Bees", "Compost"]);
  const { items } = Object(await ann.call("GET", "/v1/spaces"));
  expect(items.map(({ name }: { name: string }) => name)).toEqual(["Garden club", "Bees", "Compost"]);
});
