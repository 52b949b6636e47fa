import { Position } from "../../domain/ids.ts";
import type { MessageChange, ReplayPage } from "../../domain/sync/replay.ts";
import type { MessageRow } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomStores } from "../state/context.ts";

/** The maximum of messages in a page, and of changes. */
const PAGE = 100;

type Source = Pick<RoomStores, "log" | "state" | "renderer">;

/**
 * Makes the next page of a replay: first the changes after `rev` to messages up to `after`, then the messages
 * after `after`, at most 100 of each. A page with 100 changes has no messages. The last page reaches the
 * newest message that the member may see, so its reader can go live at once. For a member who left, this is
 * the last message before they left.
 * @param rev undefined: the client wants no changes
 * @param maxBytes of the bodies; undefined: `LIMITS.pageBytes`
 */
export function replayPage(
  room: Source,
  member: MemberRow,
  after: Position,
  rev: number | undefined,
  maxBytes?: number,
): ReplayPage {
  const last = member.visible_until ?? room.log.last.seq;
  const from = Position.parse(Math.min(after, last));
  const hasChanged = rev !== undefined && rev < room.state.rev;
  const changes = hasChanged ? room.log.changes(rev, from, PAGE, member) : [];
  const start = { after: from, since: rev, changes };
  const lastChange = changes.at(-1);
  if (lastChange && changes.length === PAGE) {
    // The next page begins with the changes after these: this one claims no more.
    return { ...start, messages: [], laterChanges: [], lastSeq: from, rev: lastChange.rev, hasMore: true };
  }
  const { rows, hasMore } = room.log.after(from, PAGE, member, maxBytes);
  const visible = rows.filter(({ seq }) => seq <= last);
  const isPartial = hasMore && visible.length === rows.length;
  // The last page reaches the newest seq even if the member has hidden the messages at the end.
  const lastSeq = Position.parse(isPartial ? (visible.at(-1)?.seq ?? from) : last);
  return {
    ...start,
    messages: room.renderer.render(visible, member),
    laterChanges: rev === undefined ? [] : visible.flatMap(revokeOf),
    lastSeq,
    rev: room.state.rev,
    hasMore: isPartial,
  };
}

/** The revoke of a message, if it is revoked. */
function revokeOf({ seq, revoked_rev: rev, revoked_by: by }: MessageRow): MessageChange[] {
  return rev === null ? [] : [{ rev, seq, by }];
}
