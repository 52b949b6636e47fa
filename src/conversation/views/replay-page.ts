import { Position } from "../../domain/ids.ts";
import type { DevicePage, MessageChange, ReplayPage } from "../../domain/sync/replay.ts";
import { isInMain, type MessageRow, type Revoked, type Scope } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomStores } from "../room/context.ts";

/** The maximum of messages in a page. */
const PAGE = 100;
/** The maximum of changed messages in a page, and of hides. */
const CHANGES_PAGE = 200;

/** What follows a page of changes that is not the last. */
const NO_MESSAGES: { rows: MessageRow[]; hasMore: boolean } = { rows: [], hasMore: true };

/** Where a page begins, and how large it may be. */
export interface PageRequest {
  after: Position;
  /** undefined: the client wants no changes */
  rev: number | undefined;
  /** the newest change that the client may be told; absent: the newest of all */
  upToRev?: number;
  /** the number of changed messages beyond which the page is a reset; absent: no page is a reset */
  maxChanges?: number | undefined;
  /** the most bytes of the bodies; absent: `LIMITS.pageBytes` */
  maxBytes?: number;
  /** the most messages; absent: 100 */
  maxMessages?: number;
  /** the page has the messages of this scope; both scopes have the same positions */
  scope: Scope;
}

/** The same for devices. */
interface DevicePageRequest extends PageRequest {
  /** the devices are up to date to where the page begins: @see OwnParts.known */
  isLive?: boolean | undefined;
  /** the names of the wire formats of the devices; absent: all */
  formats?: readonly string[] | undefined;
  /** changed messages come without the bodies that the devices have */
  parts?: boolean | undefined;
}

type PageSource = Pick<RoomStores, "log" | "changedMessages" | "state">;

/** The next page of a replay for a room socket. */
export function replayPage(
  room: PageSource & Pick<RoomStores, "renderer">,
  member: MemberRow,
  request: PageRequest,
): ReplayPage {
  return nextPage(room, member, request, (rows) => room.renderer.render(rows, member));
}

/**
 * The next page of a replay for the device sockets of a member, with thread-only replies for those that show
 * them.
 */
export function devicePage(
  room: PageSource & Pick<RoomStores, "encoder" | "changeFeed">,
  member: MemberRow,
  { isLive, parts, ...request }: Omit<DevicePageRequest, "scope">,
): DevicePage {
  const { encoder, changeFeed } = room;
  // An inbox of another release may name a format that this one lacks, and finds that the page lacks it.
  const formats = request.formats?.filter((name) => encoder.formats.includes(name));
  const page = nextPage(room, member, { ...request, scope: "all" }, (rows) =>
    encoder.encode(rows, member, { isLive, formats }),
  );
  const { rev } = request;
  if (!parts || rev === undefined) return { ...page, formats: formats ?? encoder.formats };
  const changed = page.changed.map((message) =>
    changeFeed.isBodyKnown(message.seq, rev) ? encoder.withoutBody(message) : message,
  );
  return { ...page, changed, parts, formats: formats ?? encoder.formats };
}

/**
 * Makes the next page of a replay: first the messages up to `after` that changed after `rev`, at most 200,
 * then the messages after `after`, at most 100. A page that leaves changes to the next has no messages. The
 * last page reaches the newest message that the member may see, so its reader can go live at once. For a
 * member who left, this is the last message before they left.
 * @param show renders messages as the member sees them
 */
function nextPage<Shown>(
  room: PageSource,
  member: MemberRow,
  request: PageRequest,
  show: (rows: MessageRow[]) => Shown[],
): ReplayPage<Shown> {
  const { after, rev, maxBytes, maxMessages = PAGE, upToRev = room.state.rev, scope } = request;
  const last = member.visible_until ?? room.log.last.seq;
  const from = Position.parse(Math.min(after, last));
  const start = { after: from, since: rev };
  const range = { upTo: from, upToRev };
  const resetSeq = resetOf(room, member, request, { ...range, last });
  if (resetSeq !== null) {
    const rest = { ...request, after: resetSeq, rev: upToRev, maxChanges: undefined };
    return { ...nextPage(room, member, rest, show), ...start, resetSeq };
  }
  const changed = changesAfter(room, member, rev ?? upToRev, range, { maxBytes });
  // The next page begins with the changes after these: this one claims no more, and has no messages.
  // The rows of both scopes bound the page: a long run of thread-only replies is many pages, not a long scan.
  const isComplete = changed.end >= upToRev;
  const later = isComplete ? room.log.after(from, maxMessages, member, "all", maxBytes) : NO_MESSAGES;
  const rows = later.rows.filter(({ seq }) => seq <= last);
  const hasMore = later.hasMore && rows.length === later.rows.length;
  const shown = inScope(rows, scope);
  const changes = [...changed.changes, ...(rev === undefined ? [] : shown.flatMap(revokeOf))];
  return {
    ...start,
    changes: changes.filter(({ isThreadOnly }) => scope === "all" || !isThreadOnly),
    changed: show(inScope(changed.rows, scope)),
    messages: show(shown),
    // The last page reaches the newest seq even if the member has hidden the messages at the end.
    lastSeq: hasMore ? Position.parse(rows.at(-1)?.seq ?? from) : last,
    rev: changed.end,
    hasMore,
  };
}

/**
 * Where a client goes on that is not told what has become of its messages; null: it is told. What came after
 * the messages that are gone follows: a client that is told of each message misses none.
 */
function resetOf(
  room: PageSource,
  member: MemberRow,
  { rev, maxChanges }: PageRequest,
  { last, ...range }: ChangeRange & { last: Position },
): Position | null {
  if (rev === undefined || maxChanges === undefined) return null;
  if (showsGone(member, range.upTo)) return Position.parse(Math.min(member.visible_from, last));
  return isTooMany(room, rev, range, maxChanges) ? last : null;
}

/** The rows of a scope. Those beside it take part in the bounds of a page. */
export function inScope(rows: MessageRow[], scope: Scope): MessageRow[] {
  return scope === "all" ? rows : rows.filter(isInMain);
}

/** The newest message and the newest change that a client may be told of. */
interface ChangeRange {
  upTo: Position;
  upToRev: number;
}

/**
 * Whether all messages up to a position are gone for the user: they have deleted the conversation for
 * themself, or have been out of it. A client there would hear of no change of what it shows, and may not
 * have heard why. To one that has dropped it, a reset costs nothing.
 */
export function showsGone({ visible_from }: MemberRow, position: number): boolean {
  return 0 < position && position <= visible_from;
}

/**
 * Whether more messages have changed after a rev than a client is told. Twice as many newer ones, which the
 * client does not have, are too many as well: all would be looked through for each page.
 */
export function isTooMany(
  { changedMessages }: Pick<PageSource, "changedMessages">,
  rev: number,
  { upTo, upToRev }: ChangeRange,
  max: number,
): boolean {
  // Each change has a rev of its own: few revs are few messages.
  return upToRev - rev > max && changedMessages.isMany(rev, upTo, max);
}

/** A page of what has become of the messages that a client has. */
interface StoredChangesPage {
  rows: MessageRow[];
  /** the revokes and hides among the changes, for clients that know only those */
  changes: MessageChange[];
  /** the page has every change up to this one */
  end: number;
}

/** At most 200 changed messages and 200 hides after a rev, in the order of their revs. */
export function changesAfter(
  { log, changedMessages }: Pick<PageSource, "log" | "changedMessages">,
  member: MemberRow,
  rev: number,
  range: ChangeRange,
  { maxBytes, limit = CHANGES_PAGE }: { maxBytes?: number | undefined; limit?: number },
): StoredChangesPage {
  if (rev >= range.upToRev) return { rows: [], changes: [], end: range.upToRev };
  const { rows, hasMore } = changedMessages.after(rev, range, limit, member, maxBytes);
  const revokes = changedMessages.revokesAfter(rev, range, limit + 1, member).flatMap(revokeOf);
  const hides = log.hides.after(rev, range.upToRev, limit + 1, member).map((hide) => ({ ...hide, by: null }));
  const ends = [
    hasMore ? (rows.at(-1)?.changed_rev ?? rev) : range.upToRev,
    ...[revokes, hides].map((found) =>
      found.length > limit ? (found[limit - 1]?.rev ?? rev) : range.upToRev,
    ),
  ];
  const end = Math.min(...ends);
  const within = rows.filter((row) => (row.changed_rev ?? 0) <= end);
  const changes = [...revokes, ...hides].filter((change) => change.rev <= end);
  return { rows: within, changes: changes.sort((one, other) => one.rev - other.rev), end };
}

/**
 * The revoke of a message. It keeps a rev of its own, as the message may change later: pages are cut by rev,
 * and at the later rev a revoke could fall between two pages.
 */
function revokeOf(row: Revoked): MessageChange[] {
  const { seq, revoked_rev: rev, revoked_by: by } = row;
  if (rev === null) return [];
  const ofThread = !isInMain(row) && ({ isThreadOnly: true } as const);
  return [{ rev, seq, by, ...ofThread }];
}
