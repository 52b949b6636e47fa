import type { Seq } from "../../domain/ids.ts";
import { CHUNK, inChunks } from "../../object/row-chunks.ts";
import { type Filter, MATCHES_FILTER, matchesFilter } from "../log/filter.ts";
import type { MessageRow, Order, Reader } from "../log/row.ts";

/** What of a message the search index needs. */
type MessageText = Pick<MessageRow, "seq" | "sender_id" | "kind" | "body">;

/**
 * Texts among given messages, and how far they go: all up to `last` were examined. `count` and `bytes`: their
 * number and the size of their bodies, whether or not a filter took them.
 */
export interface TextsAmong {
  texts: MessageText[];
  last: Seq;
  count: number;
  bytes: number;
}

/** The bytes of bodies after which `among` begins another query. */
const AMONG_BYTES = 256 * 1024;

/** The texts of stored messages, as the search reads them. */
export class MessageTexts {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * The texts of unrevoked messages among `seqs`, which are in `order`, as the caller iterates. A filter may
   * pass over many rows with large bodies, which SQLite reads in part: so each query has few bytes of them.
   */
  *among(seqs: Seq[], reader: Reader, filter: Filter, order: Order): Iterable<TextsAmong> {
    const isListed = "seq IN (SELECT value FROM json_each(?))";
    const query = `SELECT seq, sender_id, kind, body FROM messages
      WHERE ${isListed} AND ${MATCHES_FILTER} ORDER BY seq ${order}`;
    const bindings = matchesFilter(reader, filter);
    const sizes = this.#sizesOf(seqs);
    for (let i = 0; i < seqs.length; ) {
      const listed: Seq[] = [];
      let bytes = 0;
      for (; i < seqs.length && listed.length < CHUNK && bytes < AMONG_BYTES; i++) {
        const seq = seqs[i];
        if (seq === undefined) break;
        listed.push(seq);
        bytes += sizes.get(seq) ?? 0;
      }
      const last = listed.at(-1);
      if (last === undefined) return;
      const texts = this.#sql.exec<MessageText>(query, JSON.stringify(listed), ...bindings).toArray();
      yield { texts, last, count: listed.length, bytes };
    }
  }

  /** The sizes of bodies in bytes. No body is read for them. */
  #sizesOf(seqs: Seq[]): Map<Seq, number> {
    const query = `SELECT seq, octet_length(body) AS bytes FROM messages
      WHERE seq IN (SELECT value FROM json_each(?))`;
    const rows = this.#sql.exec<{ seq: Seq; bytes: number }>(query, JSON.stringify(seqs)).toArray();
    return new Map(rows.map(({ seq, bytes }) => [seq, bytes]));
  }

  /**
   * At most `limit` messages after a seq, oldest first, for the search index: system messages and revoked
   * ones too.
   */
  after(after: number, limit: number): Iterable<MessageText> {
    const query = "SELECT seq, sender_id, kind, body FROM messages WHERE seq > ? ORDER BY seq LIMIT ?";
    return inChunks<MessageText>(limit, (count, row) =>
      this.#sql.exec<MessageText>(query, row?.seq ?? after, count).toArray(),
    );
  }
}
