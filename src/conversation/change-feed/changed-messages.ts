import type { Position } from "../../domain/ids.ts";
import { inChunks } from "../../object/row-chunks.ts";
import { VISIBLE, visibleTo } from "../log/filter.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow, MessageRows, Reader, Revoked } from "../log/row.ts";

/** The messages that have changed since they were sent, by the rev of their last change: for replays. */
export class ChangedMessages {
  readonly #sql: SqlStorage;
  readonly #log: Pick<MessageLog, "cut">;

  constructor(sql: SqlStorage, log: Pick<MessageLog, "cut">) {
    this.#sql = sql;
    this.#log = log;
  }

  /**
   * The messages that the reader may see and that changed after a rev, by their last change, within the bytes
   * of a page.
   * @param range `upTo`: the newest of these messages; `upToRev`: the newest of these changes
   */
  after(
    rev: number,
    { upTo, upToRev }: { upTo: Position; upToRev: number },
    limit: number,
    reader: Reader,
    maxBytes?: number,
  ): MessageRows {
    const query = `SELECT * FROM messages INDEXED BY messages_changed
      WHERE changed_rev > ? AND changed_rev <= ? AND seq <= ? AND ${VISIBLE} ORDER BY changed_rev LIMIT ?`;
    const bindings = [upToRev, upTo, ...visibleTo(reader)];
    const found = inChunks<MessageRow>(limit + 1, (count, row) =>
      this.#sql.exec<MessageRow>(query, row?.changed_rev ?? rev, ...bindings, count).toArray(),
    );
    return this.#log.cut(found, limit, maxBytes);
  }

  /**
   * At most `limit` revokes after a rev, in their order. A revoke keeps its rev, whatever becomes of its
   * message afterwards: a reply, or the revoke of one, changes a revoked root.
   * @param range as in `after`
   */
  revokesAfter(
    rev: number,
    { upTo, upToRev }: { upTo: Position; upToRev: number },
    limit: number,
    reader: Reader,
  ): Revoked[] {
    const query = `SELECT seq, revoked_rev, revoked_by, in_main, shadowed FROM messages INDEXED BY messages_revoked
      WHERE revoked_rev > ? AND revoked_rev <= ? AND seq <= ? AND ${VISIBLE} ORDER BY revoked_rev LIMIT ?`;
    const bindings = [rev, upToRev, upTo, ...visibleTo(reader), limit];
    return this.#sql.exec<Revoked>(query, ...bindings).toArray();
  }

  /** Whether more than `max` messages up to a seq changed after a rev, or twice as many of all. */
  isMany(rev: number, upTo: Position, max: number): boolean {
    const changed = `SELECT seq FROM messages INDEXED BY messages_changed
      WHERE changed_rev > ? ORDER BY changed_rev LIMIT ?`;
    const query = `SELECT count(*) AS scanned, coalesce(sum(seq <= ?), 0) AS count FROM (${changed})`;
    const found = this.#sql.exec<{ scanned: number; count: number }>(query, upTo, rev, 2 * max + 1).one();
    return found.count > max || found.scanned > 2 * max;
  }
}
