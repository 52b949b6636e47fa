import { z } from "zod";
import { type FileOrigins, type FileSettings, sharedOrigins } from "../domain/files/file-origins.ts";
import { SessionId, UserId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { bytesOf } from "../domain/text.ts";

/** How many bytes may be sent without a sign of life: the runtime shows no `bufferedAmount`. */
interface UnreadLimit {
  /** since the last frame or `ping` of the client */
  sinceActivity: number;
  /**
   * since the last `ping`. A client that sends frames need not read. A `ping` proves that it reads: the
   * runtime takes no further `ping` before the `pong` of the last is out, after all that was sent
   */
  sincePing: number;
}

const MIB = 1024 * 1024;
/** Past it the socket is closed. */
const MAX_UNREAD: UnreadLimit = { sinceActivity: 8 * MIB, sincePing: 32 * MIB };
/** Past it the socket falls behind: it is sent no messages and events before a sign of life. */
const MAX_LIVE: UnreadLimit = { sinceActivity: 4 * MIB, sincePing: 28 * MIB };
/** Before a page, which may itself have about 3 MiB. */
const MAX_BEFORE_PAGE: UnreadLimit = { ...MAX_UNREAD, sinceActivity: MIB / 2 };
/** Invalid frames in a row. */
const MAX_INVALID_FRAMES = 10;

/** Close codes and reasons of the server, besides `KICKED`. */
export const CLOSE = {
  tooManyInvalid: [4400, "ten invalid frames in a row"],
  tooSlow: [4408, "too slow a reader: send ping every 25 s and after each MiB received"],
  tooFast: [4429, "far over the rate limit"],
  tooLarge: [4413, `frame over ${LIMITS.writtenBytes / 1024} KiB`],
  fault: [1011, "server fault: reconnect and sync"],
} as const satisfies Record<string, readonly [number, string]>;

/** The part of the attachment that every socket keeps over hibernation. */
export const SocketAttachment = z.object({
  userId: UserId,
  sessionId: SessionId,
  expiresAt: z.int(),
  /** the origin that the client has asked */
  origin: z.string(),
  /** the server has closed it: further frames of the client are ignored */
  closing: z.boolean(),
  /** each ack has the stored message */
  echoes: z.boolean().optional(),
  /** the socket shows thread-only replies */
  threads: z.boolean().optional(),
  /** the client knows no changes of messages but revokes and hides */
  ignoresChanges: z.boolean().optional(),
  /** the client takes changed messages without their bodies */
  takesParts: z.boolean().optional(),
});
export type SocketAttachment = z.infer<typeof SocketAttachment>;

/** The user and session of a socket, when its token expires (ms), and what its client has asked. */
export type Identity = Pick<
  SocketAttachment,
  "userId" | "sessionId" | "expiresAt" | "origin" | "echoes" | "threads" | "ignoresChanges" | "takesParts"
>;

/**
 * A WebSocket that an object accepted with the hibernation API: its identity, its limits, its end. Slow
 * readers are recognized by the bytes sent since the last sign of life. Counts start anew when the object
 * wakes.
 */
export class HibernatingSocket<Attachment extends SocketAttachment> {
  readonly #ctx: DurableObjectState;
  readonly #ws: WebSocket;
  /** how URLs of files are stored, and shown to the client */
  readonly fileOrigins: FileOrigins;
  #attachment: Attachment;
  #bytesSinceActivity = 0;
  #activeAt = 0;
  #bytesSincePing = 0;
  #pingedAt = 0;
  #invalidFrames = 0;

  protected constructor(
    ctx: DurableObjectState,
    ws: WebSocket,
    attachment: Attachment,
    settings: FileSettings,
  ) {
    this.#ctx = ctx;
    this.#ws = ws;
    this.#attachment = attachment;
    this.fileOrigins = sharedOrigins(settings, attachment.origin);
  }

  get userId(): UserId {
    return this.#attachment.userId;
  }

  get sessionId(): SessionId {
    return this.#attachment.sessionId;
  }

  get expiresAt(): number {
    return this.#attachment.expiresAt;
  }

  /** Whether each ack has the stored message. */
  get echoes(): boolean {
    return this.#attachment.echoes === true;
  }

  /** Whether the socket shows thread-only replies, live and in replay. */
  get showsThreads(): boolean {
    return this.#attachment.threads === true;
  }

  /** Whether the client is sent messages as they are after a change. */
  get takesChanges(): boolean {
    return this.#attachment.ignoresChanges !== true;
  }

  /** Whether changed messages come without their bodies where the client has them. */
  get takesParts(): boolean {
    return this.#attachment.takesParts === true;
  }

  get isClosing(): boolean {
    return this.#attachment.closing;
  }

  /**
   * Sends a frame. A client that reads nothing is closed instead; a closing socket gets nothing.
   * @param isShared whether further sockets are sent the same frame
   */
  send(encoded: string, isShared = true): void {
    if (this.isClosing) return;
    const { frame, bytes } = isShared
      ? sharedFrame(this.fileOrigins, encoded)
      : shown(this.fileOrigins, encoded);
    this.#bytesSinceActivity += bytes;
    this.#bytesSincePing += bytes;
    if (!this.#isWithin(MAX_UNREAD)) {
      this.close(CLOSE.tooSlow);
      return;
    }
    try {
      this.#ws.send(this.packed(frame));
    } catch {
      // The connection is closing: its close event follows, and a client that reconnects syncs.
    }
  }

  /** Whether a page can be sent now without the client counting as a slow reader. */
  get hasRoomForPage(): boolean {
    return this.#isWithin(MAX_BEFORE_PAGE);
  }

  /** Whether so much is unread that the socket is sent no messages and events for now. */
  get isOverfull(): boolean {
    return !this.#isWithin(MAX_LIVE);
  }

  /** Whether a socket that is behind can be brought further: its client has shown that it reads. */
  get canCatchUp(): boolean {
    return this.hasRoomForPage && !this.isOverfull;
  }

  /** A frame as it is sent. */
  protected packed(frame: string): string | Uint8Array {
    return frame;
  }

  /** The client has shown that it has read all that was sent. */
  markRead(): void {
    this.#bytesSincePing = 0;
    this.markAlive();
  }

  /** Notes that the client sent a frame. */
  markAlive(): void {
    this.#bytesSinceActivity = 0;
    this.#activeAt = Date.now();
  }

  /** Counts an invalid frame; ten in a row close the socket. */
  invalid(): void {
    this.#invalidFrames++;
    if (this.#invalidFrames >= MAX_INVALID_FRAMES) this.close(CLOSE.tooManyInvalid);
  }

  /** Notes a valid frame: the count of invalid ones starts anew. */
  valid(): void {
    this.#invalidFrames = 0;
  }

  /** Closes the socket from the server's side. Idempotent. Takes a close code and its reason. */
  close([code, reason]: readonly [number, string]): void {
    if (this.isClosing) return;
    this.saveAttachment({ ...this.#attachment, closing: true });
    try {
      this.#ws.close(code, reason);
    } catch {
      // The connection is closed already.
    }
  }

  /** Hands the socket to another session of its user, until the session's token expires. */
  renew({ sessionId, expiresAt }: Pick<SocketAttachment, "sessionId" | "expiresAt">): void {
    this.saveAttachment({ ...this.#attachment, sessionId, expiresAt });
  }

  /** Notes that the client has closed the socket. */
  markClosed(): void {
    this.saveAttachment({ ...this.#attachment, closing: true });
  }

  #isWithin({ sinceActivity, sincePing }: UnreadLimit): boolean {
    const isWithin = () => this.#bytesSinceActivity <= sinceActivity && this.#bytesSincePing <= sincePing;
    if (isWithin()) return true;
    this.#readPingTime();
    return isWithin();
  }

  /** The runtime answers `ping` without waking the object, and keeps only the time of its last answer. */
  #readPingTime(): void {
    const pinged = this.#ctx.getWebSocketAutoResponseTimestamp(this.#ws)?.getTime() ?? 0;
    if (pinged <= this.#pingedAt) return;
    this.#pingedAt = pinged;
    this.#bytesSincePing = 0;
    if (pinged <= this.#activeAt) return;
    this.#activeAt = pinged;
    this.#bytesSinceActivity = 0;
  }

  /** What the socket keeps over hibernation. */
  protected get attachment(): Attachment {
    return this.#attachment;
  }

  /** Replaces the attachment. */
  protected saveAttachment(attachment: Attachment): void {
    this.#attachment = attachment;
    this.#ws.serializeAttachment(attachment);
  }
}

/** A frame as clients are sent it, and its size. */
interface ShownFrame {
  frame: string;
  bytes: number;
}

/** A frame with URLs of files as clients of these origins are shown them. */
function shown(origins: FileOrigins, encoded: string): ShownFrame {
  const frame = origins.toShown(encoded);
  return { frame, bytes: bytesOf(frame) };
}

let last = { encoded: "", shown: new Map<FileOrigins, ShownFrame>() };

/** The same for a frame that is sent to many sockets in a row: searched and measured once for each origin. */
function sharedFrame(origins: FileOrigins, encoded: string): ShownFrame {
  if (last.encoded !== encoded) last = { encoded, shown: new Map() };
  const known = last.shown.get(origins);
  if (known) return known;
  const made = shown(origins, encoded);
  last.shown.set(origins, made);
  return made;
}
