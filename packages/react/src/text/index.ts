/** Texts as people read and compare them: what is alike, and its characters. */
export { comparisonForm } from "./comparison.ts";
export { graphemes } from "./graphemes.ts";
export { hasWords, wordsOf } from "./matching.ts";
