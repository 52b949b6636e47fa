import { ComparedText } from "./compared.ts";
import { comparisonForm } from "./comparison.ts";

/**
 * Where a text contains a part, by the comparison of the search: the offsets in UTF-16 units, in ascending
 * order, without overlap.
 * @param part empty: nowhere
 */
export function occurrences(text: string, part: string): { from: number; to: number }[] {
  const wanted = comparisonForm(part);
  if (wanted === "") return [];
  const compared = new ComparedText(text);
  const { form } = compared;
  const found: { from: number; to: number }[] = [];
  for (let at = form.indexOf(wanted); at >= 0; at = form.indexOf(wanted, at + wanted.length)) {
    const one = compared.part(at, at + wanted.length);
    if (one.from >= (found.at(-1)?.to ?? 0)) found.push(one);
  }
  return found;
}
