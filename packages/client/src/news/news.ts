import { isMuted } from "../attention/index.ts";
import { counts } from "../list/unread.ts";
import type { ConversationEntry } from "../types.ts";

/** Why a conversation calls: a message of its main stream, a reply in a followed thread, a mention. */
export type Reason = "message" | "reply" | "mention";

/** Something for which a notification is shown. */
export interface News {
  readonly conversationId: number;
  readonly reason: Reason;
  /** the message that calls; undefined: one behind `after`, which `messageOf` finds */
  readonly seq: number | undefined;
  readonly after: number;
  /** the messages that have called before */
  readonly called: ReadonlySet<number>;
}

/** What was known of a conversation, from which its news are told. */
export interface Known {
  readonly last_seq: number;
  readonly unread_count: number;
  readonly threads_unread: number;
  /** the messages that have called: those that were told, and the mentions that were unread at some time */
  readonly called: ReadonlySet<number>;
  /** no mention up to here is news */
  readonly from: number;
}

/** Of a conversation that is new. */
export const NOTHING: Known = {
  last_seq: 0,
  unread_count: 0,
  threads_unread: 0,
  called: new Set(),
  from: 0,
};

/**
 * What is known of a conversation from now on.
 * @param before undefined: it is seen for the first time
 * @param told what is told of it now
 */
export function know(
  { last_seq, unread_count, threads_unread, mentions }: ConversationEntry,
  before?: Known,
  told?: News,
): Known {
  const from = before?.from ?? last_seq;
  return {
    ...{ last_seq, unread_count, threads_unread, from },
    called: new Set([...(before?.called ?? []), ...mentions, told?.seq ?? 0]),
  };
}

/**
 * What is new in a conversation and calls for the user, if anything.
 * @param me the id of the user
 * @param now in ms since 1970
 */
export function newsOf(before: Known, entry: ConversationEntry, me: number, now: number): News | undefined {
  const { id, archived, last_message: last, last_seq, read_seq, unread_count, mentions } = entry;
  const { last_seq: after, called } = before;
  const news = (reason: Reason, seq?: number): News => ({ conversationId: id, reason, seq, after, called });
  if (archived) return undefined;
  // Of what was read and is marked unread again, no mention is new. An edit calls nobody twice.
  const isNew = (seq: number) => seq > Math.max(before.from, read_seq) && !called.has(seq);
  const mention = mentions.findLast(isNew);
  const isAudible = !isMuted(entry, now);
  const newest = last && counts(last, me) ? last.seq : undefined;
  const message =
    isAudible &&
    unread_count > 0 &&
    (newest ? newest > Math.max(after, read_seq) : unread_count > before.unread_count && last_seq > after);
  // What is a message besides stays one when it mentions nobody any more.
  if (mention && !(message && mention === newest)) return news("mention", mention);
  if (message) return news("message", newest);
  return isAudible && entry.threads_unread > before.threads_unread ? news("reply") : undefined;
}

/** Whether what was told still calls for the user; otherwise its notification goes. */
export function stands(
  { reason, seq = Infinity }: News,
  entry: ConversationEntry | undefined,
  now: number,
): boolean {
  if (!entry || entry.archived) return false;
  if (reason === "mention") return entry.mentions.includes(seq);
  if (isMuted(entry, now)) return false;
  if (reason === "reply") return entry.threads_unread > 0;
  const { last_message: last, read_seq, unread_count } = entry;
  return unread_count > 0 && seq > read_seq && !(last?.seq === seq && last.revoked);
}
