/** The server takes so many characters in a text, and in the caption of a file. */
export const MAX_TEXT = 8_000;
export const MAX_CAPTION = 2_000;
/** So many characters before its limit a field begins to say how many are left. */
const NEAR = 200;

/**
 * How many characters a text may still have, as the server counts them: by code points.
 * @returns negative: so many are too many; undefined: the limit is far
 */
export function charactersLeft(text: string, limit: number): number | undefined {
  // A text has at least half as many code points as UTF-16 units.
  if (text.length < limit - NEAR) return undefined;
  const left = limit - [...text].length;
  return left <= NEAR ? left : undefined;
}
