/** The text of a message as a tree of styles, links and mentions. The server reads it by the same files. */
export { parseMarkup } from "../../../../src/domain/markup/blocks.ts";
export { plainText } from "../../../../src/domain/markup/plain.ts";
export type {
  Align,
  Block,
  Cells,
  Inline,
  ListItem,
  NameReader,
} from "../../../../src/domain/markup/tree.ts";
export { mentionsOf, namesIn } from "./mentions.ts";
export { type Mentioned, type NamedUser, Names, namesOf } from "./names.ts";
