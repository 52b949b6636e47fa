import { expect, test } from "vitest";
import { LruMap } from "../../../src/lib/lru-map.ts";

test("a new entry replaces the one that was used longest ago", () => {
  let capacity = 2;
  const map = new LruMap<string, { name: string }>(() => capacity);
  for (const name of ["a", "b"]) map.set(name, { name });
  expect(map.get("a")).toEqual({ name: "a" });
  map.set("c", { name: "c" });
  expect(["a", "b", "c"].map((name) => map.has(name))).toEqual([true, false, true]);
  // Neither look is a use.
  expect(map.peek("a")).toEqual({ name: "a" });
  map.set("e", { name: "e" });
  expect(["a", "c", "e"].map((name) => map.has(name))).toEqual([false, true, true]);
  expect(map.peek("a")).toBeUndefined();
  capacity = 1;
  map.set("d", { name: "d" });
  expect([...map.entries()].map(([name]) => name)).toEqual(["d"]);
});
