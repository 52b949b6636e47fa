import type { UserId } from "../../domain/ids.ts";
import type { EncodedPart, RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import { frames } from "../../object/frames.ts";
import type { RoomSocket } from "./room-socket.ts";

/** A stored message, encoded; `from`: the socket that sent it, which has the ack instead. */
export interface OutgoingMessage {
  piece: EncodedPart;
  from: RoomSocket | null;
  /** who must not see the text it quotes, and the message as they see it */
  redacted: { users: Set<UserId>; piece: EncodedPart } | null;
}

/** Sends one flush to the live sockets: frames are made once and shared by all who see the same. */
export function framesFor(
  parcels: OutgoingMessage[],
  sockets: Iterable<RoomSocket>,
  protocol: RoomProtocol,
): void {
  const all = parcels.map((parcel) => parcel.piece);
  const senders = new Set(parcels.map((parcel) => parcel.from));
  const blind = new Set(parcels.flatMap((parcel) => [...(parcel.redacted?.users ?? [])]));
  let shared: string[] | undefined;
  for (const socket of sockets) {
    if (!socket.isLive) continue;
    if (senders.has(socket) || blind.has(socket.userId)) {
      for (const frame of frames(piecesFor(socket, parcels), protocol.messages)) socket.send(frame);
    } else {
      shared ??= frames(all, protocol.messages);
      for (const frame of shared) socket.send(frame);
    }
  }
}

function piecesFor(socket: RoomSocket, parcels: OutgoingMessage[]): EncodedPart[] {
  const others = parcels.filter((parcel) => parcel.from !== socket);
  return others.map(({ piece, redacted: blind }) => (blind?.users.has(socket.userId) ? blind.piece : piece));
}
