import { comparisonForm } from "./comparison.ts";

/** The words of a filter or a search, as they are compared. None match everything. */
export function wordsOf(query: string): readonly string[] {
  return comparisonForm(query.trim()).split(" ").filter(Boolean);
}

/** Whether texts have all words, in any order: case, accents and the like do not count. */
export function hasWords(words: readonly string[], ...texts: readonly string[]): boolean {
  const form = comparisonForm(texts.join("\n"));
  return words.every((word) => form.includes(word));
}
