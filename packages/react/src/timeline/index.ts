/** The messages of a conversation on screen, and the place at which a user is in them. */
export { isAttended, onAttention } from "../attended.ts";
export { follows, followsOwn, type Row } from "./days.ts";
export { TimelineBox, TimelineRows } from "./parts.tsx";
export { type Guides, type Pilot, settle, type TimelineWindow } from "./pilot.ts";
export { type Anchor, seqOf } from "./place.ts";
export { focusOn, type KeyPress, Roving, type Rows } from "./roving.ts";
export { type Timeline, type TimelineOptions, useGuides, useTimeline } from "./use-timeline.ts";
