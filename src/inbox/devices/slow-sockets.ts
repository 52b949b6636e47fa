import type { ConversationId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import { CLOSE } from "../../object/hibernating-socket.ts";
import { SlowReaders } from "../../object/slow-readers.ts";
import type { DeviceSocket } from "./device-socket.ts";

/** What slow sockets need from the inbox. */
interface SlowSocketsDeps {
  /** sends a socket what waits for it */
  release(socket: DeviceSocket): void;
  timing: Timing["slowReader"];
}

/** An answer to a client that waits for the messages before it. */
interface Withheld {
  socket: DeviceSocket;
  settle(): void;
}

/** The most answers that wait for one socket: as many as the rate limit gives it in a window. */
const MAX_WITHHELD = 3_000;

/**
 * Device sockets whose clients read more slowly than they are sent. Such a socket is not closed for what
 * others do: messages wait for it, as they do for one that has just opened, until its client shows that it
 * reads.
 */
export class SlowSockets {
  readonly #slow: SlowReaders<DeviceSocket>;
  readonly #withheld = new Map<ConversationId, Withheld[]>();

  constructor({ release, timing }: SlowSocketsDeps) {
    this.#slow = new SlowReaders(release, timing);
  }

  /** Whether messages wait for a socket. It falls behind here, once too much is unread. */
  isBehind(socket: DeviceSocket): boolean {
    if (this.#slow.has(socket)) return true;
    if (!socket.isOverfull || socket.isClosing) return false;
    this.#slow.add(socket);
    return true;
  }

  /** Withholds an answer. The socket is busy meanwhile: a restart closes it, and its client asks again. */
  withhold(socket: DeviceSocket, id: ConversationId, settle: () => void): void {
    const waiting = this.#withheld.get(id) ?? [];
    const settled = new Promise<void>((resolve) => {
      const answer = () => {
        settle();
        resolve();
      };
      this.#withheld.set(id, [...waiting, { socket, settle: answer }]);
    });
    void socket.during(() => settled);
    if (waiting.length >= MAX_WITHHELD) socket.close(CLOSE.tooSlow);
  }

  /** Gives the withheld answers in a conversation to the sockets that are up to date with it. */
  answer(id: ConversationId, isUpToDate: (socket: DeviceSocket) => boolean): void {
    const waiting = this.#withheld.get(id);
    if (!waiting) return;
    this.#withheld.delete(id);
    const isOver = ({ socket }: Withheld) => socket.isClosing || isUpToDate(socket);
    const left = waiting.filter((answer) => !isOver(answer));
    if (left.length > 0) this.#withheld.set(id, left);
    for (const answer of waiting) if (isOver(answer)) answer.settle();
  }

  /** Brings the sockets further whose clients have sent something. */
  check(): void {
    this.#slow.check();
  }
}
