import type { ConversationId, Position } from "../../domain/ids.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { DeviceSocket } from "./device-socket.ts";

/** A read position that a socket has asked to set. */
interface PendingRead {
  socket: DeviceSocket;
  conversationId: ConversationId;
  seq: Position;
}

/**
 * The read positions that sockets have asked to set, while the calls are under way. The event of a read
 * position is not sent to the socket that set it.
 */
export class PendingReads {
  readonly #reads = new Set<PendingRead>();

  /** Runs the call that sets a read position; rejects as the call does. */
  async during(read: PendingRead, work: () => Promise<unknown>): Promise<void> {
    this.#reads.add(read);
    try {
      await work();
    } finally {
      this.#reads.delete(read);
    }
  }

  /**
   * Whether an event is the effect of a call of this socket that is under way. A read leaves no mark of an
   * unread message before it: an event with such a mark has another cause.
   */
  isPending(socket: DeviceSocket, event: DeviceEvent): boolean {
    if (event.type !== "read" || event.userId !== socket.userId || event.unread?.from) return false;
    const isCause = (read: PendingRead) =>
      read.socket === socket && read.conversationId === event.conversationId && read.seq === event.seq;
    return [...this.#reads].some(isCause);
  }
}
