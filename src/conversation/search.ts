import { type Kind, searchText } from "../core/content.ts";
import { fold } from "../core/fold.ts";
import { type Position, Seq, type UserId } from "../core/ids.ts";
import type { Note } from "./fanout.ts";
import { Indexing } from "./indexing.ts";
import type { Log, Reader, Row } from "./log.ts";
import { Words } from "./words.ts";

/** Messages above the index that one call looks at. */
const MOST_SCANNED = 5_000;
/** Hits of the index that one call looks at; fewer for a long text, of which each token is compared in each. */
const MOST_HITS = 20_000;
const LEAST_HITS = 1_000;
const MOST_COMPARED = 200_000;
/** UTF-16 units of bodies that one call reads; of merged ones bytes as they are shown. */
const MOST_READ = 2 * 1024 * 1024;

/** What is looked for: a text as it was typed, not empty; only messages of this sender, kind, before this seq. */
export interface Wanted {
  text: string;
  senderId?: UserId;
  kind?: Kind;
  before?: Position;
  limit: number;
}

/** What was found, the newest first, and before which seq to go on; null: there is nothing more. */
export interface Found {
  rows: Row[];
  nextBefore: Seq | null;
}

/**
 * Search in a conversation. A message is found if its folded text has the folded query in it. The index says
 * where to look, above it messages are scanned: no search waits for the index, and no send pays for it.
 */
export class Search {
  readonly #log: Log;
  readonly #words: Words;
  readonly indexing: Indexing;

  constructor(storage: DurableObjectStorage, log: Log, note: Note) {
    this.#log = log;
    this.#words = new Words(storage.sql);
    this.indexing = new Indexing(storage, log, this.#words, note);
  }

  /** A page of at most `limit` messages; fewer where the call has looked at as many as it may. */
  find(wanted: Wanted, reader: Reader): Found {
    const text = fold(wanted.text);
    const page = new Page(text, wanted.limit, this.#log);
    let before = Math.min(wanted.before ?? Number.MAX_SAFE_INTEGER, this.#log.last.seq + 1);

    const floor = Math.max(this.indexing.indexedSeq, reader.visible_from);
    if (before - 1 > floor) {
      const after = Math.max(floor, before - 1 - MOST_SCANNED);
      for (const row of this.#log.between(after, before, reader, wanted)) {
        if (page.take(row)) return page.full();
      }
      before = after + 1;
      if (after > floor) return page.upTo(before);
    }

    let left = Math.min(MOST_HITS, Math.max(LEAST_HITS, Math.floor(MOST_COMPARED / text.length)));
    for (let count = wanted.limit + 1; left > 0; count = Math.min(4 * count, left)) {
      const hits = this.#words.find(text, { after: reader.visible_from, before }, count);
      for (const row of this.#log.among(hits, reader, wanted)) {
        if (page.take(row)) return page.full();
      }
      const last = hits.at(-1);
      if (last === undefined || hits.length < count) return page.upTo(null);
      before = last;
      left -= count;
    }
    return page.upTo(before);
  }
}

/** The page that a call fills. */
class Page {
  readonly #log: Pick<Log, "weigh">;
  readonly #text: string;
  readonly #limit: number;
  readonly #rows: Row[] = [];
  #read = 0;
  #last: Seq | null = null;

  constructor(text: string, limit: number, log: Pick<Log, "weigh">) {
    this.#log = log;
    this.#text = text;
    this.#limit = limit;
  }

  /** Takes the next row if it has the text. @returns true once the call has to end: there is more, or too much was read */
  take(row: Row): boolean {
    // A merged one is more on the page than in its row.
    this.#read += row.kind === "merged" ? this.#log.weigh(row) : row.body.length;
    if (fold(searchText(row.kind, row.body)).includes(this.#text)) {
      if (this.#rows.length === this.#limit) return true;
      this.#rows.push(row);
    }
    this.#last = row.seq;
    return this.#read > MOST_READ;
  }

  /** The page after `take` has ended it: what follows is behind the last that it has looked at. */
  full(): Found {
    return { rows: this.#rows, nextBefore: this.#last };
  }

  /** The page where nothing is left to look at before a seq, or (null) at all. */
  upTo(before: number | null): Found {
    return { rows: this.#rows, nextBefore: before === null ? null : Seq.parse(before) };
  }
}
