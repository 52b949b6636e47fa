import { describe, expect, it } from "vitest";
import { excerpt } from "../src/excerpts/excerpt.ts";
import { occurrences } from "../src/excerpts/occurrences.ts";
import { hasWords, wordsOf } from "../src/text/matching.ts";

describe("what people look for", () => {
  it.each([
    ["jerome", "Jérôme Petit"],
    ["JÉRÔME".normalize("NFD"), "jerome"],
    ["petit  jero", "Jérôme Petit"],
    ["한글", "한글".normalize("NFD")],
    ["", "anybody"],
  ])("%j finds %j", (query, name) => {
    expect(hasWords(wordsOf(query), name)).toBe(true);
  });

  it("is found where all words are, and marked as a whole", () => {
    expect(hasWords(wordsOf("jerome klein"), "Jérôme Petit", "jp")).toBe(false);
    expect(hasWords(wordsOf("jp jerome"), "Jérôme Petit", "jp")).toBe(true);
    expect(occurrences("das 한글 Café".normalize("NFD"), "한글 cafe")).toEqual([
      { from: 4, to: 10 },
      { from: 11, to: 16 },
    ]);
    expect(occurrences("Anna and ann", "ann anna").map(({ from, to }) => [from, to])).toEqual([
      [0, 4],
      [9, 12],
    ]);
  });
});

it("is a text and no pattern: each sign stands for itself", () => {
  const signs = "well-known?(a|b)*[c]{1,2}^.$\\d/+&";
  expect(occurrences(`x ${signs} y`, signs)).toEqual([{ from: 2, to: 2 + signs.length }]);
});

describe("an excerpt", () => {
  const family = "👩‍👩‍👧";

  it("begins and ends between two characters, and has what was searched for", () => {
    const long = `${family.repeat(60)}needle${"e\u0301".repeat(300)}`;
    const shown = excerpt(long, "needle");
    const [, before = "", after = ""] = /^…(.*)needle(.*)…$/.exec(shown) ?? [];
    expect(before).toBe(family.repeat(before.length / family.length));
    expect(after).toBe("e\u0301".repeat(after.length / 2));
    expect([before.length > 30, shown.length > 200, shown.length < 260]).toEqual([true, true, true]);
  });

  it("has a character, however long it is", () => {
    const tall = `a${"\u0301".repeat(400)}`;
    expect(excerpt(tall, "")).toBe(tall);
    expect(excerpt(`${tall}b`, "")).toBe(`${tall}…`);
    expect(excerpt(`${" ".repeat(300)}b`, "")).toContain("b");
  });
});
