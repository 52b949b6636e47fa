/** The text of a message as a tree of styles, links and mentions. */
export { parseMarkup } from "./blocks.ts";
export { mentionsOf, namesIn } from "./mentions.ts";
export { type NamedUser, Names, namesOf } from "./names.ts";
export { plainText } from "./plain.ts";
export type { Block, Inline, ListItem, Mentioned } from "./tree.ts";
