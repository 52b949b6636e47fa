import { z } from "zod";
import type { FileSettings } from "../../domain/files/file-origins.ts";
import { Position } from "../../domain/ids.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import {
  CLOSE,
  HibernatingSocket,
  type Identity,
  SocketAttachment,
} from "../../object/hibernating-socket.ts";

/** What a relay keeps of a socket. */
const Relayed = z.object({
  /** the user sees no messages up to here */
  visibleFrom: Position,
  /** @see Generation */
  generation: z.string(),
  /** the conversation knows the socket by it */
  number: z.int(),
  /** the user is no member, and looks; absent: a member */
  isViewer: z.literal(true).optional(),
});
export type Relayed = z.infer<typeof Relayed>;

/** The state of a socket that survives hibernation. `v` rises when the shape changes. */
const RoomAttachment = SocketAttachment.extend({
  v: z.literal(1),
  /** null: the socket is live. Otherwise it is in a replay, and has the messages and changes up to here */
  replay: z.object({ after: Position, rev: z.int() }).nullable(),
  /** the replay is the server's: the client has not asked for it, and does not ask for its pages */
  lags: z.boolean().optional(),
  relayed: Relayed.optional(),
});
type RoomAttachment = z.infer<typeof RoomAttachment>;

/** The most characters of acks that are withheld from a socket. */
const MAX_WITHHELD = 1024 * 1024;

/** One socket of the room: its user and session, whether it is live, whether the client keeps reading. */
export class RoomSocket extends HibernatingSocket<RoomAttachment> {
  /** acks that wait for the messages before them, and their characters */
  readonly #withheld: string[] = [];
  #withheldSize = 0;

  /**
   * Accepts a new socket with the hibernation API. The socket is live.
   * @param relayed in a relay: what it keeps of the socket
   */
  static accept(
    ctx: DurableObjectState,
    ws: WebSocket,
    identity: Identity,
    settings: FileSettings,
    relayed?: Relayed,
  ): RoomSocket {
    ctx.acceptWebSocket(ws);
    const { userId, sessionId, expiresAt, origin, echoes, threads, ignoresChanges, takesParts } = identity;
    const defaults = { v: 1, replay: null, closing: false } as const;
    const wishes = { origin, echoes, threads, ignoresChanges, takesParts };
    const attachment = { ...defaults, userId, sessionId, expiresAt, relayed, ...wishes };
    const socket = new RoomSocket(ctx, ws, attachment, settings);
    socket.saveAttachment(attachment);
    return socket;
  }

  /**
   * @returns a socket that survived hibernation; null if its attachment has another shape, or it lagged: the
   *   acks that it waits for are lost
   */
  static restore(ctx: DurableObjectState, ws: WebSocket, settings: FileSettings): RoomSocket | null {
    const { data } = RoomAttachment.safeParse(ws.deserializeAttachment());
    return data && (!data.lags || data.closing) ? new RoomSocket(ctx, ws, data, settings) : null;
  }

  /** What a relay keeps of the socket; undefined: it is in no relay. */
  get relayed(): Relayed | undefined {
    return this.attachment.relayed;
  }

  set relayed(relayed: Relayed | undefined) {
    this.saveAttachment({ ...this.attachment, relayed });
  }

  /** The position that the replay has reached; null: the socket is live. */
  get replay(): RoomAttachment["replay"] {
    return this.attachment.replay;
  }

  /** Whether the socket gets new events: no replay is under way, and it is not closing. */
  get isLive(): boolean {
    return this.replay === null && !this.isClosing;
  }

  /** Puts the socket in a replay at this position: from now on it gets replay pages only. */
  fallBehind(after: Position, rev: number): void {
    this.#setReplay({ after, rev }, false);
  }

  /** Whether the client reads too slowly, and the server brings the socket further. */
  get lags(): boolean {
    return this.attachment.lags === true;
  }

  /** The client reads too slowly: from this position on the server brings it further, page by page. */
  lag({ seq, rev }: SyncPosition): void {
    this.#setReplay({ after: seq, rev }, true);
  }

  /** Ends the replay: from now on the socket gets new events. */
  goLive(): void {
    if (this.replay !== null) this.#setReplay(null, false);
  }

  #setReplay(replay: RoomAttachment["replay"], lags: boolean): void {
    this.saveAttachment({ ...this.attachment, replay, lags });
    if (lags) return;
    this.#withheldSize = 0;
    for (const ack of this.#withheld.splice(0)) this.send(ack);
  }

  /** Sends an ack, behind the messages before it. */
  sendAck(ack: string): void {
    if (!this.lags) {
      this.send(ack);
      return;
    }
    this.#withheld.push(ack);
    this.#withheldSize += ack.length;
    if (this.#withheldSize > MAX_WITHHELD) this.close(CLOSE.tooSlow);
  }
}
