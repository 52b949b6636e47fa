import { CoreError } from "../../domain/errors.ts";
import type { Seq } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Scope } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomStores } from "../room/context.ts";
import { changesAfter, inScope, isTooMany, showsGone } from "./replay-page.ts";

/** A page of what has become of the messages that a member may see. */
export interface ChangesPage {
  /** the messages as they are now, in the order of their last change */
  items: Message[];
  /** the messages that the member has hidden */
  hidden: Seq[];
  /** the page has every change up to this one */
  rev: number;
  hasMore: boolean;
}

/** Where a page of changes begins, and how large it may be. Without a scope it has the main stream. */
export interface ChangesRequest {
  afterRev: number;
  after?: number | undefined;
  limit: number;
  scope?: Scope;
}

/**
 * At most `limit` messages of a scope that changed after a rev.
 * @param after the newest message that the client has; absent: it does not say
 * @throws `reset` if more messages have changed than the setting `MAX_CHANGES` allows, or the member sees
 *   nothing up to `after` any more
 */
export function changesPage(
  room: Pick<RoomStores, "log" | "changedMessages" | "state" | "renderer"> & { maxChanges: number },
  member: MemberRow,
  { afterRev, after = 0, limit, scope = "main" }: ChangesRequest,
): ChangesPage {
  if (showsGone(member, after)) {
    throw new CoreError("reset", "The messages that you have are gone for you. Load the conversation anew.");
  }
  const range = { upTo: room.log.last.seq, upToRev: room.state.rev };
  if (isTooMany(room, afterRev, range, room.maxChanges)) {
    throw new CoreError("reset", "More messages have changed than are replayed. Load the conversation anew.");
  }
  const { rows, changes, end } = changesAfter(room, member, afterRev, range, { limit });
  const hidden = changes.flatMap(({ seq, by }) => (by === null ? [seq] : []));
  const items = room.renderer.render(inScope(rows, scope), member);
  return { items, hidden, rev: end, hasMore: end < room.state.rev };
}
