import { expect, test } from "vitest";
import { comparisonForm, storedForm } from "../../../src/lib/text-forms.ts";
import { zonedTime } from "../../../src/lib/time-zone.ts";

/** What people type, and a text in which they look for it: they take one for the other. */
const FOUND: [string, string, string][] = [
  ["full width is narrow", "ab", "ＡＢＣ"],
  ["units and ligatures are letters", "5kg fin", "５㎏ ﬁn"],
  ["Chinese stays, its signs have a width", "了吗?", "吃了吗？"],
  ["kana of half width", "ハンガ", "ﾊﾝｶﾞ"],
  ["a selector is not seen", "❤️", "❤"],
  ["nor is its absence", "❤", "❤️"],
  ["a family is found as it is", "👨‍👩‍👧", "the 👨‍👩‍👧 is here"],
  ["a hand in any tone", "👍", "👍🏽"],
  ["the capital of i with a dot", "istanbul", "İstanbul"],
  ["the small i without one", "IRMAK", "ırmak"],
  ["both small sigmas are one, with and without accents", "ΟΔΟΣ", "η οδός"],
  ["accents", "jose cafe", "José café"],
  ["accents that were typed apart", "é", "E\u0301"],
  ["more than one accent", "viet nam dong", "Việt Nam Đồng"],
  ["ß", "STRASSE", "Straße"],
  ["letters with a stroke", "lukasz soren", "Łukasz Søren"],
  ["ё", "елка", "ёлка"],
  ["a soft hyphen", "together", "to\u00adge\u00adther"],
  ["a zero-width space, and a word joiner", "together", "to\u200bge\u2060ther"],
  ["a byte order mark", "together", "\ufefftogether"],
  ["joiners of Persian", "میخواهم", "می\u200cخواهم"],
  ["a non-breaking hyphen", "e-mail", "e\u2011mail"],
  ["dashes", "1990-1995 - a", "1990–1995 — a"],
  ["an apostrophe", "don't", "don’t"],
  ["quotes", '"well"', "„well“"],
  ["a line break", "foo bar", "foo\nbar"],
  ["white space of any length", "foo bar", "foo \r\n\u3000 bar"],
  ["vowel signs of Hebrew", "שלום", "שָׁלוֹם"],
  ["vowel signs of Arabic, and a tatweel", "مرحبا", "مَرْحَبـــًا"],
  ["hamza over alef", "احمد", "أحمد"],
  ["yeh and kaf of a Persian keyboard", "علي كتاب", "علی کتاب"],
];

test.each(FOUND)("search finds what looks alike: %s", (_, typed, text) => {
  expect(comparisonForm(text)).toContain(comparisonForm(typed));
});

test.each([
  ["another letter of Japanese", "か", "が"],
  ["another letter of Russian", "мои", "мой"],
  ["another letter of Ukrainian", "ті", "тї"],
  ["a vowel of Hindi", "क", "क\u093f"],
  ["another flag", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"],
  ["another relation", "a=b", "a≠b"],
])("search tells apart: %s", (_, one, other) => {
  expect(comparisonForm(one)).not.toBe(comparisonForm(other));
});

test("a form is its own form, is never empty, and grows by 18 at most, for each character", () => {
  for (let point = 0; point < 0x110000; point++) {
    // Letters without marks and cases, of which there are many; surrogates; planes without characters.
    if (point === 0x3400 || point === 0xac00) point = point === 0x3400 ? 0xa000 : 0xe000;
    if (point === 0x20000) point = 0xe0000;
    if (point === 0xe1000) break;
    const text = String.fromCodePoint(point);
    for (const around of [text, `e${text}`, `か${text}\u3099`, ` ${text} `]) {
      const form = comparisonForm(around);
      if (form === "" || form.length > 18 * around.length || comparisonForm(form) !== form)
        expect.fail(`U+${point.toString(16)}: ${JSON.stringify([around, form])}`);
    }
    const plain = comparisonForm(`e${text}`).normalize("NFD");
    const isAccented = /^[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}]$/u.test(text);
    if (isAccented && /[\u0300-\u036f]/.test(plain) && !/[йўї]/u.test(plain.normalize("NFC")))
      expect.fail(`U+${point.toString(16)} keeps its accent`);
  }
});

test("marks without end are cut before they are sorted", () => {
  const piled = `a${"\u05b0\u0301".repeat(4_000)}`;
  expect(comparisonForm(piled)).toBe("a");
  // Marks that stay in the form show the bound.
  const stays = `क${"\u093c\u094d\u0951\u0952".repeat(2_000)}`;
  expect(comparisonForm(stays).length).toBeLessThan(40);
  expect(storedForm(piled).length).toBeLessThan(40);
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
