import type { Conversation } from "../core/conversation.ts";
import type { Position, Seq, UserId } from "../core/ids.ts";
import { fault, log } from "../core/log.ts";
import type { KickReason, Piece, RoomEvent, RoomProtocol } from "../core/protocol.ts";
import { frames } from "../object/frames.ts";
import { CLOSE } from "../object/socket.ts";
import type { Changed } from "./change.ts";
import { deliver, type Parcel } from "./delivery.ts";
import type { Listener, Origin } from "./listener.ts";
import type { Row } from "./log.ts";
import type { Room } from "./room.ts";
import type { Outcome } from "./sends.ts";
import type { RoomSocket } from "./socket.ts";

/** The sockets of a room, as whoever tells them something needs them. */
interface Audience {
  /** those that are open */
  sockets(): RoomSocket[];
  kick(concerns: (socket: RoomSocket) => boolean, reason: KickReason): void;
}

/** Tells the sockets of a room what happens there, once it is stored. */
export class Broadcast implements Listener {
  readonly #room: Room;
  readonly #protocol: RoomProtocol;
  readonly #audience: Audience;
  #syncing: { socket: RoomSocket; acks: string[] } | null = null;

  constructor(room: Room, protocol: RoomProtocol, audience: Audience) {
    this.#room = room;
    this.#protocol = protocol;
    this.#audience = audience;
  }

  /**
   * Commits what waits while a socket syncs.
   * @returns the acks of that socket: they go behind what is older, its page
   */
  settleFor(socket: RoomSocket): string[] {
    const held: string[] = [];
    this.#syncing = { socket, acks: held };
    try {
      this.#room.settle();
    } finally {
      this.#syncing = null;
    }
    return held;
  }

  sent(outcomes: Outcome<Origin>[]): void {
    this.#attempt(() => this.#deliver(outcomes));
  }

  #deliver(outcomes: Outcome<Origin>[]): void {
    const acks = new Map<RoomSocket, Piece[]>();
    const parcels: Parcel[] = [];
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
      if (listened && !replay) parcels.push(this.#parcel(row, from));
    }
    if (parcels.length > 0) deliver(parcels, this.#sockets(), this.#protocol);
    // Acks last: a client that saw seq 7 acknowledged has been sent all before it.
    for (const [socket, pieces] of acks) {
      const made = frames(pieces, this.#protocol.acks);
      if (this.#syncing?.socket === socket) this.#syncing.acks.push(...made);
      else for (const frame of made) socket.send(frame);
    }
  }

  read(userId: UserId, seq: Position, from: RoomSocket | null): void {
    this.#tellOthers(from, { type: "read", conversationId: this.#room.state.id, userId, seq });
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
    this.#tellUser(userId, { type: "hidden", conversationId: this.#room.state.id, seq, rev });
  }

  typing(userId: UserId): void {
    const frame = this.#protocol.event({ type: "typing", conversationId: this.#room.state.id, userId });
    for (const socket of this.#sockets()) if (socket.userId !== userId && socket.isLive) socket.send(frame);
  }

  changed(changed: Changed): void {
    this.#attempt(() => this.#change(changed));
  }

  #change({ change, tip }: Changed): void {
    // Who goes sees nothing of what comes after: not even the tip of his going.
    const { kick, notice } = change;
    const gone = new Set(kick?.userIds);
    if (kick) this.#audience.kick(({ userId }) => gone.has(userId), kick.reason);
    const conversationId = this.#room.state.id;
    if (tip) deliver([this.#parcel(tip, null)], this.#sockets(), this.#protocol);
    if (change.tip) {
      const { event, user_ids: userIds } = change.tip;
      this.#tellOthers(null, { type: "member", conversationId, event, userIds });
    }
    if (notice) {
      const { event, userIds, to } = notice;
      for (const id of to) this.#tellUser(id, { type: "member", conversationId, event, userIds });
    }
  }

  reaches(userId: UserId): boolean {
    return this.#sockets().some((socket) => socket.userId === userId);
  }

  announced(userId: UserId, conversation: Conversation): void {
    this.#tellUser(userId, { type: "conversation", conversation });
  }

  /** Nobody may miss a seq and stay: who comes back syncs, and who sent repeats with his client id. */
  #attempt(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      log("error", "delivery_failed", { conversation: this.#room.state.id, ...fault(error) });
      for (const socket of this.#sockets()) socket.close(CLOSE.fault);
    }
  }

  #parcel(row: Row, from: RoomSocket | null): Parcel {
    const { message, blind } = this.#room.view.forAll(row);
    return {
      piece: this.#protocol.message(message),
      from,
      blind: blind && { users: blind.users, piece: this.#protocol.message(blind.message) },
    };
  }

  /** To every live socket but one. */
  #tellOthers(from: RoomSocket | null, event: RoomEvent): void {
    const frame = this.#protocol.event(event);
    for (const socket of this.#sockets()) {
      if (socket !== from && socket.isLive) socket.send(frame);
    }
  }

  /** To the live sockets of one user. */
  #tellUser(userId: UserId, event: RoomEvent): void {
    const frame = this.#protocol.event(event);
    for (const socket of this.#sockets()) if (socket.userId === userId && socket.isLive) socket.send(frame);
  }

  #sockets(): RoomSocket[] {
    return this.#audience.sockets();
  }
}
