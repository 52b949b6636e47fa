import type { ConversationId, Position, UserId } from "../../domain/ids.ts";
import { type InboxUpdate, unreadCountOf } from "../../domain/sync/inbox-update.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import { ProfileFrames } from "../account/profile-frames.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import { withholdsEvents } from "./cursor.ts";
import type { DeliveryPositions, DeviceAudience } from "./delivery-positions.ts";
import type { DeviceSocket } from "./device-socket.ts";
import type { MessageContexts } from "./message-contexts.ts";

/** What the events need from the inbox. */
interface DeviceEventsDeps {
  audience: Pick<DeviceAudience, "open">;
  list: Pick<ConversationList, "known" | "entries">;
  contexts: Pick<MessageContexts, "expire">;
  userId(): UserId;
}

/** A read position that a socket has asked to set. */
interface PendingRead {
  socket: DeviceSocket;
  conversationId: ConversationId;
  seq: Position;
}

/** Sends device sockets what an update has besides messages: its ephemeral events, and `activity`. */
export class DeviceEvents {
  readonly profileFrames: ProfileFrames;
  readonly #deps: DeviceEventsDeps;
  readonly #positions: DeliveryPositions;
  /** the last ephemeral event sent, by conversation: a repeated update sends none twice */
  readonly #last = new Map<ConversationId, { id: number; epoch: number | undefined }>();
  /** while the calls are under way: the socket that sets a read position is not sent its event */
  readonly #reads = new Set<PendingRead>();

  constructor(deps: DeviceEventsDeps, positions: DeliveryPositions) {
    this.#deps = deps;
    this.#positions = positions;
    this.profileFrames = new ProfileFrames(() => deps.audience.open());
  }

  /** Runs the call that sets a read position; rejects as the call does. */
  async whileReading(read: PendingRead, work: () => Promise<unknown>): Promise<void> {
    this.#reads.add(read);
    try {
      await work();
    } finally {
      this.#reads.delete(read);
    }
  }

  /** Sends the events that precede the messages of an update. */
  before(update: InboxUpdate): void {
    for (const { id, event } of update.ephemeral)
      if (precedesMessages(event, update) && !this.#wasSent(id, update))
        this.#send(update.conversationId, event);
  }

  /**
   * Sends the other events, once the sockets have the messages. A new profile is no event of one
   * conversation: nothing withholds it.
   */
  after(update: InboxUpdate): void {
    const { conversationId, ephemeral, ephemeralEpoch: epoch } = update;
    for (const { id, event } of ephemeral) {
      if (this.#wasSent(id, update)) continue;
      this.#last.set(conversationId, { id, epoch });
      if (event.type === "profile") {
        this.#deps.contexts.expire(conversationId, event.user.id);
        this.profileFrames.send(event);
      } else if (!precedesMessages(event, update))
        this.#send(conversationId, this.#withUnread(event, update));
    }
  }

  /** For a crowded group: sends what the list shows as `activity`, instead of the messages. */
  activity(update: InboxUpdate): void {
    const { conversationId, lastSeq, rev, preview, updatedAt } = update;
    const { readSeq, unreadFrom, threadsUnread, mentioned } = update;
    const read = { readSeq, unreadCount: unreadCountOf(update), unreadFrom, threadsUnread, mentioned };
    for (const socket of this.#positions.held(conversationId))
      socket.sendEvent({ type: "activity", conversationId, lastSeq, rev, preview, updatedAt, ...read });
  }

  /** Whether the sockets were sent an ephemeral event: a conversation repeats updates that had no answer. */
  #wasSent(id: number, { conversationId, ephemeralEpoch }: InboxUpdate): boolean {
    const last = this.#last.get(conversationId);
    return last !== undefined && last.epoch === ephemeralEpoch && id <= last.id;
  }

  /** Sends an event to the sockets from which the conversation is not withheld, and that did not cause it. */
  #send(id: ConversationId, event: DeviceEvent): void {
    for (const socket of this.#deps.audience.open()) {
      if (!withholdsEvents(this.#positions.cursor(socket, id)) && !this.#isCause(socket, event))
        socket.sendEvent(event);
    }
  }

  /**
   * Whether an event is the effect of a call of this socket that is under way. A read leaves no mark of an
   * unread message before it: an event with such a mark has another cause.
   */
  #isCause(socket: DeviceSocket, event: DeviceEvent): boolean {
    if (event.type !== "read" || event.userId !== socket.userId || event.unread?.from) return false;
    const isCause = (read: PendingRead) =>
      read.socket === socket && read.conversationId === event.conversationId && read.seq === event.seq;
    return [...this.#reads].some(isCause);
  }

  /**
   * The user's own read position, with their unread count. It is the count of the update, up to whose
   * messages the sockets were brought: the event itself may be older.
   */
  #withUnread(event: DeviceEvent, { conversationId, version, ...update }: InboxUpdate): DeviceEvent {
    const { list, userId } = this.#deps;
    if (event.type !== "read" || event.userId !== userId()) return event;
    const isNewest = version >= (list.known(conversationId)?.ver ?? 0);
    const entry = isNewest ? undefined : list.entries([conversationId])[0];
    const count = entry?.unreadCount ?? unreadCountOf(update);
    const from = entry ? entry.unreadFrom : update.unreadFrom;
    return { ...event, unread: { count, lastSeq: entry?.lastSeq ?? update.lastSeq, from } };
  }
}

/**
 * Whether an event is from before messages of its update. A deletion is told before the messages that bring
 * the conversation back.
 */
function precedesMessages(event: DeviceEvent, { lastSeq }: Pick<InboxUpdate, "lastSeq">): boolean {
  return event.type === "deleted" && event.seq < lastSeq;
}
