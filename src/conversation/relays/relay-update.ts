import { z } from "zod";
import type { ConversationId, Position, Seq, SessionId, UserId } from "../../domain/ids.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { KickReason } from "../../domain/sync/socket-protocol.ts";
import type { Receiver } from "../sockets/receiver.ts";

/** The relays of a conversation. A room of 100,000 viewers has some 6,000 in each. */
const RELAYS = 16;

/** One of the relays of a conversation. */
export const RelayNumber = z
  .int()
  .min(0)
  .max(RELAYS - 1)
  .brand<"RelayNumber">();
export type RelayNumber = z.infer<typeof RelayNumber>;

/** The relay that holds the sockets of a user. */
export function relayOf(userId: UserId): RelayNumber {
  return RelayNumber.parse(userId % RELAYS);
}

/** A relay, and its conversation. */
export interface RelayId {
  conversationId: ConversationId;
  relay: RelayNumber;
}

/** What clients ask of their sockets, as far as frames differ by it. */
export type SocketWishes = Pick<Receiver, "showsThreads" | "takesChanges" | "takesParts">;

/** The sockets that are sent the same frames, unless their users have a view of their own. */
export type SocketClass = string;

export function classOf({ showsThreads, takesChanges, takesParts }: SocketWishes): SocketClass {
  return [showsThreads, takesChanges, takesChanges && takesParts].map(Number).join("");
}

/** The wishes of each class. */
export const CLASSES: readonly SocketWishes[] = [false, true].flatMap((showsThreads) => [
  { showsThreads, takesChanges: true, takesParts: false },
  { showsThreads, takesChanges: true, takesParts: true },
  { showsThreads, takesChanges: false, takesParts: false },
]);

export type ClassFrames = ReadonlyMap<SocketClass, readonly string[]>;

/**
 * What the sockets of a relay are sent of one event, or of messages in a row, encoded. A socket gets the
 * frames of its number; else those of its user; else those of all, of its class.
 */
export interface RelayItem {
  /** what a socket has been sent with it */
  at: SyncPosition;
  /** whether the position has moved to `at` by it; false: an event beside messages and their changes */
  moves: boolean;
  /** it has messages for a part of the sockets, and nothing that all have been sent with it */
  isPartial?: true;
  shared: ClassFrames;
  own: ReadonlyMap<UserId, ClassFrames>;
  /** by the number that the relay has given a socket; of an event these are acks and refusals */
  bySocket: ReadonlyMap<number, readonly string[]>;
  /** how many sends of a socket are answered with it */
  answers?: ReadonlyMap<number, number>;
  /** it shows this message: users who see none so old are sent what `instead` has */
  shows?: Seq;
  instead?: readonly RelayItem[];
  /** members who leave, or all viewers, too: their sockets are closed, before anything else */
  kick?: { userIds: readonly UserId[]; reason: KickReason; viewers?: true };
  /** viewers who are members now */
  joined?: readonly UserId[];
  /** users who have deleted the messages up to here for themselves */
  deleted?: ReadonlyMap<UserId, Position>;
  /** all see the conversation otherwise: the relay asks for the frames of its users */
  refreshes?: true;
}

/**
 * Names a time in which nothing was lost of what a relay was told. A socket of another time may lack
 * something.
 */
export const Generation = z.string().brand<"Generation">();
export type Generation = z.infer<typeof Generation>;

/** What a relay is told in one call. */
export interface RelayUpdate {
  generation: Generation;
  /** what its sockets have been sent with it */
  to: SyncPosition;
  items: readonly RelayItem[];
}

/** What a relay holds. */
export interface HeldCount {
  /** with those that are opening */
  sockets: number;
  /** those who have one, each once */
  users: number;
}

/** Relays, as their conversation calls them. */
export interface RelayPort {
  update(id: RelayId, update: RelayUpdate): Promise<HeldCount>;
  /** Closes the sockets of a session, also one that is being opened. */
  kick(id: RelayId, input: { sessionId: SessionId }): Promise<null>;
  /** @returns the sessions among these that have a socket open there, or being opened */
  openSessions(id: RelayId, input: { sessionIds: SessionId[] }): Promise<SessionId[]>;
}
