import { expect, test } from "vitest";
import { hiddenFlaw } from "../../../src/domain/names/characters.ts";
import CONFUSABLES from "../../../src/domain/names/confusables.json" with { type: "json" };
import { lookAlikeKeys } from "../../../src/domain/names/look-alike.ts";

/** Whether two names share a key. */
const alike = (a: string, b: string) => lookAlikeKeys(a).some((key) => lookAlikeKeys(b).includes(key));

test.each([
  ["paypal", "PayPal"],
  ["paypal", "PaypaI"],
  ["paypai", "PaypaI"],
  ["paypal", "раураl"],
  ["paypal", "ｐａｙｐａｌ"],
  ["mark", "Μark"],
  ["mark", "rnark"],
  ["user10", "userIo"],
  ["straße", "STRASSE"],
  ["ΣΑΣ", "σας"],
  ["boss", "bo\u034fss\u3164"],
])("%s and %s look alike", (a, b) => {
  expect(alike(a, b)).toBe(true);
});

test.each([
  ["paypal", "paypai"],
  ["anna", "hanna"],
  ["café", "cafe"],
  ["小林", "大林"],
  ["user12", "user21"],
])("%s and %s do not", (a, b) => {
  expect(alike(a, b)).toBe(false);
});

test("a key has itself as its only key, whichever character it comes from", () => {
  const characters = CONFUSABLES.lines
    .flatMap((line) => line.split(/[\s:+]+/))
    .map((hex) => String.fromCodePoint(Number.parseInt(hex, 16)));
  expect(characters.length).toBeGreaterThan(2_000);
  for (const character of characters) {
    for (const key of lookAlikeKeys(`a${character}b`)) expect(lookAlikeKeys(key)).toEqual([key]);
  }
});

test("a character that gives nothing to see is refused anywhere, and its number is named", () => {
  for (const hidden of ["\u00ad", "\u200b", "\u200e", "\u202e", "\u2066", "\u3164", "\ufeff", "\u{e0001}"]) {
    for (const text of [hidden, `a${hidden}`, `${hidden}a`, `😀${hidden}`, `می${hidden}خ`]) {
      const number = hidden.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
      expect(hiddenFlaw(text)).toContain(`U+${number}`);
    }
  }
});
