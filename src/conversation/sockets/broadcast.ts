import { Position, type Seq, type UserId } from "../../domain/ids.ts";
import type { Metrics } from "../../domain/operation/metrics.ts";
import type { EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { KickReason, RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { frames } from "../../object/frames.ts";
import { CLOSE } from "../../object/hibernating-socket.ts";
import type { ChangeAnnouncement } from "../change-feed/change-feed.ts";
import { isInMain, type MessageRow } from "../log/row.ts";
import type { RoomContext } from "../room/context.ts";
import type { SendOrigin, SendOutcome } from "../sending/send.ts";
import { newRows } from "../sending/send-queue.ts";
import type { StoredChange } from "../state/group-change.ts";
import type { Audience, Published } from "../state/published.ts";
import type { SocketSink } from "../state/socket-sink.ts";
import type { Sample } from "../viewers/sampling.ts";
import { framesFor, type OutgoingMessage, outgoing } from "./broadcast-frames.ts";
import { sendChanges } from "./changed-frames.ts";
import { EchoBudgets } from "./echo-budgets.ts";
import type { LaggingSockets } from "./lagging-sockets.ts";
import { RoomSocket } from "./room-socket.ts";

/** The room, as the broadcast reads it. */
type BroadcastRoom = Pick<
  RoomContext,
  | ("state" | "log" | "members" | "viewers" | "renderer" | "encoder" | "changeFeed" | "flushSends")
  | "sampling"
>;

/** The sockets of a room, as the broadcast uses them. */
interface SocketRegistry {
  /** the open sockets */
  sockets(): RoomSocket[];
  kick(matches: (socket: RoomSocket) => boolean, reason: KickReason): void;
  metrics: Metrics;
}

/** Sends stored messages and committed events to the sockets of a room. */
export class Broadcast implements SocketSink {
  readonly #room: BroadcastRoom;
  readonly #protocol: RoomProtocol;
  readonly #registry: SocketRegistry;
  readonly #receivers: Pick<LaggingSockets, "deliver" | "sentUpTo">;
  /** the socket that syncs in this turn, and its acks: the frames of its page go first */
  #syncing: { socket: RoomSocket; acks: string[] } | null = null;

  constructor(
    room: BroadcastRoom,
    protocol: RoomProtocol,
    registry: SocketRegistry,
    receivers: Pick<LaggingSockets, "deliver" | "sentUpTo">,
  ) {
    this.#receivers = receivers;
    this.#room = room;
    this.#protocol = protocol;
    this.#registry = registry;
  }

  /**
   * Commits the pending sends for a socket that syncs, and withholds its acks. The page has older messages,
   * so it must reach the socket before the acks.
   * @returns the frames of those acks
   */
  resolveFor(socket: RoomSocket): string[] {
    const acks: string[] = [];
    this.#syncing = { socket, acks };
    try {
      this.#room.flushSends();
    } finally {
      this.#syncing = null;
    }
    return acks;
  }

  sent(outcomes: SendOutcome<SendOrigin>[]): void {
    this.#closeAllOnError(() => this.#deliver(outcomes));
  }

  #deliver(outcomes: SendOutcome<SendOrigin>[]): void {
    const acks = new Map<RoomSocket, EncodedPart[]>();
    const echoes = new EchoBudgets();
    const messages: OutgoingMessage[] = [];
    const hasSockets = this.#sockets().length > 0;
    const sample = this.#room.sampling?.of(newRows(outcomes)) ?? null;
    let last: Seq | undefined;
    for (const { send, result } of outcomes) {
      const from =
        "socket" in send.origin && send.origin.socket instanceof RoomSocket ? send.origin.socket : null;
      if (!result.ok) {
        from?.send(this.#protocol.refused(result, { clientMsgId: send.draft.clientMsgId }));
        continue;
      }
      const { row, isRepeated } = result.value;
      if (!isRepeated) last = row.seq;
      const shown = hasSockets && !isRepeated ? this.#outgoing(row, from, sample) : null;
      if (shown) messages.push(shown);
      if (!from) continue;
      const receipt = { seq: row.seq, createdAt: row.created_at };
      const echo = echoes.allows(from) ? this.#echo(row, from, shown) : undefined;
      if (echo !== undefined) echoes.take(from, echo);
      const ack = this.#protocol.ack(this.#room.state.id, receipt, send.draft.clientMsgId, echo);
      const parts = acks.get(from);
      if (parts) parts.push(ack);
      else acks.set(from, [ack]);
    }
    const isSender = (socket: RoomSocket) => acks.has(socket);
    this.#show(messages, sample, isSender);
    // Behind the messages: a client with an ack for seq 7 has been sent every message before it.
    for (const [socket, parts] of acks) {
      const ackFrames = frames(parts, this.#protocol.acks);
      if (this.#syncing?.socket === socket) this.#syncing.acks.push(...ackFrames);
      else for (const frame of ackFrames) socket.sendAck(frame);
    }
    // No ack waits for the sockets of others.
    this.#show(messages, sample, (socket) => !isSender(socket));
    if (last !== undefined) this.#sentUpTo(last, sample);
  }

  imported(rows: readonly MessageRow[]): void {
    const last = rows.at(-1);
    if (!last) return;
    const sample = this.#room.sampling?.of(rows, false) ?? null;
    this.#closeAllOnError(() => {
      const hasSockets = this.#sockets().length > 0;
      const { hides } = this.#room.log;
      const toSockets = (row: MessageRow) => {
        const hiders = hides.usersOf(row.seq);
        return { ...this.#outgoing(row, null, sample), except: hiders.length > 0 ? new Set(hiders) : null };
      };
      this.#show(hasSockets ? rows.map(toSockets) : [], sample, () => true);
    });
    this.#sentUpTo(last.seq, sample);
  }

  sampleEnded(sample: Sample): void {
    this.#closeAllOnError(() => this.#show([], sample, () => true));
    this.#sentUpTo(sample.range.lastSeq, sample);
  }

  /** What a part of the sockets alone was told of comes again, to all. */
  #sentUpTo(seq: number, sample: Sample | null): void {
    if (sample?.isTold !== false) this.#receivers.sentUpTo({ seq: Position.parse(seq) });
  }

  #show(messages: OutgoingMessage[], sample: Sample | null, isShown: (socket: RoomSocket) => boolean): void {
    const sockets = this.#sockets().filter(isShown);
    if (messages.length === 0 && !sample) return;
    const shown = framesFor(messages, sockets, this.#protocol, this.#receivers, sample);
    if (shown > 0) this.#registry.metrics.count("deliveries", { socket: "room" }, shown);
  }

  tell({ event, to, from }: Published): void {
    this.#closeAllOnError(() => {
      let shared: string | undefined;
      for (const socket of this.#sockets()) {
        if (socket === from || !this.#isTold(socket, to)) continue;
        if (typeof event === "function") {
          const own = event(socket.userId);
          if (own) this.#receivers.deliver(socket, [this.#protocol.event(own)]);
        } else {
          shared ??= this.#protocol.event(event);
          this.#receivers.deliver(socket, [shared]);
        }
      }
    });
  }

  #isTold({ userId }: RoomSocket, to: Audience): boolean {
    // Who leaves has no socket any more.
    if ("membersAnd" in to) return true;
    if ("only" in to) return to.only.has(userId);
    if ("own" in to) return userId === to.own;
    return userId === to.around ? to.self !== "nowhere" : !this.#room.state.isBlocked;
  }

  messagesChanged(announcement: ChangeAnnouncement): void {
    this.#closeAllOnError(() =>
      sendChanges(this.#room, announcement, this.#sockets(), this.#protocol, this.#receivers),
    );
    this.#receivers.sentUpTo({ rev: announcement.rev });
  }

  revoked(row: Parameters<SocketSink["revoked"]>[0], by: UserId, rev: number): void {
    const { seq, shadowed, sender_id: senderId } = row;
    const { state, log, viewers } = this.#room;
    const frame = this.#protocol.event({ type: "revoked", conversationId: state.id, seq, by, rev });
    // Members who joined later, deleted their history, or have hidden the message, never see it.
    const hiders = new Set(log.hides.usersOf(seq));
    for (const socket of this.#sockets()) {
      const { userId } = socket;
      if (!isInMain(row) && !socket.showsThreads) continue;
      if (shadowed !== null && userId !== senderId) continue;
      if (hiders.has(userId) || viewers.receiver(userId).visible_from >= seq) continue;
      this.#receivers.deliver(socket, [frame]);
    }
  }

  hidden(seq: Seq, userId: UserId, rev: number): void {
    const event = { type: "hidden", conversationId: this.#room.state.id, seq, rev } as const;
    this.tell({ event, to: { only: new Set([userId]) } });
  }

  groupChanged(changed: StoredChange): void {
    this.#closeAllOnError(() => this.#sendGroupChange(changed));
  }

  #sendGroupChange({ change, systemMessage }: StoredChange): void {
    // Kick first: members who leave must not see the system message about it.
    const { kick } = change;
    const leaving = new Set(kick?.userIds);
    if (kick) this.#registry.kick(({ userId }) => leaving.has(userId), kick.reason);
    const { members, viewers } = this.#room;
    if (viewers.haveLeft(change))
      this.#registry.kick(
        ({ userId, isClosing }) => !isClosing && !members.isActive(userId),
        change.kick?.reason ?? "removed",
      );
    if (!systemMessage) return;
    const sample = this.#room.sampling?.of([systemMessage], false) ?? null;
    const shown = [this.#outgoing(systemMessage, null, sample)];
    framesFor(shown, this.#sockets(), this.#protocol, this.#receivers, sample);
    this.#receivers.sentUpTo({ seq: Position.parse(systemMessage.seq) });
  }

  tellsWhole(): boolean {
    return this.#sockets().some(({ takesChanges, takesParts }) => takesChanges && !takesParts);
  }

  refresh(): UserId[] {
    return this.#sockets().map(({ userId }) => userId);
  }

  reaches(userId: UserId): boolean {
    return this.#sockets().some((socket) => socket.userId === userId);
  }

  /**
   * Runs a delivery, and closes every socket if it throws. A socket that missed a seq must not stay open: the
   * client reconnects and syncs, and repeats its sends with their client message ids.
   */
  #closeAllOnError(deliver: () => void): void {
    try {
      deliver();
    } catch (error) {
      log("error", "broadcast_failed", { conversation: this.#room.state.id, ...errorFields(error) });
      for (const socket of this.#sockets()) socket.close(CLOSE.fault);
    }
  }

  /**
   * The message for the ack of its sender, as they see it now, or as they saw it last.
   * @param shown the new message, which is encoded already; null: the send is a repeat
   */
  #echo(row: MessageRow, { userId }: RoomSocket, shown: OutgoingMessage | null): EncodedPart | undefined {
    if (shown) return shown.redacted?.users.has(userId) ? shown.redacted.part : shown.part;
    const { members, renderer } = this.#room;
    const sender = members.find(userId);
    const [message] = sender ? renderer.render([row], renderer.senderAsReader(row, sender)) : [];
    return message && this.#protocol.message(message);
  }

  #outgoing(row: MessageRow, from: RoomSocket | null, sample: Sample | null): OutgoingMessage {
    return outgoing(this.#room, this.#protocol, row, from, sample);
  }

  #sockets(): RoomSocket[] {
    return this.#registry.sockets();
  }
}
