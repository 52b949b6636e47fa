import { searchText } from "../../domain/messages/content.ts";
import { NORMALIZATION_VERSION, normalizeForSearch } from "../../domain/messages/search-normalization.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { RetryMarker } from "../../object/retry-marker.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import { BIGRAMS_TABLE, type BigramIndex } from "./bigram-index.ts";

/** Fewer messages are not worth it: they are scanned. */
const MAX_PURGED = 200;
/** So many may wait, and are scanned, while others come: indexing a message costs as much as storing some. */
const MAX_INDEXED = 10_000;
/** Messages that a turn indexes. */
const BATCH = 200;
/** Tokens after which a turn ends with the message it is at: with a batch of usual length about 5 ms. */
const BATCH_TOKENS = 5_000;
/** UTF-16 units of bodies, likewise: merged messages have few tokens, and are long to read. */
const BATCH_READ = 512 * 1024;

/**
 * The index, and one row about it. `revoked_rev`: the newest revoke that it knows of; one by a release that
 * knows no index has left its words there. `purge`: the index has to be written anew.
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
 * Puts messages into the index behind the sends: short turns of a timer, each with a transaction of its own.
 * A restart goes on where the last turn ended.
 */
export class Indexer {
  readonly #storage: DurableObjectStorage;
  readonly #log: MessageLog;
  readonly #words: BigramIndex;
  readonly #marker: RetryMarker;
  readonly #timing: Timing["indexing"];
  #indexedSeq: number;
  #purge: boolean;
  /** pieces of the index may be left to merge */
  #merging: boolean;
  #markerIsSet: boolean;
  #isRunning = false;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #failed = false;
  #lastSeqSeen: number;

  constructor(
    storage: DurableObjectStorage,
    messages: MessageLog,
    words: BigramIndex,
    note: RetryMarker,
    timing: Timing["indexing"],
  ) {
    this.#storage = storage;
    this.#log = messages;
    this.#words = words;
    this.#marker = note;
    this.#timing = timing;
    const state = storage.sql.exec<State>("SELECT * FROM search").one();
    this.#indexedSeq = state.indexed_seq;
    this.#purge = state.purge === 1;
    this.#markerIsSet = note.isSet();
    this.#merging = this.#markerIsSet;
    this.#lastSeqSeen = messages.last.seq;
    const revokedRev = messages.lastRevokedRev();
    if (state.fold_version !== NORMALIZATION_VERSION || state.revoked_rev < revokedRev)
      this.#beginAnew(revokedRev);
  }

  /** Messages up to here are in the index, as far as they have words. */
  get indexedSeq(): number {
    return this.#indexedSeq;
  }

  /** Begins, or goes on, if there is enough to do. Call it in the turn of a change: the note is in its commit. */
  resume(): void {
    if (this.#isRunning || this.#failed || !this.#hasWork) return;
    if (!this.#markerIsSet) this.#marker.set();
    this.#markerIsSet = true;
    const mustRun = this.#purge || this.#merging || this.#waiting >= MAX_INDEXED;
    if (mustRun) this.#run();
    else this.#runWhenQuiet();
  }

  /** For the alarm. @returns true once all is done: the note is to be erased in this turn */
  repair(): boolean {
    this.#failed = false;
    this.resume();
    if (this.#isRunning || this.#quiet !== undefined) return false;
    this.#markerIsSet = false;
    return true;
  }

  /** Takes a message's words out of the index, in the transaction that revokes it as number `rev`. */
  forget({ seq, kind, body }: MessageRow, rev: number): void {
    this.#storage.sql.exec("UPDATE search SET revoked_rev = ?", rev);
    if (seq > this.#indexedSeq || this.#words.remove(seq, normalizeForSearch(searchText(kind, body)))) return;
    this.#words.replace(seq);
    this.#storage.sql.exec("UPDATE search SET purge = 1");
    this.#purge = true;
  }

  /** Indexes the next messages, at most so many. */
  index(count: number): void {
    const indexed = this.#storage.transactionSync(() => {
      let seq = this.#indexedSeq;
      let tokens = 0;
      let read = 0;
      for (const row of this.#log.texts(seq, count)) {
        tokens += this.#words.insert(row.seq, normalizeForSearch(searchText(row.kind, row.body)));
        read += row.body.length;
        seq = row.seq;
        if (tokens > BATCH_TOKENS || read > BATCH_READ) break;
      }
      this.#storage.sql.exec("UPDATE search SET indexed_seq = ?", seq);
      return seq;
    });
    this.#indexedSeq = indexed;
    this.#merging = true;
  }

  get #hasWork(): boolean {
    return this.#purge || this.#merging || this.#waiting >= MAX_PURGED;
  }

  get #waiting(): number {
    return this.#log.last.seq - this.#indexedSeq;
  }

  #run(): void {
    this.#isRunning = true;
    this.#later();
  }

  #runWhenQuiet(): void {
    if (this.#quiet !== undefined) return;
    const { seq } = this.#log.last;
    this.#quiet = setTimeout(() => {
      this.#quiet = undefined;
      // A run that a revoke has begun meanwhile may have done it all.
      if (this.#isRunning || this.#failed || !this.#hasWork) return;
      if (this.#log.last.seq === seq) this.#run();
      else this.resume();
    }, this.#timing.idleMs);
  }

  #later(): void {
    const came = this.#log.last.seq - this.#lastSeqSeen;
    this.#lastSeqSeen = this.#log.last.seq;
    // Between turns sends have their own: while many come, indexing waits a fifth of a ms for each.
    setTimeout(() => this.#turn(), Math.min(came / 5, this.#timing.maxPauseMs));
  }

  #turn(): void {
    try {
      this.#step();
    } catch (error) {
      // The note stands: the alarm tries again.
      log("error", "indexing_failed", { indexed: this.#indexedSeq, ...errorFields(error) });
      this.#failed = true;
      this.#isRunning = false;
      return;
    }
    if (this.#hasWork) {
      this.#later();
      return;
    }
    this.#isRunning = false;
    this.#marker.clear();
    this.#markerIsSet = false;
  }

  /** One short thing at a time. */
  #step(): void {
    if (this.#purge) this.#beginPurge();
    else if (this.#merging) this.#merging = this.#words.merge();
    else this.index(BATCH);
  }

  #beginPurge(): void {
    this.#storage.transactionSync(() => {
      this.#words.purge();
      this.#storage.sql.exec("UPDATE search SET purge = 0");
    });
    this.#purge = false;
    this.#merging = true;
  }

  #beginAnew(revokedRev: number): void {
    this.#storage.transactionSync(() => {
      if (this.#indexedSeq > 0) this.#words.clear();
      const set = "fold_version = ?, indexed_seq = 0, revoked_rev = ?, purge = 0";
      this.#storage.sql.exec(`UPDATE search SET ${set}`, NORMALIZATION_VERSION, revokedRev);
    });
    this.#indexedSeq = 0;
    this.#purge = false;
  }
}
