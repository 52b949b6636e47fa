import { z } from "zod";
import { Position, SessionId, UserId } from "../core/ids.ts";
import { bytesOf } from "../core/text.ts";
import { FrameRate } from "../object/frame-rate.ts";

/** Bytes that may be sent to a socket which says nothing: the runtime shows no `bufferedAmount`. */
const MAX_UNHEARD_BYTES = 4 * 1024 * 1024;
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

/** What survives hibernation with a socket. `v` is raised when the shape changes. */
const Attachment = z.object({
  v: z.literal(1),
  userId: UserId,
  sessionId: SessionId,
  expiresAt: z.int(),
  /** null: live. Else it is in the midst of a replay, which has told it the changes up to `rev`. */
  replay: z.object({ after: Position, rev: z.int() }).nullable(),
  /** the server has closed it: what it still sends is not taken */
  closing: z.boolean(),
});
type Attachment = z.infer<typeof Attachment>;

/** Whose socket it is. */
export type Identity = Pick<Attachment, "userId" | "sessionId" | "expiresAt">;

/** One socket of the room: who is behind it, whether it is live, how well it reads. */
export class RoomSocket {
  readonly #ctx: DurableObjectState;
  readonly #ws: WebSocket;
  /** what it has sent lately */
  readonly rate = new FrameRate();
  #attachment: Attachment;
  #unheardBytes = 0;
  #heardAt = 0;
  #invalidFrames = 0;

  private constructor(ctx: DurableObjectState, ws: WebSocket, attachment: Attachment) {
    this.#ctx = ctx;
    this.#ws = ws;
    this.#attachment = attachment;
  }

  /** Takes a new socket into the room, live. */
  static accept(ctx: DurableObjectState, ws: WebSocket, identity: Identity): RoomSocket {
    ctx.acceptWebSocket(ws);
    const { userId, sessionId, expiresAt } = identity;
    const socket = new RoomSocket(ctx, ws, {
      v: 1,
      userId,
      sessionId,
      expiresAt,
      replay: null,
      closing: false,
    });
    socket.#save();
    return socket;
  }

  /** A socket that was kept over hibernation; null if what it carries is not understood. */
  static restore(ctx: DurableObjectState, ws: WebSocket): RoomSocket | null {
    const parsed = Attachment.safeParse(ws.deserializeAttachment());
    return parsed.success ? new RoomSocket(ctx, ws, parsed.data) : null;
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

  /** Where its replay stands; null once it is live. */
  get replay(): Attachment["replay"] {
    return this.#attachment.replay;
  }

  get isClosing(): boolean {
    return this.#attachment.closing;
  }

  /** Whether it gets what happens now: it is not in the midst of a replay, and not being closed. */
  get isLive(): boolean {
    return this.#attachment.replay === null && !this.#attachment.closing;
  }

  /** Behind: it gets replay pages only. */
  fallBehind(after: Position, rev: number): void {
    this.#attachment = { ...this.#attachment, replay: { after, rev } };
    this.#save();
  }

  goLive(): void {
    if (this.#attachment.replay === null) return;
    this.#attachment = { ...this.#attachment, replay: null };
    this.#save();
  }

  /** Sends a frame; a reader that is too slow, or gone, is closed instead. */
  send(frame: string): void {
    if (this.isClosing) return;
    this.#unheardBytes += sizeOf(frame);
    if (this.#unheardBytes > MAX_UNHEARD_BYTES && !this.#hasPinged()) {
      this.close(CLOSE.tooSlow);
      return;
    }
    try {
      this.#ws.send(frame);
    } catch {
      // It is closing: its close event follows, and a client that comes back syncs.
    }
  }

  /** A frame came from it, so it reads. */
  heard(): void {
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
    this.#attachment = { ...this.#attachment, closing: true };
    this.#save();
    try {
      this.#ws.close(code, reason);
    } catch {
      // Closed already.
    }
  }

  /** `ping` is answered without waking the object; the runtime keeps only when it last did so. */
  #hasPinged(): boolean {
    const pinged = this.#ctx.getWebSocketAutoResponseTimestamp(this.#ws)?.getTime() ?? 0;
    if (pinged <= this.#heardAt) return false;
    this.#heardAt = pinged;
    this.#unheardBytes = 0;
    return true;
  }

  #save(): void {
    this.#ws.serializeAttachment(this.#attachment);
  }
}

let measured = { frame: "", bytes: 0 };

/** The size of a frame; the same one is sent to many sockets in a row and measured once. */
function sizeOf(frame: string): number {
  if (measured.frame !== frame) measured = { frame, bytes: bytesOf(frame) };
  return measured.bytes;
}
