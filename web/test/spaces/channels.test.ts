import { expect, test } from "vitest";
import { findings } from "../support/axe.ts";
import { Site } from "../support/site.ts";
import { channel, Scene, shownRows, tab } from "./scene.ts";

const site = Site.forFile();

test("channels stand below their categories, and the rail says in which spaces there is something new", async () => {
  const club = await Scene.open(site);
  const { ann, bob } = club;
  const outside = await club.category("Outside");
  const seeds = await club.channel("seeds", { category_id: outside });
  await club.channel("compost", { category_id: outside });
  const choir = await club.another("Choir");
  const [general] = (await choir.layout()).items;
  await bob.send(Number(general?.id), "Who sings?");
  const asking = { kind: "text", body: { text: "Ann?" }, client_msg_id: "m1", mentions: [ann.user.id] };
  await bob.call("POST", `/v1/conversations/${seeds}/messages`, asking);

  const page = await site.open({ person: ann });
  const sums = Object(await ann.call("GET", "/v1/me/unread")).spaces;
  expect(sums).toEqual([
    { space_id: club.id, unread_count: 1, mention_count: 1 },
    { space_id: choir.id, unread_count: 1, mention_count: 0 },
  ]);
  await tab(page, "Garden club").getByLabel("1 unread mention").waitFor();
  await tab(page, "Choir").getByLabel("1 unread message").waitFor();
  await expect.poll(() => tab(page, "Choir").innerText()).not.toContain("1");

  await tab(page, "Garden club").click();
  await expect.poll(() => shownRows(page)).toEqual(["general", "Outside", "seeds", "compost"]);
  // A category that is folded shows what calls for the user, and stays folded.
  const category = page.getByRole("button", { name: "Outside", exact: true });
  await category.press("Enter");
  await expect.poll(() => shownRows(page)).toEqual(["general", "Outside", "seeds"]);
  expect(await findings(page)).toEqual([]);
  await page.reload();
  await tab(page, "Garden club").click();
  await channel(page, "seeds").click();
  await expect.poll(() => tab(page, "Garden club").getByRole("img").count()).toBe(0);
  await channel(page, "general").click();
  await expect.poll(() => shownRows(page)).toEqual(["general", "Outside"]);
  await expect.poll(() => category.getAttribute("aria-expanded")).toBe("false");
  await category.click();
  await channel(page, "compost").waitFor();
});
