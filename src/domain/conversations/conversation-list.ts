import type { ConversationId, Position } from "../ids.ts";
import type { Mentioned } from "../messages/message.ts";
import type { Preview } from "../messages/preview.ts";
import type { ConversationKind, ListState, ReadPoint } from "./conversation.ts";

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
