import { Position } from "../../domain/ids.ts";
import type { MessageChange, ReplayPage, SyncPosition } from "../../domain/sync/replay.ts";
import type { MemberRow } from "../members/members.ts";
import type { RoomStores } from "../state/context.ts";

const PAGE = 100;

type Source = Pick<RoomStores, "log" | "state" | "renderer">;

/**
 * What is later than `after` and `rev`: first the changes to older messages, then the messages, at
 * most 100 a page. The last page reaches the last message, so that its reader can go live at once; for who
 * left that is the last one he saw.
 * @param rev undefined: the client wants no changes
 */
export function replayPage(
  room: Source,
  member: MemberRow,
  after: Position,
  rev: number | undefined,
): ReplayPage {
  const last = member.visible_until ?? room.log.last.seq;
  const from = Position.parse(Math.min(after, last));
  const changes = rev === undefined ? [] : room.log.changes(rev, from, PAGE, member);
  const begin = { after: from, since: rev, changes };
  const lastChange = changes.at(-1);
  if (lastChange && changes.length === PAGE) {
    const { rev } = lastChange;
    const within = changesBehind(room, member, begin, { seq: last, rev });
    return { ...begin, messages: [], within, lastSeq: from, rev, hasMore: true };
  }
  const { rows, hasMore } = room.log.after(from, PAGE, member);
  const shown = rows.filter(({ seq }) => seq <= last);
  const isCut = hasMore && shown.length === rows.length;
  // What is hidden at the end counts as seen: the page reaches the last message all the same.
  const lastSeq = Position.parse(isCut ? (shown.at(-1)?.seq ?? from) : last);
  const until = { seq: last, rev: room.state.rev };
  return {
    ...begin,
    messages: room.renderer.render(shown, member),
    within: changesBehind(room, member, begin, until),
    lastSeq,
    rev: until.rev,
    hasMore: isCut,
  };
}

/** What became of messages behind the place where a page begins; none is the rule. */
function changesBehind(
  room: Source,
  member: MemberRow,
  { after, since, changes }: Pick<ReplayPage, "after" | "since" | "changes">,
  until: SyncPosition,
): MessageChange[] {
  if (since === undefined || room.state.rev === since) return [];
  const told = new Set(changes.map(({ rev }) => rev));
  const all = room.log.changes(since, until.seq, 3 * PAGE, member);
  return all.filter(({ seq, rev }) => seq > after && rev <= until.rev && !told.has(rev));
}
