import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { Position, Seq, UserId } from "../../domain/ids.ts";
import type { EncodedPart, KickReason, RoomEvent, RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { frames } from "../../object/frames.ts";
import { CLOSE } from "../../object/hibernating-socket.ts";
import type { MessageRow } from "../log/row.ts";
import type { SendOrigin, SendOutcome } from "../sending/send.ts";
import type { StoredChange } from "../state/change.ts";
import type { RoomContext } from "../state/context.ts";
import type { RoomObserver } from "../state/observer.ts";
import { framesFor, type OutgoingMessage } from "./broadcast-frames.ts";
import type { RoomSocket } from "./room-socket.ts";

/** The sockets of a room, as whoever tells them something needs them. */
interface SocketRegistry {
  /** those that are open */
  sockets(): RoomSocket[];
  kick(concerns: (socket: RoomSocket) => boolean, reason: KickReason): void;
}

/** Tells the sockets of a room what happens there, once it is stored. */
export class Broadcast implements RoomObserver {
  readonly #room: Pick<RoomContext, "state" | "members" | "renderer" | "flushSends">;
  readonly #protocol: RoomProtocol;
  readonly #registry: SocketRegistry;
  #syncing: { socket: RoomSocket; acks: string[] } | null = null;

  constructor(
    room: Pick<RoomContext, "state" | "members" | "renderer" | "flushSends">,
    protocol: RoomProtocol,
    audience: SocketRegistry,
  ) {
    this.#room = room;
    this.#protocol = protocol;
    this.#registry = audience;
  }

  /**
   * Commits what waits while a socket syncs.
   * @returns the acks of that socket: they go behind what is older, its page
   */
  resolveFor(socket: RoomSocket): string[] {
    const held: string[] = [];
    this.#syncing = { socket, acks: held };
    try {
      this.#room.flushSends();
    } finally {
      this.#syncing = null;
    }
    return held;
  }

  sent(outcomes: SendOutcome<SendOrigin>[]): void {
    this.#attempt(() => this.#deliver(outcomes));
  }

  #deliver(outcomes: SendOutcome<SendOrigin>[]): void {
    const acks = new Map<RoomSocket, EncodedPart[]>();
    const parcels: OutgoingMessage[] = [];
    const listened = this.#sockets().length > 0;
    for (const { send, result } of outcomes) {
      const from = "socket" in send.origin ? send.origin.socket : null;
      if (!result.ok) {
        from?.send(this.#protocol.refused(result, { clientMsgId: send.draft.clientMsgId }));
        continue;
      }
      const { row, replay } = result.value;
      if (from) {
        const receipt = { seq: row.seq, createdAt: row.created_at };
        const ack = this.#protocol.ack(this.#room.state.id, receipt, send.draft.clientMsgId);
        const pieces = acks.get(from);
        if (pieces) pieces.push(ack);
        else acks.set(from, [ack]);
      }
      if (listened && !replay) parcels.push(this.#outgoing(row, from));
    }
    if (parcels.length > 0) framesFor(parcels, this.#sockets(), this.#protocol);
    // Acks last: a client that saw seq 7 acknowledged has been sent all before it.
    for (const [socket, pieces] of acks) {
      const made = frames(pieces, this.#protocol.acks);
      if (this.#syncing?.socket === socket) this.#syncing.acks.push(...made);
      else for (const frame of made) socket.send(frame);
    }
  }

  read(userId: UserId, seq: Position, from: RoomSocket | null): void {
    this.#sendToOthers(from, { type: "read", conversationId: this.#room.state.id, userId, seq });
  }

  revoked(seq: Seq, by: UserId, rev: number): void {
    const frame = this.#protocol.event({
      type: "revoked",
      conversationId: this.#room.state.id,
      seq,
      by,
      rev,
    });
    // Who came later, or has deleted what was, does not know the message.
    const knows = ({ userId }: RoomSocket) => (this.#room.members.find(userId)?.visible_from ?? seq) < seq;
    for (const socket of this.#sockets()) if (socket.isLive && knows(socket)) socket.send(frame);
  }

  hidden(seq: Seq, userId: UserId, rev: number): void {
    this.#sendToUser(userId, { type: "hidden", conversationId: this.#room.state.id, seq, rev });
  }

  typing(userId: UserId): void {
    const frame = this.#protocol.event({ type: "typing", conversationId: this.#room.state.id, userId });
    for (const socket of this.#sockets()) if (socket.userId !== userId && socket.isLive) socket.send(frame);
  }

  changed(changed: StoredChange): void {
    this.#attempt(() => this.#change(changed));
  }

  #change({ change, systemMessage }: StoredChange): void {
    // Who goes sees nothing of what comes after: not even the tip of his going.
    const { kick, memberEvent: notification } = change;
    const gone = new Set(kick?.userIds);
    if (kick) this.#registry.kick(({ userId }) => gone.has(userId), kick.reason);
    const conversationId = this.#room.state.id;
    if (systemMessage) framesFor([this.#outgoing(systemMessage, null)], this.#sockets(), this.#protocol);
    if (change.systemMessage) {
      const { event, user_ids: userIds } = change.systemMessage;
      this.#sendToOthers(null, { type: "member", conversationId, event, userIds });
    }
    if (notification) {
      const { event, userIds, to } = notification;
      for (const id of to) this.#sendToUser(id, { type: "member", conversationId, event, userIds });
    }
  }

  isInterestedIn(userId: UserId): boolean {
    return this.#sockets().some((socket) => socket.userId === userId);
  }

  conversationUpdated(userId: UserId, conversation: Conversation): void {
    this.#sendToUser(userId, { type: "conversation", conversation });
  }

  /** Nobody may miss a seq and stay: who comes back syncs, and who sent repeats with his client id. */
  #attempt(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      log("error", "delivery_failed", { conversation: this.#room.state.id, ...errorFields(error) });
      for (const socket of this.#sockets()) socket.close(CLOSE.fault);
    }
  }

  #outgoing(row: MessageRow, from: RoomSocket | null): OutgoingMessage {
    const { message, blind } = this.#room.renderer.renderForAll(row);
    return {
      piece: this.#protocol.message(message),
      from,
      redacted: blind && { users: blind.users, piece: this.#protocol.message(blind.message) },
    };
  }

  /** To every live socket but one. */
  #sendToOthers(from: RoomSocket | null, event: RoomEvent): void {
    const frame = this.#protocol.event(event);
    for (const socket of this.#sockets()) {
      if (socket !== from && socket.isLive) socket.send(frame);
    }
  }

  /** To the live sockets of one user. */
  #sendToUser(userId: UserId, event: RoomEvent): void {
    const frame = this.#protocol.event(event);
    for (const socket of this.#sockets()) if (socket.userId === userId && socket.isLive) socket.send(frame);
  }

  #sockets(): RoomSocket[] {
    return this.#registry.sockets();
  }
}
