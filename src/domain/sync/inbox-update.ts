import type { ConversationKind, ListState, ReadPoint } from "../conversations/conversation.ts";
import type { ConversationId, Position, Seq, SpaceId } from "../ids.ts";
import type { Mentioned } from "../messages/message.ts";
import type { Preview } from "../messages/preview.ts";
import type { PackedPage } from "./packed-page.ts";
import type { DevicePage, SyncPosition } from "./replay.ts";
import type { DeviceEvent } from "./socket-protocol.ts";

/**
 * The state of a conversation for one member, which the conversation delivers to the member's inbox. It is a
 * snapshot, never a delta: lost, repeated and late updates do no harm. The inbox applies it iff `version` is
 * higher than its own.
 */
export interface InboxUpdate {
  conversationId: ConversationId;
  kind: ConversationKind;
  /** of a channel */
  spaceId?: SpaceId;
  /** rises with every change of the conversation and of this member; persists over leaving and rejoining */
  version: number;
  state: ListState;
  /** the member deleted the conversation for themself, and no message has come since */
  deletedForMe: boolean;
  /** the member sees messages after this seq */
  visibleFrom: Position;
  /**
   * messages after this seq are new to devices without a sync position: those since the member joined, if the
   * member may read older history; otherwise all visible ones
   */
  newFrom: Position;
  lastSeq: Position;
  /** the number of the newest announced change */
  rev: number;
  /**
   * the messages and changes after the delivered position; absent if no device is connected or the position
   * is unknown
   */
  page?: DevicePage;
  /** the same page, if it has nothing but new messages */
  packedPage?: PackedPage;
  /**
   * the group is crowded: devices that can resume are told of its messages, and ask for them; absent: false
   */
  onDemand?: boolean;
  /** ephemeral events for the member's devices, in order */
  ephemeral: EphemeralEvent[];
  /** ids of ephemeral events compare within one epoch; absent without events */
  ephemeralEpoch?: number;
  /** countable messages up to lastSeq (system messages are not counted) */
  lastCount: number;
  /** time of the newest countable message (ms) */
  countedAt: number;
  readSeq: Position;
  /** `lastCount` less the unread count. @see unreadCountOf */
  readCount: number;
  /** the message that the member has marked unread; null: none */
  unreadFrom: Seq | null;
  /** time of the last change of the read position (ms); 0: never */
  readAt: number;
  /** unread thread-only replies in followed threads */
  threadsUnread: number;
  /** this and the next two fields: see `ReadState` */
  ignoresUnread: boolean;
  mentioned: Mentioned[];
  peerRead: ReadPoint | null;
  /** the client message id of the member's composer draft that was sent last; absent: none was */
  sentComposer?: string;
  memberCount: number;
  /** one of the two users of a direct conversation blocks the other; absent: false */
  isBlocked?: boolean;
  preview: Preview | null;
  /** time of the newest message of the main stream, or of the conversation's creation (ms) */
  updatedAt: number;
  /** the same of the whole log, thread-only replies too */
  activeAt: number;
}

/**
 * The position up to which the device sockets of a user were sent a conversation; null: no device is
 * connected.
 * - `isFocused`: each device leaves the conversation to a room socket, and nobody waits for updates.
 * - `formats`: the names of the wire formats of the sockets; absent: unknown.
 * - `parts`: all sockets take changed messages without the bodies that they have; absent: one does not.
 */
export type DeliveredPosition =
  | (SyncPosition & { isFocused?: boolean; formats?: readonly string[]; parts?: boolean })
  | null;

/**
 * An inbox without devices asks a large group not to leave its updates to the alarm: phones, or a bot, wait
 * for them. The value is older than its name, and stays: the conversation may be of the release before.
 */
export const NOT_DEFERRED = "pushed";

/**
 * What an inbox answers to an update: the delivered position of its devices, or `NOT_DEFERRED`. While a bot
 * waits for updates, its inbox answers the position of the update, as if a device had it.
 */
export type InboxAnswer = DeliveredPosition | typeof NOT_DEFERRED;

/** An ephemeral event: typing, a read position, a member event. The ids of one epoch only rise. */
export interface EphemeralEvent {
  id: number;
  event: DeviceEvent;
}

/** The unread count of a member as an update has it: the conversation alone counts. */
export function unreadCountOf({
  lastCount,
  readCount,
}: Pick<InboxUpdate, "lastCount" | "readCount">): number {
  return Math.max(0, lastCount - readCount);
}
