import type { ConversationEntry } from "../types.ts";

/** What of a conversation calls for the user. */
export interface Attention {
  /** the unread messages of the main stream, and the unread replies in the threads that the user follows */
  readonly unread: number;
  /** whether an unread message mentions the user, in the main stream or in a thread */
  readonly isMentioned: boolean;
  readonly isMuted: boolean;
  /** what the conversation adds to the number in a title or at an app's icon */
  readonly badge: number;
}

/**
 * Whether a mute holds: of a conversation that the user has muted, or of a muted member.
 * @param now in ms since 1970
 */
export function isMuted({ muted_until: until }: { muted_until: number }, now: number): boolean {
  return until === -1 || until > now;
}

/** What of a conversation calls for the user. @param now in ms since 1970: a mute may end by the clock */
export function attentionOf(entry: ConversationEntry, now: number): Attention {
  const { unread_count, threads_unread, mentions, archived } = entry;
  const unread = unread_count + threads_unread;
  const muted = isMuted(entry, now);
  // A mention in a thread that the user does not follow is in no count.
  const called = muted ? mentions.length : Math.max(unread, mentions.length);
  return { unread, isMentioned: mentions.length > 0, isMuted: muted, badge: archived ? 0 : called };
}

/** The number in a title or at an app's icon. */
export function badgeOf(entries: readonly ConversationEntry[], now: number): number {
  return entries.reduce((sum, entry) => sum + attentionOf(entry, now).badge, 0);
}

/** When the next mute ends, in ms since 1970: show what calls for the user anew then. Infinity: none does. */
export function nextEnd(entries: readonly ConversationEntry[], now: number): number {
  return Math.min(...entries.map(({ muted_until: until }) => (until > now ? until : Infinity)));
}
