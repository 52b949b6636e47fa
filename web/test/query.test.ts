import { describe, expect, it } from "vitest";
import { beginOf, begunFilter, formatQuery, parseQuery, readDay } from "../src/search/query.ts";

describe("a search", () => {
  it("is read as it was written", () => {
    const filters = { from: 7, in: 5, after: "2026-01-02", before: "2026-03-04", has: "image" } as const;
    for (const query of [
      { text: "", filters: {} },
      { text: "the  map ", filters: {} },
      { text: "the map", filters },
      { text: "", filters: { in: 5 } },
    ])
      expect(parseQuery(formatQuery(query))).toEqual(query);
  });

  it("takes a filter out of the words once something stands behind it", () => {
    expect(parseQuery("map has:file")).toEqual({ text: "map has:file", filters: {} });
    expect(parseQuery("map has:FILE tent")).toEqual({ text: "map tent", filters: { has: "file" } });
    expect(parseQuery("after：2026/1/2 map")).toEqual({ text: "map", filters: { after: "2026-01-02" } });
  });

  it("leaves what is no filter in the words", () => {
    for (const text of [
      "https://x.example/in:#5 a",
      "has:love b",
      "from:ann c",
      "after:2026-02-30 d",
      "in:#0 e",
    ])
      expect(parseQuery(text)).toEqual({ text, filters: {} });
  });

  it("knows the filter that is being written", () => {
    expect(begunFilter("map from:an")).toEqual({ filter: "from", value: "an", before: "map " });
    expect(begunFilter("in:Lake trip")).toEqual({ filter: "in", value: "Lake trip", before: "" });
    expect(begunFilter("Begin:")).toBeNull();
    expect(begunFilter("map")).toBeNull();
  });

  it("knows days that there are", () => {
    expect(["2026-1-2", "2026年1月2日", "2024.02.29"].map(readDay)).toEqual([
      ...["2026-01-02", "2026-01-02", "2024-02-29"],
    ]);
    expect(["2026-02-29", "2026-13-01", "2026", "yesterday"].map(readDay)).toEqual([null, null, null, null]);
    expect(beginOf("2026-12-31", 1)).toBe(new Date(2027, 0, 1).getTime());
  });
});
