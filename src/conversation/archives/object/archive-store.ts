import { Seq } from "../../../domain/ids.ts";
import { type BodyJson, type Kind, searchText } from "../../../domain/messages/content.ts";
import { comparisonForm } from "../../../lib/text-forms.ts";
import { CHUNK } from "../../../object/row-chunks.ts";
import type { Order } from "../../log/row.ts";
import { BIGRAMS_TABLES, BigramIndex, WINDOW, type Window } from "../../search/bigram-index.ts";
import { NORMALIZATION_VERSION, piecesOf } from "../../search/tokens.ts";

/**
 * The bodies of an archive, the index of their texts, and one row of state: messages up to `indexed_seq` are
 * indexed, in the form of `fold_version`; with `purge` the index has to be rewritten, as it was last at
 * `purged_at` (ms since 1970).
 */
export const BODIES_TABLES = `
  CREATE TABLE bodies (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  ${BIGRAMS_TABLES}
  CREATE TABLE indexing (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    fold_version INTEGER NOT NULL,
    indexed_seq INTEGER NOT NULL,
    purge INTEGER NOT NULL,
    purged_at INTEGER NOT NULL
  ) STRICT;
  INSERT INTO indexing VALUES (1, ${NORMALIZATION_VERSION}, 0, 0, 0);`;

/** A message as an archive keeps it. */
export type ArchivedBody = { seq: Seq; kind: Kind; body: BodyJson };

/** Seqs, both inclusive, of which an archive gets all bodies anew. */
export interface ArchivedPart {
  from: number;
  to: number;
  /** in rising order; a message without a body has none */
  bodies: ArchivedBody[];
}

/** A search in an archive. */
export interface ArchiveSearch {
  /** what a text has to contain, normalized: all of it */
  words: string[];
  /** both exclusive */
  after: number;
  before: number;
  order: Order;
}

/** What a search has found. All messages up to `end` were looked at; null: up to the end of the range. */
export interface ArchiveHits {
  seqs: Seq[];
  end: Seq | null;
}

/** A call ends behind so many UTF-16 units of bodies. */
const MAX_READ = 4 * 1024 * 1024;
/** A search ends after so many hits, or so many rows of the index. */
const MAX_HITS = 256;
const MAX_POSTINGS = 5_000;
/** The bodies that one turn of the alarm indexes. */
const BATCH = 100;

/** The index is rewritten so often at most: nobody can have it rewritten without end. */
const PURGE_MS = 60 * 60_000;
/** The pause before the index's work goes on, in ms: calls come between. */
const PAUSE_MS = 100;

type State = { fold_version: number; indexed_seq: number; purge: 0 | 1; purged_at: number };

/** The bodies of old messages of a conversation, and the index of their texts. Rights are elsewhere. */
export class ArchiveStore {
  readonly #storage: DurableObjectStorage;
  readonly #index: BigramIndex;
  #isMerging = true;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#index = new BigramIndex(storage.sql);
    if (this.#state.fold_version === NORMALIZATION_VERSION) return;
    storage.transactionSync(() => {
      this.#index.clear();
      storage.sql.exec("UPDATE indexing SET fold_version = ?, indexed_seq = 0", NORMALIZATION_VERSION);
    });
  }

  /** Takes all bodies of a part, in place of those that are here. Idempotent. @returns all bytes here */
  put({ from, to, bodies }: ArchivedPart): number {
    const { sql } = this.#storage;
    this.#storage.transactionSync(() => {
      const indexedSeq = this.#state.indexed_seq;
      const query = "SELECT * FROM bodies WHERE seq BETWEEN ? AND ?";
      let leavesKey = false;
      for (const former of sql.exec<ArchivedBody>(query, from, to).toArray())
        if (former.seq <= indexedSeq) leavesKey = this.#removeText(former) || leavesKey;
      sql.exec("DELETE FROM bodies WHERE seq BETWEEN ? AND ?", from, to);
      for (const { seq, kind, body } of bodies) {
        sql.exec("INSERT INTO bodies (seq, kind, body) VALUES (?, ?, ?)", seq, kind, body);
        if (seq <= indexedSeq) this.#addText({ seq, kind, body });
      }
      if (leavesKey) sql.exec("UPDATE indexing SET purge = 1");
      this.#indexSome(bodies.length);
    });
    this.#isMerging = true;
    return sql.databaseSize;
  }

  /** The bodies of messages, those of the first ones at least. */
  read(seqs: readonly Seq[]): Pick<ArchivedBody, "seq" | "body">[] {
    const found: Pick<ArchivedBody, "seq" | "body">[] = [];
    let chars = 0;
    const query = "SELECT seq, body FROM bodies WHERE seq IN (SELECT value FROM json_each(?))";
    for (let i = 0; i < seqs.length && chars < MAX_READ; i += CHUNK) {
      const asked = JSON.stringify(seqs.slice(i, i + CHUNK));
      for (const row of this.#storage.sql.exec<Pick<ArchivedBody, "seq" | "body">>(query, asked)) {
        chars += row.body.length;
        found.push(row);
      }
    }
    return found;
  }

  /** Finds messages whose text contains all words. */
  search({ words, after, before, order }: ArchiveSearch): ArchiveHits {
    const lookedUp = words.reduce((longest, word) => (word.length > longest.length ? word : longest), "");
    const hits: Seq[] = [];
    let postings = 0;
    for (let rest = { after, before }; rest.after + 1 < rest.before; ) {
      const window = this.#window(lookedUp, rest, order);
      hits.push(...window.seqs.filter((seq) => this.#contains(seq, words)));
      const { end } = window;
      if (end === null) return { seqs: hits, end };
      postings += Math.max(window.postings, window.seqs.length);
      if (hits.length >= MAX_HITS || postings > MAX_POSTINGS) return { seqs: hits, end };
      rest = order === "DESC" ? { ...rest, before: end } : { ...rest, after: end };
    }
    return { seqs: hits, end: null };
  }

  /** What the index finds; behind it, all messages. */
  #window(text: string, { after, before }: { after: number; before: number }, order: Order): Window {
    const { indexed_seq: indexedSeq } = this.#state;
    const isScanned = order === "DESC" ? before > indexedSeq + 1 : after >= indexedSeq;
    if (!isScanned) {
      const range = { after, before: Math.min(before, indexedSeq + 1) };
      const found = this.#index.find(text, range, order);
      // Behind the index the scan goes on.
      const isCut = found.end === null && range.before < before;
      return isCut ? { ...found, end: Seq.parse(indexedSeq) } : found;
    }
    const query = `SELECT seq FROM bodies WHERE seq > ? AND seq < ? ORDER BY seq ${order} LIMIT ${WINDOW}`;
    const low = Math.max(after, indexedSeq);
    const seqs = this.#storage.sql
      .exec<{ seq: Seq }>(query, low, before)
      .toArray()
      .map(({ seq }) => seq);
    const isWhole = seqs.length < WINDOW;
    const last = order === "DESC" && low > after ? Seq.parse(low + 1) : null;
    const end = isWhole ? last : (seqs.at(-1) ?? null);
    return { seqs, end, postings: 0 };
  }

  #contains(seq: Seq, words: readonly string[]): boolean {
    const query = "SELECT * FROM bodies WHERE seq = ?";
    const [row] = this.#storage.sql.exec<ArchivedBody>(query, seq).toArray();
    if (!row) return false;
    const text = comparisonForm(searchText(row.kind, row.body));
    return words.every((word) => text.includes(word));
  }

  /** When the index has work (ms since 1970); null: it has none. */
  get due(): number | null {
    if (this.#isMerging) return Date.now() + PAUSE_MS;
    const { purge, purged_at } = this.#state;
    return purge === 1 ? Math.max(purged_at + PURGE_MS, Date.now() + PAUSE_MS) : null;
  }

  /** Does one short piece of the index's work. */
  step(): void {
    const { purge, purged_at } = this.#state;
    if (this.#isMerging) this.#isMerging = this.#index.merge();
    else if (purge === 1 && purged_at + PURGE_MS <= Date.now()) this.#beginPurge();
    else this.#isMerging = this.#storage.transactionSync(() => this.#indexSome(BATCH));
  }

  #beginPurge(): void {
    this.#storage.transactionSync(() => this.#index.addSegment());
    this.#storage.transactionSync(() => {
      this.#index.purge();
      this.#storage.sql.exec("UPDATE indexing SET purge = 0, purged_at = ?", Date.now());
    });
    this.#isMerging = true;
  }

  /** Indexes the next bodies. @returns whether there were any */
  #indexSome(count: number): boolean {
    const { sql } = this.#storage;
    const query = "SELECT * FROM bodies WHERE seq > ? ORDER BY seq LIMIT ?";
    const rows = sql.exec<ArchivedBody>(query, this.#state.indexed_seq, count).toArray();
    const last = rows.at(-1);
    if (!last) return false;
    for (const row of rows) this.#addText(row);
    sql.exec("UPDATE indexing SET indexed_seq = ?", last.seq);
    return true;
  }

  #addText({ seq, kind, body }: ArchivedBody): void {
    const pieces = piecesOf(comparisonForm(searchText(kind, body)));
    for (const [i, piece] of pieces.entries()) this.#index.insert(seq, i, piece);
  }

  /** @returns whether a part of a token stays in the index, which has to be rewritten */
  #removeText({ seq, kind, body }: ArchivedBody): boolean {
    const pieces = piecesOf(comparisonForm(searchText(kind, body)));
    const removed = pieces.map((piece, i) => this.#index.remove(seq, i, piece));
    return removed.some(({ leavesKey }) => leavesKey);
  }

  get #state(): State {
    return this.#storage.sql.exec<State>("SELECT * FROM indexing").one();
  }
}
