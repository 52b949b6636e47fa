import { expect, test, vi } from "vitest";
import { short } from "../src/i18n/format.ts";
import { showLocale } from "../src/i18n/i18n.ts";
import { Site } from "./support/site.ts";
import { row, stored } from "./support/talk.ts";

const site = Site.forFile();

const NOW = new Date(2026, 4, 20, 12).getTime();
test.each([
  ["en", "en-US", ["2:05 PM", "Thu", "May 3", "12/31/25"]],
  ["en", "en-GB", ["14:05", "Thu", "3 May", "31/12/2025"]],
  ["en", "en-US@posix", ["2:05 PM", "Thu", "May 3", "12/31/25"]],
  // What the device speaks is not on screen.
  ["en", "de", ["2:05 PM", "Thu", "May 3", "12/31/25"]],
  ["zh", "en-GB", ["14:05", "周四", "5月3日", "2025/12/31"]],
] as const)("a list of %s on a device of %s has short times", async (language, device, times) => {
  vi.stubGlobal("navigator", { language: device });
  await showLocale(language);
  const at = [
    new Date(2026, 4, 20, 14, 5),
    new Date(2026, 4, 14),
    new Date(2026, 4, 3),
    new Date(2025, 11, 31),
  ];
  expect(at.map((one) => short(one.getTime(), NOW).replace(/\s/g, " "))).toEqual(times);
  vi.unstubAllGlobals();
});

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
  const timeZone = "Asia/Kathmandu";
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Emulation.setTimezoneOverride", { timezoneId: timeZone });
  await page.clock.fastForward(60_000);
  const clock = { hour: "numeric", minute: "2-digit", timeZone } as const;
  const there = new Intl.DateTimeFormat("en", clock).format(at);
  await expect.poll(() => time.innerText()).toBe(there);
  await expect.poll(() => listed.innerText()).toBe(there);
  await page.clock.fastForward(
    await page.evaluate(() => new Date().setHours(24, 0, 0, 0) - Date.now() + 1_000),
  );
  await expect.poll(() => heading.innerText()).toBe("Yesterday");
  const weekday = new Intl.DateTimeFormat("en", { weekday: "short", timeZone });
  await expect.poll(() => listed.innerText()).toBe(weekday.format(at));
  const inFull = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "short", timeZone });
  await expect.poll(() => listed.getAttribute("title")).toBe(inFull.format(at));
});
