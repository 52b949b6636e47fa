import { HookOrigin } from "../../domain/conversations/incoming-hook.ts";
import type { Position, Seq, UserId } from "../../domain/ids.ts";
import type { BodyJson, Kind } from "../../domain/messages/content.ts";
import { Forwarded, type Priority, RoleMentions } from "../../domain/messages/message.ts";
import type { MetadataJson } from "../../domain/server/metadata.ts";

/** A row of the table `messages`. Times are in ms since 1970. */
export type MessageRow = {
  seq: Seq;
  /** the number of countable messages up to this one, itself included; system messages do not count */
  n: number;
  sender_id: UserId;
  kind: Kind;
  body: BodyJson;
  quote_seq: Seq | null;
  /** see `storedMentions` */
  mentions: string | null;
  /** where everybody is mentioned: JSON of the users who are named besides; else null */
  also_mentioned: string | null;
  /** JSON of `RoleMentions`; null: none */
  role_mentions: string | null;
  client_msg_id: string | null;
  /** JSON of `Forwarded` */
  forwarded: string | null;
  client_time: number | null;
  priority: Priority | null;
  custom_data: string | null;
  /** rises by one with each change of the custom data; null: 0 */
  custom_version: number | null;
  /** JSON of `LinkPreview`; `NO_PREVIEW`: its sender wants none; null: none, or not yet */
  link_preview: string | null;
  /** JSON of `Buttons`; null: none */
  buttons: string | null;
  /** what its sender keeps with it; null: nothing */
  metadata: MetadataJson | null;
  /** 1: it counts as unread for nobody; null: it counts as its kind does */
  silent: number | null;
  /** of a system message: JSON of `SystemMessageDetails` */
  tip: string | null;
  /** the place that the message names, as its sender wrote it; null: none, or the body gives it back */
  place: string | null;
  /** of a reply: the message whose thread it is in; null: it is no reply */
  thread_root: Seq | null;
  /** 0: a thread-only reply, or a shadowed message, which is not in the main stream of others */
  in_main: number;
  /** its sender alone sees it: 1 in the main stream, 0 as a thread-only reply; null: everybody sees it */
  shadowed: number | null;
  /** of a reply: the thread-only replies of its thread up to it; of a root: all of them; else null */
  thread_n: number | null;
  /**
   * with `in_main` 0: the newest message of the main stream before it, 0: there is none; else null
   */
  main_before: Position | null;
  /** of a root with replies: JSON of `ThreadSummary`; else null */
  thread_summary: string | null;
  /** of a poll: see `readPoll`; kind and body are its text. null: the message is none */
  poll: string | null;
  created_at: number;
  /** of a message by nobody: JSON of `HookOrigin`; null: no incoming hook has brought it */
  hook: string | null;
  /** see `readTally` */
  reactions: string | null;
  revoked_by: UserId | null;
  revoked_rev: number | null;
  /** when it was pinned, and by whom; null: it is not */
  pinned_at: number | null;
  pinned_by: UserId | null;
  /** the number of its last change, by which clients resume; null: it never changed */
  changed_rev: number | null;
  /** rises by one with each edit; null: 1 */
  version: number | null;
  /** the time of its last edit; null: it was never edited. A revoked message keeps it */
  edited_at: number | null;
};

/** The columns of a message that nothing fills when it is sent. */
export const UNCHANGED = {
  ...{ revoked_by: null, revoked_rev: null, changed_rev: null },
  ...{ pinned_at: null, pinned_by: null, reactions: null, version: null, edited_at: null },
  custom_version: null,
} as const satisfies Partial<MessageRow>;

/** Whether a message is in the main stream of its readers. In SQL: `IN_MAIN`. */
export function isInMain({ in_main, shadowed }: Pick<MessageRow, "in_main" | "shadowed">): boolean {
  return in_main === 1 || shadowed === 1;
}

/** The columns of a message that is in no thread. */
export const NO_THREAD = {
  ...{ thread_root: null, in_main: 1, thread_n: null, thread_summary: null, main_before: null },
} as const satisfies Partial<MessageRow>;

/** A message as it is sent. */
export type NewMessageRow = Omit<MessageRow, keyof typeof UNCHANGED>;

/** The columns of a revoke. */
export type Revoked = Pick<MessageRow, "seq" | "revoked_rev" | "revoked_by" | "in_main" | "shadowed">;

/** A message's seq, the number of countable messages up to it, and its time (ms since 1970). */
export type LogHead = { seq: Position; n: number; at: number };

/** The columns of a head. */
export const HEAD = "seq, n, created_at AS at";

/** A page of rows. `hasMore`: further rows follow it in the page's order. */
export interface MessageRows {
  rows: MessageRow[];
  hasMore: boolean;
}

/** The messages that are read: those of the main stream, or thread-only replies too. */
export type Scope = "main" | "all";

/** The order by seq. */
export type Order = "ASC" | "DESC";

/**
 * A user for whom messages are read: they see messages after `visible_from`, without those which they have
 * hidden.
 */
export interface Reader {
  user_id: UserId;
  visible_from: Position;
  /** of a user who left: they learn nothing of what came after this seq */
  visible_until?: Position | null;
}

/** Parses the column `hook`. */
export function readHook(stored: string): HookOrigin {
  return HookOrigin.parse(JSON.parse(stored));
}

/** Parses the column `forwarded`. */
export function readForwarded(stored: string): Forwarded {
  return Forwarded.parse(JSON.parse(stored));
}

/** Parses the column `role_mentions`. */
export function readRoleMentions(stored: string): RoleMentions {
  return RoleMentions.parse(JSON.parse(stored));
}
