import { expect, test } from "vitest";
import { findings } from "../support/axe.ts";
import { Site } from "../support/site.ts";
import { composer } from "../support/talk.ts";
import { channel, chooseFor, Scene, tab } from "./scene.ts";

const site = Site.forFile();

test("a space that its owner opens to all is found by its description, and joined", async () => {
  const club = await Scene.open(site);
  const cem = await site.person("cem");
  const page = await site.open({ person: club.ann });
  await tab(page, "Garden club").click();
  await chooseFor(page, "Garden club", "Edit the space");
  await page.getByRole("textbox", { name: "Description" }).fill(`Soil, seeds and tools ${club.id}`);
  await page.getByRole("checkbox", { name: "Anybody on this server" }).check();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText(`Soil, seeds and tools ${club.id}`).waitFor();

  const cems = await site.open({ person: cem, hash: "#/new" });
  await cems.getByRole("button", { name: "Find a space" }).click();
  const found = cems.getByRole("list", { name: "Find a space" }).getByRole("listitem");
  await cems.getByRole("searchbox", { name: "Name or description" }).fill("nothing like it");
  await cems.getByText("No space is called so.").waitFor();
  await cems.getByRole("searchbox", { name: "Name or description" }).fill(`SEEDS and Tools ${club.id}`);
  await found.getByText("2 members").waitFor();
  expect(await findings(cems)).toEqual([]);
  await cems.getByRole("button", { name: "Join Garden club" }).click();
  await composer(cems).waitFor();
  await channel(cems, "general").waitFor();
});
