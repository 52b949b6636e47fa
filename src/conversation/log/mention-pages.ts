import { Position, type Seq, type UserId } from "../../domain/ids.ts";
import type {
  MentionPage,
  MentionPlace,
  MentionRange,
  MessagePlace,
} from "../../domain/messages/mention-page.ts";
import type { Timing } from "../../domain/timing.ts";
import { inChunks } from "../../object/row-chunks.ts";
import { VISIBLE, visibleTo } from "./filter.ts";
import { readMentions } from "./mention-index.ts";
import type { MessageLog } from "./message-log.ts";
import type { Reader } from "./row.ts";

type MentionRow = {
  seq: Seq;
  sender_id: UserId;
  mentions: string;
  created_at: number;
  thread_root: Seq | null;
  in_main: number;
  silent: number | null;
};

/**
 * Lists the messages that name a user, or everybody, read ones too, by the index of messages with mentions.
 */
export class MentionPages {
  readonly #sql: SqlStorage;
  readonly #log: Pick<MessageLog, "last" | "headAt">;
  readonly #timing: Timing["acrossConversations"];

  constructor(
    sql: SqlStorage,
    log: Pick<MessageLog, "last" | "headAt">,
    timing: Timing["acrossConversations"],
  ) {
    this.#sql = sql;
    this.#log = log;
    this.#timing = timing;
  }

  /**
   * Finds at most `limit` messages of others that the reader may see and that name them, newest first. A page
   * may have fewer, even none, and `lookedAt`.
   * @param isUnread whether the reader has not read a message; `threadRoot`: of a thread-only reply
   */
  find(
    range: MentionRange,
    reader: Reader,
    isUnread: (seq: Seq, threadRoot: Seq | null) => boolean,
  ): MentionPage {
    const { maxScanned } = this.#timing;
    const query = `SELECT seq, sender_id, mentions, created_at, thread_root, in_main, silent
      FROM messages INDEXED BY messages_mentions
      WHERE mentions IS NOT NULL AND seq > ? AND seq < ? AND ${VISIBLE} ORDER BY seq DESC LIMIT ?`;
    const end = this.#end(range);
    const rows = inChunks<MentionRow>(maxScanned + 1, (count, row) => {
      const bindings = [range.after, row?.seq ?? end, ...visibleTo(reader), count];
      return this.#sql.exec<MentionRow>(query, ...bindings).toArray();
    });
    const found: MentionPlace[] = [];
    let lookedAt: MessagePlace | null = null;
    let scanned = 0;
    for (const { seq, sender_id: senderId, mentions, created_at: at, thread_root, ...row } of rows) {
      if (found.length === range.limit || scanned === maxScanned) return { found, lookedAt };
      scanned++;
      lookedAt = { seq, at };
      if (senderId === reader.user_id || !names(mentions, reader.user_id)) continue;
      const isInMain = row.in_main === 1;
      const isCalling = row.silent === null && isUnread(seq, isInMain ? null : thread_root);
      found.push({ ...lookedAt, isUnread: isCalling });
    }
    return { found, lookedAt: null };
  }

  /** The seq before which a range ends. */
  #end({ before, upTo, sentBy }: MentionRange): number {
    const ends = [this.#log.last.seq + 1];
    if (before !== undefined) ends.push(before);
    if (upTo !== undefined) ends.push(upTo + 1);
    const end = Math.min(...ends);
    return sentBy === undefined ? end : this.#endOf(sentBy, end);
  }

  /** The lowest seq that was sent later than a time, or `end`: times never fall with the seq. */
  #endOf(time: number, end: number): number {
    let low = 0;
    let high = end;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#log.headAt(Position.parse(middle)).at > time) high = middle;
      else low = middle;
    }
    return high;
  }
}

/** Whether stored mentions name a user. */
function names(stored: string, userId: UserId): boolean {
  const mentions = readMentions(stored);
  return mentions === "all" || mentions.includes(userId);
}
