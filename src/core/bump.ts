import { z } from "zod";
import { Kind } from "./content.ts";
import type { ListState } from "./conversation.ts";
import { type ConversationId, type Position, Seq, UserId } from "./ids.ts";
import { Forwarded } from "./message.ts";

/**
 * The newest message that a member may see, as his inbox keeps it for the list of conversations.
 * Profiles and the quoted text are not part of it: they are looked up, or left out, when it is read.
 */
export const Preview = z.object({
  seq: Seq,
  senderId: UserId,
  kind: Kind,
  body: z.string(),
  mentions: z.union([z.array(UserId), z.literal("all")]),
  revoked: z.boolean(),
  clientMsgId: z.string().optional(),
  forwarded: Forwarded.optional(),
  createdAt: z.int(),
});
export type Preview = z.infer<typeof Preview>;

/**
 * What a conversation tells a member's inbox: a snapshot, never a delta, so that a lost, doubled or
 * late one does no harm. The inbox takes it iff `ver` is higher than what it has.
 */
export interface Bump {
  conversationId: ConversationId;
  /** rises with every change of the conversation and of this member; persistent over leaving and rejoining */
  ver: number;
  state: ListState;
  /** he has deleted the conversation for himself, and nothing has come since */
  hidden: boolean;
  /** the member sees messages after this seq */
  visibleFrom: Position;
  lastSeq: Position;
  /** countable messages up to lastSeq (tips are not counted) */
  lastN: number;
  readSeq: Position;
  /** countable messages up to readSeq */
  readN: number;
  memberCount: number;
  preview: Preview | null;
  /** milliseconds; the newest message's time, or that of the conversation's creation */
  updatedAt: number;
}

/** One row of a user's list of conversations, as his inbox knows it. */
export interface InboxEntry {
  conversationId: ConversationId;
  lastSeq: Position;
  readSeq: Position;
  unreadCount: number;
  memberCount: number;
  preview: Preview | null;
  updatedAt: number;
  /** a copy of the member's own flag, which cuts the pages */
  sticky: boolean;
}

/** Where a page of the list ends: sticky ones first, then the newest activity, then the higher id. */
export interface ListPosition {
  sticky: boolean;
  updatedAt: number;
  conversationId: ConversationId;
}
