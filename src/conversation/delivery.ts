import type { UserId } from "../core/ids.ts";
import type { Piece, RoomProtocol } from "../core/protocol.ts";
import { bytesOf } from "../core/text.ts";
import type { RoomSocket } from "./socket.ts";

const MAX_ITEMS = 100;
const MAX_FRAME = 256 * 1024;
/** What stands around the pieces of a frame, with room to spare. */
const ENVELOPE = 256;

/** A stored message, encoded; `from`: the socket that sent it, which has the ack instead. */
export interface Parcel {
  piece: Piece;
  from: RoomSocket | null;
  /** who must not see the text it quotes, and the message as they see it */
  blind: { users: Set<UserId>; piece: Piece } | null;
}

/**
 * Cuts pieces into frames of at most 100 messages and 256 KiB.
 * @param frame makes one frame of pieces
 */
export function frames(pieces: Piece[], frame: (pieces: Piece[]) => string): string[] {
  const made: string[] = [];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // A UTF-16 unit takes three bytes at most: only what may be too large is counted byte by byte.
  const mayExceed = length * 3 > MAX_FRAME - ENVELOPE;
  let start = 0;
  let bytes = 0;
  pieces.forEach((piece, i) => {
    const size = mayExceed ? bytesOf(piece) + 1 : piece.length;
    const full = i - start === MAX_ITEMS || (i > start && bytes + size > MAX_FRAME - ENVELOPE);
    if (full) {
      made.push(frame(pieces.slice(start, i)));
      start = i;
      bytes = 0;
    }
    bytes += size;
  });
  if (pieces.length > start) made.push(frame(pieces.slice(start)));
  return made;
}

/** Sends one flush to the live sockets: frames are made once and shared by all who see the same. */
export function deliver(parcels: Parcel[], sockets: Iterable<RoomSocket>, protocol: RoomProtocol): void {
  const all = parcels.map((parcel) => parcel.piece);
  const senders = new Set(parcels.map((parcel) => parcel.from));
  const blind = new Set(parcels.flatMap((parcel) => [...(parcel.blind?.users ?? [])]));
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

function piecesFor(socket: RoomSocket, parcels: Parcel[]): Piece[] {
  const others = parcels.filter((parcel) => parcel.from !== socket);
  return others.map(({ piece, blind }) => (blind?.users.has(socket.userId) ? blind.piece : piece));
}
