import type { ConversationId } from "../../domain/ids.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { NotLoaded } from "../../object/calls/not-loaded.ts";
import { CLOSE } from "../../object/hibernating-socket.ts";
import { SlowReaders } from "../../object/slow-readers.ts";
import type { RoomSocket } from "./room-socket.ts";

/**
 * The most characters that a socket is sent at once. More, as many large forwards have, is brought by pages:
 * a client that reads well cannot confirm what is still being written.
 */
const MAX_AT_ONCE = 1024 * 1024;

/** What lagging sockets need from the room. */
interface LaggingSocketsDeps {
  conversationId: ConversationId;
  /** sends a lagging socket the next page behind its position, or brings it up to date, now or soon */
  catchUp(socket: RoomSocket): void;
  timing: Timing["slowReader"];
}

/**
 * Sends live sockets what all are sent. A socket whose client reads more slowly is not closed for what
 * others do: it lags, and is sent nothing until its client shows that it reads. Then pages bring it up to
 * date, as after a resume, without a word of the client's.
 */
export class LaggingSockets {
  readonly #deps: LaggingSocketsDeps;
  readonly #slow: SlowReaders<RoomSocket>;
  /** up to where the live sockets have been sent everything */
  #sent: SyncPosition;

  /** @param sent what clients know that open a socket now */
  constructor(deps: LaggingSocketsDeps, sent: SyncPosition) {
    this.#deps = deps;
    this.#slow = new SlowReaders(
      (socket) => this.#catchUp(socket),
      deps.timing,
      ({ lags }) => lags,
    );
    this.#sent = sent;
  }

  /** All live sockets have been sent the messages up to `seq`, or the changes up to `rev`. */
  sentUpTo({ seq = this.#sent.seq, rev = this.#sent.rev }: Partial<SyncPosition>): void {
    this.#sent = { seq, rev };
  }

  /**
   * Sends a live socket frames, all of them or none: then it lags behind what was sent before.
   * @param isShared whether further sockets are sent the same frames
   */
  deliver(socket: RoomSocket, frames: readonly string[], isShared = true): void {
    if (!socket.isLive) return;
    const size = frames.reduce((sum, frame) => sum + frame.length, 0);
    if (size > MAX_AT_ONCE || socket.isOverfull) this.lag(socket, this.#sent);
    else for (const frame of frames) socket.send(frame, isShared);
  }

  /** Brings a socket up to date from a position on, by pages. */
  lag(socket: RoomSocket, from: SyncPosition): void {
    socket.lag(from);
    this.#slow.add(socket);
  }

  /** A client has sent a frame: its socket may go on. */
  heard(): void {
    this.#slow.check();
  }

  #catchUp(socket: RoomSocket): void {
    try {
      this.#deps.catchUp(socket);
    } catch (error) {
      // A body that is in an archive is loaded first.
      const loaded = error instanceof NotLoaded ? error.loaded : Promise.reject(error);
      loaded.then(
        () => this.#slow.add(socket),
        (failure: unknown) => this.#failed(socket, failure),
      );
      return;
    }
    if (socket.lags) this.#slow.add(socket);
  }

  /** The client reconnects and syncs. */
  #failed(socket: RoomSocket, error: unknown): void {
    const { conversationId: conversation } = this.#deps;
    log("error", "broadcast_failed", { conversation, ...errorFields(error) });
    socket.close(CLOSE.fault);
  }
}
