import { Position } from "../domain/ids.ts";
import type { HistoryChunk } from "../domain/messages/history-chunk.ts";
import type { LogRange } from "./log/readable-log.ts";
import type { MemberRow } from "./members/member-row.ts";
import type { Room } from "./room.ts";

/** The part of a member's history that is requested. `text`: only messages that search finds by it. */
export interface HistoryChunkQuery extends LogRange {
  text?: string;
}

/**
 * A chunk of the messages that a member can read. A former member reads the messages before they left.
 * @returns at most `limit` messages, and after which seq to go on; `people`: the members that a mention of
 *   all means, empty where no message has one
 */
export function historyChunk(
  { readable, search, renderer, log, members }: Room,
  member: MemberRow,
  { text, ...range }: HistoryChunkQuery,
): HistoryChunk {
  const lastSeq = member.visible_until ?? log.last.seq;
  const bounded = { ...range, before: Math.min(range.before ?? lastSeq + 1, lastSeq + 1) };
  const { rows, next } = text
    ? search.chunk({ ...bounded, text, mainOnly: true }, member)
    : readable.chunk(bounded, member);
  const items = renderer.render(rows, member);
  const mentionsAll = items.some(({ mentions }) => mentions === "all");
  return {
    items,
    next: next === null ? null : Position.parse(next),
    lastSeq,
    people: mentionsAll ? members.activeAlongside(member) : [],
  };
}
