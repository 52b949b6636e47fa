import { Position } from "../../domain/ids.ts";
import type { DevicePage, MessageChange, ReplayPage } from "../../domain/sync/replay.ts";
import type { MessageRow } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomStores } from "../state/context.ts";

/** The maximum of messages in a page, and of changes. */
const PAGE = 100;

/** Where a page begins, and how large it may be. */
interface PageRequest {
  after: Position;
  /** undefined: the client wants no changes */
  rev: number | undefined;
  /** the most bytes of the bodies; absent: `LIMITS.pageBytes` */
  maxBytes?: number;
}

/** The next page of a replay for a room socket. */
export function replayPage(
  room: Pick<RoomStores, "log" | "state" | "renderer">,
  member: MemberRow,
  request: PageRequest,
): ReplayPage {
  return nextPage(room, member, request, (rows) => room.renderer.render(rows, member));
}

/** The next page of a replay for the device sockets of a member. */
export function devicePage(
  room: Pick<RoomStores, "log" | "state" | "encoder">,
  member: MemberRow,
  request: PageRequest,
): DevicePage {
  return nextPage(room, member, request, (rows) => room.encoder.encode(rows, member));
}

/**
 * Makes the next page of a replay: first the changes after `rev` to messages up to `after`, then the messages
 * after `after`, at most 100 of each. A page with 100 changes has no messages. The last page reaches the
 * newest message that the member may see, so its reader can go live at once. For a member who left, this is
 * the last message before they left.
 * @param show renders messages as the member sees them
 */
function nextPage<Shown>(
  room: Pick<RoomStores, "log" | "state">,
  member: MemberRow,
  { after, rev, maxBytes }: PageRequest,
  show: (rows: MessageRow[]) => Shown[],
): ReplayPage<Shown> {
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
    messages: show(visible),
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
