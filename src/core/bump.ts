import { z } from "zod";
import { Kind } from "./content.ts";
import type { ConversationKind, ListState, ReadPoint } from "./conversation.ts";
import { type ConversationId, type Position, Seq, UserId } from "./ids.ts";
import { Forwarded, type Mentioned, Priority } from "./message.ts";
import type { DeviceEvent } from "./protocol.ts";
import type { ReplayPage, SyncPosition } from "./replay.ts";
import { SystemMessageDetails } from "./tip.ts";

/**
 * The newest message that a member may see, as his inbox keeps it for the list of conversations.
 * Profiles and the quoted text are not part of it: they are looked up, or left out, when it is read.
 */
export const Preview = z.object({
  seq: Seq,
  senderId: UserId,
  nameCard: z.string().optional(),
  kind: Kind,
  body: z.string(),
  /** one that cannot be read costs the list nothing */
  tip: SystemMessageDetails.optional().catch(undefined),
  mentions: z.union([z.array(UserId), z.literal("all")]),
  revoked: z.boolean(),
  revokedBy: UserId.optional(),
  clientMsgId: z.string().optional(),
  clientTime: z.int().optional(),
  priority: Priority.optional(),
  customData: z.string().optional(),
  forwarded: Forwarded.optional(),
  createdAt: z.int(),
});
export type Preview = z.infer<typeof Preview>;

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

/** One row of a user's list of conversations, as his inbox knows it. */
export interface InboxEntry {
  conversationId: ConversationId;
  lastSeq: Position;
  readSeq: Position;
  /** milliseconds; 0: never, or not heard yet */
  readAt: number;
  unreadCount: number;
  /** @see Standing */
  ignoresUnread: boolean;
  mentioned: Mentioned[];
  peerRead: ReadPoint | null;
  memberCount: number;
  preview: Preview | null;
  updatedAt: number;
  /** a copy of the member's own flag, which cuts the pages */
  pinned: boolean;
}

/** A conversation that a user is in, or was: how it stands to him, and when something last happened for him. */
export interface EntryOnRecord {
  conversationId: ConversationId;
  state: ListState;
  updatedAt: number;
}

/** Part of the conversations of a list, or of those of one kind, the newest activity first. */
export interface NumberedRange {
  kind?: ConversationKind;
  /** how many stand before it */
  skip: number;
  limit: number;
}

/** A page of the list; `ids`: of these conversations alone. */
export interface ListRange {
  limit: number;
  after?: ListPosition;
  ids?: ConversationId[];
}

/** What was asked for, and how many there are altogether. */
export interface NumberedPage {
  entries: InboxEntry[];
  total: number;
}

/** Where a page of the list ends: sticky ones first, then the newest activity, then the higher id. */
export interface ListPosition {
  pinned: boolean;
  updatedAt: number;
  conversationId: ConversationId;
}
