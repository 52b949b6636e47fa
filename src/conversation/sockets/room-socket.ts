import { z } from "zod";
import { Position } from "../../domain/ids.ts";
import { HibernatingSocket, type Identity, SocketAttachment } from "../../object/hibernating-socket.ts";

/** What survives hibernation with a socket. `v` is raised when the shape changes. */
const RoomAttachment = SocketAttachment.extend({
  v: z.literal(1),
  /** null: live. Else it is in the midst of a replay, which has told it the changes up to `rev`. */
  replay: z.object({ after: Position, rev: z.int() }).nullable(),
});
type RoomAttachment = z.infer<typeof RoomAttachment>;

/** One socket of the room: who is behind it, whether it is live, how well it reads. */
export class RoomSocket extends HibernatingSocket<RoomAttachment> {
  /** Takes a new socket into the room, live. */
  static accept(ctx: DurableObjectState, ws: WebSocket, identity: Identity): RoomSocket {
    ctx.acceptWebSocket(ws);
    const { userId, sessionId, expiresAt } = identity;
    const attachment = { v: 1, userId, sessionId, expiresAt, replay: null, closing: false } as const;
    const socket = new RoomSocket(ctx, ws, attachment);
    socket.saveAttachment(attachment);
    return socket;
  }

  /** A socket that was kept over hibernation; null if what it carries is not understood. */
  static restore(ctx: DurableObjectState, ws: WebSocket): RoomSocket | null {
    const parsed = RoomAttachment.safeParse(ws.deserializeAttachment());
    return parsed.success ? new RoomSocket(ctx, ws, parsed.data) : null;
  }

  /** Where its replay stands; null once it is live. */
  get replay(): RoomAttachment["replay"] {
    return this.attachment.replay;
  }

  /** Whether it gets what happens now: it is not in the midst of a replay, and not being closed. */
  get isLive(): boolean {
    return this.replay === null && !this.isClosing;
  }

  /** Behind: it gets replay pages only. */
  fallBehind(after: Position, rev: number): void {
    this.saveAttachment({ ...this.attachment, replay: { after, rev } });
  }

  goLive(): void {
    if (this.replay === null) return;
    this.saveAttachment({ ...this.attachment, replay: null });
  }
}
