/** Texts as people read and compare them: what is alike, what is found in it, and its characters. */
export { comparisonForm } from "./comparison.ts";
export { excerpt } from "./excerpt.ts";
export { graphemes } from "./graphemes.ts";
export { hasWords, wordsOf } from "./matching.ts";
export { occurrences } from "./occurrences.ts";
