/**
 * Which characters a name may have. A name stands beside others in lists and logs: a character that nobody
 * sees, or that turns the text around, makes it look like another name.
 */

/** Control characters, ends of lines and paragraphs, and marks of annotations. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\uFFF9-\uFFFB]/u;
/** Characters that have no glyph. Those that change the direction of a text are among them. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/** Scripts whose letters are joined or kept apart inside of words by U+200C and U+200D. */
const JOINING =
  "[[\\p{L}\\p{M}]&&[\\p{scx=Arab}\\p{scx=Syrc}\\p{scx=Mand}\\p{scx=Mong}\\p{scx=Nkoo}\\p{scx=Phag}\\p{scx=Adlm}" +
  "\\p{scx=Rohg}\\p{scx=Deva}\\p{scx=Beng}\\p{scx=Guru}\\p{scx=Gujr}\\p{scx=Orya}\\p{scx=Taml}\\p{scx=Telu}" +
  "\\p{scx=Knda}\\p{scx=Mlym}\\p{scx=Sinh}\\p{scx=Khmr}\\p{scx=Mymr}\\p{scx=Java}\\p{scx=Bali}\\p{scx=Cakm}]]";
/** The signs of these scripts that take the vowel from a letter. A word may end with one and U+200D. */
const VIRAMA =
  "[\\u094D\\u09CD\\u0A4D\\u0ACD\\u0B4D\\u0BCD\\u0C4D\\u0CCD\\u0D4D\\u0DCA\\u1039\\u17D2\\u1B44\\uA9C0\\u{11133}]";

/**
 * The places where invisible characters belong to the text: emoji, variants of Han and Mongolian letters, and
 * joiners between letters of scripts that need them (RFC 5892, appendix A.1 and A.2, without joining types).
 */
const MEANINGFUL = [
  "\\p{RGI_Emoji}",
  "\\p{ExtPict}(?:\\p{EMod}|[\\uFE0E\\uFE0F])?(?:\\u200D\\p{ExtPict}(?:\\p{EMod}|\\uFE0F)?)*",
  "\\p{sc=Han}[\\uFE00-\\uFE02\\u{E0100}-\\u{E01EF}]",
  "\\p{sc=Mong}[\\u180B-\\u180D\\u180F]",
  `(?<=${JOINING})[\\u200C\\u200D](?=${JOINING})`,
  `(?<=${VIRAMA})\\u200D`,
].join("|");
const MEANINGFUL_PLACES = new RegExp(MEANINGFUL, "gv");
/** A control character, or an invisible one; or, as the first group, what is there for a reason. */
const HIDDEN_OR_MEANINGFUL = new RegExp(`(${MEANINGFUL})|${CONTROL.source}|${INVISIBLE.source}`, "gv");

/** More marks over one letter than any script writes, and the same mark twice. UTS 39, section 5.4. */
const PILED_MARKS = /[\p{Mn}\p{Me}]{5}|(\p{Mn})\1/u;

/** A character that one sees, and that is no mark over another. U+2800 is an empty pattern of Braille. */
const VISIBLE = /[^\p{M}\p{Z}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** What leaves ink in a text. Other than in a name, a mark alone and a private character do. */
const SEEN = /[^\p{Z}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether a text has more than blanks and invisible characters. */
export function hasVisible(text: string): boolean {
  return SEEN.test(text);
}

/**
 * The reason why a text cannot stand beside others, or null: it has a control character, or one that is
 * invisible or changes the direction. Emoji, and joiners between letters that need them, are allowed.
 */
export function hiddenFlaw(text: string): string | null {
  const control = CONTROL.exec(text) ?? null;
  if (control) return mustNotHold(control[0], "a control character");
  if (!INVISIBLE.test(text)) return null;
  const hidden = INVISIBLE.exec(text.replace(MEANINGFUL_PLACES, "x"));
  return hidden && mustNotHold(hidden[0], "an invisible character");
}

/**
 * A text without what `hiddenFlaw` refuses: `_` stands for a control character, nothing for an invisible one.
 */
export function withoutHidden(text: string): string {
  return text.replace(
    HIDDEN_OR_MEANINGFUL,
    (found, meaningful?: string) => meaningful ?? (CONTROL.test(found) ? "_" : ""),
  );
}

/** As `hiddenFlaw`, without any exception: for usernames, which people type and compare. */
export function hiddenFlawOfUsername(text: string): string | null {
  const hidden = INVISIBLE.exec(text);
  return hidden ? mustNotHold(hidden[0], "an invisible character") : hiddenFlaw(text);
}

/** The reason why a name cannot be read, or null: nothing of it is visible, or marks are piled up. */
export function unreadableFlaw(text: string): string | null {
  if (!VISIBLE.test(text)) return "must have a visible character";
  if (PILED_MARKS.test(text.normalize("NFD")))
    return "must not have the same mark twice over a letter, nor more than 4 marks";
  return null;
}

function mustNotHold(char: string, what: string): string {
  const number = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `must not hold U+${number}, ${what}`;
}
