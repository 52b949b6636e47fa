import type { WalkedList } from "../../../domain/conversations/conversation-list.ts";
import type { ConversationId } from "../../../domain/ids.ts";
import type { Place } from "./place.ts";

/** How far a merge over a user's conversations has come. Its size does not depend on their number. */
export interface Progress {
  /** every item from here on is given; null: none is */
  before: Place | null;
  /**
   * the part of the list that was asked; null: none. What was asked has nothing more but in `open`, and from
   * `dropped` on down
   */
  asked: WalkedList | null;
  /** conversations that have more, or may have */
  open: OpenConversation[];
  /** conversations that were asked may have more from here on down, without being in `open`; null: none */
  dropped: Place | null;
}

/** A conversation that may have more before a seq; `at`: not after this time (ms). */
export interface OpenConversation {
  conversationId: ConversationId;
  before: number;
  at: number;
}

/** All of a list was asked. */
export const WHOLE_LIST: WalkedList = { by: "id", upTo: Number.MAX_SAFE_INTEGER };

/** The progress of a merge that has not begun. */
export const START: Progress = { before: null, asked: null, open: [], dropped: null };
