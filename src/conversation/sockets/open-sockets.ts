import { CoreError, type Failure } from "../../domain/errors.ts";
import type { FileSettings } from "../../domain/files/file-origins.ts";
import type { ConversationId, SessionId, UserId } from "../../domain/ids.ts";
import {
  KICKED,
  type KickReason,
  type RoomEvent,
  type RoomProtocol,
} from "../../domain/sync/socket-protocol.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { CLOSE, type Identity } from "../../object/hibernating-socket.ts";
import { type Relayed, RoomSocket } from "./room-socket.ts";

/** The open room sockets of an object: those of a conversation that the object of it holds, or a relay. */
export abstract class OpenSockets {
  readonly #ctx: DurableObjectState;
  readonly #conversationId: ConversationId;
  protected readonly protocol: RoomProtocol;
  readonly #settings: FileSettings;
  readonly #open = new Map<WebSocket, RoomSocket>();

  /** Restores the sockets that have survived hibernation. */
  constructor(
    ctx: DurableObjectState,
    conversationId: ConversationId,
    protocol: RoomProtocol,
    settings: FileSettings,
  ) {
    this.#ctx = ctx;
    this.#conversationId = conversationId;
    this.protocol = protocol;
    this.#settings = settings;
    for (const ws of ctx.getWebSockets()) {
      const socket = RoomSocket.restore(ctx, ws, settings);
      if (socket) this.#open.set(ws, socket);
      else ws.close(...CLOSE.fault);
    }
  }

  protected get sockets(): RoomSocket[] {
    return [...this.#open.values()];
  }

  /** Accepts a new socket. @see RoomSocket.accept */
  protected accept(ws: WebSocket, identity: Identity, relayed?: Relayed): RoomSocket {
    const socket = RoomSocket.accept(this.#ctx, ws, identity, this.#settings, relayed);
    this.#open.set(ws, socket);
    return socket;
  }

  /** The socket of a frame; undefined: the frame is ignored. */
  protected find(ws: WebSocket): RoomSocket | undefined {
    const socket = this.#open.get(ws);
    if (!socket) ws.close(...CLOSE.fault);
    return socket?.isClosing ? undefined : socket;
  }

  /** Closes all sockets of a user. */
  protected closeAll(userId: UserId, reason: readonly [number, string]): void {
    for (const socket of this.#open.values()) if (socket.userId === userId) socket.close(reason);
  }

  protected refuse(socket: RoomSocket, failure: Failure, clientMsgId: string | undefined): void {
    socket.send(this.protocol.refused(failure, { clientMsgId }));
  }

  protected sendEvent(socket: RoomSocket, event: RoomEvent): void {
    socket.send(this.protocol.event(event));
  }

  /** A socket has taken another token. */
  renewed(socket: RoomSocket): void {
    this.sendEvent(socket, { type: "authed", expiresAt: socket.expiresAt });
  }

  /** Answers a frame that failed: a refusal leaves the socket open, a bug closes it. */
  failed(socket: RoomSocket, error: unknown): void {
    if (error instanceof CoreError) {
      this.refuse(socket, error.toFailure(), undefined);
      return;
    }
    log("error", "frame_failed", { conversation: this.#conversationId, ...errorFields(error) });
    socket.close(CLOSE.fault);
  }

  /** Closes a socket of which a frame was lost. The client reconnects, and repeats it. */
  lost(ws: WebSocket, error: unknown): void {
    log("warn", "frame_lost", { conversation: this.#conversationId, ...errorFields(error) });
    this.find(ws)?.close(CLOSE.fault);
  }

  /**
   * Removes a socket that has closed.
   * @returns the socket, with its user and session; null: its attachment is unreadable
   */
  remove(ws: WebSocket): RoomSocket | null {
    // A close may wake the object: then the closed socket is not among those that the constructor restores.
    const socket = this.#open.get(ws) ?? RoomSocket.restore(this.#ctx, ws, this.#settings);
    this.#open.delete(ws);
    return socket;
  }

  /** The number of open sockets. */
  get size(): number {
    return this.#open.size;
  }

  /** The number of users with an open socket. */
  get userCount(): number {
    const users = new Set<UserId>();
    for (const { userId, isClosing } of this.#open.values()) if (!isClosing) users.add(userId);
    return users.size;
  }

  /** The number of a user's open sockets. */
  countOf(userId: UserId): number {
    let count = 0;
    for (const socket of this.#open.values()) if (socket.userId === userId && !socket.isClosing) count++;
    return count;
  }

  /** Whether a session has an open socket here. */
  hasSession(sessionId: SessionId): boolean {
    for (const socket of this.#open.values()) {
      if (socket.sessionId === sessionId && !socket.isClosing) return true;
    }
    return false;
  }

  /** Sends `kicked` with the reason to the sockets for which `matches` holds, and closes them. */
  kick(matches: (socket: RoomSocket) => boolean, reason: KickReason): void {
    for (const socket of this.#open.values()) {
      if (!matches(socket)) continue;
      this.sendEvent(socket, { type: "kicked", reason });
      socket.close([KICKED, reason]);
    }
  }

  /** Closes the sockets of an ended session. */
  kickSession(sessionId: SessionId): void {
    this.kick((socket) => socket.sessionId === sessionId, "session_ended");
  }

  /** @returns when the next token of an open socket expires, in ms since 1970; null: no socket is open */
  nextExpiry(): number | null {
    let next: number | null = null;
    for (const { expiresAt, isClosing } of this.#open.values()) {
      if (!isClosing) next = Math.min(next ?? expiresAt, expiresAt);
    }
    return next;
  }
}
