import { expect, test } from "vitest";
import { dress, findings, isTooWide, LOOKS } from "../support/axe.ts";
import { Site } from "../support/site.ts";
import { staff } from "../support/staff.ts";

const site = Site.alone();

/** A group in which messages were sent, and one was refused. */
async function talked(messages: number) {
  const [ann, ben, eve] = [await site.person("ann"), await site.person("ben"), await site.person("eve")];
  const { id } = await ann.openGroup("Hike", [ben]);
  for (let i = 0; i < messages; i++) await ann.send(id, `Message ${i}`);
  const body = { kind: "text", body: { text: "let me in" } };
  expect(await eve.refused("POST", `/v1/conversations/${id}/messages`, body)).toMatchObject({ status: 404 });
  return { ann, id };
}

test("staff sees what was sent and refused, and the page asks again by itself", async () => {
  const { ann, id } = await talked(2);
  const page = await site.open({ person: await staff(site, "auditor"), hash: "#/admin/numbers" });
  const tile = page.locator("dl > div").filter({ hasText: "Messages sent" });
  const sent = async () => Number(await tile.locator("strong").textContent());
  await tile.waitFor();
  const before = await sent();
  expect(before).toBeGreaterThanOrEqual(3);
  const refused = page.getByRole("table").filter({ hasText: "not_found" });
  await refused.getByRole("rowheader", { name: "not_found" }).waitFor();
  await page.getByRole("rowheader", { name: "Send · Parley API" }).waitFor();
  await tile.getByRole("img", { name: "The trend follows" }).waitFor();
  await ann.send(id, "one more");
  await expect.poll(sent).toBe(before + 1);
  await tile.getByRole("img", { name: "In the last 10 seconds 1; at most 1" }).waitFor();
});

test.each(["en-US", "zh-CN"] as const)(
  "the numbers have no serious finding, and fit (%s)",
  async (language) => {
    await talked(1);
    const page = await site.open({ person: await staff(site, "auditor"), language, hash: "#/admin/numbers" });
    await page.getByRole("table").first().waitFor();
    for (const look of LOOKS) {
      await dress(page, look);
      expect([look, await findings(page), await isTooWide(page)]).toEqual([look, [], false]);
    }
  },
);
