import type { ConversationId, Position } from "../ids.ts";
import type { Preview } from "../messages/preview.ts";
import type { ArchiveState, NewestCounted } from "./archive.ts";
import type { ComposerDraft } from "./composer-draft.ts";
import type { ConversationKind, ListState, ReadState } from "./conversation.ts";

/** One entry of a user's list of conversations, as their inbox stores it. */
export interface InboxEntry extends ReadState {
  conversationId: ConversationId;
  preview: Preview | null;
  /** a copy of the member's preference, by which pages are ordered */
  pinned: boolean;
  /** a copy, by which pages leave out entries */
  archive: ArchiveState;
  /** only if it was asked for */
  draft?: ComposerDraft;
  /** the crowd has not answered: the entry is as it was */
  isStale?: true;
}

/**
 * A conversation of a current or former member: its state, the time of its last event for that user (ms), and
 * the inbox's copy of `pinned`.
 */
export interface EntryOnRecord {
  conversationId: ConversationId;
  state: ListState;
  updatedAt: number;
  pinned: boolean;
}

/** A conversation of a list that has unread messages, or mentions of the user, also in threads. */
export interface UnreadEntry {
  conversationId: ConversationId;
  unreadCount: number;
  mentionCount: number;
  newestCounted: NewestCounted;
}

/** A conversation of a list in which something calls for the user. */
export interface CallingEntry {
  conversationId: ConversationId;
  /** the unread messages of the main stream, and the unread replies in followed threads */
  unread: number;
  mentions: number;
  newestCounted: NewestCounted;
}

/** A range of a list, or of its conversations of one kind, the newest activity first. */
export interface NumberedRange {
  kind?: ConversationKind;
  /** the number of entries before the range */
  skip: number;
  limit: number;
}

/**
 * A page of a list after a position. `ids`: only these conversations, `exceptIds`: all but these. `archived`:
 * only those that are archived, or only those that are not; absent: both. `withDrafts`: with the user's
 * composer drafts.
 */
export interface ListRange {
  limit: number;
  after?: ListPosition;
  ids?: ConversationId[];
  exceptIds?: ConversationId[];
  archived?: boolean;
  withDrafts?: boolean;
}

/** A conversation of which the list knows that unread messages mention the user. */
export interface UnreadMentions {
  conversationId: ConversationId;
  /** messages after this one are unread, also where the user has marked them so */
  readSeq: Position;
}

/** The entries of a range, and the total number of entries. */
export interface NumberedPage {
  entries: InboxEntry[];
  total: number;
}

/**
 * The end of a page of a list. The order: pinned conversations first, then the newest activity, then the
 * higher id.
 */
export interface ListPosition {
  pinned: boolean;
  updatedAt: number;
  /** 0: after all conversations of that time */
  conversationId: ConversationId | 0;
}

/** The place of a conversation in a list by activity: the newest first, then the higher id. */
export interface ActivityPlace {
  /** the time of its newest message, thread-only replies too (ms) */
  updatedAt: number;
  conversationId: ConversationId;
}

/**
 * How far a walk through a list has come: by activity, down to a place, as the list was at a moment (`asOf`,
 * a number of `ActivityPage`); or by id, up to one.
 */
export type WalkedList = { by: "activity"; oldest: ActivityPlace; asOf: number } | { by: "id"; upTo: number };

/** What is asked of a list by activity, of conversations in which the user can see messages. */
export interface ActivityRange {
  /** the part that was walked through; null: none */
  walked: WalkedList | null;
  /** conversations of which it is asked whether they are listed */
  ids: ConversationId[];
  /** conversations of each of the two parts of the answer */
  limit: number;
}

/**
 * What follows in a walk through a list by activity.
 * - `changed`: in a walk by activity, the conversations that have got a new place since `asOf`; `rest` has
 *   none of them.
 * - `rest`: what was not walked through, in the order of the walk.
 * - `hasMoreChanged`, `hasMoreRest`: whether more follow.
 * - `listed`: which of the conversations that were named are in the list.
 * - `asOf`: the moment of the answer. It rises with each change of a place and each answer.
 */
export interface ActivityPage {
  changed: ConversationId[];
  hasMoreChanged: boolean;
  rest: ActivityPlace[];
  hasMoreRest: boolean;
  listed: ConversationId[];
  asOf: number;
}
