import type { Seq } from "../../domain/ids.ts";
import type { Order } from "../log/row.ts";

/** Characters of a token that stand for one code point: in base 36 four hold all of them. */
const WIDTH = 4;
/** No code point's: the token that stands in the place of a removed text. */
const TOMBSTONE_TOKEN = "z".repeat(WIDTH);
/** A longer phrase is cut: whoever looks compares what is found with the whole. */
const MAX_BIGRAMS = 100;
/** Pages of 4 KiB that a step of merging writes: about 8 ms. */
const MERGED_PAGES = 64;

/**
 * The full-text index: every two neighbouring code points of a folded text are one token, and the last one
 * stands alone. So a part of a text, in any script, is a phrase of pairs; and a single character is the
 * beginning of a token, of which FTS5 keeps an index too (`prefix`). Only tokens are stored, no text
 * (`content=''`): to take a text out one has to hand it in. With `secure-delete` its tokens leave the pages of
 * the index; else they would only be marked. Merging goes in steps of its own
 * and not behind some insert, eight pieces at a time: with the usual four it writes twice as much.
 */
export const BIGRAMS_TABLE = `
  CREATE VIRTUAL TABLE words USING fts5(
    pairs, content='', columnsize=0, tokenize='ascii', prefix='${WIDTH}'
  );
  INSERT INTO words (words, rank) VALUES ('secure-delete', 1), ('automerge', 0), ('usermerge', 8);`;

/** The words of a conversation's messages. It is handed folded texts; writes are the caller's transaction. */
export class BigramIndex {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @returns how many tokens the text has */
  insert(seq: number, text: string): number {
    const tokens = tokensOf(text);
    if (tokens.length > 0) this.#insert(seq, tokens.join(" "));
    return tokens.length;
  }

  /**
   * Takes out a text that was inserted.
   * @returns false if a token that nobody has any more still marks where a page begins: then `purge`
   */
  remove(seq: number, text: string): boolean {
    const tokens = tokensOf(text);
    if (tokens.length === 0) return true;
    const remove = "INSERT INTO words (words, rowid, pairs) VALUES ('delete', ?, ?)";
    this.#sql.exec(remove, seq, tokens.join(" "));
    return this.#pageKeys(tokens).every((mark) => this.#isUsed(mark));
  }

  /** At most `limit` messages between two seqs which have this text (one that is not empty), in this order. */
  find(
    text: string,
    { after, before }: { after: number; before: number },
    limit: number,
    order: Order = "DESC",
  ): Seq[] {
    const bounds = `rowid > ? AND rowid < ? ORDER BY rowid ${order} LIMIT ?`;
    const query = `SELECT rowid AS seq FROM words WHERE words MATCH ? AND ${bounds}`;
    const rows = this.#sql.exec<{ seq: Seq }>(query, phraseOf(text), after, before, limit).toArray();
    return rows.map(({ seq }) => seq);
  }

  /** A short step of merging what inserts have left. @returns false once there is nothing to merge */
  merge(): boolean {
    return this.#merge(MERGED_PAGES);
  }

  /** Has the steps of `merge` write the whole index anew: no mark of a page stays. In a transaction of its own. */
  purge(): void {
    this.#merge(-MERGED_PAGES);
  }

  /** Puts nobody's token in the place of a text: an index that is in one piece already is not written anew. */
  replace(seq: number): void {
    this.#insert(seq, TOMBSTONE_TOKEN);
  }

  /** Takes everything out. */
  clear(): void {
    this.#sql.exec("INSERT INTO words (words) VALUES ('delete-all')");
  }

  #insert(seq: number, pairs: string): void {
    this.#sql.exec("INSERT INTO words (rowid, pairs) VALUES (?, ?)", seq, pairs);
  }

  #merge(pages: number): boolean {
    const changes = () => this.#sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
    const before = changes();
    this.#sql.exec(`INSERT INTO words (words, rank) VALUES ('merge', ${pages})`);
    // FTS5's own sign of a merge that found nothing to do.
    return changes() - before >= 2;
  }

  /**
   * The marks by which FTS5 finds the pages on which these tokens stood, and which are beginnings of them: it
   * keeps as much of a page's first token as tells it from the token before, also when that token has gone.
   * A mark begins with the number of its index: 0 the pairs, 1 the characters.
   */
  #pageKeys(tokens: string[]): string[] {
    const keys = new Set(tokens.flatMap((token) => [`0${token}`, `1${token.slice(0, WIDTH)}`]));
    const query = `
      WITH marks AS (
        SELECT key.value AS key, (
          SELECT CAST(term AS TEXT) FROM words_idx
            WHERE segid = segment.segid AND term <= CAST(key.value AS BLOB) ORDER BY term DESC LIMIT 1
        ) AS mark
        FROM json_each(?) AS key, (SELECT DISTINCT segid FROM words_idx) AS segment
      )
      SELECT DISTINCT mark FROM marks WHERE length(mark) > 1 AND substr(key, 1, length(mark)) = mark`;
    const rows = this.#sql.exec<{ mark: string }>(query, JSON.stringify([...keys])).toArray();
    return rows.map(({ mark }) => mark.slice(1));
  }

  /** Whether some text still has a token that begins like this. */
  #isUsed(beginning: string): boolean {
    const query = "SELECT 1 FROM words WHERE words MATCH ? LIMIT 1";
    return this.#sql.exec(query, `"${beginning}"*`).toArray().length > 0;
  }
}

function codesOf(text: string): string[] {
  return Array.from(text, (char) => (char.codePointAt(0) ?? 0).toString(36).padStart(WIDTH, "0"));
}

function tokensOf(text: string): string[] {
  const codes = codesOf(text);
  return codes.map((code, i) => code + (codes[i + 1] ?? ""));
}

/** The query for a part of a text. */
function phraseOf(text: string): string {
  const tokens = tokensOf(text);
  return tokens.length === 1 ? `"${tokens[0]}"*` : `"${tokens.slice(0, -1).slice(0, MAX_BIGRAMS).join(" ")}"`;
}
