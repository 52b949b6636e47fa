import { z } from "zod";

/** How many characters a person counts: code points, not UTF-16 units. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** A string of at most `max` code points. U+0000 and lone surrogates are refused where bytes are read. */
export function textUpTo(max: number) {
  return (
    z
      .string()
      // A cheap bound first: no string of more than 2 × max units has max code points or fewer.
      .refine((text) => text.length <= max || (text.length <= 2 * max && codePoints(text) <= max), {
        message: `at most ${max} characters`,
        params: { excess: true },
      })
      .meta({ maxLength: max })
  );
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** What makes a string unfit to store anywhere, or null: U+0000 or half of a surrogate pair. */
export function unstorable(text: string): string | null {
  if (text.includes("\u0000")) return "must not contain U+0000";
  if (LONE_SURROGATE.test(text)) return "must be well-formed Unicode (it has half of a surrogate pair)";
  return null;
}

const utf8 = new TextEncoder();

/** The size of a text in UTF-8. */
export function bytesOf(text: string): number {
  return utf8.encode(text).byteLength;
}

/** Whether a text takes more than `max` bytes of UTF-8. A UTF-16 unit takes three at most: most texts need no counting. */
export function exceedsBytes(text: string, max: number): boolean {
  return text.length * 3 > max && (text.length > max || bytesOf(text) > max);
}
