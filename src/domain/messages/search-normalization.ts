/**
 * The version of `normalizeForSearch` and `searchText`. Raise it when one of them changes its result for
 * stored messages, or when a runtime brings other Unicode tables. Indexes of another version are rebuilt.
 */
export const NORMALIZATION_VERSION = 1;

/**
 * The form of a text that search compares: NFKC, then lower case. Ａ, A and a are equal, ㎏ is kg and ﬁ is fi.
 * - Both lower-case sigmas are equal: the lower case of Σ depends on the next character, and a part of a word
 *   must match in the whole.
 * - It is not case folding: ß stays ß, İ becomes i and a combining dot above.
 * - A non-empty text never becomes empty.
 */
export function normalizeForSearch(text: string): string {
  return text.normalize("NFKC").toLowerCase().replaceAll("ς", "σ");
}
