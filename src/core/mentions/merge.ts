import type { ActivityPosition } from "../../domain/conversations/conversation-list.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { MentionPage, MentionRange, MessagePlace } from "../../domain/messages/mention-page.ts";
import type { MessageReference } from "../../domain/messages/message.ts";

/** A message in the order of mentions: newest first, then the higher conversation, then the higher seq. */
export interface MentionPosition extends MessageReference {
  /** when the message was sent (ms since 1970) */
  at: number;
}

/** A message that names the caller. `block`: the conversation after which its block begins. */
export interface FoundMention extends MentionPosition {
  isUnread: boolean;
  isOfUnreadPart: boolean;
  block: ActivityPosition | null;
}

/**
 * The part of a conversation's range that comes behind a position of the whole list.
 * @param position null: from the beginning
 */
export function behind(
  id: ConversationId,
  position: MentionPosition | null,
): Pick<MentionRange, "before" | "sentBy"> {
  if (!position) return {};
  if (id === position.conversationId) return { before: position.seq };
  return { sentBy: id < position.conversationId ? position.at : position.at - 1 };
}

/**
 * Merges the pages of several conversations, newest first.
 * @returns `found`: at most `limit` messages. No conversation has one before them that its page does not
 *   show. `next`: where the merge ends; null: it has everything of these conversations
 */
export function merge(
  pages: ReadonlyMap<ConversationId, MentionPage>,
  limit: number,
): { found: (MentionPosition & { isUnread: boolean })[]; next: MentionPosition | null } {
  const all: (MentionPosition & { isUnread: boolean })[] = [];
  const ends: MentionPosition[] = [];
  for (const [conversationId, { found, lookedAt }] of pages) {
    const placed = ({ seq, at }: MessagePlace) => ({ conversationId, seq, at });
    for (const place of found) all.push({ ...placed(place), isUnread: place.isUnread });
    if (lookedAt) ends.push(placed(lookedAt));
  }
  all.sort(newestFirst);
  // Behind the newest of these ends a conversation may have messages that its page does not show.
  const [end = null] = ends.sort(newestFirst);
  const certain = end ? all.filter((found) => newestFirst(found, end) <= 0) : all;
  const found = certain.slice(0, limit);
  const last = found.at(-1);
  if (certain.length > limit && last) {
    const { conversationId, seq, at } = last;
    return { found, next: { conversationId, seq, at } };
  }
  return { found, next: end };
}

function newestFirst(a: MentionPosition, b: MentionPosition): number {
  return b.at - a.at || b.conversationId - a.conversationId || b.seq - a.seq;
}
