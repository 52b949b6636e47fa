import type { Seq, UserId } from "../../domain/ids.ts";
import { inChunks } from "../../object/row-chunks.ts";
import type { MessageRow } from "./row.ts";

/**
 * The revoked messages, which unread counts leave out. A row is in the main stream (`thread_root` 0), or a
 * thread-only reply. The trigger notes each revoke; `REVOKED_TRIGGER` has replaced it.
 */
export const REVOKED_TABLE = `
  CREATE TABLE revoked_messages (
    thread_root INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    sender_id INTEGER NOT NULL,
    PRIMARY KEY (thread_root, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER messages_revoked_counted AFTER UPDATE OF revoked_rev ON messages
    WHEN NEW.revoked_rev IS NOT NULL AND OLD.revoked_rev IS NULL AND NEW.kind <> 'tip' BEGIN
      INSERT OR IGNORE INTO revoked_messages (thread_root, seq, sender_id)
        VALUES (iif(NEW.in_main = 1, 0, NEW.thread_root), NEW.seq, NEW.sender_id);
    END;`;

/** The trigger that leaves out silent messages, too, which do not count in the first place. */
export const REVOKED_TRIGGER = `
  DROP TRIGGER messages_revoked_counted;
  CREATE TRIGGER messages_revoked_counted AFTER UPDATE OF revoked_rev ON messages
    WHEN NEW.revoked_rev IS NOT NULL AND OLD.revoked_rev IS NULL AND NEW.kind <> 'tip'
      AND NEW.silent IS NULL BEGIN
      INSERT OR IGNORE INTO revoked_messages (thread_root, seq, sender_id)
        VALUES (iif(NEW.in_main = 1, 0, NEW.thread_root), NEW.seq, NEW.sender_id);
    END;`;

/** The trigger that leaves out shadowed messages, too. */
export const SHADOWED_TRIGGER = `
  DROP TRIGGER messages_revoked_counted;
  CREATE TRIGGER messages_revoked_counted AFTER UPDATE OF revoked_rev ON messages
    WHEN NEW.revoked_rev IS NOT NULL AND OLD.revoked_rev IS NULL AND NEW.kind <> 'tip'
      AND NEW.silent IS NULL AND NEW.shadowed IS NULL BEGIN
      INSERT OR IGNORE INTO revoked_messages (thread_root, seq, sender_id)
        VALUES (iif(NEW.in_main = 1, 0, NEW.thread_root), NEW.seq, NEW.sender_id);
    END;`;

type RevokedRow = Pick<MessageRow, "seq" | "sender_id">;

/**
 * The revoked messages of the main stream, which unread counts leave out. Those after the lowest seq that was
 * asked for are in memory: each update of a list asks for each member.
 */
export class RevokedMessages {
  readonly #sql: SqlStorage;
  /** in memory are the rows after this seq, by seq */
  #floor = Number.MAX_SAFE_INTEGER;
  #rows: RevokedRow[] = [];

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * The number of revoked messages after a seq.
   * @param senderId without those of this sender
   */
  after(seq: number, senderId?: UserId): number {
    this.#load(seq);
    const start = this.#indexAfter(seq);
    if (senderId === undefined) return this.#rows.length - start;
    let count = 0;
    for (let i = start; i < this.#rows.length; i++) if (this.#rows[i]?.sender_id !== senderId) count++;
    return count;
  }

  /**
   * The first messages of a sender behind a seq and up to another that are not revoked. No index has them.
   */
  notRevoked(senderId: UserId, { after, upTo, limit }: { after: number; upTo: number; limit: number }) {
    const query = `SELECT * FROM messages WHERE seq > ? AND seq <= ? AND sender_id = ?
      AND revoked_rev IS NULL AND kind <> 'tip' ORDER BY seq LIMIT ?`;
    return inChunks<MessageRow>(limit, (count, row) =>
      this.#sql.exec<MessageRow>(query, row?.seq ?? after, upTo, senderId, count).toArray(),
    );
  }

  /** Takes a stored revoke into memory. */
  add({ seq, sender_id, in_main, silent }: MessageRow): void {
    if (in_main === 1 && silent === null && seq > this.#floor)
      this.#rows.splice(this.#indexAfter(seq), 0, { seq, sender_id });
  }

  /** Forgets the revoke of an expired message: counts do not reach back. @param root null: main stream */
  forget(root: Seq | null, seq: Seq): void {
    this.#sql.exec("DELETE FROM revoked_messages WHERE thread_root = ? AND seq = ?", root ?? 0, seq);
  }

  #load(after: number): void {
    if (after >= this.#floor) return;
    const query = `SELECT seq, sender_id FROM revoked_messages
      WHERE thread_root = 0 AND seq > ? AND seq <= ? ORDER BY seq`;
    this.#rows = [...this.#sql.exec<RevokedRow>(query, after, this.#floor), ...this.#rows];
    this.#floor = after;
  }

  /** The index of the first row after a seq. */
  #indexAfter(seq: number): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#rows[middle]?.seq ?? seq) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
