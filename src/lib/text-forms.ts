/**
 * The two forms of a text: the one that is stored, and the one in which search and filters compare it. The
 * server and the web client use this file, so it imports nothing.
 */

/**
 * A normalization sorts a run of marks, in a time that grows with the square of its length. UAX 15 calls runs
 * of up to 30 marks stream-safe, which is more than any script writes.
 */
const LONG_RUN = /(?<![\p{M}\uFF9E\uFF9F])([\p{M}\uFF9E\uFF9F]{30})[\p{M}\uFF9E\uFF9F]+/gu;
/** UTF-16 units: in a shorter text no run costs much. */
const MAY_HAVE_LONG_RUN = 1_000;

/**
 * A text as it is stored, and compared where letter by letter counts: NFC. The time is linear, as runs of
 * over 30 marks in long texts are cut: no name and no password is so long.
 */
export function storedForm(text: string): string {
  return bounded(text).normalize("NFC");
}

/** The text, without marks that would take long to sort: what it is read as before a normalization. */
export function bounded(text: string): string {
  return text.length > MAY_HAVE_LONG_RUN ? text.replace(LONG_RUN, "$1") : text;
}

/**
 * What is dropped after NFKC: accents, the vowel signs of Hebrew and Arabic with the tatweel, and what nobody
 * sees, as variation selectors and joiners. Not the tags of U+E0020, which alone tell the flags of England
 * and Scotland apart.
 */
const DROPPED =
  "\\u0300-\\u036F\\u0640[\\p{M}&&[\\p{scx=Hebr}\\p{scx=Arab}]][\\p{DI}--[\\u{E0020}-\\u{E007F}]]";
const ALL_DROPPED = new RegExp(`[${DROPPED}]`, "gv");

/** Letters with accents, in one character; a few others are among them. */
const COMPOSED =
  "\\xE0-\\u024F\\u0390\\u03AC-\\u03B0\\u03CA-\\u03CE\\u03D3\\u03D4\\u0450-\\u045F\\u0477\\u04C1-\\u04FF\\u0622-\\u0626\\u06C0\\u06C2" +
  "\\u06D3\\u1E00-\\u1FFF";
/** й, ў and ї: letters of their own, as the collation of Unicode has them. */
const OWN_LETTERS = "йўї";

/** What stands for one another, in NFKC and in lower case: a form, and the characters that have it. */
const ALIKE = new Map(
  [
    ...["σ:ς", "i:ı", "o:ø", "d:đð", "l:ł", "h:ħ", "t:ŧ", "ss:ß", "ae:æ", "oe:œ", "th:þ"],
    ...["\u064A:\u0649\u06CC", "\u0643:\u06A9"],
    "':\u2018\u2019\u201A\u2032\u02BB\u02BC\u05F3",
    '":\u201C\u201D\u201E\u05F4«»',
    "-:\u058A\u05BE\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212",
    " :\t\n\v\f\r\u1680\u2028\u2029",
  ].flatMap((line) => {
    const [form = "", others = ""] = line.split(":");
    return [...others].map((other): [string, string] => [other, form]);
  }),
);

/** All that is changed after NFKC and lower case. */
const CHANGED = new RegExp(`[${DROPPED}${COMPOSED}${[...ALIKE.keys()].join("")}]`, "gv");

/** What characters of `CHANGED` become, as far as they have occurred: some 1,000 at most. */
const known = new Map<string, string>();

/**
 * The form of a text in which it is compared: what people take for the same text has the same form. A text
 * contains another if its form contains the other's form.
 * - NFKC in lower case, without accents: `Ａ` is `a`, `ﬁ` is `fi`, `é` is `e`, `İ` and `ı` are `i`, `ß` is
 *   `ss`. Marks that make another letter stay: `が` is not `か`, `й` is not `и`.
 * - Without characters that nobody sees, and without the vowel signs of Hebrew and Arabic.
 * - Typographic quotes and dashes are those of ASCII, and white space of any length is one space.
 *
 * A text of which nothing would be left is compared as it is, so only `""` has an empty form. The time is
 * linear; a form has at most 18 times the UTF-16 units of its text (U+FDFA). It is its own form.
 */
export function comparisonForm(text: string): string {
  const folded = bounded(text).normalize("NFKC").toLowerCase();
  // What was dropped may have stood between two characters that compose, or between two spaces.
  const form = folded.replace(CHANGED, changedForm).normalize("NFC").replace(/ {2,}/g, " ");
  return form === "" ? bounded(text).normalize("NFKC") : form;
}

function changedForm(found: string): string {
  const form = known.get(found) ?? formOfCharacter(found);
  known.set(found, form);
  return form;
}

function formOfCharacter(character: string): string {
  if (OWN_LETTERS.includes(character)) return character;
  const base = character.normalize("NFKD").replace(ALL_DROPPED, "").normalize("NFC");
  return ALIKE.get(base) ?? base;
}
