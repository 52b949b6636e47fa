import type { ConversationId, Position } from "../../domain/ids.ts";
import { isAhead, type SyncPosition } from "../../domain/sync/replay.ts";
import type { DeviceCursor, DeviceCursors } from "./device-cursors.ts";
import type { DeviceSocket } from "./device-socket.ts";

/** The sockets of the user's devices, as far as the feed knows them. */
export interface DeviceAudience {
  /** those that are open */
  open(): DeviceSocket[];
  /** whether one is open, or is just being opened: then what comes is theirs */
  isOpen(): boolean;
}

/** Sockets that were told of a conversation up to the same place. */
export interface SocketGroup {
  position: SyncPosition;
  /** those that are to be told what leads to a place */
  sockets(to: SyncPosition): DeviceSocket[];
  /** notes up to where they were told */
  save(place: SyncPosition): void;
}

/** A socket which has asked for a page of a conversation, and has it not yet. */
interface Sync {
  socket: DeviceSocket;
  id: ConversationId;
}

/**
 * Where the sockets of a user's devices stand in a conversation: all of them together, but for those whose cursor
 * says otherwise, until they meet the others.
 */
export class DeliveryPositions {
  readonly #audience: DeviceAudience;
  readonly #cursors: DeviceCursors;
  readonly #syncs = new Set<Sync>();

  constructor(audience: DeviceAudience, cursors: DeviceCursors) {
    this.#audience = audience;
    this.#cursors = cursors;
  }

  /** The cursor of a socket; none: it stands with the others. */
  of(socket: DeviceSocket, id: ConversationId): DeviceCursor | undefined {
    return this.#cursors.get(socket.id, id);
  }

  /** Those who stand together. @param note notes up to where they were told */
  shared(id: ConversationId, place: SyncPosition, note: SocketGroup["save"]): SocketGroup {
    const group: SocketGroup = {
      position: place,
      save: note,
      sockets: (to) => this.#receivers(id, group.position, to),
    };
    return group;
  }

  /**
   * The sockets that stand together, but for those that are about to say where they begin: they are held where they
   * are, as what came live would come once more in their page.
   */
  #receivers(id: ConversationId, from: SyncPosition, to: SyncPosition): DeviceSocket[] {
    const all = this.#audience.open().filter((socket) => !this.of(socket, id));
    if (!isAhead(to, from)) return all;
    const isHeld = (socket: DeviceSocket) => socket.isNew || this.#isSyncing(socket, id);
    for (const socket of all) if (isHeld(socket)) this.#set(socket, id, from, "held");
    return all.filter((socket) => !isHeld(socket));
  }

  #isSyncing(socket: DeviceSocket, id: ConversationId): boolean {
    return [...this.#syncs].some((sync) => sync.socket === socket && sync.id === id);
  }

  /** Those that are live and stand elsewhere, one after the other, as they stand once it is their turn. */
  *individual(
    id: ConversationId,
    others: SyncPosition,
    { evenHeld }: { evenHeld: boolean },
  ): Iterable<SocketGroup> {
    for (const socket of this.#audience.open()) {
      const cursor = this.of(socket, id);
      const isHeld = cursor?.state === "held";
      if (!cursor || cursor.state === "behind" || (isHeld && !evenHeld)) continue;
      const group = this.single(socket, id, cursor, others);
      // Meanwhile one that was held may have said where it begins: then what it misses comes with its page.
      const toTell = () => (this.#isSyncing(socket, id) ? [] : [socket]);
      yield isHeld ? { ...group, sockets: toTell } : group;
    }
  }

  /** A live socket that does not stand with the others. */
  single(socket: DeviceSocket, id: ConversationId, place: SyncPosition, others: SyncPosition): SocketGroup {
    return { position: place, sockets: () => [socket], save: (to) => this.merge(socket, id, to, others) };
  }

  /** Notes up to where a live socket was told: it stands with the others, or apart until they meet. */
  merge(socket: DeviceSocket, id: ConversationId, place: SyncPosition, others: SyncPosition): void {
    if (socket.isClosing) return;
    if (isAhead(place, others) || isAhead(others, place)) this.#set(socket, id, place, "apart");
    else this.#cursors.delete(socket.id, id);
  }

  /** What a socket has of a conversation is of no more interest: it stands with the others, should there be more. */
  forget(socket: DeviceSocket, id: ConversationId): void {
    this.#cursors.delete(socket.id, id);
  }

  /** Notes up to where a socket has got pages: there are more. */
  behind(socket: DeviceSocket, id: ConversationId, place: SyncPosition): void {
    this.#set(socket, id, place, "behind");
  }

  /** Does what a socket has asked for with a sync; until it is done, or fails, what is told live waits for that. */
  async during(socket: DeviceSocket, id: ConversationId, work: () => Promise<void>): Promise<void> {
    const sync = { socket, id };
    this.#syncs.add(sync);
    try {
      await work();
    } catch (error) {
      this.stay(socket, id);
      throw error;
    } finally {
      this.#syncs.delete(sync);
    }
  }

  /** A socket that is held begins nowhere else: it is told what comes, and with that what has come meanwhile. */
  stay(socket: DeviceSocket, id: ConversationId): void {
    const cursor = this.of(socket, id);
    if (cursor?.state === "held" && !socket.isClosing) this.#set(socket, id, cursor, "apart");
  }

  /** The conversations in which a socket is held. */
  pending(socket: DeviceSocket): ConversationId[] {
    return this.#cursors.pending(socket.id);
  }

  /**
   * Its user has left, and all have what was his. Who was told by a replay some of what came since he was back keeps
   * that; who is in the midst of one asks on, and is told then.
   */
  leave(id: ConversationId, last: Position): void {
    for (const socket of this.#audience.open()) {
      const cursor = this.of(socket, id);
      if (cursor && cursor.state !== "behind" && cursor.seq <= last) this.#cursors.delete(socket.id, id);
    }
  }

  #set(
    socket: DeviceSocket,
    id: ConversationId,
    { seq, rev }: SyncPosition,
    readState: DeviceCursor["state"],
  ): void {
    this.#cursors.set(socket.id, id, { seq, rev, state: readState });
  }
}
