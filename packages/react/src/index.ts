/** Unstyled parts of a chat for React: what holds the place in a timeline, writes and reads messages. */
export { editableText, editedBody } from "./composer/edit.ts";
export { format, insert } from "./composer/formatting.ts";
export { charactersLeft, MAX_CAPTION, MAX_TEXT } from "./composer/limits.ts";
export {
  type Content,
  contentOf,
  type MediaBody,
  type MergedPart,
  textOf,
  webAddress,
} from "./message/content.ts";
export { type Day, daysOf, follows, followsOwn } from "./timeline/days.ts";
export { type Anchor, Place, seqOf } from "./timeline/place.ts";
export { focusOn, Roving, type Rows } from "./timeline/roving.ts";
export { around, bounded, extentOf, grown, indexOf, newest, type RowWindow } from "./timeline/row-window.ts";
