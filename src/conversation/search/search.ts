import { Seq, type UserId } from "../../domain/ids.ts";
import { type Kind, searchText } from "../../domain/messages/content.ts";
import type { Timing } from "../../domain/timing.ts";
import { comparisonForm } from "../../lib/text-forms.ts";
import type { RetryMarker } from "../../object/jobs/retry-marker.ts";
import type { Filter } from "../log/filter.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow, Order, Reader } from "../log/row.ts";
import { BigramIndex, WINDOW, type Window } from "./bigram-index.ts";
import { Indexer } from "./indexer.ts";
import { MessageTexts, type TextsAmong } from "./message-texts.ts";
import { StaleTexts } from "./stale-texts.ts";

/** A call ends after it has examined so many messages, whether or not they pass its filter. */
const MAX_EXAMINED = 5_000;
/** A call ends after it has read so many rows of the index. */
const MAX_POSTINGS = 5_000;
/**
 * A call ends after so many bytes of bodies and UTF-16 units of normalized texts; a merged message counts
 * with its bytes as readers get it, too.
 */
const MAX_READ = 2 * 1024 * 1024;

/** A search for messages that contain a text, or all of its words. */
export interface SearchQuery {
  /** as typed by the user, not empty */
  text: string;
  /** each word of the text anywhere, instead of the text as a whole */
  matchesWords?: boolean | undefined;
  /** only messages of this sender */
  senderId?: UserId | undefined;
  /** only messages of this kind */
  kind?: Kind | undefined;
  /** only the main stream; absent: thread-only replies too */
  mainOnly?: boolean | undefined;
  /** only polls, or only what is none */
  isPoll?: boolean | undefined;
  /** only messages before this seq */
  before?: number | undefined;
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

const NO_HITS: ReadonlySet<Seq> = new Set();

/** Seqs, both exclusive. */
type Range = { after: number; before: number };

/**
 * Searches the messages of a conversation. A message matches if its normalized text contains the normalized
 * query, or each of its words. Indexed messages are found by the bigram index, newer ones by a scan, stale
 * ones by a look at each. So no search waits for the index, and no send waits for indexing.
 */
export class MessageSearch {
  readonly #log: MessageLog;
  readonly #texts: MessageTexts;
  readonly #index: BigramIndex;
  readonly #stale: StaleTexts;
  readonly indexing: Indexer;

  /** @param marker has the alarm finish indexing after a crash */
  constructor(
    storage: DurableObjectStorage,
    log: MessageLog,
    marker: RetryMarker,
    timing: Timing["indexing"],
  ) {
    this.#log = log;
    this.#texts = new MessageTexts(storage.sql);
    this.#index = new BigramIndex(storage.sql);
    this.#stale = new StaleTexts(storage.sql);
    this.indexing = new Indexer(
      storage,
      { log, texts: this.#texts },
      this.#index,
      this.#stale,
      marker,
      timing,
    );
  }

  /**
   * Finds at most `limit` messages, newest first. A call that reaches a limit of work returns fewer, and
   * `next`.
   */
  find(query: SearchQuery & { after?: number }, reader: Reader): SearchHits {
    return this.#walk(query, reader, "DESC");
  }

  /** Finds messages in either order, with the limits of `find`. */
  chunk(
    { ascending, ...query }: SearchQuery & { after?: number; ascending: boolean },
    reader: Reader,
  ): SearchHits {
    return this.#walk(query, reader, ascending ? "ASC" : "DESC");
  }

  #walk(query: SearchQuery & { after?: number }, reader: Reader, order: Order): SearchHits {
    const text = comparisonForm(query.text);
    const words = query.matchesWords ? text.split(" ").filter((word) => word !== "") : [];
    const wanted = words.length > 0 ? words : [text];
    const page = new HitPage(wanted, query.limit, this.#log, reader);
    // Words may be in different pieces of a long text, and the index compares pieces.
    const lookedUp = wanted.reduce((longest, word) => (word.length > longest.length ? word : longest));
    const after = Math.max(query.after ?? 0, reader.visible_from);
    const before = Math.min(query.before ?? Number.MAX_SAFE_INTEGER, this.#log.last.seq + 1);
    const { upTo } = this.#log.archives;
    const isArchived = after < upTo && (order === "ASC" || before <= upTo + 1);
    if (isArchived && after + 1 < before)
      return this.#archived(page, query, reader, { after, before, order });
    // Archives are asked by the next call.
    const rest = after < upTo ? Seq.parse(upTo + 1) : null;
    let postings = 0;
    for (const window of this.#windows(lookedUp, { after: Math.max(after, upTo), before }, order)) {
      for (const examined of this.#texts.among(window.seqs, reader, query, order)) {
        if (page.take(examined)) return page.full();
      }
      postings += window.postings;
      if (postings > MAX_POSTINGS) return page.upTo(window.end);
    }
    return page.upTo(rest);
  }

  /** What an archive finds. Messages that have changed since are compared as they are. @throws NotLoaded */
  #archived(
    page: HitPage,
    filter: Filter,
    reader: Reader,
    { after, before, order }: Range & { order: Order },
  ): SearchHits {
    const { archives } = this.#log;
    const end = Math.min(before, archives.upTo + 1);
    const found = archives.search(page.wanted, { after, before: end }, order);
    const seen = order === "DESC" ? { after: found.end - 1, before: end } : { after, before: found.end + 1 };
    const changed = archives.changedBetween(seen, order);
    const hits = new Set(found.seqs);
    for (const seq of changed) hits.delete(seq);
    const seqs = [...hits, ...changed].sort((a, b) => (order === "DESC" ? b - a : a - b));
    for (const examined of this.#texts.among(seqs, reader, filter, order))
      if (page.take(examined, hits)) return page.full();
    const isLast = order === "DESC" ? found.end <= after + 1 : found.end >= before - 1;
    return page.upTo(isLast ? null : found.end);
  }

  /** The messages of a range that may contain a text, part by part: newer ones are not in the index. */
  *#windows(text: string, { after, before }: Range, order: Order): Iterable<Window> {
    const { indexedSeq } = this.indexing;
    const indexed = { after, before: Math.min(before, indexedSeq + 1) };
    const scanned = { after: Math.max(after, indexedSeq), before };
    if (order === "ASC") yield* walk(indexed, order, (range) => this.#found(text, range, order));
    yield* walk(scanned, order, (range) => scan(range, order));
    if (order === "DESC") yield* walk(indexed, order, (range) => this.#found(text, range, order));
  }

  /** What the index finds, and the stale messages among it. */
  #found(text: string, range: Range, order: Order): Window {
    const found = this.#index.find(text, range, order);
    const walked = (end: Seq | null) =>
      end === null ? range : order === "DESC" ? { ...range, after: end - 1 } : { ...range, before: end + 1 };
    const stale = this.#stale.between(walked(found.end), order, WINDOW);
    if (stale.length === 0) return found;
    const end = stale.length < WINDOW ? found.end : (stale.at(-1) ?? null);
    const { after, before } = walked(end);
    const within = found.seqs.filter((seq) => seq > after && seq < before);
    const seqs = [...new Set([...within, ...stale])];
    return { ...found, seqs: seqs.sort((a, b) => (order === "DESC" ? b - a : a - b)), end };
  }
}

/** Walks over a range, window by window. The last window ends at the bound of the range. */
function* walk(range: Range, order: Order, look: (range: Range) => Window): Iterable<Window> {
  for (let rest = range; rest.after + 1 < rest.before; ) {
    const window = look(rest);
    const end = window.end ?? Seq.parse(order === "DESC" ? rest.after + 1 : rest.before - 1);
    yield { ...window, end };
    rest = order === "DESC" ? { ...rest, before: end } : { ...rest, after: end };
  }
}

/** The next messages, all of them. */
function scan({ after, before }: Range, order: Order): Window {
  const count = Math.min(WINDOW, before - after - 1);
  const seqs = Array.from({ length: count }, (_, i) =>
    Seq.parse(order === "DESC" ? before - 1 - i : after + 1 + i),
  );
  return { seqs, end: seqs.at(-1) ?? null, postings: 0 };
}

/** Collects the hits of one call, and ends it at a full page or after too much work. */
class HitPage {
  readonly #log: Pick<MessageLog, "renderedBytes" | "get" | "visibleOf">;
  readonly #reader: Reader;
  readonly wanted: string[];
  readonly #limit: number;
  readonly #hits: Seq[] = [];
  #read = 0;
  #examined = 0;
  #last: Seq | null = null;

  /** @param wanted what a text has to contain, normalized: all of it */
  constructor(
    wanted: string[],
    limit: number,
    log: Pick<MessageLog, "renderedBytes" | "get" | "visibleOf">,
    reader: Reader,
  ) {
    this.#log = log;
    this.#reader = reader;
    this.wanted = wanted;
    this.#limit = limit;
  }

  /**
   * Adds those of the messages to the page that contain the text.
   * @param hits are known to contain it
   * @returns true if the call has to end: the page was full before a message, or too much was examined
   */
  take({ texts, last, count, bytes }: TextsAmong, hits: ReadonlySet<Seq> = NO_HITS): boolean {
    for (const { seq, kind, body } of texts) {
      const isHit = hits.has(seq);
      const text = isHit ? "" : comparisonForm(searchText(kind, body));
      // A merged message is larger on the page than in its row: readers get it with profiles.
      const row = kind === "merged" ? this.#log.get(seq) : undefined;
      this.#read += text.length + (row ? this.#log.renderedBytes(row) : 0);
      if (isHit || this.wanted.every((word) => text.includes(word))) {
        if (this.#hits.length === this.#limit) return true;
        this.#hits.push(seq);
      }
      this.#last = seq;
      if (this.#read > MAX_READ) return true;
    }
    this.#last = last;
    this.#read += bytes;
    this.#examined += count;
    return this.#read > MAX_READ || this.#examined >= MAX_EXAMINED;
  }

  /** The page after `take` returned true: the next call resumes after the last message that was examined. */
  full(): SearchHits {
    return this.upTo(this.#last);
  }

  /** The page after everything up to a seq was examined; null: after everything. */
  upTo(next: Seq | null): SearchHits {
    const rows = this.#log.visibleOf(this.#hits, this.#reader);
    return { rows: this.#hits.flatMap((seq) => rows.get(seq) ?? []), next };
  }
}
