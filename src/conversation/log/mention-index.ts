import { z } from "zod";
import { type Position, type Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Mentioned, Mentions } from "../../domain/messages/message.ts";
import type { MessageRow, Reader } from "./row.ts";

/** The maximum of messages with mentions that are kept: the newest. Older ones are not listed. */
const MAX_SCANNED = 200;

const StoredMentions = z.array(UserId);

type MentionRow = Pick<MessageRow, "seq" | "sender_id" | "also_mentioned" | "thread_root" | "in_main"> & {
  mentions: string;
};

/** A message with mentions. */
interface IndexedMention {
  seq: Seq;
  senderId: UserId;
  mentions: Mentions;
  alsoMentioned: UserId[];
  /** of a thread-only reply; null: it is in the main stream */
  threadRoot: Seq | null;
}

/**
 * Keeps the newest messages with mentions in memory. Each new message makes a snapshot for every member, and
 * each snapshot asks which messages mention that member; most mention others.
 */
export class MentionIndex {
  readonly #sql: SqlStorage;
  /** newest first; undefined: not read since the last change */
  #newest: IndexedMention[] | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Drops the cache. Called after a message with mentions was stored, or a message was revoked. */
  changed(): void {
    this.#newest = undefined;
  }

  /**
   * Lists messages of others after a seq that mention a reader, or everybody, newest first. It includes
   * only messages that the reader may see. At most `LIMITS.mentionsListed` are listed, out of the newest 200
   * messages with mentions.
   */
  of({ user_id, visible_from }: Reader, after: Position): Mentioned[] {
    const from = Math.max(after, visible_from);
    const found: Mentioned[] = [];
    for (const { seq, senderId, mentions, alsoMentioned, threadRoot } of this.#read()) {
      if (seq <= from) break;
      if (senderId === user_id) continue;
      const all = mentions === "all";
      if (!all && !mentions.includes(user_id)) continue;
      found.push({
        ...{ seq, senderId, all },
        ...(alsoMentioned.includes(user_id) && { named: true }),
        ...(threadRoot !== null && { threadRoot }),
      });
    }
    if (found.length === 0) return found;
    const hidden = this.#hiddenAmong(found, user_id);
    return found.filter(({ seq }) => !hidden.has(seq)).slice(0, LIMITS.mentionsListed);
  }

  #read(): IndexedMention[] {
    const query = `SELECT seq, sender_id, mentions, also_mentioned, thread_root, in_main FROM messages INDEXED BY messages_mentions
      WHERE mentions IS NOT NULL ORDER BY seq DESC LIMIT ?`;
    this.#newest ??= this.#sql
      .exec<MentionRow>(query, MAX_SCANNED)
      .toArray()
      .map(({ seq, sender_id: senderId, ...row }) => ({
        ...{ seq, senderId, mentions: readMentions(row.mentions) },
        alsoMentioned: readAlsoMentioned(row) ?? [],
        threadRoot: row.in_main === 0 ? row.thread_root : null,
      }));
    return this.#newest;
  }

  #hiddenAmong(found: Mentioned[], userId: UserId): Set<Seq> {
    const seqs = JSON.stringify(found.map(({ seq }) => seq));
    const query = "SELECT seq FROM hidden WHERE seq IN (SELECT value FROM json_each(?)) AND user_id = ?";
    const rows = this.#sql.exec<Pick<MentionRow, "seq">>(query, seqs, userId).toArray();
    return new Set(rows.map(({ seq }) => seq));
  }
}

/** Mentions as a row stores them: null for none, `"all"` for everybody, else a JSON array of user ids. */
export function storedMentions(mentions: Mentions): string | null {
  if (mentions === "all") return "all";
  return mentions.length === 0 ? null : JSON.stringify(mentions);
}

/** Parses the column `mentions`. */
export function readMentions(stored: string | null): Mentions {
  if (stored === null) return [];
  return stored === "all" ? "all" : StoredMentions.parse(JSON.parse(stored));
}

/**
 * Parses the column `also_mentioned`; undefined: nobody is named besides. It is read only where everybody is
 * mentioned: a revoke by the previous release does not clear it.
 */
export function readAlsoMentioned(row: {
  mentions: string | null;
  also_mentioned: string | null;
}): UserId[] | undefined {
  if (row.mentions !== "all" || row.also_mentioned === null) return undefined;
  return StoredMentions.parse(JSON.parse(row.also_mentioned));
}
