/** Where words are found in a text, and the piece of it that shows them. */
export { excerpt } from "./excerpt.ts";
export { occurrences } from "./occurrences.ts";
