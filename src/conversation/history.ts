import { Position } from "../domain/ids.ts";
import { searchText } from "../domain/messages/content.ts";
import type { HistoryChunk } from "../domain/messages/history-chunk.ts";
import { comparisonForm } from "../lib/text-forms.ts";
import type { LogChunk, LogRange } from "./log/readable-log.ts";
import type { MemberRow } from "./members/member-row.ts";
import type { Room } from "./room.ts";

/** The messages that one call compares with a text, for a user who left. */
const COMPARED = 500;

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
  room: Room,
  member: MemberRow,
  { text, ...range }: HistoryChunkQuery,
): HistoryChunk {
  const { search, renderer, log, members } = room;
  const lastSeq = member.visible_until ?? log.last.seq;
  const bounded = { ...range, before: Math.min(range.before ?? lastSeq + 1, lastSeq + 1) };
  const { rows, next } =
    text && member.visible_until === null
      ? search.chunk({ ...bounded, text, mainOnly: true }, member)
      : readChunk(room, member, { ...bounded, text });
  const items = renderer.render(rows, member);
  const mentionsAll = items.some(({ mentions }) => mentions === "all");
  return {
    items,
    next: next === null ? null : Position.parse(next),
    lastSeq,
    people: mentionsAll ? members.activeAlongside(member) : [],
  };
}

/**
 * Reads a chunk of the log. A user who left is shown the versions of that time. The search index has those of
 * today, so the texts of such a chunk are compared one by one.
 */
function readChunk(
  { readable, formerView, log }: Pick<Room, "readable" | "formerView" | "log">,
  member: MemberRow,
  { text, limit, ...range }: LogRange & { text: string | undefined },
): LogChunk {
  const { rows, next } = readable.chunk({ ...range, limit: text ? COMPARED : limit }, member);
  const searched = text && comparisonForm(text);
  const found = formerView
    .of(rows, member)
    .filter(({ revoked_rev }) => revoked_rev === null)
    .filter(({ kind, body }) => !searched || comparisonForm(searchText(kind, body)).includes(searched));
  const shown = log.cut(found, limit);
  const last = shown.rows.at(-1);
  return { rows: shown.rows, next: shown.hasMore && last ? Position.parse(last.seq) : next };
}
