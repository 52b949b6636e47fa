import type { VersionedPerson } from "../../domain/accounts/person.ts";
import type { Conversation } from "../../domain/conversations/conversation.ts";
import { Position, type Seq, type UserId } from "../../domain/ids.ts";
import { GroupEvent } from "../../domain/messages/content.ts";
import type { ThreadState } from "../../domain/messages/thread.ts";
import type { EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { KickReason, RoomEvent, RoomProtocol } from "../../domain/sync/socket-protocol.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { frames } from "../../object/frames.ts";
import { CLOSE } from "../../object/hibernating-socket.ts";
import type { ChangeAnnouncement } from "../changes/change-feed.ts";
import type { MessageRow } from "../log/row.ts";
import type { SendOrigin, SendOutcome } from "../sending/send.ts";
import type { StoredChange } from "../state/change.ts";
import type { RoomContext } from "../state/context.ts";
import type { RoomObserver, UnreadRevoke } from "../state/observer.ts";
import { framesFor, type OutgoingMessage } from "./broadcast-frames.ts";
import { sendChanges } from "./changed-frames.ts";
import { EchoBudgets } from "./echo-budgets.ts";
import type { LaggingSockets } from "./lagging-sockets.ts";
import type { RoomSocket } from "./room-socket.ts";

/** The room, as the broadcast reads it. */
type BroadcastRoom = Pick<
  RoomContext,
  "state" | "log" | "members" | "renderer" | "encoder" | "snapshots" | "changeFeed" | "flushSends"
>;

/** The sockets of a room, as the broadcast uses them. */
interface SocketRegistry {
  /** the open sockets */
  sockets(): RoomSocket[];
  kick(matches: (socket: RoomSocket) => boolean, reason: KickReason): void;
}

/** Sends stored messages and committed events to the sockets of a room. */
export class Broadcast implements RoomObserver {
  readonly #room: BroadcastRoom;
  readonly #protocol: RoomProtocol;
  readonly #registry: SocketRegistry;
  readonly #receivers: Pick<LaggingSockets, "deliver" | "told">;
  /** the socket that syncs in this turn, and its acks: the frames of its page go first */
  #syncing: { socket: RoomSocket; acks: string[] } | null = null;

  constructor(
    room: BroadcastRoom,
    protocol: RoomProtocol,
    registry: SocketRegistry,
    receivers: Pick<LaggingSockets, "deliver" | "told">,
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
    let last: Seq | undefined;
    for (const { send, result } of outcomes) {
      const from = "socket" in send.origin ? send.origin.socket : null;
      if (!result.ok) {
        from?.send(this.#protocol.refused(result, { clientMsgId: send.draft.clientMsgId }));
        continue;
      }
      const { row, isRepeated } = result.value;
      if (!isRepeated) last = row.seq;
      const outgoing = hasSockets && !isRepeated ? this.#outgoing(row, from) : null;
      if (outgoing) messages.push(outgoing);
      if (!from) continue;
      const receipt = { seq: row.seq, createdAt: row.created_at };
      const echo = echoes.allows(from) ? this.#echo(row, from, outgoing) : undefined;
      if (echo !== undefined) echoes.take(from, echo);
      const ack = this.#protocol.ack(this.#room.state.id, receipt, send.draft.clientMsgId, echo);
      const parts = acks.get(from);
      if (parts) parts.push(ack);
      else acks.set(from, [ack]);
    }
    const isSender = (socket: RoomSocket) => acks.has(socket);
    this.#show(messages, isSender);
    // Behind the messages: a client with an ack for seq 7 has been sent every message before it.
    for (const [socket, parts] of acks) {
      const ackFrames = frames(parts, this.#protocol.acks);
      if (this.#syncing?.socket === socket) this.#syncing.acks.push(...ackFrames);
      else for (const frame of ackFrames) socket.sendAck(frame);
    }
    // No ack waits for the sockets of others.
    this.#show(messages, (socket) => !isSender(socket));
    if (last !== undefined) this.#receivers.told({ seq: Position.parse(last) });
  }

  #show(messages: OutgoingMessage[], isShown: (socket: RoomSocket) => boolean): void {
    const sockets = this.#sockets().filter(isShown);
    if (messages.length > 0) framesFor(messages, sockets, this.#protocol, this.#receivers);
  }

  read(userId: UserId, seq: Position, from: RoomSocket | null): void {
    const { state, members, snapshots } = this.#room;
    const event = { type: "read", conversationId: state.id, userId, seq } as const;
    this.#sendToOthers(from, event, (socket) => state.isBlocked || socket.userId === userId);
    const reader = members.find(userId);
    const isOther = (socket: RoomSocket) => socket.userId !== userId;
    this.#sendToOthers(from, { ...event, ...(reader && { unread: snapshots.unread(reader) }) }, isOther);
  }

  threadRead(userId: UserId, root: Seq, describe: () => ThreadState): void {
    this.#sendToUser(userId, this.#threadRead(userId, root, describe()));
  }

  messagesChanged(announcement: ChangeAnnouncement): void {
    this.#closeAllOnError(() =>
      sendChanges(this.#room, announcement, this.#sockets(), this.#protocol, this.#receivers),
    );
    this.#receivers.told({ rev: announcement.rev });
  }

  unreadChanged(userId: UserId, from: RoomSocket | null): void {
    const isOther = (socket: RoomSocket) => socket.userId !== userId;
    this.#sendToOthers(from, this.#ownRead(userId), isOther);
  }

  revoked(
    { seq, in_main, thread_root }: Parameters<RoomObserver["revoked"]>[0],
    by: UserId,
    rev: number,
    { users, threads }: UnreadRevoke,
  ): void {
    const frame = this.#protocol.event({
      type: "revoked",
      conversationId: this.#room.state.id,
      seq,
      by,
      rev,
    });
    // Members who joined later, deleted their history, or have hidden the message, never see it.
    const hiders = new Set(this.#room.log.hides.usersOf(seq));
    const mayKnow = ({ userId }: RoomSocket) =>
      !hiders.has(userId) && (this.#room.members.find(userId)?.visible_from ?? seq) < seq;
    const shows = (socket: RoomSocket) => socket.isLive && (in_main === 1 || socket.showsThreads);
    for (const socket of this.#sockets()) {
      const { userId } = socket;
      const tell = (shown: string) => this.#receivers.deliver(socket, [shown]);
      if (shows(socket) && mayKnow(socket)) tell(frame);
      if (!socket.isLive) continue;
      if (users.has(userId)) tell(this.#protocol.event(this.#ownRead(userId)));
      const thread = threads.get(userId);
      if (thread && thread_root !== null)
        tell(this.#protocol.event(this.#threadRead(userId, thread_root, thread)));
    }
  }

  /** The read position of a user as it is, with what is unread to them. */
  #ownRead(userId: UserId): RoomEvent {
    const { state, members, snapshots } = this.#room;
    const reader = members.active(userId);
    const unread = snapshots.unread(reader);
    return { type: "read", conversationId: state.id, userId, seq: reader.read_seq, unread };
  }

  #threadRead(userId: UserId, root: Seq, thread: ThreadState): RoomEvent {
    const { state, members, snapshots } = this.#room;
    const unread = snapshots.unreadInThreads(members.active(userId));
    return { type: "thread_read", conversationId: state.id, root, thread, unread };
  }

  hidden(seq: Seq, userId: UserId, rev: number): void {
    this.#sendToUser(userId, { type: "hidden", conversationId: this.#room.state.id, seq, rev });
  }

  deletedFor(userId: UserId, upTo: Position): void {
    this.#sendToUser(userId, { type: "deleted", conversationId: this.#room.state.id, seq: upTo });
  }

  typing(userId: UserId): void {
    const event = { type: "typing", conversationId: this.#room.state.id, userId } as const;
    this.#sendToOthers(null, event, (socket) => socket.userId === userId);
  }

  changed(changed: StoredChange): void {
    this.#closeAllOnError(() => this.#change(changed));
  }

  #change({ change, systemMessage }: StoredChange): void {
    // Kick first: members who leave must not see the system message about it.
    const { kick, memberEvent } = change;
    const leaving = new Set(kick?.userIds);
    if (kick) this.#registry.kick(({ userId }) => leaving.has(userId), kick.reason);
    const conversationId = this.#room.state.id;
    if (systemMessage) {
      framesFor([this.#outgoing(systemMessage, null)], this.#sockets(), this.#protocol, this.#receivers);
      this.#receivers.told({ seq: Position.parse(systemMessage.seq) });
    }
    const { event, user_ids: userIds = [] } = change.systemMessage ?? {};
    const groupEvent = GroupEvent.safeParse(event).data;
    if (groupEvent) this.#sendToOthers(null, { type: "member", conversationId, event: groupEvent, userIds });
    if (memberEvent) {
      const { event, userIds, to } = memberEvent;
      const shown = { type: "member", conversationId, event, userIds } as const;
      if (to) for (const id of to) this.#sendToUser(id, shown);
      else this.#sendToOthers(null, shown);
    }
  }

  profileChanged({ version, ...user }: VersionedPerson): void {
    this.#sendToOthers(null, { type: "profile", user, version }, this.#isAcrossBlock(user.id));
  }

  tellsWhole(): boolean {
    return this.#sockets().some(({ takesChanges, takesParts }) => takesChanges && !takesParts);
  }

  isInterestedIn(userId: UserId): boolean {
    return this.#sockets().some((socket) => socket.userId === userId);
  }

  conversationUpdated(userId: UserId, describe: () => Conversation): void {
    if (this.isInterestedIn(userId))
      this.#sendToUser(userId, { type: "conversation", conversation: describe() });
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
   * @param outgoing the new message, which is encoded already; null: the send is a repeat
   */
  #echo(row: MessageRow, { userId }: RoomSocket, outgoing: OutgoingMessage | null): EncodedPart | undefined {
    if (outgoing) return outgoing.redacted?.users.has(userId) ? outgoing.redacted.part : outgoing.part;
    const { members, renderer } = this.#room;
    const sender = members.find(userId);
    const [message] = sender ? renderer.render([row], renderer.senderAsReader(row, sender)) : [];
    return message && this.#protocol.message(message);
  }

  #outgoing(row: MessageRow, from: RoomSocket | null): OutgoingMessage {
    const { renderer, encoder } = this.#room;
    const { message, blind } = renderer.renderForAll(row);
    const part = this.#protocol.message(message);
    encoder.noteShown(row, message, this.#protocol.deviceProtocol, part);
    return {
      part,
      from,
      isInMain: row.in_main === 1,
      redacted: blind && { users: blind.users, part: this.#protocol.message(blind.message) },
    };
  }

  /** Whether a socket is that of another user across a block, which hides what a user does. */
  #isAcrossBlock(userId: UserId): (socket: RoomSocket) => boolean {
    return (socket) => this.#room.state.isBlocked && socket.userId !== userId;
  }

  /** Sends an event to the live sockets, except the one that caused it, and those it is hidden from. */
  #sendToOthers(
    from: RoomSocket | null,
    event: RoomEvent,
    isHidden: (socket: RoomSocket) => boolean = () => false,
  ): void {
    const frame = this.#protocol.event(event);
    for (const socket of this.#sockets()) {
      if (socket !== from && !isHidden(socket)) this.#receivers.deliver(socket, [frame]);
    }
  }

  /** Sends an event to the live sockets of one user. */
  #sendToUser(userId: UserId, event: RoomEvent): void {
    const frame = this.#protocol.event(event);
    for (const socket of this.#sockets())
      if (socket.userId === userId) this.#receivers.deliver(socket, [frame]);
  }

  #sockets(): RoomSocket[] {
    return this.#registry.sockets();
  }
}
