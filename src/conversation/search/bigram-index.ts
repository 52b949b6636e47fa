import type { Seq } from "../../domain/ids.ts";
import type { Order } from "../log/row.ts";

/** The characters of a token for one code point: four digits in base 36 hold every code point. */
const WIDTH = 4;
/** The token that replaces a removed text; no code point has it. */
const TOMBSTONE_TOKEN = "z".repeat(WIDTH);
/**
 * The maximum of bigrams in a query. A longer phrase is cut, as the caller compares hits with the whole text.
 */
const MAX_BIGRAMS = 100;
/** The pages of 4 KiB that one merge step writes, in about 8 ms. */
const MERGED_PAGES = 64;

/**
 * The table of the full-text index.
 * - Each two neighbouring code points of a normalized text are one token, and the last code point is a token
 *   alone. A part of a text, in any script, is therefore a phrase of bigrams.
 * - A single character is a prefix of a token. FTS5 keeps an index of these prefixes (`prefix`).
 * - Only tokens are stored, no text (`content=''`), so a removal has to pass the text.
 * - `secure-delete` removes the tokens from the pages of the index; without it they would only be marked.
 * - Merging runs in steps of its own, not within an insert (`automerge` 0). It merges eight segments at a
 *   time: with the default of four it writes twice as much.
 */
export const BIGRAMS_TABLE = `
  CREATE VIRTUAL TABLE words USING fts5(
    pairs, content='', columnsize=0, tokenize='ascii', prefix='${WIDTH}'
  );
  INSERT INTO words (words, rank) VALUES ('secure-delete', 1), ('automerge', 0), ('usermerge', 8);`;

/**
 * The bigram index of a conversation's messages. Callers pass normalized texts and wrap writes in a
 * transaction.
 */
export class BigramIndex {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Adds a text. @returns the number of its tokens */
  insert(seq: number, text: string): number {
    const tokens = tokensOf(text);
    if (tokens.length > 0) this.#insert(seq, tokens.join(" "));
    return tokens.length;
  }

  /**
   * Removes a text that was inserted.
   * @returns false if a part of one of its tokens stays in the index as a page key, and no other text has it:
   *   the caller then has to `purge`
   */
  remove(seq: number, text: string): boolean {
    const tokens = tokensOf(text);
    if (tokens.length === 0) return true;
    const remove = "INSERT INTO words (words, rowid, pairs) VALUES ('delete', ?, ?)";
    this.#sql.exec(remove, seq, tokens.join(" "));
    return this.#hasNoRestOf(tokens);
  }

  /** Whether no part of a token of these removed texts stays in the index as a page key. */
  hasNoneOf(texts: string[]): boolean {
    const tokens = texts.flatMap(tokensOf);
    return tokens.length === 0 || this.#hasNoRestOf(tokens);
  }

  /**
   * Finds at most `limit` messages that may contain a text.
   * @param text not empty; of a text over 101 characters only the beginning is searched
   * @param range seqs, both exclusive
   */
  find(text: string, range: { after: number; before: number }, limit: number, order: Order = "DESC"): Seq[] {
    const bounds = `rowid > ? AND rowid < ? ORDER BY rowid ${order} LIMIT ?`;
    const query = `SELECT rowid AS seq FROM words WHERE words MATCH ? AND ${bounds}`;
    const rows = this.#sql
      .exec<{ seq: Seq }>(query, phraseOf(text), range.after, range.before, limit)
      .toArray();
    return rows.map(({ seq }) => seq);
  }

  /** Merges segments in one short step. @returns false once there is nothing to merge */
  merge(): boolean {
    return this.#merge(MERGED_PAGES);
  }

  /**
   * Makes the following steps of `merge` rewrite the whole index, so no old page key stays. Needs its own
   * transaction.
   */
  purge(): void {
    this.#merge(-MERGED_PAGES);
  }

  /**
   * Stores a tombstone for a removed text. FTS5 does not rewrite an index of one segment; the tombstone adds
   * another.
   */
  replace(seq: number): void {
    this.#insert(seq, TOMBSTONE_TOKEN);
  }

  /** Empties the index. */
  clear(): void {
    this.#sql.exec("INSERT INTO words (words) VALUES ('delete-all')");
  }

  #hasNoRestOf(tokens: string[]): boolean {
    return this.#pageKeys(tokens).every((key) => this.#isUsed(key));
  }

  #insert(seq: number, pairs: string): void {
    this.#sql.exec("INSERT INTO words (rowid, pairs) VALUES (?, ?)", seq, pairs);
  }

  #merge(pages: number): boolean {
    const changes = () => this.#sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
    const before = changes();
    this.#sql.exec(`INSERT INTO words (words, rank) VALUES ('merge', ${pages})`);
    // FTS5 documents fewer than two changes as the sign of a merge without work.
    return changes() - before >= 2;
  }

  /**
   * Finds page keys that are prefixes of the given tokens. FTS5 keeps as much of a page's first token as
   * tells it from the token before it, even after that token was removed. A key begins with the number of its
   * index: 0 for bigrams, 1 for single characters.
   * @returns the keys without that number
   */
  #pageKeys(tokens: string[]): string[] {
    const terms = new Set(tokens.flatMap((token) => [`0${token}`, `1${token.slice(0, WIDTH)}`]));
    const query = `
      WITH pages AS (
        SELECT token.value AS token, (
          SELECT CAST(term AS TEXT) FROM words_idx
            WHERE segid = segment.segid AND term <= CAST(token.value AS BLOB) ORDER BY term DESC LIMIT 1
        ) AS page_key
        FROM json_each(?) AS token, (SELECT DISTINCT segid FROM words_idx) AS segment
      )
      SELECT DISTINCT page_key FROM pages
        WHERE length(page_key) > 1 AND substr(token, 1, length(page_key)) = page_key`;
    const rows = this.#sql.exec<{ page_key: string }>(query, JSON.stringify([...terms])).toArray();
    return rows.map(({ page_key }) => page_key.slice(1));
  }

  /** Whether a stored text has a token with this prefix. */
  #isUsed(prefix: string): boolean {
    const query = "SELECT 1 FROM words WHERE words MATCH ? LIMIT 1";
    return this.#sql.exec(query, `"${prefix}"*`).toArray().length > 0;
  }
}

function codeOf(point: number): string {
  return point.toString(36).padStart(WIDTH, "0");
}

/** The codes of ASCII characters, made once: for a Latin text that saves half of the time of its tokens. */
const ASCII_CODES = Array.from({ length: 128 }, (_, point) => codeOf(point));

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  let before = "";
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    const code = ASCII_CODES[point] ?? codeOf(point);
    if (before !== "") tokens.push(before + code);
    before = code;
  }
  if (before !== "") tokens.push(before);
  return tokens;
}

/**
 * The FTS5 query for texts that contain `text`: a prefix for one character, else a phrase of bigrams. The
 * last token, of one code point, is dropped: in a longer text that code point has a neighbour.
 */
function phraseOf(text: string): string {
  const tokens = tokensOf(text);
  return tokens.length === 1 ? `"${tokens[0]}"*` : `"${tokens.slice(0, -1).slice(0, MAX_BIGRAMS).join(" ")}"`;
}
