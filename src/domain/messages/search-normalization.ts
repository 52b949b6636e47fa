/**
 * Of the folding and of what is searched of a body (`searchText`): raise it when one of them changes for
 * messages that exist already, or a runtime brings other tables of Unicode. Indexes are then built anew.
 */
export const NORMALIZATION_VERSION = 1;

/**
 * What search compares instead of a text: NFKC, then lower case, so that Ａ, A and a are one, ㎏ is kg and
 * ﬁ is fi. Both sigmas are one too: which of them a capital becomes depends on what stands behind it, and a
 * part of a word must be found in the whole. It is not case folding: ß stays ß, İ becomes i and a dot above.
 * A text that is not empty never becomes empty.
 */
export function normalizeForSearch(text: string): string {
  return text.normalize("NFKC").toLowerCase().replaceAll("ς", "σ");
}
