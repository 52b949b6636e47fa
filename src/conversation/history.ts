import type { HistoryStretch } from "../core/history.ts";
import { Position } from "../core/ids.ts";
import type { Member } from "./members.ts";
import type { Range } from "./readable.ts";
import type { Room } from "./room.ts";

/** What of a member's history is wanted; `text`: only what has it, as search finds it. */
export interface HistoryRange extends Range {
  text?: string;
}

/** A stretch of what a member can read; who has left reads what was there before. */
export function historyStretch(
  { readable, search, view, log, members }: Room,
  member: Member,
  { text, ...range }: HistoryRange,
): HistoryStretch {
  const lastSeq = member.visible_until ?? log.last.seq;
  const within = { ...range, before: Math.min(range.before ?? lastSeq + 1, lastSeq + 1) };
  const { rows, next } = text
    ? search.stretch({ ...within, text }, member)
    : readable.stretch(within, member);
  const items = view.for(rows, member);
  const all = items.some(({ mentions }) => mentions === "all");
  return {
    items,
    next: next === null ? null : Position.parse(next),
    lastSeq,
    everybody: all ? members.together(member) : [],
  };
}
