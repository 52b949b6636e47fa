import { type BodyJson, searchText } from "../../domain/messages/content.ts";
import { NORMALIZATION_VERSION, normalizeForSearch } from "../../domain/messages/search-normalization.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { RetryMarker } from "../../object/retry-marker.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import { BIGRAMS_TABLE, type BigramIndex } from "./bigram-index.ts";

/** Indexing starts from so many unindexed messages; fewer are cheap to scan. */
export const MIN_UNINDEXED = 200;
/**
 * Indexing waits for an idle conversation up to so many unindexed messages, which searches scan. To index a
 * message costs as much as to store several.
 */
const MAX_UNINDEXED = 10_000;
/** The maximum of messages that one turn indexes. */
const BATCH = 200;
/**
 * A turn ends after the message that exceeds so many tokens: a batch of messages of usual length takes about
 * 5 ms.
 */
const BATCH_TOKENS = 5_000;
/**
 * A turn ends after the message that exceeds so many UTF-16 units of bodies: merged ones are long but have
 * few tokens.
 */
const BATCH_CHARS = 512 * 1024;

/**
 * The index and one row of state about it.
 * - `fold_version`: the `NORMALIZATION_VERSION` of the indexed texts.
 * - `indexed_seq`: messages up to this seq are indexed.
 * - `revoked_rev`: the newest revoke that the index has applied. A release without the index may have revoked
 *   later messages, whose text is then still in the index.
 * - `purge`: 1 if the index has to be rewritten.
 */
export const SEARCH_TABLES = `
  ${BIGRAMS_TABLE}
  CREATE TABLE search (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    fold_version INTEGER NOT NULL,
    indexed_seq INTEGER NOT NULL,
    revoked_rev INTEGER NOT NULL,
    purge INTEGER NOT NULL
  ) STRICT;
  INSERT INTO search VALUES (1, 0, 0, 0, 0);`;

type State = { fold_version: number; indexed_seq: number; revoked_rev: number; purge: 0 | 1 };

/**
 * Indexes messages in the background, off the path of sends. It works in short timer turns, each with its own
 * transaction. After a restart it resumes where the last turn ended.
 */
export class Indexer {
  readonly #storage: DurableObjectStorage;
  readonly #log: MessageLog;
  readonly #index: BigramIndex;
  readonly #marker: RetryMarker;
  readonly #timing: Timing["indexing"];
  #indexedSeq: number;
  #purge: boolean;
  /** the index may have segments to merge */
  #merging: boolean;
  #markerIsSet: boolean;
  #isRunning = false;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #failed = false;
  #lastSeqSeen: number;

  constructor(
    storage: DurableObjectStorage,
    messages: MessageLog,
    index: BigramIndex,
    marker: RetryMarker,
    timing: Timing["indexing"],
  ) {
    this.#storage = storage;
    this.#log = messages;
    this.#index = index;
    this.#marker = marker;
    this.#timing = timing;
    const state = storage.sql.exec<State>("SELECT * FROM search").one();
    this.#indexedSeq = state.indexed_seq;
    this.#purge = state.purge === 1;
    this.#markerIsSet = marker.isSet();
    this.#merging = this.#markerIsSet;
    this.#lastSeqSeen = messages.last.seq;
    const revokedRev = messages.lastRevokedRev();
    if (state.fold_version !== NORMALIZATION_VERSION || state.revoked_rev < revokedRev)
      this.#rebuild(revokedRev);
  }

  /** Messages up to this seq are indexed, as far as they have text. */
  get indexedSeq(): number {
    return this.#indexedSeq;
  }

  /**
   * Starts indexing if there is enough work. Call it in the turn of a change, so that the retry marker is in
   * the same commit.
   */
  resume(): void {
    if (this.#isRunning || this.#failed || !this.#hasWork) return;
    if (!this.#markerIsSet) this.#marker.set();
    this.#markerIsSet = true;
    const mustRun = this.#purge || this.#merging || this.#unindexed >= MAX_UNINDEXED;
    if (mustRun) this.#run();
    else this.#runWhenIdle();
  }

  /**
   * The `index` job: does one turn of the work at once, unless it waits for an idle conversation, and
   * continues in the background.
   * @returns true without work: the caller ends the job
   * @throws what the turn throws: the job then backs off, and until it runs again nothing is indexed
   */
  repair(): boolean {
    const waitsForIdle = this.#idleTimer !== undefined;
    this.#failed = true;
    if (this.#hasWork && !waitsForIdle) this.#step();
    this.#failed = false;
    this.resume();
    if (this.#isRunning || this.#idleTimer !== undefined) return false;
    this.#markerIsSet = false;
    return true;
  }

  /** Removes a message's text from the index, in the transaction that revokes it under `rev`. */
  remove({ seq, kind, body }: MessageRow, rev: number): void {
    this.#storage.sql.exec("UPDATE search SET revoked_rev = ?", rev);
    if (seq > this.#indexedSeq || this.#index.remove(seq, normalizeForSearch(searchText(kind, body)))) return;
    this.#index.replace(seq);
    this.#storage.sql.exec("UPDATE search SET purge = 1");
    this.#purge = true;
  }

  /**
   * Replaces a message's text in the index, in the transaction that edits it. What is left of the old text as
   * a page key, two characters at most, goes with a revoke of the message: see `erase`.
   * @param row the message before the edit
   */
  replace({ seq, kind, body: former }: MessageRow, body: BodyJson): void {
    const [before, after] = [former, body].map((json) => normalizeForSearch(searchText(kind, json)));
    if (seq > this.#indexedSeq || before === undefined || after === undefined || before === after) return;
    this.#index.remove(seq, before);
    this.#index.insert(seq, after);
    this.#merging = true;
  }

  /**
   * Has the index rewritten if it may have a page key of former texts of a message, in the transaction that
   * removes them.
   */
  erase({ seq, kind }: Pick<MessageRow, "seq" | "kind">, bodies: BodyJson[]): void {
    if (seq > this.#indexedSeq || bodies.length === 0) return;
    const texts = bodies.map((body) => normalizeForSearch(searchText(kind, body)));
    if (this.#index.hasNoneOf(texts)) return;
    this.#index.replace(seq);
    this.#storage.sql.exec("UPDATE search SET purge = 1");
    this.#purge = true;
  }

  /** Indexes the next messages in one transaction: at most `count`, and fewer if they have much text. */
  index(count: number): void {
    const indexed = this.#storage.transactionSync(() => {
      let seq = this.#indexedSeq;
      let tokens = 0;
      let chars = 0;
      for (const row of this.#log.texts(seq, count)) {
        tokens += this.#index.insert(row.seq, normalizeForSearch(searchText(row.kind, row.body)));
        chars += row.body.length;
        seq = row.seq;
        if (tokens > BATCH_TOKENS || chars > BATCH_CHARS) break;
      }
      this.#storage.sql.exec("UPDATE search SET indexed_seq = ?", seq);
      return seq;
    });
    this.#indexedSeq = indexed;
    this.#merging = true;
  }

  get #hasWork(): boolean {
    return this.#purge || this.#merging || this.#unindexed >= MIN_UNINDEXED;
  }

  /** The number of messages above the index. */
  get #unindexed(): number {
    return this.#log.last.seq - this.#indexedSeq;
  }

  #run(): void {
    this.#isRunning = true;
    this.#scheduleTurn();
  }

  /** Starts a run once no message has arrived for `idleMs`. */
  #runWhenIdle(): void {
    if (this.#idleTimer !== undefined) return;
    const { seq } = this.#log.last;
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = undefined;
      // A revoke may have started a run meanwhile, which did all the work.
      if (this.#isRunning || this.#failed || !this.#hasWork) return;
      if (this.#log.last.seq === seq) this.#run();
      else this.resume();
    }, this.#timing.idleMs);
  }

  #scheduleTurn(): void {
    const hasArrived = this.#log.last.seq > this.#lastSeqSeen;
    this.#lastSeqSeen = this.#log.last.seq;
    setTimeout(() => this.#turn(), hasArrived ? this.#pauseMs : 0);
  }

  /** The pause before a turn while messages arrive: sends come first until too many messages wait. */
  get #pauseMs(): number {
    const { busyPauseMs, backlog, backlogPauseMs, maxBacklog } = this.#timing;
    if (this.#unindexed < backlog) return busyPauseMs;
    return this.#unindexed < maxBacklog ? backlogPauseMs : 0;
  }

  #turn(): void {
    try {
      // The alarm may have done the last of it.
      if (this.#hasWork) this.#step();
    } catch (error) {
      // The retry marker stays, so the alarm tries again.
      log("error", "indexing_failed", { indexed: this.#indexedSeq, ...errorFields(error) });
      this.#failed = true;
      this.#isRunning = false;
      return;
    }
    if (this.#hasWork) {
      this.#scheduleTurn();
      return;
    }
    this.#isRunning = false;
    this.#marker.clear();
    this.#markerIsSet = false;
  }

  /**
   * Does one short piece of work: a purge is prepared first, then segments are merged, then messages indexed.
   */
  #step(): void {
    if (this.#purge) this.#beginPurge();
    else if (this.#merging) this.#merging = this.#index.merge();
    else this.index(BATCH);
  }

  #beginPurge(): void {
    this.#storage.transactionSync(() => {
      this.#index.purge();
      this.#storage.sql.exec("UPDATE search SET purge = 0");
    });
    this.#purge = false;
    this.#merging = true;
  }

  /** Empties the index, so all messages are indexed again. */
  #rebuild(revokedRev: number): void {
    this.#storage.transactionSync(() => {
      if (this.#indexedSeq > 0) this.#index.clear();
      const set = "fold_version = ?, indexed_seq = 0, revoked_rev = ?, purge = 0";
      this.#storage.sql.exec(`UPDATE search SET ${set}`, NORMALIZATION_VERSION, revokedRev);
    });
    this.#indexedSeq = 0;
    this.#purge = false;
  }
}
