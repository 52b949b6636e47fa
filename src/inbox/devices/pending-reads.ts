import type { ConversationId, Position } from "../../domain/ids.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { DeviceSocket } from "./device-socket.ts";

/** A position that a socket has asked to move. */
interface PendingRead {
  socket: DeviceSocket;
  conversationId: ConversationId;
  seq: Position;
}

/** The positions that sockets have asked to move, while that is under way: each is not told of its own. */
export class PendingReads {
  readonly #reads = new Set<PendingRead>();

  async during(own: PendingRead, work: () => Promise<unknown>): Promise<void> {
    this.#reads.add(own);
    try {
      await work();
    } finally {
      this.#reads.delete(own);
    }
  }

  /** Whether a socket has asked for just this. */
  isPending(socket: DeviceSocket, event: DeviceEvent): boolean {
    if (event.type !== "read" || event.userId !== socket.userId) return false;
    const isIt = (own: PendingRead) =>
      own.socket === socket && own.conversationId === event.conversationId && own.seq === event.seq;
    return [...this.#reads].some(isIt);
  }
}
