import { Seq, type UserId } from "../../domain/ids.ts";
import { type Kind, searchText } from "../../domain/messages/content.ts";
import { normalizeForSearch } from "../../domain/messages/search-normalization.ts";
import type { Timing } from "../../domain/timing.ts";
import type { RetryMarker } from "../../object/retry-marker.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow, Reader } from "../log/row.ts";
import { BigramIndex } from "./bigram-index.ts";
import { Indexer } from "./indexer.ts";

/** Messages above the index that one call looks at. */
const MAX_SCANNED = 5_000;
/** Hits of the index that one call looks at; fewer for a long text, of which each token is compared in each. */
const MAX_HITS = 20_000;
const MIN_HITS = 1_000;
const MAX_COMPARED = 200_000;
/** UTF-16 units of bodies that one call reads; of merged ones bytes as they are shown. */
const MAX_READ = 2 * 1024 * 1024;

/** What is looked for: a text as it was typed, not empty; only messages of this sender, kind, before this seq. */
export interface SearchQuery {
  text: string;
  senderId?: UserId;
  kind?: Kind;
  before?: number;
  limit: number;
}

/** What was found, and behind which seq to go on in that direction; null: there is nothing more. */
export interface SearchHits {
  rows: MessageRow[];
  next: Seq | null;
}

/**
 * Search in a conversation. A message is found if its folded text has the folded query in it. The index says
 * where to look, above it messages are scanned: no search waits for the index, and no send pays for it.
 */
export class MessageSearch {
  readonly #log: MessageLog;
  readonly #words: BigramIndex;
  readonly indexing: Indexer;

  constructor(storage: DurableObjectStorage, log: MessageLog, note: RetryMarker, timing: Timing["indexing"]) {
    this.#log = log;
    this.#words = new BigramIndex(storage.sql);
    this.indexing = new Indexer(storage, log, this.#words, note, timing);
  }

  /** At most `limit` messages, the newest first; fewer where the call has looked at as many as it may. */
  find(wanted: SearchQuery, reader: Reader): SearchHits {
    const text = normalizeForSearch(wanted.text);
    const page = new HitPage(text, wanted.limit, this.#log);
    let before = Math.min(wanted.before ?? Number.MAX_SAFE_INTEGER, this.#log.last.seq + 1);

    const floor = Math.max(this.indexing.indexedSeq, reader.visible_from);
    if (before - 1 > floor) {
      const after = Math.max(floor, before - 1 - MAX_SCANNED);
      for (const row of this.#log.between(after, before, reader, wanted, "DESC")) {
        if (page.take(row)) return page.full();
      }
      before = after + 1;
      if (after > floor) return page.upTo(before);
    }

    let left = maxHits(text);
    for (let count = wanted.limit + 1; left > 0; count = Math.min(4 * count, left)) {
      const hits = this.#words.find(text, { after: reader.visible_from, before }, count);
      for (const row of this.#log.among(hits, reader, wanted, "DESC")) {
        if (page.take(row)) return page.full();
      }
      const last = hits.at(-1);
      if (last === undefined || hits.length < count) return page.upTo(null);
      before = last;
      left -= count;
    }
    return page.upTo(before);
  }

  /** The same in either order. */
  chunk(
    { ascending, ...wanted }: SearchQuery & { after?: number; ascending: boolean },
    reader: Reader,
  ): SearchHits {
    return ascending ? this.#ascend(wanted, reader) : this.find(wanted, reader);
  }

  #ascend(wanted: SearchQuery & { after?: number }, reader: Reader): SearchHits {
    const text = normalizeForSearch(wanted.text);
    const page = new HitPage(text, wanted.limit, this.#log);
    let after = Math.max(wanted.after ?? 0, reader.visible_from);
    const end = Math.min(wanted.before ?? Number.MAX_SAFE_INTEGER, this.#log.last.seq + 1);

    const roof = Math.min(end, this.indexing.indexedSeq + 1);
    let left = maxHits(text);
    for (let count = wanted.limit + 1; after + 1 < roof; count = Math.min(4 * count, left)) {
      if (left <= 0) return page.upTo(after);
      const hits = this.#words.find(text, { after, before: roof }, count, "ASC");
      for (const row of this.#log.among(hits, reader, wanted, "ASC")) {
        if (page.take(row)) return page.full();
      }
      after = hits.length < count ? roof - 1 : (hits.at(-1) ?? after);
      left -= count;
    }

    const to = Math.min(end, after + 1 + MAX_SCANNED);
    for (const row of this.#log.between(after, to, reader, wanted, "ASC")) {
      if (page.take(row)) return page.full();
    }
    return page.upTo(to === end ? null : to - 1);
  }
}

/** How many hits of the index a call compares. */
function maxHits(text: string): number {
  return Math.min(MAX_HITS, Math.max(MIN_HITS, Math.floor(MAX_COMPARED / text.length)));
}

/** The page that a call fills. */
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

  /** Takes the next row if it has the text. @returns true once the call has to end: there is more, or too much was read */
  take(row: MessageRow): boolean {
    // A merged one is more on the page than in its row.
    this.#read += row.kind === "merged" ? this.#log.renderedBytes(row) : row.body.length;
    if (normalizeForSearch(searchText(row.kind, row.body)).includes(this.#text)) {
      if (this.#rows.length === this.#limit) return true;
      this.#rows.push(row);
    }
    this.#last = row.seq;
    return this.#read > MAX_READ;
  }

  /** The page after `take` has ended it: what follows is behind the last that it has looked at. */
  full(): SearchHits {
    return { rows: this.#rows, next: this.#last };
  }

  /** The page where everything was looked at up to a seq, or (null) at all. */
  upTo(seq: number | null): SearchHits {
    return { rows: this.#rows, next: seq === null ? null : Seq.parse(seq) };
  }
}
