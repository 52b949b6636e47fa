import type { Position } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import type { Room } from "../room.ts";
import { replayPage } from "../views/replay-page.ts";
import type { Receiver } from "./receiver.ts";

type PagedRoom = Pick<
  Room,
  "viewers" | "changeFeed" | "maxChanges" | "log" | "changedMessages" | "state" | "renderer"
>;

/** Whose page it is, and what their client has asked for. */
type PageReader = Pick<Receiver, "userId" | "takesChanges" | "takesParts" | "showsThreads">;

/** From where a page of replay goes on. */
export interface PageStart {
  after: Position;
  rev: number;
  /** a page of too many changes is a reset */
  isLimited: boolean;
}

/** A page of replay, as a socket is sent it: encoded, with what its client has asked for. */
export function socketPage(
  room: PagedRoom,
  protocol: RoomProtocol,
  socket: PageReader,
  { after, rev, isLimited }: PageStart,
) {
  const { takesChanges } = socket;
  const page = replayPage(room, room.viewers.reader(socket.userId), {
    ...{ after, rev, upToRev: room.changeFeed.announcedRev },
    maxChanges: takesChanges && isLimited ? room.maxChanges : undefined,
    scope: socket.showsThreads ? "all" : "main",
  });
  const partOf = (message: Message) => protocol.message(message);
  const messages = page.messages.map(partOf);
  const isPart = ({ seq }: Message) => socket.takesParts && room.changeFeed.isBodyKnown(seq, rev);
  const changedOf = (message: Message) => ({
    rev: message.rev,
    part: isPart(message) ? protocol.part(message) : partOf(message),
  });
  const changed = takesChanges ? page.changed.map(changedOf) : [];
  return { ...page, messages, changed };
}
