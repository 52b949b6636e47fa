import type { UserId } from "../../domain/ids.ts";
import type { EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import { frames } from "../../object/frames.ts";
import type { LaggingSockets } from "./lagging-sockets.ts";
import type { RoomSocket } from "./room-socket.ts";

/** A stored message, encoded for room sockets. */
export interface OutgoingMessage {
  part: EncodedPart;
  /** the socket that sent the message, which gets the ack instead; null: a call sent it, or the server */
  from: RoomSocket | null;
  /** false: a thread-only reply, for sockets that show threads */
  isInMain: boolean;
  /** the user who alone sees it; null: all see it */
  only: UserId | null;
  /** the users from whom it is hidden from the start, as an import says; null: from nobody */
  except: ReadonlySet<UserId> | null;
  /** the users who must not see the quoted text, and the message without its quote; null: there are none */
  redacted: { users: Set<UserId>; part: EncodedPart } | null;
}

/**
 * Sends the messages of one flush to the live sockets. Sockets with equal views share the frames.
 * @returns how many messages the sockets were sent
 */
export function framesFor(
  messages: OutgoingMessage[],
  sockets: Iterable<RoomSocket>,
  protocol: RoomProtocol,
  receivers: Pick<LaggingSockets, "deliver">,
): number {
  let sent = 0;
  const forAll = messages.filter(({ only }) => only === null);
  const inMain = forAll.filter(({ isInMain }) => isInMain);
  const shadowed = new Set(messages.map(({ only }) => only));
  const senders = new Set(messages.map((message) => message.from));
  const redactedUsers = new Set(
    messages.flatMap(({ redacted, except }) => [...(redacted?.users ?? []), ...(except ?? [])]),
  );
  const shared = new Map<OutgoingMessage[], string[]>();
  const framesOf = (shown: OutgoingMessage[]) => {
    const made =
      shared.get(shown) ??
      partFrames(
        shown.map(({ part }) => part),
        protocol,
      );
    shared.set(shown, made);
    return made;
  };
  for (const socket of sockets) {
    if (!socket.isLive) continue;
    const shown = socket.showsThreads ? forAll : inMain;
    const isOwnView = senders.has(socket) || redactedUsers.has(socket.userId) || shadowed.has(socket.userId);
    const own = isOwnView ? partsFor(socket, messages) : null;
    sent += (own ?? shown).length;
    const made = own ? partFrames(own, protocol) : framesOf(shown);
    receivers.deliver(socket, made, !isOwnView);
  }
  return sent;
}

function partFrames(parts: EncodedPart[], protocol: RoomProtocol): string[] {
  return frames(parts, protocol.messages);
}

function partsFor(socket: RoomSocket, messages: OutgoingMessage[]): EncodedPart[] {
  return messages
    .filter(({ from, isInMain, only, except }) => {
      if (from === socket || except?.has(socket.userId)) return false;
      return (isInMain || socket.showsThreads) && (only === null || only === socket.userId);
    })
    .map(({ part, redacted }) => (redacted?.users.has(socket.userId) ? redacted.part : part));
}
