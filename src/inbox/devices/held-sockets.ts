import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { DeliveryPositions } from "./delivery-positions.ts";

/** For a crowded group: sends what the list shows as `activity`, instead of the messages. */
export function tellHeld(positions: DeliveryPositions, update: InboxUpdate): void {
  const { conversationId, lastSeq, rev, preview, updatedAt, lastCount, readCount, readSeq } = update;
  const { unreadFrom, threadsUnread, mentioned } = update;
  const unreadCount = Math.max(0, lastCount - readCount);
  const read = { readSeq, unreadCount, unreadFrom, threadsUnread, mentioned };
  for (const socket of positions.held(conversationId))
    socket.sendEvent({ type: "activity", conversationId, lastSeq, rev, preview, updatedAt, ...read });
}
