import { expect, test } from "vitest";
import { z } from "zod";
import { findings } from "../support/axe.ts";
import { newest } from "../support/history.ts";
import { Site } from "../support/site.ts";
import { composer, stored } from "../support/talk.ts";
import { channel, Scene, tab } from "./scene.ts";

const site = Site.forFile();
const Channels = z.object({ items: z.array(z.object({ id: z.number() })) });

test("an @ offers the roles that one may mention, and who is online; both are sent, drawn and kept for later", async () => {
  const club = await Scene.open(site);
  const { ann, bob } = club;
  const design = await club.role({ name: "Design team", color: "#2f855a", mentionable: true });
  const hosts = await club.role({ name: "Hosts", color: "#123456" });
  await ann.call("PUT", `${club.path}/members/${bob.user.id}/roles/${design}`);
  const [general] = Channels.parse(await club.layout()).items;
  const id = general?.id ?? 0;
  const page = await site.open({ person: ann });
  await tab(page, "Garden club").click();
  await channel(page, "general").click();
  const offered = page.getByRole("listbox").getByRole("option");
  const names = () => offered.allInnerTexts().then((all) => all.map((one) => one.split("\n")[1]));
  await composer(page).pressSequentially("Ask @");
  await expect.poll(names).toEqual([bob.user.username, "Design team", "Hosts", "here", "all"]);
  expect(await findings(page)).toEqual([]);
  await composer(page).pressSequentially("Des");
  await expect.poll(names).toEqual(["Design team"]);
  await page.keyboard.press("Enter");
  await composer(page).pressSequentially("and @here, please");
  await composer(page).press("Enter");
  await stored(page, "Ask @Design team and @here, please").waitFor();
  const reached = { mentions: [bob.user.id], mention_roles: [design], mention_here: true };
  await expect.poll(() => newest(ann, id)).toMatchObject(reached);
  const chips = page.locator(".mention");
  await expect.poll(() => chips.allInnerTexts()).toEqual(["@Design team", "@here"]);
  const color = () => chips.first().evaluate((one) => getComputedStyle(one).getPropertyValue("--role"));
  await expect.poll(color).toBe("#2f855a");
  expect(await findings(page)).toEqual([]);

  // What waits for its time names them, too.
  await composer(page).fill("Later, @Hosts");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("menuitem", { name: "Send later" }).click();
  const scheduled = page.waitForResponse((answer) => answer.request().method() === "POST");
  await page.getByRole("button", { name: "Schedule", exact: true }).click();
  const answer = await scheduled;
  expect(answer.ok()).toBe(true);
  expect(answer.request().postDataJSON()).toMatchObject({ mention_roles: [hosts] });

  // Bob may mention one of them alone, and finds it without a choice.
  const bobs = await site.open({ person: bob, hash: `#/c/${id}` });
  await expect.poll(() => bobs.locator(".mention").allInnerTexts()).toEqual(["@Design team", "@here"]);
  await composer(bobs).pressSequentially("@");
  const bobsOffer = bobs.getByRole("listbox").getByRole("option");
  await expect
    .poll(() => bobsOffer.allInnerTexts().then((all) => all.map((one) => one.split("\n")[1])))
    .toEqual([ann.user.username, "Design team"]);
  await composer(bobs).fill("@Hosts, @here and @Design team: thanks");
  await composer(bobs).press("Enter");
  await stored(bobs, "thanks").waitFor();
  const sent = Object(await newest(bob, id));
  expect([sent.mention_roles, sent.mention_here]).toEqual([[design], undefined]);
});
