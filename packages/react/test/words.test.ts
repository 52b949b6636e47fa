import { describe, expect, it } from "vitest";
import { excerpt } from "../src/excerpts/excerpt.ts";
import { occurrences } from "../src/excerpts/occurrences.ts";
import { pastedFiles } from "../src/pasted/pasted-files.ts";
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

it.each([
  ["nothing", "", 2],
  ["names", "a 1.txt\ré.png", 2],
  ["paths", "/home/ann/a 1.txt\n/home/ann/e\u0301.png\n", 2],
  ["paths of Windows", "C:\\Ann\\a 1.txt\r\nC:\\Ann\\é.png", 2],
  ["addresses", "file:///home/ann/a%201.txt\nfile:///home/ann/%C3%A9.png", 2],
  ["a text", "Total: 12", 0],
  ["a name within a text", "See a 1.txt", 0],
])("files are pasted where %s come with them, and not where a text does", (_, text, count) => {
  const files = [new File([], "a 1.txt"), new File([], "é.png")];
  expect(pastedFiles({ files, getData: () => text })).toHaveLength(count);
});
