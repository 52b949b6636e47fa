import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { DeliveryPositions } from "./delivery-positions.ts";

/** Tells held sockets what the list shows by now. */
export function tellHeld(positions: DeliveryPositions, update: InboxUpdate): void {
  const { conversationId, lastSeq, rev, preview, updatedAt, lastCount, readCount } = update;
  const unreadCount = Math.max(0, lastCount - readCount);
  for (const socket of positions.held(conversationId))
    socket.sendEvent({ type: "activity", conversationId, lastSeq, rev, unreadCount, preview, updatedAt });
}
