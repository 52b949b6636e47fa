import { expect, test } from "vitest";
import { normalizeForSearch } from "../../../src/domain/messages/search-normalization.ts";
import { zonedTime } from "../../../src/lib/time-zone.ts";

test.each([
  ["full width is narrow", "ＡＢＣ", "abc"],
  ["units are letters", "５㎏", "5kg"],
  ["ligatures are letters", "ﬁn", "fin"],
  ["both small sigmas are one", "ΟΔΟΣ ς", "οδοσ σ"],
  ["ß is no ss", "Straße", "straße"],
  ["Chinese stays", "吃了吗？", "吃了吗?"],
])("search folds a text: %s", (_, text, folded) => {
  expect(normalizeForSearch(text)).toBe(folded);
  expect(normalizeForSearch(folded)).toBe(folded);
});

test("a time is formatted as local time of its zone", () => {
  const time = Date.UTC(2026, 10, 20, 23, 25, 7);
  expect(zonedTime(time, "Asia/Shanghai")).toBe("2026-11-21 07:25:07");
  expect(zonedTime(time, "UTC")).toBe("2026-11-20 23:25:07");
  expect(zonedTime(time, "America/New_York")).toBe("2026-11-20 18:25:07");
  for (const [later, shown] of [
    [999, "07"],
    [1_000, "08"],
    [-1, "06"],
  ] as const)
    expect(zonedTime(time + later, "UTC")).toBe(`2026-11-20 23:25:${shown}`);
});
