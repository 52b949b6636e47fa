import type { ConversationKind, ListState, ReadPoint } from "../conversations/conversation.ts";
import type { ConversationId, Position } from "../ids.ts";
import type { Mentioned } from "../messages/message.ts";
import type { Preview } from "../messages/preview.ts";
import type { ReplayPage, SyncPosition } from "./replay.ts";
import type { DeviceEvent } from "./socket-protocol.ts";

/**
 * What a conversation tells a member's inbox: a snapshot, never a delta, so that a lost, doubled or
 * late one does no harm. The inbox takes it iff `ver` is higher than what it has.
 */
export interface InboxUpdate {
  conversationId: ConversationId;
  /** absent where the release before tells */
  kind?: ConversationKind;
  /** rises with every change of the conversation and of this member; persistent over leaving and rejoining */
  version: number;
  state: ListState;
  /** he has deleted the conversation for himself, and nothing has come since */
  deletedForMe: boolean;
  /** the member sees messages after this seq */
  visibleFrom: Position;
  /** to devices that know nothing of it, messages after this seq are new: where he came in, but for an older history */
  newFrom: Position;
  lastSeq: Position;
  /** numbers revokes and hides */
  rev: number;
  /** what came after the place up to which his devices were told; absent while he has none, or it is unknown */
  page?: ReplayPage;
  /** what else his devices are to hear; in the order in which it happened */
  ephemeral: EphemeralEvent[];
  /** countable messages up to lastSeq (tips are not counted) */
  lastCount: number;
  readSeq: Position;
  /** countable messages up to readSeq */
  readCount: number;
  /** when the read position last moved (ms); 0: never; absent where the release before tells */
  readAt?: number;
  /** as `Standing` has them; absent where the release before tells */
  ignoresUnread?: boolean;
  mentioned?: Mentioned[];
  peerRead?: ReadPoint | null;
  memberCount: number;
  preview: Preview | null;
  /** milliseconds; the newest message's time, or that of the conversation's creation */
  updatedAt: number;
}

/** Up to where the sockets of a user's devices were told of a conversation; null: he has none. */
export type DeliveredPosition = SyncPosition | null;

/** What a member's inbox should know, and whether it has said that it does, its devices too. */
export interface RepairSnapshot {
  update: InboxUpdate;
  isDelivered: boolean;
}

/** Something that happens besides messages; the ids of one conversation only rise. */
export interface EphemeralEvent {
  id: number;
  event: DeviceEvent;
}
