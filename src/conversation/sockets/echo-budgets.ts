import { LIMITS } from "../../domain/limits.ts";
import type { EncodedPart } from "../../domain/sync/encoded-message.ts";
import { maxBytesOf } from "../../domain/text.ts";
import type { Receiver } from "./receiver.ts";

/**
 * The bytes of messages that the acks of one flush may still have, by socket. A forward is some bytes in a
 * frame and may be megabytes as a message: a client that sends many of them must not count as a slow reader.
 */
export class EchoBudgets {
  readonly #taken = new Map<Receiver, number>();

  /** Whether the next ack of a socket has its message. */
  allows(socket: Receiver): boolean {
    const isWithin = (this.#taken.get(socket) ?? 0) < LIMITS.echoedBytes;
    return socket.echoes && !socket.lags && socket.hasRoomForPage && isWithin;
  }

  /** Counts a message that an ack has. */
  take(socket: Receiver, message: EncodedPart): void {
    this.#taken.set(socket, (this.#taken.get(socket) ?? 0) + maxBytesOf(message));
  }
}
