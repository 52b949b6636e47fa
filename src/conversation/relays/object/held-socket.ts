import type { SyncPosition } from "../../../domain/sync/replay.ts";
import { isAhead } from "../../../domain/sync/replay.ts";
import type { RoomSocket } from "../../sockets/room-socket.ts";
import { classOf, type RelayItem } from "../relay-update.ts";
import type { RelayedPlace } from "../relayed-socket.ts";

/** A socket of a relay that is being opened: what comes meanwhile waits. */
export interface OpeningSocket {
  missed: RelayItem[];
  /** the generation of what came meanwhile; null: nothing came */
  generation: string | null;
}

/** A socket of a relay. */
export interface HeldSocket extends OpeningSocket {
  socket: RoomSocket;
  number: number;
  /** what it has been sent by its last page; null: what the relay has been told, or more */
  at: SyncPosition | null;
  /** the sends that are not answered */
  sends: number;
  /** the pages that it waits for */
  pages: number;
}

/** A socket as its conversation is told of it. */
export function placeOf({ socket, number }: HeldSocket, relay: RelayedPlace["relay"]): RelayedPlace {
  const { userId, sessionId, showsThreads, takesChanges, takesParts, echoes } = socket;
  return { relay, number, userId, sessionId, showsThreads, takesChanges, takesParts, echoes };
}

/** The frames of an item for a socket; null: it has been sent them by a page, or they are not for it. */
export function framesOf(item: RelayItem, held: HeldSocket): readonly string[] | null {
  const { socket, at, number } = held;
  const answers = item.bySocket.get(number);
  if (answers && !item.moves) return answers;
  if (at && (item.moves ? !isAhead(item.at, at) : isAhead(at, item.at))) return null;
  if (item.shows !== undefined && (socket.relayed?.visibleFrom ?? 0) >= item.shows)
    return (item.instead ?? []).flatMap((other) => framesOf(other, held) ?? []);
  const own = item.own.get(socket.userId);
  return answers ?? (own ?? item.shared).get(classOf(socket)) ?? null;
}
