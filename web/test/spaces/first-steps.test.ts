import { expect, test } from "vitest";
import { findings } from "../support/axe.ts";
import { PHONE, Site } from "../support/site.ts";
import { composer } from "../support/talk.ts";
import { channel, tab } from "./scene.ts";

const site = Site.forFile();

test("on a phone the owner of a new space invites, and adds a channel, where a thumb is", async () => {
  const [ann, bob] = [await site.person("ann"), await site.person("bob")];
  const page = await site.open({ person: ann, hash: "#/new", viewport: PHONE, hasTouch: true });
  await page.getByRole("button", { name: "New space" }).tap();
  await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("Garden club");
  await page.getByRole("button", { name: "Make the space" }).tap();
  const steps = page.getByRole("main").getByRole("button");
  const step = (name: string) => steps.filter({ hasText: name });
  const isLow = async (name: string) => ((await step(name).boundingBox())?.y ?? 0) > PHONE.height / 2;
  for (const name of ["Invite people", "Add a channel", "Give it a picture"])
    await expect.poll(() => isLow(name)).toBe(true);
  expect(await findings(page)).toEqual([]);

  await step("Invite people").tap();
  const link = await page.getByRole("textbox", { name: "Invitation link" }).inputValue();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).tap();
  await step("Add a channel").tap();
  await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("seeds");
  await page.getByRole("button", { name: "Add the channel" }).tap();
  await page.getByRole("heading", { name: "# seeds" }).waitFor();
  await step("Give it a picture").waitFor();
  await expect.poll(() => step("Add a channel").count()).toBe(0);

  const bobs = await site.open({ person: bob, hash: new URL(link).hash });
  await bobs.getByRole("button", { name: "Join" }).click();
  await composer(bobs).waitFor();
  await bobs.getByText("No messages yet.").waitFor();

  // One level up: the channels, and the choice between spaces below them.
  await page.getByRole("link", { name: "Back to the list" }).tap();
  await channel(page, "seeds").waitFor();
  const low = async () => ((await tab(page, "Garden club").boundingBox())?.y ?? 0) > PHONE.height * 0.9;
  await expect.poll(low).toBe(true);
  expect(await findings(page)).toEqual([]);
  await channel(page, "seeds").tap();
  await step("Give it a picture").waitFor();
  await expect.poll(() => step("Invite people").count()).toBe(0);
});
