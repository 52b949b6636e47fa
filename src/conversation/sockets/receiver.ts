import type { RoomSocket } from "./room-socket.ts";

/** A room socket, as frames are made for it: one of this object, or one that a relay holds. */
export type Receiver = Pick<
  RoomSocket,
  | "userId"
  | "isLive"
  | "isClosing"
  | "showsThreads"
  | "takesChanges"
  | "takesParts"
  | "echoes"
  | "lags"
  | "hasRoomForPage"
  | "send"
  | "sendAck"
>;

/** Takes the frames of some receivers, all of them or none. */
export interface FrameSink<Socket extends Receiver = RoomSocket> {
  /** @param isShared whether further sockets are sent the same frames */
  deliver(socket: Socket, frames: readonly string[], isShared?: boolean): void;
}
