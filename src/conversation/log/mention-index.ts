import { z } from "zod";
import { type Position, type Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Mentioned, Mentions } from "../../domain/messages/message.ts";
import type { Reader } from "./row.ts";

/** Of messages that name somebody so many are looked at, the newest. */
const MAX_SCANNED = 200;

const StoredMentions = z.array(UserId);

type MentionRow = { seq: Seq; sender_id: UserId; mentions: string };

/** A message that names somebody. */
interface IndexedMention {
  seq: Seq;
  senderId: UserId;
  whom: Mentions;
}

/**
 * The newest messages that name somebody. They are held, as with each message every member's snapshot asks who of them
 * names him, and most name others.
 */
export class MentionIndex {
  readonly #sql: SqlStorage;
  /** the newest first; undefined: not read yet, or something has changed */
  #newest: IndexedMention[] | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** One more names somebody, or one does no more. */
  changed(): void {
    this.#newest = undefined;
  }

  /**
   * Messages after a seq that name a reader, or all, as far as he may see them, the newest first. Of very many that
   * name somebody only the newest are looked at.
   */
  of({ user_id, visible_from }: Reader, after: Position): Mentioned[] {
    const from = Math.max(after, visible_from);
    const found: Mentioned[] = [];
    for (const { seq, senderId, whom } of this.#read()) {
      if (seq <= from) break;
      if (whom === "all" || whom.includes(user_id)) found.push({ seq, senderId, all: whom === "all" });
    }
    if (found.length === 0) return found;
    const hidden = this.#hiddenAmong(found, user_id);
    return found.filter(({ seq }) => !hidden.has(seq)).slice(0, LIMITS.mentionsListed);
  }

  #read(): IndexedMention[] {
    const query = `SELECT seq, sender_id, mentions FROM messages INDEXED BY messages_mentions
      WHERE mentions IS NOT NULL ORDER BY seq DESC LIMIT ?`;
    this.#newest ??= this.#sql
      .exec<MentionRow>(query, MAX_SCANNED)
      .toArray()
      .map(({ seq, sender_id: senderId, mentions }) => ({ seq, senderId, whom: readMentions(mentions) }));
    return this.#newest;
  }

  #hiddenAmong(found: Mentioned[], userId: UserId): Set<Seq> {
    const seqs = JSON.stringify(found.map(({ seq }) => seq));
    const query = "SELECT seq FROM hidden WHERE seq IN (SELECT value FROM json_each(?)) AND user_id = ?";
    const rows = this.#sql.exec<Pick<MentionRow, "seq">>(query, seqs, userId).toArray();
    return new Set(rows.map(({ seq }) => seq));
  }
}

/** Whom a message names, as its row has it. */
export function readMentions(stored: string | null): Mentions {
  if (stored === null) return [];
  return stored === "all" ? "all" : StoredMentions.parse(JSON.parse(stored));
}
