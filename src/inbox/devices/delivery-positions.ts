import type { ConversationId, Position } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import { isAhead, type SyncPosition } from "../../domain/sync/replay.ts";
import {
  type CursorEvent,
  cursorAfter,
  type DeviceCursor,
  isSame,
  stateOf,
  TRANSITIONS,
  type UpdateEvent,
} from "./cursor.ts";
import type { DeviceCursors } from "./device-cursors.ts";
import type { DeviceSocket } from "./device-socket.ts";
import type { SlowSockets } from "./slow-sockets.ts";

/** The device sockets of the user, as the feed needs them. */
export interface DeviceAudience {
  /** the sockets that are open */
  open(): DeviceSocket[];
  /** whether a socket is open, or is being opened: updates that arrive meanwhile are for it too */
  isOpen(): boolean;
  /** whether a socket is being opened */
  isOpening(): boolean;
}

/** Sockets at one position in a conversation, which are to be sent what follows. */
export interface SocketGroup {
  position: SyncPosition;
  /** none: the shared position moves on by itself */
  sockets: DeviceSocket[];
}

/** What an update asks of the sockets that it is ahead of. `isLast`: it is the end of the membership. */
export type Due = Pick<InboxUpdate, "conversationId" | "lastSeq" | "rev"> & {
  onDemand?: boolean | undefined;
  isLast?: boolean;
};

/**
 * Where a user's device sockets stand in each conversation: at the position that they share, or at that of
 * their cursor. What happens to a socket changes its cursor by `cursor.ts`.
 */
export class DeliveryPositions {
  readonly #audience: DeviceAudience;
  readonly #cursors: DeviceCursors;
  readonly #slow: Pick<SlowSockets, "isBehind">;
  /** how many syncs of a conversation a socket has asked for that are not done: they wait, or run */
  readonly #syncs = new Map<DeviceSocket, Map<ConversationId, number>>();

  constructor(audience: DeviceAudience, cursors: DeviceCursors, slow: Pick<SlowSockets, "isBehind">) {
    this.#audience = audience;
    this.#cursors = cursors;
    this.#slow = slow;
  }

  /** @returns the cursor of a socket; undefined: it is at the shared position */
  cursor(socket: DeviceSocket, id: ConversationId): DeviceCursor | undefined {
    return this.#cursors.get(socket.id, id);
  }

  /**
   * Something happens to a socket.
   * @param shared the shared position, after the event
   * @param to the position of the event; absent: that of the socket
   */
  note(
    socket: DeviceSocket,
    id: ConversationId,
    event: CursorEvent,
    shared: SyncPosition,
    to?: SyncPosition,
  ): void {
    const cursor = this.cursor(socket, id);
    const after = cursorAfter(cursor, event, shared, to);
    if (after === cursor || socket.isClosing) return;
    if (after) this.#cursors.set(socket.id, id, after);
    else this.#cursors.delete(socket.id, id);
  }

  /**
   * The sockets that are sent next what leads to an update: those at the shared position first. Sockets that
   * are sent nothing change their state here.
   * @returns null: the shared position and all sockets that get updates have come as far as the update
   */
  behind(due: Due, shared: SyncPosition): SocketGroup | null {
    const { conversationId: id, lastSeq: seq, rev } = due;
    const end = { seq, rev };
    let group: SocketGroup | null = isAhead(end, shared) ? { position: shared, sockets: [] } : null;
    for (const socket of this.#audience.open()) {
      const cursor = this.cursor(socket, id);
      const position = cursor ?? shared;
      if (!isAhead(end, position)) continue;
      const event = this.#updateEvent(socket, due);
      if (TRANSITIONS[stateOf(cursor)][event] === "send") {
        group ??= { position, sockets: [] };
        if (isSame(position, group.position)) group.sockets.push(socket);
      } else this.note(socket, id, event, shared);
    }
    return group;
  }

  #updateEvent(socket: DeviceSocket, { conversationId, isLast, onDemand }: Due): UpdateEvent {
    if (this.#isSyncing(socket, conversationId)) return "updateInSync";
    if (isLast) return "lastUpdate";
    if (socket.isNew || this.#slow.isBehind(socket)) return "unreadyUpdate";
    return onDemand && socket.protocol.supportsResume ? "crowdedUpdate" : "update";
  }

  /** Whether messages of a conversation wait until the socket is released. */
  isWaiting(socket: DeviceSocket, id: ConversationId): boolean {
    return this.cursor(socket, id)?.state === "pending";
  }

  /** @returns the conversations of which messages wait for a socket */
  pending(socket: DeviceSocket): ConversationId[] {
    return this.#cursors.inState(socket.id, "pending");
  }

  /** @returns the sockets that are told of messages, and not sent them */
  held(id: ConversationId): DeviceSocket[] {
    return this.#audience.open().filter((socket) => this.cursor(socket, id)?.state === "held");
  }

  /** Whether all sockets leave the conversation to room sockets. */
  isFocused(id: ConversationId): boolean {
    const open = this.#audience.open();
    return open.length > 0 && open.every((socket) => this.cursor(socket, id)?.state === "focused");
  }

  /** @returns the conversations that all sockets leave to room sockets */
  focused(): ConversationId[] {
    const [first] = this.#audience.open();
    return first ? this.#cursors.inState(first.id, "focused").filter((id) => this.isFocused(id)) : [];
  }

  /** The user has left the conversation, and the devices have all messages up to `seq`. */
  left(id: ConversationId, seq: Position): void {
    for (const socket of this.#audience.open()) this.#noteOwn(socket, id, "left", seq);
  }

  /**
   * The sync of a socket begins. Until it ends, live messages of the conversation are withheld from the
   * socket: its page has them.
   * @returns ends the sync. If there was a page, that is done in its turn: the next turn may be an update
   *   that the page lacks. It does nothing the second time.
   */
  beginSync(socket: DeviceSocket, id: ConversationId): () => void {
    this.#noteOwn(socket, id, "syncBegins");
    this.#countSync(socket, id, 1);
    let isOver = false;
    return () => {
      if (!isOver) this.#countSync(socket, id, -1);
      isOver = true;
    };
  }

  /** Notes an event that leaves a socket at the shared position where it is. */
  #noteOwn(socket: DeviceSocket, id: ConversationId, event: "syncBegins" | "left", seq?: Position): void {
    const cursor = this.cursor(socket, id);
    if (cursor) this.note(socket, id, event, cursor, { ...cursor, seq: seq ?? cursor.seq });
  }

  #isSyncing(socket: DeviceSocket, id: ConversationId): boolean {
    return this.#syncs.get(socket)?.has(id) ?? false;
  }

  #countSync(socket: DeviceSocket, id: ConversationId, difference: 1 | -1): void {
    const counts = this.#syncs.get(socket) ?? new Map<ConversationId, number>();
    const count = (counts.get(id) ?? 0) + difference;
    if (count > 0) counts.set(id, count);
    else counts.delete(id);
    if (counts.size > 0) this.#syncs.set(socket, counts);
    else this.#syncs.delete(socket);
  }
}
