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
  /** everybody is mentioned */
  all: boolean;
  /** the users who are named, also beside everybody */
  named: ReadonlySet<UserId>;
  /** of a thread-only reply; null: it is in the main stream */
  threadRoot: Seq | null;
}

/** What a row says, as it was stored. */
interface ParsedRow {
  stored: string;
  indexed: IndexedMention;
}

/** The newest messages with mentions, newest first, by who is mentioned. */
interface Newest {
  all: IndexedMention[];
  byUser: ReadonlyMap<UserId, IndexedMention[]>;
}

/**
 * Keeps the newest messages with mentions in memory. Each new message makes a snapshot for every member, and
 * each snapshot asks which messages mention that member; most mention others. So the index is by user: a
 * member whom nothing mentions costs one look, and each other one as much as is listed.
 */
export class MentionIndex {
  readonly #sql: SqlStorage;
  /** undefined: not read since the last change */
  #newest: Newest | undefined;
  /** what was read of a row before, by its seq: a row changes only with its text */
  #parsed: ReadonlyMap<Seq, ParsedRow> = new Map();

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
    const { all, byUser } = this.#read();
    const found: IndexedMention[] = [];
    for (const list of [byUser.get(user_id) ?? [], all]) {
      for (const mention of list) {
        if (mention.seq <= from) break;
        if (mention.senderId !== user_id) found.push(mention);
      }
    }
    found.sort((a, b) => b.seq - a.seq);
    const listed: Mentioned[] = [];
    // As many as are listed at a time: most hide nothing.
    for (let i = 0; i < found.length && listed.length < LIMITS.mentionsListed; i += LIMITS.mentionsListed) {
      const next = found.slice(i, i + LIMITS.mentionsListed);
      const hidden = this.#hiddenAmong(next, user_id);
      for (const { seq, senderId, all: isForAll, named, threadRoot } of next) {
        if (hidden.has(seq)) continue;
        listed.push({
          ...{ seq, senderId, all: isForAll },
          ...(isForAll && named.has(user_id) && { named: true }),
          ...(threadRoot !== null && { threadRoot }),
        });
      }
    }
    return listed.slice(0, LIMITS.mentionsListed);
  }

  /** Whom the messages after a seq name, of the newest 200 messages with mentions. */
  namedAfter(seq: number): UserId[] | "all" {
    const { all, byUser } = this.#read();
    if (all.some((mention) => mention.seq > seq)) return "all";
    return [...byUser].flatMap(([id, mentions]) => (mentions.some((one) => one.seq > seq) ? [id] : []));
  }

  #read(): Newest {
    this.#newest ??= this.#readRows();
    return this.#newest;
  }

  #readRows(): Newest {
    const query = `SELECT seq, sender_id, mentions, also_mentioned, thread_root, in_main FROM messages INDEXED BY messages_mentions
      WHERE mentions IS NOT NULL AND shadowed IS NULL AND silent IS NULL ORDER BY seq DESC LIMIT ?`;
    const parsed = new Map<Seq, ParsedRow>();
    const all: IndexedMention[] = [];
    const byUser = new Map<UserId, IndexedMention[]>();
    for (const row of this.#sql.exec<MentionRow>(query, MAX_SCANNED).toArray()) {
      const stored = `${row.mentions} ${row.also_mentioned}`;
      const known = this.#parsed.get(row.seq);
      const indexed = known?.stored === stored ? known.indexed : indexedOf(row);
      parsed.set(row.seq, { stored, indexed });
      if (indexed.all) all.push(indexed);
      else {
        for (const id of indexed.named) {
          const list = byUser.get(id);
          if (list) list.push(indexed);
          else byUser.set(id, [indexed]);
        }
      }
    }
    this.#parsed = parsed;
    return { all, byUser };
  }

  #hiddenAmong(found: readonly IndexedMention[], userId: UserId): Set<Seq> {
    const seqs = JSON.stringify(found.map(({ seq }) => seq));
    const query = "SELECT seq FROM hidden WHERE seq IN (SELECT value FROM json_each(?)) AND user_id = ?";
    const rows = this.#sql.exec<Pick<MentionRow, "seq">>(query, seqs, userId).toArray();
    return new Set(rows.map(({ seq }) => seq));
  }
}

function indexedOf(row: MentionRow): IndexedMention {
  const mentions = readMentions(row.mentions);
  return {
    ...{ seq: row.seq, senderId: row.sender_id, all: mentions === "all" },
    named: new Set(mentions === "all" ? readAlsoMentioned(row.also_mentioned) : mentions),
    threadRoot: row.in_main === 0 ? row.thread_root : null,
  };
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

/** Parses the column `also_mentioned`; undefined: nobody is named besides. */
export function readAlsoMentioned(stored: string | null): UserId[] | undefined {
  return stored === null ? undefined : StoredMentions.parse(JSON.parse(stored));
}
