import type { Timing } from "../domain/timing.ts";
import { CLOSE, type HibernatingSocket, type SocketAttachment } from "./hibernating-socket.ts";

/**
 * Sockets that are behind, as their clients read more slowly than they are sent. A socket goes on once its
 * client shows that it reads, and is closed if its client shows nothing for `patienceMs`.
 */
export class SlowReaders<Socket extends HibernatingSocket<SocketAttachment>> {
  readonly #goOn: (socket: Socket) => void;
  readonly #isBehind: (socket: Socket) => boolean;
  readonly #timing: Timing["slowReader"];
  /** since when each has not been brought further (ms since 1970) */
  readonly #since = new Map<Socket, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param goOn brings a socket further. It is added again if it is still behind then
   * @param isBehind false: a socket has been brought up to date otherwise
   */
  constructor(
    goOn: (socket: Socket) => void,
    timing: Timing["slowReader"],
    isBehind: (socket: Socket) => boolean = () => true,
  ) {
    this.#goOn = goOn;
    this.#isBehind = isBehind;
    this.#timing = timing;
  }

  has(socket: Socket): boolean {
    return this.#since.has(socket);
  }

  /** Adds a socket that is behind from now on. Never brings it further in this turn. */
  add(socket: Socket): void {
    this.#since.set(socket, Date.now());
    this.#checkIn(socket.canCatchUp ? 0 : this.#timing.checkMs);
  }

  /** Brings the sockets further whose clients read. Call it when a client has sent something. */
  check(): void {
    if (this.#since.size === 0) return;
    const { checkMs, patienceMs } = this.#timing;
    for (const [socket, since] of [...this.#since]) {
      if (socket.isClosing || !this.#isBehind(socket)) this.#since.delete(socket);
      else if (socket.canCatchUp) {
        this.#since.delete(socket);
        this.#goOn(socket);
      } else if (Date.now() - since > patienceMs) socket.close(CLOSE.tooSlow);
    }
    if (this.#since.size > 0) this.#checkIn(checkMs);
  }

  #checkIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.check();
    }, ms);
  }
}
