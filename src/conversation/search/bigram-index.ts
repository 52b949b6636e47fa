import { Seq } from "../../domain/ids.ts";
import type { Order } from "../log/row.ts";
import { MAX_PIECES, queryTokens, TOKEN_END, TOMBSTONE, tokensOf } from "./tokens.ts";

/** The pages of 4 KiB that one merge step writes, in about 8 ms. */
const MERGED_PAGES = 64;
/** The postings of each token that a window of a walk reads. */
export const WINDOW = 256;

/**
 * The table of the full-text index.
 * - Its rows are pieces of normalized texts. The tokens of a piece are its code points and its pairs of
 *   neighbours, each once. `detail='none'` stores no positions.
 * - Only tokens are stored, no text (`content=''`), so a removal has to pass the text.
 * - `secure-delete` removes the tokens from the pages of the index; without it they would only be marked.
 * - Merging runs in steps of its own, not within an insert (`automerge` 0). It merges eight segments at a
 *   time: with the default of four it writes twice as much.
 * - `bigram_terms` has a row for each token of each piece, by token.
 */
export const BIGRAMS_TABLES = `
  CREATE VIRTUAL TABLE bigrams USING fts5(
    tokens, content='', columnsize=0, detail='none', tokenize='ascii'
  );
  INSERT INTO bigrams (bigrams, rank) VALUES ('secure-delete', 1), ('automerge', 0), ('usermerge', 8);
  CREATE VIRTUAL TABLE bigram_terms USING fts5vocab(bigrams, instance);`;

/** A part of a walk over the messages that may contain a text. */
export interface Window {
  /** the messages to compare, in the order of the walk */
  seqs: Seq[];
  /** everything up to this seq is in `seqs` or does not contain the text; null: up to the end of the range */
  end: Seq | null;
  /** the rows of the index that were read */
  postings: number;
}

/**
 * The bigram index of a conversation's messages: its rows are pieces of their normalized texts
 * (`tokens.ts`). Callers wrap writes in a transaction.
 */
export class BigramIndex {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Adds a piece of a text. @returns the number of its tokens */
  insert(seq: number, piece: number, text: string): number {
    const tokens = tokensOf(text);
    if (tokens.length > 0) this.#insert(rowidOf(seq) + piece, tokens.join(" "));
    return tokens.length;
  }

  /**
   * Removes a piece that was inserted.
   * @returns the number of its tokens, and whether a part of one of them stays in the index as a page key
   *   although no other piece has it: the caller then has to `purge`
   */
  remove(seq: number, piece: number, text: string): { tokens: number; leavesKey: boolean } {
    const tokens = tokensOf(text);
    if (tokens.length === 0) return { tokens: 0, leavesKey: false };
    const remove = "INSERT INTO bigrams (bigrams, rowid, tokens) VALUES ('delete', ?, ?)";
    this.#sql.exec(remove, rowidOf(seq) + piece, tokens.join(" "));
    return { tokens: tokens.length, leavesKey: !this.#pageKeys(tokens).every((key) => this.#isUsed(key)) };
  }

  /**
   * Finds messages that may contain a text: the next ones in an order, by at most `WINDOW` postings of each
   * of a few tokens. The token whose postings reach farthest leads; a message that lacks another token is
   * left out as far as that token's postings reach.
   * @param text not empty, normalized
   * @param range seqs, both exclusive
   */
  find(text: string, range: { after: number; before: number }, order: Order): Window {
    const sign = order === "DESC" ? -1 : 1;
    const lists = queryTokens(text).map((token) => {
      const rowids = this.#postings(token, range, order);
      const last = rowids.length < WINDOW ? undefined : rowids.at(-1);
      return { rowids, all: new Set(rowids), reach: last === undefined ? Infinity : sign * last };
    });
    const postings = lists.reduce((sum, { rowids }) => sum + rowids.length, 0);
    const lead = lists.reduce((best, list) => (list.reach > best.reach ? list : best));
    // The last message of a full window is compared in any case: its next pieces are in no window.
    const found = lead.rowids.filter(
      (rowid) =>
        sign * rowid === lead.reach ||
        lists.every(({ all, reach }) => sign * rowid > reach || all.has(rowid)),
    );
    const seqs = [...new Set(found.map((rowid) => Seq.parse(Math.floor(rowid / MAX_PIECES))))];
    return { seqs, end: lead.reach === Infinity ? null : (seqs.at(-1) ?? null), postings };
  }

  /** Merges segments in one short step. @returns false once there is nothing to merge */
  merge(): boolean {
    return this.#merge(MERGED_PAGES);
  }

  /**
   * Makes the following steps of `merge` rewrite the whole index, so no old page key stays. Needs its own
   * transaction, after one of `addSegment`.
   */
  purge(): void {
    this.#merge(-MERGED_PAGES);
  }

  /** Adds a segment without a text. FTS5 does not rewrite an index of one segment. */
  addSegment(): void {
    this.#insert(0, TOMBSTONE);
  }

  /** Empties the index. */
  clear(): void {
    this.#sql.exec("INSERT INTO bigrams (bigrams) VALUES ('delete-all')");
  }

  #insert(rowid: number, tokens: string): void {
    this.#sql.exec("INSERT INTO bigrams (rowid, tokens) VALUES (?, ?)", rowid, tokens);
  }

  /** The next rowids of a token. FTS5 goes to a bound by its skip list only if the bound is an integer. */
  #postings(token: string, { after, before }: { after: number; before: number }, order: Order): number[] {
    const query = `SELECT rowid FROM bigrams
      WHERE bigrams MATCH ? AND rowid >= CAST(? AS INTEGER) AND rowid < CAST(? AS INTEGER)
      ORDER BY rowid ${order} LIMIT ${WINDOW}`;
    const bounds = [rowidOf(after + 1), rowidOf(before)];
    const rows = this.#sql.exec<{ rowid: number }>(query, `"${token}"`, ...bounds).toArray();
    return rows.map(({ rowid }) => rowid);
  }

  #merge(pages: number): boolean {
    const changes = () => this.#sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
    const before = changes();
    this.#sql.exec(`INSERT INTO bigrams (bigrams, rank) VALUES ('merge', ${pages})`);
    // FTS5 documents fewer than two changes as the sign of a merge without work.
    return changes() - before >= 2;
  }

  /**
   * Finds page keys that are prefixes of the given tokens. FTS5 keeps as much of a page's first token as
   * tells it from the token before it, even after that token was removed. A key begins with the number of its
   * index, 0.
   * @returns the keys without that number
   */
  #pageKeys(tokens: string[]): string[] {
    const query = `
      WITH pages AS (
        SELECT token.value AS token, (
          SELECT CAST(term AS TEXT) FROM bigrams_idx
            WHERE segid = segment.segid AND term <= CAST('0' || token.value AS BLOB) ORDER BY term DESC LIMIT 1
        ) AS page_key
        FROM json_each(?) AS token, (SELECT DISTINCT segid FROM bigrams_idx) AS segment
      )
      SELECT DISTINCT page_key FROM pages
        WHERE length(page_key) > 1 AND substr('0' || token, 1, length(page_key)) = page_key`;
    const rows = this.#sql.exec<{ page_key: string }>(query, JSON.stringify(tokens)).toArray();
    return rows.map(({ page_key }) => page_key.slice(1));
  }

  /** Whether a stored piece has a token with this prefix. */
  #isUsed(prefix: string): boolean {
    const query = "SELECT 1 FROM bigram_terms WHERE term >= ? AND term < ? LIMIT 1";
    return this.#sql.exec(query, prefix, prefix + TOKEN_END).toArray().length > 0;
  }
}

/** The rowid of a message's first piece. */
function rowidOf(seq: number): number {
  return Math.min(seq * MAX_PIECES, Number.MAX_SAFE_INTEGER);
}
