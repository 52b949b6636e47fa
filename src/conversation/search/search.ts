import { Seq, type UserId } from "../../domain/ids.ts";
import { type Kind, searchText } from "../../domain/messages/content.ts";
import { normalizeForSearch } from "../../domain/messages/search-normalization.ts";
import type { Timing } from "../../domain/timing.ts";
import type { RetryMarker } from "../../object/retry-marker.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow, Reader } from "../log/row.ts";
import { BigramIndex } from "./bigram-index.ts";
import { Indexer } from "./indexer.ts";

/** The maximum of messages above the index that one call scans. */
const MAX_SCANNED = 5_000;
/** The maximum of index hits that one call examines; `maxHits` lowers it for a long text. */
const MAX_HITS = 20_000;
/** The lower bound of `maxHits`. */
const MIN_HITS = 1_000;
/** The maximum of hits times characters of the text: the cost of a phrase query grows with both. */
const MAX_COMPARED = 200_000;
/**
 * A call ends after so many UTF-16 units of bodies; a merged message counts with its bytes as readers get it.
 */
const MAX_READ = 2 * 1024 * 1024;

/** A search for messages that contain a text. */
export interface SearchQuery {
  /** as typed by the user, not empty */
  text: string;
  /** only messages of this sender */
  senderId?: UserId;
  /** only messages of this kind */
  kind?: Kind;
  /** only the main stream; absent: thread-only replies too */
  mainOnly?: boolean;
  /** only polls, or only what is none */
  isPoll?: boolean;
  /** only messages before this seq */
  before?: number;
  limit: number;
}

/**
 * Messages found. `next` is the exclusive bound of the next call in the same direction; null: nothing is
 * left.
 */
export interface SearchHits {
  rows: MessageRow[];
  next: Seq | null;
}

/**
 * Searches the messages of a conversation. A message matches if its normalized text contains the normalized
 * query. Indexed messages are found by the bigram index, newer ones by a scan. So no search waits for the
 * index, and no send waits for indexing.
 */
export class MessageSearch {
  readonly #log: MessageLog;
  readonly #index: BigramIndex;
  readonly indexing: Indexer;

  /** @param marker has the alarm finish indexing after a crash */
  constructor(
    storage: DurableObjectStorage,
    log: MessageLog,
    marker: RetryMarker,
    timing: Timing["indexing"],
  ) {
    this.#log = log;
    this.#index = new BigramIndex(storage.sql);
    this.indexing = new Indexer(storage, log, this.#index, marker, timing);
  }

  /**
   * Finds at most `limit` messages, newest first. A call that reaches a limit of work returns fewer, and
   * `next`.
   */
  find(query: SearchQuery, reader: Reader): SearchHits {
    const text = normalizeForSearch(query.text);
    const page = new HitPage(text, query.limit, this.#log);
    let before = Math.min(query.before ?? Number.MAX_SAFE_INTEGER, this.#log.last.seq + 1);

    const floor = Math.max(this.indexing.indexedSeq, reader.visible_from);
    if (before - 1 > floor) {
      const after = Math.max(floor, before - 1 - MAX_SCANNED);
      for (const row of this.#log.between(after, before, reader, query, "DESC")) {
        if (page.take(row)) return page.full();
      }
      before = after + 1;
      if (after > floor) return page.upTo(before);
    }

    let remainingHits = maxHits(text);
    for (let count = query.limit + 1; remainingHits > 0; count = Math.min(4 * count, remainingHits)) {
      const hits = this.#index.find(text, { after: reader.visible_from, before }, count);
      for (const row of this.#log.among(hits, reader, query, "DESC")) {
        if (page.take(row)) return page.full();
      }
      const last = hits.at(-1);
      if (last === undefined || hits.length < count) return page.upTo(null);
      before = last;
      remainingHits -= count;
    }
    return page.upTo(before);
  }

  /** Finds messages in either order, with the limits of `find`. */
  chunk(
    { ascending, ...query }: SearchQuery & { after?: number; ascending: boolean },
    reader: Reader,
  ): SearchHits {
    return ascending ? this.#findOldestFirst(query, reader) : this.find(query, reader);
  }

  #findOldestFirst(query: SearchQuery & { after?: number }, reader: Reader): SearchHits {
    const text = normalizeForSearch(query.text);
    const page = new HitPage(text, query.limit, this.#log);
    let after = Math.max(query.after ?? 0, reader.visible_from);
    const end = Math.min(query.before ?? Number.MAX_SAFE_INTEGER, this.#log.last.seq + 1);

    const indexEnd = Math.min(end, this.indexing.indexedSeq + 1);
    let remainingHits = maxHits(text);
    for (let count = query.limit + 1; after + 1 < indexEnd; count = Math.min(4 * count, remainingHits)) {
      if (remainingHits <= 0) return page.upTo(after);
      const hits = this.#index.find(text, { after, before: indexEnd }, count, "ASC");
      for (const row of this.#log.among(hits, reader, query, "ASC")) {
        if (page.take(row)) return page.full();
      }
      after = hits.length < count ? indexEnd - 1 : (hits.at(-1) ?? after);
      remainingHits -= count;
    }

    const to = Math.min(end, after + 1 + MAX_SCANNED);
    for (const row of this.#log.between(after, to, reader, query, "ASC")) {
      if (page.take(row)) return page.full();
    }
    return page.upTo(to === end ? null : to - 1);
  }
}

/** The maximum of index hits that a call examines: fewer for a longer text. */
function maxHits(text: string): number {
  return Math.min(MAX_HITS, Math.max(MIN_HITS, Math.floor(MAX_COMPARED / text.length)));
}

/** Collects the hits of one call, and ends it at a full page or after too much reading. */
class HitPage {
  readonly #log: Pick<MessageLog, "renderedBytes">;
  readonly #text: string;
  readonly #limit: number;
  readonly #rows: MessageRow[] = [];
  #read = 0;
  #last: Seq | null = null;

  constructor(text: string, limit: number, log: Pick<MessageLog, "renderedBytes">) {
    this.#log = log;
    this.#text = text;
    this.#limit = limit;
  }

  /**
   * Adds a row to the page if it contains the text.
   * @returns true if the call has to end: the page was full before this row, or too much was read
   */
  take(row: MessageRow): boolean {
    // A merged message is larger on the page than in its row: readers get it with profiles.
    this.#read += row.kind === "merged" ? this.#log.renderedBytes(row) : row.body.length;
    if (normalizeForSearch(searchText(row.kind, row.body)).includes(this.#text)) {
      if (this.#rows.length === this.#limit) return true;
      this.#rows.push(row);
    }
    this.#last = row.seq;
    return this.#read > MAX_READ;
  }

  /** The page after `take` returned true: the next call resumes after the last row that was examined. */
  full(): SearchHits {
    return { rows: this.#rows, next: this.#last };
  }

  /** The page after everything up to a seq was examined; null: after everything. */
  upTo(seq: number | null): SearchHits {
    return { rows: this.#rows, next: seq === null ? null : Seq.parse(seq) };
  }
}
