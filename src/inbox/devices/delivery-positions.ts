import type { ConversationId, Position } from "../../domain/ids.ts";
import { isAhead, type SyncPosition } from "../../domain/sync/replay.ts";
import type { DeviceCursor, DeviceCursors } from "./device-cursors.ts";
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

/** Sockets that are at the same position in a conversation. */
export interface SocketGroup {
  position: SyncPosition;
  /** the one socket waits, and is sent nothing more for now; absent: false */
  isWaiting?(): boolean;
  /** the sockets that get what leads to `to` */
  sockets(to: SyncPosition): DeviceSocket[];
  /** stores the position to which the sockets were brought */
  save(position: SyncPosition): void;
}

/**
 * The positions of a user's device sockets in each conversation. All sockets share one position, except those
 * with a cursor. A cursor is deleted when its socket meets the shared position.
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

  /** @param save stores the shared position @returns the group of the sockets at the shared position */
  shared(id: ConversationId, position: SyncPosition, save: SocketGroup["save"]): SocketGroup {
    const group: SocketGroup = {
      position,
      save,
      sockets: (to) => this.#receivers(id, group.position, to),
    };
    return group;
  }

  /**
   * The sockets at the shared position that get what leads from it to `to`. Sockets that may still say where
   * they begin get a `pending` cursor instead: messages that they got live would come again in their page. So
   * do sockets that are behind.
   */
  #receivers(id: ConversationId, from: SyncPosition, to: SyncPosition): DeviceSocket[] {
    const all = this.#audience.open().filter((socket) => !this.cursor(socket, id));
    if (!isAhead(to, from)) return all;
    for (const socket of all) if (this.#isPending(socket, id)) this.#set(socket, id, from, "pending");
    return all.filter((socket) => !this.#isPending(socket, id));
  }

  /** Whether the socket may still say where it begins, or is behind. */
  #isPending(socket: DeviceSocket, id: ConversationId): boolean {
    return socket.isNew || this.#isSyncing(socket, id) || this.#slow.isBehind(socket);
  }

  /** Whether messages of a conversation wait until the socket is released. */
  isWaiting(socket: DeviceSocket, id: ConversationId): boolean {
    return this.cursor(socket, id)?.state === "pending" && !this.#isSyncing(socket, id);
  }

  #isSyncing(socket: DeviceSocket, id: ConversationId): boolean {
    return this.#syncs.get(socket)?.has(id) ?? false;
  }

  /**
   * The sockets with a cursor, one group each, read when its turn comes. Sockets that get messages only when
   * they sync are not among them.
   * @param shared the position of the other sockets
   * @param options `includePending`: also sockets that are pending, or have asked to sync again
   */
  *individual(
    id: ConversationId,
    shared: SyncPosition,
    { includePending }: { includePending: boolean },
  ): Iterable<SocketGroup> {
    for (const socket of this.#audience.open()) {
      const cursor = this.cursor(socket, id);
      if (!cursor || isWithheld(cursor) || isHeld(cursor)) continue;
      const isPending = cursor.state === "pending";
      if (!includePending && (isPending || this.#isSyncing(socket, id))) continue;
      const isUntilSync = isPending || !includePending;
      yield isUntilSync
        ? this.untilSync(socket, id, cursor, shared)
        : this.single(socket, id, cursor, shared);
    }
  }

  /**
   * @param shared the position of the other sockets
   * @returns the group of one socket at a position of its own
   */
  single(
    socket: DeviceSocket,
    id: ConversationId,
    position: SyncPosition,
    shared: SyncPosition,
  ): SocketGroup {
    return { position, sockets: () => [socket], save: (to) => this.merge(socket, id, to, shared) };
  }

  /**
   * The same, until the socket begins a sync: the page of the sync has what it misses, from where its client
   * says. Or until it falls behind: then it waits.
   */
  untilSync(
    socket: DeviceSocket,
    id: ConversationId,
    position: SyncPosition,
    shared: SyncPosition,
  ): SocketGroup {
    const { sockets, save } = this.single(socket, id, position, shared);
    let isWaiting = false;
    const group: SocketGroup = {
      position,
      isWaiting: () => isWaiting,
      sockets: (to) => {
        isWaiting = this.#isSyncing(socket, id) || this.#slow.isBehind(socket);
        if (isWaiting && !this.#isSyncing(socket, id)) this.#set(socket, id, group.position, "pending");
        return isWaiting ? [] : sockets(to);
      },
      save: (to) => {
        if (!isWaiting) save(to);
      },
    };
    return group;
  }

  /**
   * Stores the position of a live socket: no cursor at the shared position, else a `live` cursor until they
   * meet.
   */
  merge(socket: DeviceSocket, id: ConversationId, position: SyncPosition, shared: SyncPosition): void {
    if (socket.isClosing) return;
    if (isAhead(position, shared) || isAhead(shared, position)) this.#set(socket, id, position, "live");
    else this.#cursors.delete(socket.id, id);
  }

  /** Moves a socket to the shared position, whatever it has of the conversation. */
  forget(socket: DeviceSocket, id: ConversationId): void {
    this.#cursors.delete(socket.id, id);
  }

  /** Stores the position up to which a socket got pages; further pages follow. */
  setReplaying(socket: DeviceSocket, id: ConversationId, position: SyncPosition): void {
    this.#set(socket, id, position, "replaying");
  }

  /**
   * In a crowded group: holds what leads to `to` from all sockets that can ask for it. Sockets that are new
   * or syncing stay as they are: they have asked.
   */
  hold(id: ConversationId, shared: SyncPosition, to: SyncPosition): void {
    for (const socket of this.#audience.open()) {
      const cursor = this.cursor(socket, id);
      const isBehind = (!cursor || cursor.state === "live") && isAhead(to, cursor ?? shared);
      if (!isBehind || !socket.protocol.supportsResume || this.#isPending(socket, id)) continue;
      this.#set(socket, id, cursor ?? shared, "held");
    }
  }

  /** @returns the sockets that are told of messages, and not sent them */
  held(id: ConversationId): DeviceSocket[] {
    return this.#audience.open().filter((socket) => isHeld(this.cursor(socket, id)));
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

  /** Withholds the conversation from a socket behind its position, until it syncs. */
  setFocused(socket: DeviceSocket, id: ConversationId, position: SyncPosition): void {
    this.#set(socket, id, position, "focused");
  }

  /**
   * The sync of a socket begins. Until it ends, live messages of the conversation are withheld from the
   * socket: its page has them.
   * @returns ends the sync. If there was a page, that is done in its turn: the next turn may be an update
   *   that the page lacks. It does nothing the second time.
   */
  beginSync(socket: DeviceSocket, id: ConversationId): () => void {
    this.#countSync(socket, id, 1);
    let isOver = false;
    return () => {
      if (!isOver) this.#countSync(socket, id, -1);
      isOver = true;
    };
  }

  #countSync(socket: DeviceSocket, id: ConversationId, difference: 1 | -1): void {
    const counts = this.#syncs.get(socket) ?? new Map<ConversationId, number>();
    const count = (counts.get(id) ?? 0) + difference;
    if (count > 0) counts.set(id, count);
    else counts.delete(id);
    if (counts.size > 0) this.#syncs.set(socket, counts);
    else this.#syncs.delete(socket);
  }

  /** A pending socket does not sync after all: the next update also brings it what has come meanwhile. */
  goLive(socket: DeviceSocket, id: ConversationId): void {
    const cursor = this.cursor(socket, id);
    if (cursor?.state === "pending" && !socket.isClosing) this.#set(socket, id, cursor, "live");
  }

  /** @returns the conversations in which a socket is pending */
  pending(socket: DeviceSocket): ConversationId[] {
    return this.#cursors.inState(socket.id, "pending");
  }

  /**
   * The user has left the conversation, and the devices have all messages up to `last`. Cursors up to it are
   * deleted.
   * - A cursor beyond it stays: a replay brought the socket messages from after the user's return.
   * - A replaying cursor stays: its client asks for the next page and is refused with `not_found`.
   * - A focused one does not: the room socket has brought the messages, and closes. Nor does a held one: its
   *   client has not asked for the messages.
   */
  leave(id: ConversationId, last: Position): void {
    for (const socket of this.#audience.open()) {
      const cursor = this.cursor(socket, id);
      if (!cursor || cursor.state === "replaying") continue;
      const isWaiting = isWithheld(cursor) || isHeld(cursor);
      if (isWaiting || cursor.seq <= last) this.#cursors.delete(socket.id, id);
    }
  }

  #set(
    socket: DeviceSocket,
    id: ConversationId,
    { seq, rev }: SyncPosition,
    state: DeviceCursor["state"],
  ): void {
    this.#cursors.set(socket.id, id, { seq, rev, state });
  }
}

/** Whether the socket is told of messages, and not sent them. */
function isHeld(cursor: DeviceCursor | undefined): boolean {
  return cursor?.state === "held";
}

/** Whether live messages and events of the conversation are withheld from the socket. */
export function isWithheld({ state }: DeviceCursor): boolean {
  return state === "replaying" || state === "focused";
}
