import { CoreError, type Failure } from "../../domain/errors.ts";
import { Position, type SessionId } from "../../domain/ids.ts";
import type { AnyDraft } from "../../domain/messages/message.ts";
import type { Settings } from "../../domain/settings.ts";
import type {
  KickReason,
  RoomCommand,
  RoomEvent,
  RoomProtocol,
  SendItem,
} from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { type FrameReader, readFrame } from "../../object/frame-reader.ts";
import { pageFrames } from "../../object/frames.ts";
import { CLOSE } from "../../object/hibernating-socket.ts";
import type { Room } from "../room.ts";
import { replayPage } from "../views/replay-page.ts";
import { Broadcast } from "./broadcast.ts";
import type { RoomOpening } from "./handshake.ts";
import { RoomSocket } from "./room-socket.ts";

/** What the sockets need from outside. */
export interface RoomSocketsDeps {
  protocol: RoomProtocol;
  settings: Pick<Settings, "rateLimits">;
  timing: Pick<Timing, "frameRate">;
}

/** The sockets of a room: opens and closes them, and takes their frames to the room. */
export class RoomSockets {
  readonly #ctx: DurableObjectState;
  readonly #protocol: RoomProtocol;
  readonly #room: Room;
  readonly #frameReader: FrameReader<RoomCommand>;
  readonly #sockets = new Map<WebSocket, RoomSocket>();
  readonly #broadcast: Broadcast;

  constructor(ctx: DurableObjectState, { protocol, settings, timing }: RoomSocketsDeps, room: Room) {
    this.#ctx = ctx;
    this.#protocol = protocol;
    this.#room = room;
    this.#frameReader = {
      decode: (frame) => protocol.decode(frame, room.state.id),
      refuse: protocol.refused,
      rateLimits: settings.rateLimits,
      frameRate: timing.frameRate,
    };
    for (const ws of ctx.getWebSockets()) {
      const socket = RoomSocket.restore(ctx, ws);
      if (socket) this.#sockets.set(ws, socket);
      else ws.close(...CLOSE.fault);
    }
    this.#broadcast = new Broadcast(room, protocol, {
      sockets: () => [...this.#sockets.values()],
      kick: (concerns, reason) => this.kick(concerns, reason),
    });
    room.observe(this.#broadcast);
  }

  /** Takes a socket in: `ready`, then a page of replay if it asked for one. */
  open(ws: WebSocket, { after, rev, ...identity }: Omit<RoomOpening, "subprotocol">): void {
    // What waits is committed before the socket is there: else it gets it live, and replayed once more.
    this.#room.flushSends();
    const member = this.#room.members.active(identity.userId);
    const socket = RoomSocket.accept(this.#ctx, ws, identity);
    this.#sockets.set(ws, socket);
    try {
      this.#sendEvent(socket, {
        type: "ready",
        userId: identity.userId,
        sessionId: identity.sessionId,
        conversationId: this.#room.state.id,
        lastSeq: this.#room.log.last.seq,
        readSeq: member.read_seq,
        rev: this.#room.state.rev,
      });
      if (after !== undefined) this.#sync(socket, after, rev);
    } catch (error) {
      socket.close(CLOSE.fault);
      throw error;
    }
  }

  /** One frame of a client. What is wrong with it is told to it; the socket stays open. */
  frame(ws: WebSocket, data: string | ArrayBuffer): void {
    const socket = this.#sockets.get(ws);
    if (!socket) {
      ws.close(...CLOSE.fault);
      return;
    }
    if (socket.isClosing) return;
    socket.markAlive();
    const read = readFrame(this.#frameReader, socket, data);
    if (!read) return;
    try {
      this.#take(socket, read.command, read.granted);
    } catch (error) {
      if (error instanceof CoreError) {
        this.#refuse(socket, error.toFailure(), undefined);
        return;
      }
      log("error", "frame_failed", { conversation: this.#room.state.id, ...errorFields(error) });
      socket.close(CLOSE.fault);
    }
  }

  /** A socket has closed. @returns whose it was */
  closed(ws: WebSocket): RoomSocket | null {
    // A close that wakes the object finds the socket gone from those that start-up takes in again.
    const socket = this.#sockets.get(ws) ?? RoomSocket.restore(this.#ctx, ws);
    this.#sockets.delete(ws);
    return socket;
  }

  hasSession(sessionId: SessionId): boolean {
    return this.#isOpen((socket) => socket.sessionId === sessionId && !socket.isClosing);
  }

  /** Closes the sockets for which `concerns` holds, telling why. */
  kick(concerns: (socket: RoomSocket) => boolean, reason: KickReason): void {
    for (const socket of this.#sockets.values()) {
      if (!concerns(socket)) continue;
      this.#sendEvent(socket, { type: "kicked", reason });
      socket.close(CLOSE.kicked);
    }
  }

  /** Closes the sockets of a session that was ended. */
  kickSession(sessionId: SessionId): void {
    this.kick((socket) => socket.sessionId === sessionId, "session_ended");
  }

  /** When the next token of an open socket expires, in ms; null without sockets. */
  nextExpiry(): number | null {
    let next: number | null = null;
    for (const { expiresAt, isClosing } of this.#sockets.values()) {
      if (!isClosing) next = Math.min(next ?? expiresAt, expiresAt);
    }
    return next;
  }

  #take(socket: RoomSocket, command: RoomCommand, granted: number): void {
    switch (command.type) {
      case "send":
        this.#send(socket, command.items.slice(0, granted));
        return;
      case "read":
        socket.valid();
        this.#room.readPositions.read(socket.userId, command.seq, socket);
        return;
      case "typing":
        socket.valid();
        this.#room.typing(socket.userId);
        return;
      case "sync":
        socket.valid();
        this.#sync(socket, command.after, command.rev);
        return;
    }
  }

  #send(socket: RoomSocket, items: SendItem[]): void {
    const drafts: AnyDraft[] = [];
    for (const { draft, clientMsgId } of items) {
      if (draft.ok) drafts.push(draft.value);
      else this.#refuse(socket, draft, clientMsgId);
    }
    if (drafts.length === 0) {
      socket.invalid();
      return;
    }
    socket.valid();
    this.#room.submit(socket.userId, drafts, { socket });
  }

  #sync(socket: RoomSocket, after: Position, rev: number | undefined): void {
    const wasBehind = socket.replay !== null;
    const from = rev ?? socket.replay?.rev;
    // Beyond the last is as after the last, as it stood before what waits is committed: that is replayed.
    const start = Position.parse(Math.min(after, this.#room.log.last.seq));
    // What waits is committed first, so that the page and what comes live meet without a gap; the socket
    // is behind meanwhile, or it would get that live and in the page.
    if (socket.isLive) socket.fallBehind(start, this.#room.state.rev);
    const acks = this.#broadcast.resolveFor(socket);
    this.#room.profiles.refreshInBackground();
    const page = replayPage(this.#room, this.#room.members.active(socket.userId), start, from);
    for (const frame of pageFrames(page, this.#room.state.id, this.#protocol)) socket.send(frame);
    for (const frame of acks) socket.send(frame);
    if (page.hasMore) {
      socket.fallBehind(page.lastSeq, page.rev);
      return;
    }
    socket.goLive();
    // What changed besides messages between its pages has not reached it.
    if (wasBehind) this.#room.pushConversation([socket.userId]);
  }

  #refuse(socket: RoomSocket, failure: Failure, clientMsgId: string | undefined): void {
    socket.send(this.#protocol.refused(failure, { clientMsgId }));
  }

  #sendEvent(socket: RoomSocket, event: RoomEvent): void {
    socket.send(this.#protocol.event(event));
  }

  #isOpen(holds: (socket: RoomSocket) => boolean): boolean {
    for (const socket of this.#sockets.values()) if (holds(socket)) return true;
    return false;
  }
}
