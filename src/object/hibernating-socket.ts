import { z } from "zod";
import { SessionId, UserId } from "../domain/ids.ts";
import { bytesOf } from "../domain/text.ts";
import { FrameRate } from "./frame-rate.ts";

/** Bytes that may be sent to a socket which says nothing: the runtime shows no `bufferedAmount`. */
const MAX_UNHEARD_BYTES = 4 * 1024 * 1024;
/**
 * Bytes that may be sent to a socket which speaks but does not ping. Whoever speaks need not read; of who pings the
 * runtime takes no further `ping` before the `pong` of the last is out, behind all that was sent.
 */
const MAX_UNPINGED_BYTES = 32 * 1024 * 1024;
/** Beyond it there is no room for a page, which may have some 3 MiB. */
const MAX_BEFORE_PAGE_BYTES = 512 * 1024;
const MAX_INVALID_FRAMES = 10;

/** Why the server closes a socket. 4001 is told with a `kicked` frame before. */
export const CLOSE = {
  kicked: [4001, "kicked"],
  tooManyInvalid: [4400, "ten invalid frames in a row"],
  tooSlow: [4408, "too slow a reader: send ping every 25 s"],
  tooFast: [4429, "far over the rate limit"],
  tooLarge: [4413, "frame over 64 KiB"],
  fault: [1011, "server fault: reconnect and sync"],
} as const satisfies Record<string, readonly [number, string]>;

/** What every socket carries over hibernation, whatever else its kind adds. */
export const SocketAttachment = z.object({
  userId: UserId,
  sessionId: SessionId,
  expiresAt: z.int(),
  /** the server has closed it: what it still sends is not taken */
  closing: z.boolean(),
});
export type SocketAttachment = z.infer<typeof SocketAttachment>;

/** Whose socket it is. */
export type Identity = Pick<SocketAttachment, "userId" | "sessionId" | "expiresAt">;

/** A socket which an object holds: who is behind it, how well it reads, how it is closed. */
export class HibernatingSocket<Attachment extends SocketAttachment> {
  readonly #ctx: DurableObjectState;
  readonly #ws: WebSocket;
  /** what it has sent lately */
  readonly rate = new FrameRate();
  #attachment: Attachment;
  #unheardBytes = 0;
  #heardAt = 0;
  #unpingedBytes = 0;
  #pingedAt = 0;
  #invalidFrames = 0;

  protected constructor(ctx: DurableObjectState, ws: WebSocket, attachment: Attachment) {
    this.#ctx = ctx;
    this.#ws = ws;
    this.#attachment = attachment;
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

  get isClosing(): boolean {
    return this.#attachment.closing;
  }

  /** Sends a frame; a reader that is too slow, or gone, is closed instead. */
  send(frame: string): void {
    if (this.isClosing) return;
    const bytes = sizeOf(frame);
    this.#unheardBytes += bytes;
    this.#unpingedBytes += bytes;
    if (!this.#isWithin(MAX_UNHEARD_BYTES)) {
      this.close(CLOSE.tooSlow);
      return;
    }
    try {
      this.#ws.send(frame);
    } catch {
      // It is closing: its close event follows, and a client that comes back syncs.
    }
  }

  /** Whether it may be sent a page at once, and is not taken for a slow reader by that. */
  get hasRoomForPage(): boolean {
    return this.#isWithin(MAX_BEFORE_PAGE_BYTES);
  }

  /** A frame came from it, so it reads. */
  markAlive(): void {
    this.#unheardBytes = 0;
    this.#heardAt = Date.now();
  }

  /** Counts a frame that could not be taken. */
  invalid(): void {
    this.#invalidFrames++;
    if (this.#invalidFrames >= MAX_INVALID_FRAMES) this.close(CLOSE.tooManyInvalid);
  }

  valid(): void {
    this.#invalidFrames = 0;
  }

  close([code, reason]: readonly [number, string]): void {
    if (this.isClosing) return;
    this.saveAttachment({ ...this.#attachment, closing: true });
    try {
      this.#ws.close(code, reason);
    } catch {
      // Closed already.
    }
  }

  /** It has closed from its side. */
  markClosed(): void {
    this.saveAttachment({ ...this.#attachment, closing: true });
  }

  /** Whether it reads, as far as can be known: it was sent no more than so much since it was last heard. */
  #isWithin(unheard: number): boolean {
    const isWithin = () => this.#unheardBytes <= unheard && this.#unpingedBytes <= MAX_UNPINGED_BYTES;
    if (isWithin()) return true;
    this.#lookForPing();
    return isWithin();
  }

  /** `ping` is answered without waking the object; the runtime keeps only when it last did so. */
  #lookForPing(): void {
    const pinged = this.#ctx.getWebSocketAutoResponseTimestamp(this.#ws)?.getTime() ?? 0;
    if (pinged <= this.#pingedAt) return;
    this.#pingedAt = pinged;
    this.#unpingedBytes = 0;
    if (pinged <= this.#heardAt) return;
    this.#heardAt = pinged;
    this.#unheardBytes = 0;
  }

  /** What it carries. */
  protected get attachment(): Attachment {
    return this.#attachment;
  }

  /** Has it carry this from now on. */
  protected saveAttachment(attachment: Attachment): void {
    this.#attachment = attachment;
    this.#ws.serializeAttachment(attachment);
  }
}

let measured = { frame: "", bytes: 0 };

/** The size of a frame; the same one is sent to many sockets in a row and measured once. */
function sizeOf(frame: string): number {
  if (measured.frame !== frame) measured = { frame, bytes: bytesOf(frame) };
  return measured.bytes;
}
