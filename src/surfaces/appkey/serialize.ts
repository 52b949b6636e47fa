import type { DeliveryStatus, MessageWithDelivery } from "../../core/messages/delivery-status.ts";
import type { Message } from "../../domain/messages/message.ts";
import { writeContent } from "./content.ts";
import { wireId } from "./schemas.ts";

/** How far a message has come: numbers, 1 for yes. It is stored, so it is sent. */
function stateOf({ pushed, read }: DeliveryStatus) {
  return { issent: 1, ispushed: pushed ? 1 : 0, isread: read ? 1 : 0 };
}

/** What names a message here, and when it was sent: milliseconds, as a string. */
function nameOf({ conversationId, seq, createdAt }: Message) {
  return { messagekey: `${conversationId}-${seq}`, time: String(createdAt) };
}

/** What is answered to a send. */
export function serializeSent({ message, delivery }: MessageWithDelivery) {
  return { ...stateOf(delivery), ...nameOf(message) };
}

/** A message of a list, with its sender. */
export function serializeMessage({ message, delivery }: MessageWithDelivery) {
  const { id, username, nickname, avatar } = message.sender;
  return {
    ...{ id, username, nickname, avatar },
    ...nameOf(message),
    conversationid: wireId(message.conversationId),
    ...writeContent(message),
    ...stateOf(delivery),
  };
}
