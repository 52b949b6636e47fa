import type { UserId } from "../../domain/ids.ts";
import type { EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import { frames } from "../../object/frames.ts";
import type { RoomSocket } from "./room-socket.ts";

/** A stored message, encoded for room sockets. */
export interface OutgoingMessage {
  part: EncodedPart;
  /** the socket that sent the message, which gets the ack instead; null: a call sent it, or the server */
  from: RoomSocket | null;
  /** the users who must not see the quoted text, and the message without its quote; null: there are none */
  redacted: { users: Set<UserId>; part: EncodedPart } | null;
}

/** Sends the messages of one flush to the live sockets. Sockets with equal views share the frames. */
export function framesFor(
  messages: OutgoingMessage[],
  sockets: Iterable<RoomSocket>,
  protocol: RoomProtocol,
): void {
  const all = messages.map((message) => message.part);
  const senders = new Set(messages.map((message) => message.from));
  const redactedUsers = new Set(messages.flatMap((message) => [...(message.redacted?.users ?? [])]));
  let shared: string[] | undefined;
  for (const socket of sockets) {
    if (!socket.isLive) continue;
    if (senders.has(socket) || redactedUsers.has(socket.userId)) {
      for (const frame of frames(partsFor(socket, messages), protocol.messages)) socket.send(frame);
    } else {
      shared ??= frames(all, protocol.messages);
      for (const frame of shared) socket.send(frame);
    }
  }
}

function partsFor(socket: RoomSocket, messages: OutgoingMessage[]): EncodedPart[] {
  return messages
    .filter((message) => message.from !== socket)
    .map(({ part, redacted }) => (redacted?.users.has(socket.userId) ? redacted.part : part));
}
