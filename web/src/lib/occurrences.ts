import { comparisonForm } from "./comparison.ts";

/**
 * White space of any length, or a character with the marks and selectors behind it: each has its own form.
 */
const PIECES = /\s+|\S[\p{M}\p{Default_Ignorable_Code_Point}]*/gu;

/**
 * Where a text contains a part, by the comparison of the search: the offsets in UTF-16 units, in ascending
 * order, without overlap.
 * @param part empty: nowhere
 */
export function occurrences(text: string, part: string): { from: number; to: number }[] {
  const wanted = comparisonForm(part);
  if (wanted === "") return [];
  let form = "";
  /** by unit of the form, where its piece begins and ends in the text */
  const pieces: { from: number; to: number }[] = [];
  for (const { 0: piece, index: from } of text.matchAll(PIECES)) {
    // Of an invisible character alone nothing must be left.
    const own = comparisonForm(`.${piece}`).slice(1);
    form += own;
    for (const _ of own.split("")) pieces.push({ from, to: from + piece.length });
  }
  const found: { from: number; to: number }[] = [];
  for (let at = form.indexOf(wanted); at >= 0; at = form.indexOf(wanted, at + wanted.length)) {
    const [first, last] = [pieces[at], pieces[at + wanted.length - 1]];
    if (first && last && first.from >= (found.at(-1)?.to ?? 0)) found.push({ from: first.from, to: last.to });
  }
  return found;
}
