import { Buffer } from "node:buffer";
import { z } from "zod";
import { storedForm } from "../lib/text-forms.ts";

/** The length of a text in code points, which is what a person counts as characters, unlike UTF-16 units. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** A string of at most `max` code points. U+0000 and lone surrogates are refused where bytes are read. */
export function textUpTo(max: number) {
  return z
    .string()
    .refine(...isUpTo(max))
    .meta({ maxLength: max });
}

/** As `textUpTo`, in its stored form: for names, which are compared. */
export function nameUpTo(max: number) {
  return (
    textUpTo(max)
      .overwrite(storedForm)
      // NFC makes some texts longer.
      .refine(...isUpTo(max))
  );
}

function isUpTo(max: number) {
  // Cheap bounds first: a string of more than 2 × max UTF-16 units has more than max code points.
  const fits = (text: string) => text.length <= max || (text.length <= 2 * max && codePoints(text) <= max);
  // Further checks, whose time grows with the text, are left out.
  return [fits, { message: `at most ${max} characters`, params: { excess: true }, abort: true }] as const;
}

/** The reason why a text cannot be stored (U+0000 or a lone surrogate), or null. */
export function unstorable(text: string): string | null {
  if (text.includes("\u0000")) return "must not contain U+0000";
  if (!text.isWellFormed()) return "must be well-formed Unicode (it has half of a surrogate pair)";
  return null;
}

/** The size of a text in bytes of UTF-8, without encoding the text, which takes ten times as long. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

/** The upper bound of a text's size in bytes of UTF-8: three for each UTF-16 unit. It encodes nothing. */
export function maxBytesOf(text: string): number {
  return text.length * 3;
}

/** Whether a text takes more than `max` bytes of UTF-8. Only a text that may is encoded for it. */
export function exceedsBytes(text: string, max: number): boolean {
  return maxBytesOf(text) > max && (text.length > max || bytesOf(text) > max);
}
