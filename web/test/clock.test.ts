import { expect, test } from "vitest";
import { Site } from "./support/site.ts";
import { row, stored } from "./support/talk.ts";

const site = Site.forFile();

test("times on screen follow the day and the time zone of the device", async () => {
  const [ben, ann, id] = await site.direct("ben", "ann");
  const { created_at: at } = await ben.send(id, "Hello");
  const page = await (await site.device({ person: ann })).newPage();
  await page.clock.install({ time: Date.now() });
  await page.goto(`${site.origin}/#/c/${id}`);
  const heading = page.getByRole("heading", { level: 3 });
  const time = stored(page, "Hello").locator("time");
  const listed = row(page, ben.user.username).locator("time");
  await expect.poll(() => heading.innerText()).toBe("Today");
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Emulation.setTimezoneOverride", { timezoneId: "Asia/Kathmandu" });
  await page.clock.fastForward(60_000);
  const clock = { hour: "numeric", minute: "2-digit", timeZone: "Asia/Kathmandu" } as const;
  const there = new Intl.DateTimeFormat("en", clock).format(at);
  await expect.poll(() => time.innerText()).toBe(there);
  await expect.poll(() => listed.innerText()).toBe(there);
  await page.clock.fastForward(
    await page.evaluate(() => new Date().setHours(24, 0, 0, 0) - Date.now() + 1_000),
  );
  await expect.poll(() => heading.innerText()).toBe("Yesterday");
  const weekday = new Intl.DateTimeFormat("en", { weekday: "short", timeZone: "Asia/Kathmandu" });
  await expect.poll(() => listed.innerText()).toBe(weekday.format(at));
});
