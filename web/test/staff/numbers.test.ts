import { expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { findings } from "../support/axe.ts";
import { DESKTOP, PHONE, Site } from "../support/site.ts";

const site = Site.alone();

/** Registers a user who reads what staff reads. */
async function auditor(): Promise<Person> {
  const person = await site.person("auditor");
  const answer = await fetch(`${site.origin}/v1/server/users/${person.user.id}`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${site.server.serverKey}`, "Content-Type": "application/json" },
    body: JSON.stringify({ role: "auditor" }),
  });
  expect(answer.status).toBe(200);
  return person;
}

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
  const page = await site.open({ person: await auditor(), hash: "#/admin/numbers" });
  const tile = page.locator("dl > div").filter({ hasText: "Messages sent" });
  const sent = async () => Number(await tile.locator("strong").textContent());
  await tile.waitFor();
  const before = await sent();
  expect(before).toBeGreaterThanOrEqual(3);
  const refused = page.getByRole("table").filter({ hasText: "not_found" });
  await refused.getByRole("rowheader", { name: "not_found" }).waitFor();
  await page.getByRole("rowheader", { name: "Send v1" }).waitFor();
  await tile.getByRole("img", { name: "The course follows" }).waitFor();
  await ann.send(id, "one more");
  await expect.poll(sent).toBe(before + 1);
  await tile.getByRole("img", { name: "In the last 10 seconds 1; at most 1" }).waitFor();
});

for (const theme of ["light", "dark"] as const)
  test(`the numbers have no serious finding, and fit (${theme})`, async () => {
    await talked(1);
    const person = await auditor();
    for (const viewport of [DESKTOP, PHONE])
      for (const language of ["en-US", "zh-CN"] as const) {
        const page = await site.open({ person, theme, viewport, language, hash: "#/admin/numbers" });
        await page.getByRole("table").first().waitFor();
        expect([viewport, language, await findings(page)]).toEqual([viewport, language, []]);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width).toBeLessThanOrEqual(viewport.width);
      }
  });
