import { z } from "zod";
import type { FileSettings } from "../../domain/files/file-origins.ts";
import { Position } from "../../domain/ids.ts";
import { HibernatingSocket, type Identity, SocketAttachment } from "../../object/hibernating-socket.ts";

/** The state of a socket that survives hibernation. `v` rises when the shape changes. */
const RoomAttachment = SocketAttachment.extend({
  v: z.literal(1),
  /** null: the socket is live. Otherwise it is in a replay, and has the messages and changes up to here */
  replay: z.object({ after: Position, rev: z.int() }).nullable(),
});
type RoomAttachment = z.infer<typeof RoomAttachment>;

/** One socket of the room: its user and session, whether it is live, whether the client keeps reading. */
export class RoomSocket extends HibernatingSocket<RoomAttachment> {
  /** Accepts a new socket with the hibernation API. The socket is live. */
  static accept(
    ctx: DurableObjectState,
    ws: WebSocket,
    identity: Identity,
    settings: FileSettings,
  ): RoomSocket {
    ctx.acceptWebSocket(ws);
    const { userId, sessionId, expiresAt, origin, echoes, threads, ignoresChanges } = identity;
    const defaults = { v: 1, replay: null, closing: false } as const;
    const wishes = { origin, echoes, threads, ignoresChanges };
    const attachment = { ...defaults, userId, sessionId, expiresAt, ...wishes };
    const socket = new RoomSocket(ctx, ws, attachment, settings);
    socket.saveAttachment(attachment);
    return socket;
  }

  /** @returns a socket that survived hibernation; null if its attachment has another shape */
  static restore(ctx: DurableObjectState, ws: WebSocket, settings: FileSettings): RoomSocket | null {
    const parsed = RoomAttachment.safeParse(ws.deserializeAttachment());
    return parsed.success ? new RoomSocket(ctx, ws, parsed.data, settings) : null;
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
    this.saveAttachment({ ...this.attachment, replay: { after, rev } });
  }

  /** Ends the replay: from now on the socket gets new events. */
  goLive(): void {
    if (this.replay === null) return;
    this.saveAttachment({ ...this.attachment, replay: null });
  }
}
