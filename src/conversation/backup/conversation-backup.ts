import {
  BLOCK_SEQS,
  type BlockPart,
  type ConversationRest,
  type LogAnswer,
  type LogHeadPosition,
  type LogItem,
  type LogPlace,
  MAX_BLOCKS,
  type RestItem,
} from "../../domain/backup/parts.ts";
import { ObjectBackup } from "../../object/backup/object-backup.ts";
import type { Bodies } from "../archives/bodies.ts";
import { MIGRATIONS } from "../migrations.ts";
import { clearMessages, LOG_TABLES, lastWithin, printOf, rowsOf, rowsOfSeqs } from "./log-tables.ts";

/**
 * The search index is made anew from the messages, and bodies move anew: rows are copied with theirs. Taps
 * are of the last minutes; relays have open sockets.
 */
const LEFT_OUT = [
  ...["bigram", "indexing", "stale_texts", "hook_taps", "relays", "relays_told"],
  ...["archiving", "archives", "archive_changes"],
];
/** What one turn reads of a log, in bytes: some milliseconds, in which sends wait. */
const TURN_BYTES = 256 * 1024;
/** The changed messages that the last turn reads. */
const MAX_CHANGED = 500;

/**
 * The rows of a conversation, for a backup. The log is read in blocks, over many turns, so that sends go on.
 * The last turn reads what has changed meanwhile together with all other tables: so the copy is the
 * conversation at one moment.
 */
export class ConversationBackup extends ObjectBackup {
  readonly #sql: SqlStorage;
  readonly #bodies: () => Pick<Bodies, "all"> | undefined;

  /** @param bodies those of the messages, once the object is loaded; before, none has moved */
  constructor(storage: DurableObjectStorage, bodies: () => Pick<Bodies, "all"> | undefined) {
    super(storage, {
      ...{ migrations: MIGRATIONS, leftOut: LEFT_OUT, apart: LOG_TABLES },
      clear: clearMessages,
    });
    this.#sql = storage.sql;
    this.#bodies = bodies;
  }

  /**
   * Reads blocks from a place on, as far as one turn may. A block that the reader has is compared alone.
   * @returns null: the conversation was never used
   */
  blocks({ from, known }: Omit<LogItem, "id">): LogAnswer | null {
    if (!this.hasContent()) return null;
    const head = this.#head;
    const { blocks, next } = this.#blocksFrom(from, known, head.seq);
    const isWhole = next === null && from.block === 0 && from.after === 0;
    return { head, blocks, next, rest: isWhole ? this.#rest("") : null };
  }

  /**
   * Reads the messages that have changed since a position, and all other tables.
   * @returns null: more have changed than one turn may read; or the conversation was never used
   */
  rest({ since, changed }: Omit<RestItem, "id">): ConversationRest | null {
    if (!this.hasContent()) return null;
    const limit = changed === "all" ? -1 : MAX_CHANGED + 1;
    const query = `SELECT seq FROM messages WHERE seq > ?
      UNION SELECT seq FROM messages INDEXED BY messages_changed WHERE changed_rev > ?
      UNION SELECT hidden.seq FROM hidden JOIN messages USING (seq) WHERE rev > ? LIMIT ?`;
    const seqs = this.#sql
      .exec<{ seq: number }>(query, since.seq, since.rev, since.rev, limit)
      .toArray()
      .map(({ seq }) => seq);
    if (changed === "some" && seqs.length > MAX_CHANGED) return null;
    return this.#rest(rowsOfSeqs(this.#sql, this.#bodies(), seqs));
  }

  #rest(overlay: string): ConversationRest | null {
    const tables = this.tables(null);
    return tables && { overlay, tables };
  }

  get #head(): LogHeadPosition {
    const query = `SELECT (SELECT coalesce(max(seq), 0) FROM messages) AS seq, rev FROM conversation`;
    return this.#sql.exec<LogHeadPosition>(query).one();
  }

  #blocksFrom(
    from: LogPlace,
    known: readonly string[],
    lastSeq: number,
  ): { blocks: BlockPart[]; next: LogPlace | null } {
    const blocks: BlockPart[] = [];
    let left = TURN_BYTES;
    for (let { block, after } = from; ; block++, after = 0) {
      const range = { from: block * BLOCK_SEQS + 1, to: (block + 1) * BLOCK_SEQS };
      if (range.from > lastSeq) return { blocks, next: null };
      if (left <= 0 || block - from.block >= MAX_BLOCKS) return { blocks, next: { block, after } };
      const print = printOf(this.#sql, range);
      const isKnown = after === 0 && known[block - from.block] === print;
      if (isKnown) {
        blocks.push({ block, print, rows: null });
        continue;
      }
      const start = Math.max(range.from, after + 1);
      const last = lastWithin(this.#sql, { from: start, to: range.to }, left);
      if (!last) {
        // A block whose messages are all gone.
        if (after === 0) blocks.push({ block, print, rows: "" });
        continue;
      }
      left -= last.bytes;
      blocks.push({ block, print, rows: rowsOf(this.#sql, this.#bodies(), { from: start, to: last.seq }) });
      if (last.seq < Math.min(range.to, lastSeq)) return { blocks, next: { block, after: last.seq } };
    }
  }
}
