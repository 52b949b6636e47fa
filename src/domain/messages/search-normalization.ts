import { comparisonForm } from "../../lib/text-forms.ts";

/**
 * The version of `normalizeForSearch` and `searchText`. Raise it when one of them changes its result for
 * stored messages, or when a runtime brings other Unicode tables. Indexes of another version are rebuilt.
 */
export const NORMALIZATION_VERSION = 2;

/** The form of a text that search compares. A non-empty text never becomes empty. */
export function normalizeForSearch(text: string): string {
  return comparisonForm(text);
}
