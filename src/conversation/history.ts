import { Position } from "../domain/ids.ts";
import type { HistoryChunk } from "../domain/messages/history-chunk.ts";
import type { LogRange } from "./log/readable-log.ts";
import type { MemberRow } from "./members/members.ts";
import type { Room } from "./room.ts";

/** What of a member's history is wanted; `text`: only what has it, as search finds it. */
export interface HistoryChunkQuery extends LogRange {
  text?: string;
}

/** A stretch of what a member can read; who has left reads what was there before. */
export function historyChunk(
  { readable, search, renderer, log, members }: Room,
  member: MemberRow,
  { text, ...range }: HistoryChunkQuery,
): HistoryChunk {
  const lastSeq = member.visible_until ?? log.last.seq;
  const within = { ...range, before: Math.min(range.before ?? lastSeq + 1, lastSeq + 1) };
  const { rows, next } = text ? search.chunk({ ...within, text }, member) : readable.chunk(within, member);
  const items = renderer.render(rows, member);
  const all = items.some(({ mentions }) => mentions === "all");
  return {
    items,
    next: next === null ? null : Position.parse(next),
    lastSeq,
    people: all ? members.activeAlongside(member) : [],
  };
}
