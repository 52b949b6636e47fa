/** Scripts that put no blanks between words, or add endings to a name as it is: any letter may end a word. */
const WITHOUT_BLANKS =
  "[\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Bopo}\\p{sc=Hang}\\p{sc=Thai}\\p{sc=Laoo}\\p{sc=Khmr}\\p{sc=Mymr}]";
/** A letter, mark or digit that belongs to the word of those beside it. */
const LETTER = `[[\\p{L}\\p{M}\\p{N}]--${WITHOUT_BLANKS}]`;

const BEHIND_WORD = new RegExp(`(?<=${LETTER})`, "vy");
/** `@ann_marie`, `@ann-marie`, `@ann.lee` and `@ann@social.example` do not name `ann`. */
const IN_WORD = new RegExp(`(?<=${LETTER}|_)(?=[_\\-.@]?${LETTER})`, "vy");
/** What of a host stands before text of a script without blanks. */
export const ASCII_BEFORE_TEXT = new RegExp(`^[a-z0-9\\-]+(?=${WITHOUT_BLANKS})`, "iv");

/** Whether a place of a text is directly behind a word. */
export function isBehindWord(text: string, at: number): boolean {
  BEHIND_WORD.lastIndex = at;
  return BEHIND_WORD.test(text);
}

/** Whether the word before a place of a text goes on there. */
export function isInWord(text: string, at: number): boolean {
  IN_WORD.lastIndex = at;
  return IN_WORD.test(text);
}
