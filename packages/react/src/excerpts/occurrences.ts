import { ComparedText } from "../text/compared.ts";
import { wordsOf } from "../text/matching.ts";

/**
 * Where a text contains words, by the comparison of the search: the offsets in UTF-16 units, in ascending
 * order, without overlap.
 * @param query the words; empty: nowhere
 */
export function occurrences(text: string, query: string): { from: number; to: number }[] {
  const words = wordsOf(query);
  if (words.length === 0) return [];
  const compared = new ComparedText(text);
  const { form } = compared;
  const found: { from: number; to: number }[] = [];
  for (const word of words)
    for (let at = form.indexOf(word); at >= 0; at = form.indexOf(word, at + word.length))
      found.push(compared.part(at, at + word.length));
  found.sort((one, other) => one.from - other.from || other.to - one.to);
  let end = 0;
  return found.filter(({ from, to }) => {
    if (from < end) return false;
    end = to;
    return true;
  });
}
