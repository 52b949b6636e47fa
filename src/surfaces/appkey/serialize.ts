import type { Message } from "../../domain/messages/message.ts";
import { writeContent } from "./content.ts";
import { wireId } from "./schemas.ts";
import type { DeliveryStatus, MessageWithDelivery } from "./use-cases/delivery-status.ts";

/** The delivery status: 1 for yes, 0 for no. A stored message is always sent. */
function stateOf({ pushed, read }: DeliveryStatus) {
  return { issent: 1, ispushed: pushed ? 1 : 0, isread: read ? 1 : 0 };
}

/** The id of a message on the wire, and the time of its sending: milliseconds, as a string. */
function keyOf({ conversationId, seq, createdAt }: Message) {
  return { messagekey: `${conversationId}-${seq}`, time: String(createdAt) };
}

/** The answer to a send. */
export function serializeSent({ message, delivery }: MessageWithDelivery) {
  return { ...stateOf(delivery), ...keyOf(message) };
}

/** A message in a list, with its sender. */
export function serializeMessage({ message, delivery }: MessageWithDelivery) {
  const { id, username, nickname, avatar } = message.sender;
  return {
    ...{ id, username, nickname, avatar },
    ...keyOf(message),
    conversationid: wireId(message.conversationId),
    ...writeContent(message),
    ...stateOf(delivery),
  };
}
