/** What a message says, and its text drawn. */
export { webAddress } from "../../../../src/domain/markup/links.ts";
export {
  type Content,
  contentOf,
  contentOfItem,
  type MediaBody,
  type MergedPart,
  textOf,
} from "./content.ts";
export { charactersLeft, MAX_CAPTION, MAX_TEXT } from "./limits.ts";
export { type CodeBlock, type Mention, MessageText } from "./message-text.tsx";
export { useMentioned } from "./use-mentioned.ts";
