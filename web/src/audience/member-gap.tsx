import type { ConversationWindow, WindowView } from "parley-client";
import { marksOf } from "./gaps.ts";
import { LeftOut } from "./left-out.tsx";

interface Props {
  /** a message */
  seq: number;
  view: WindowView;
  window: ConversationWindow | undefined;
}

/** What each view lacks: all its rows ask for it. */
const known = new WeakMap<WindowView, ReturnType<typeof marksOf>>();

/** What stands below a message of a room that leaves out some: nothing, but at the end of a gap. */
export function MemberGap({ seq, view, window }: Props) {
  const marks = known.get(view) ?? marksOf(view.messages, view.gaps);
  known.set(view, marks);
  const mark = marks.get(seq);
  if (!mark || !window) return null;
  return <LeftOut mark={mark} seq={mark.gap.to} onShow={({ gap }) => window.rest(gap.to)} />;
}
