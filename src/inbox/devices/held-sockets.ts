import { Position } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import { isAhead } from "../../domain/sync/replay.ts";
import type { DeliveryPositions, SocketGroup } from "./delivery-positions.ts";

/**
 * In a crowded group: holds an update from the sockets that can ask for it. They keep their positions. The
 * shared position moves on without pages, unless the wire format of some socket cannot ask.
 */
export function hold(
  positions: DeliveryPositions,
  shared: SocketGroup,
  { conversationId: id, lastSeq: seq, rev }: InboxUpdate,
): void {
  const { position } = shared;
  if (!isAhead({ seq, rev }, position)) return;
  const to = { seq: Position.parse(Math.max(seq, position.seq)), rev: Math.max(rev, position.rev) };
  positions.hold(id, position, to);
  if (shared.sockets(to).length > 0) return;
  shared.save(to);
  shared.position = to;
}

/** Tells held sockets what the list shows by now. */
export function tellHeld(positions: DeliveryPositions, update: InboxUpdate): void {
  const { conversationId, lastSeq, rev, preview, updatedAt, lastCount, readCount } = update;
  const unreadCount = Math.max(0, lastCount - readCount);
  for (const socket of positions.held(conversationId))
    socket.sendEvent({ type: "activity", conversationId, lastSeq, rev, unreadCount, preview, updatedAt });
}
