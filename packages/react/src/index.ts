/** Unstyled parts of a chat for React: what holds the place in a timeline, writes and reads messages. */
export { isAttended, onAttention } from "./attended.ts";
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
export { type CodeBlock, type Mention, MessageText } from "./message/message-text.tsx";
export { useMentioned } from "./message/use-mentioned.ts";
export { follows, followsOwn, type Row } from "./timeline/days.ts";
export { TimelineBox, TimelineRows } from "./timeline/parts.tsx";
export { type Guides, type Pilot, settle } from "./timeline/pilot.ts";
export { type Anchor, seqOf } from "./timeline/place.ts";
export { focusOn, type KeyPress, Roving, type Rows } from "./timeline/roving.ts";
export { type Timeline, type TimelineOptions, useGuides, useTimeline } from "./timeline/use-timeline.ts";
