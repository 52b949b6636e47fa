import { CoreError } from "../../domain/errors.ts";
import { type BodyJson, searchText } from "../../domain/messages/content.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { comparisonForm } from "../../lib/text-forms.ts";
import type { RetryMarker } from "../../object/jobs/retry-marker.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import type { ContentEdit } from "../state/content-follower.ts";
import type { Transaction } from "../state/transaction.ts";
import { BIGRAMS_TABLES, type BigramIndex } from "./bigram-index.ts";
import type { MessageTexts } from "./message-texts.ts";
import { STALE_TEXTS_TABLE, type StaleText, type StaleTexts } from "./stale-texts.ts";
import { NORMALIZATION_VERSION, piecesOf } from "./tokens.ts";

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
 * The cost after which a turn ends, in tokens that are added: about 5 ms. A turn does at least one piece of a
 * text.
 */
const TURN_COST = 4_000;
/** The cost of removing a token, which rewrites a page of each segment that has it. */
const REMOVED_TOKEN = 16;
/** The characters of a piece whose reading costs as much as a token: a long one may have few tokens. */
const READ_CHARACTERS = 4;
/**
 * The UTF-16 units of a body whose reading costs as much as a token: merged ones are long with few tokens.
 */
const READ_UNITS = 128;

/**
 * The index, the stale texts, and one row of state.
 * - `fold_version`: the `NORMALIZATION_VERSION` of the indexed texts.
 * - `indexed_seq`: messages up to this seq are indexed.
 * - `purge`: 1 if the index has to be rewritten; `purged_at`: when it was, last (ms since 1970).
 */
export const INDEXING_TABLES = `
  ${BIGRAMS_TABLES}
  ${STALE_TEXTS_TABLE}
  CREATE TABLE indexing (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    fold_version INTEGER NOT NULL,
    indexed_seq INTEGER NOT NULL,
    purge INTEGER NOT NULL,
    purged_at INTEGER NOT NULL
  ) STRICT;
  INSERT INTO indexing VALUES (1, 0, 0, 0, 0);`;

type State = { fold_version: number; indexed_seq: number; purge: 0 | 1; purged_at: number };

/** Why an edit is refused: those before it are not indexed yet. */
const TOO_MANY_EDITS = "Your edits are being indexed. Wait for a moment.";

/**
 * Keeps the index up to date in the background, off the path of sends, edits and revokes. It works in short
 * timer turns, each with its own transaction. After a restart it resumes where the last turn ended.
 */
export class Indexer {
  readonly #storage: DurableObjectStorage;
  readonly #log: MessageLog;
  readonly #texts: MessageTexts;
  readonly #index: BigramIndex;
  readonly #stale: StaleTexts;
  readonly #marker: RetryMarker;
  readonly #timing: Timing["indexing"];
  #indexedSeq: number;
  #purge: boolean;
  #purgedAt: number;
  /** some messages may be stale */
  #settling: boolean;
  /** the index may have segments to merge */
  #merging: boolean;
  #markerIsSet: boolean;
  #isRunning = false;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #failed = false;
  #lastSeqSeen: number;

  constructor(
    storage: DurableObjectStorage,
    { log: messages, texts }: { log: MessageLog; texts: MessageTexts },
    index: BigramIndex,
    stale: StaleTexts,
    marker: RetryMarker,
    timing: Timing["indexing"],
  ) {
    this.#storage = storage;
    this.#log = messages;
    this.#texts = texts;
    this.#index = index;
    this.#stale = stale;
    this.#marker = marker;
    this.#timing = timing;
    const state = storage.sql.exec<State>("SELECT * FROM indexing").one();
    this.#indexedSeq = state.indexed_seq;
    this.#purge = state.purge === 1;
    this.#purgedAt = state.purged_at;
    this.#settling = !stale.isEmpty;
    this.#markerIsSet = marker.isSet();
    this.#merging = this.#markerIsSet;
    this.#lastSeqSeen = messages.last.seq;
    if (state.fold_version !== NORMALIZATION_VERSION) this.#rebuild();
  }

  /** Whether the index has lost all texts that were edited, revoked or emptied. */
  get isSettled(): boolean {
    return !this.#settling;
  }

  /** Messages up to this seq are indexed or stale, as far as they have text. */
  get indexedSeq(): number {
    return this.#indexedSeq;
  }

  readonly #resume = () => this.resume();

  /**
   * Starts indexing if there is enough work. Call it in the turn of a change, so that the retry marker is in
   * the same commit.
   */
  resume(): void {
    if (this.#isRunning || this.#failed || !this.#hasWork) return;
    if (!this.#markerIsSet) this.#marker.set();
    this.#markerIsSet = true;
    if (this.#isUrgent || this.#unindexed >= MAX_UNINDEXED) this.#run();
    else this.#runWhenIdle();
  }

  /**
   * The `index` job: does one turn of the work at once, unless it waits for an idle conversation, and
   * continues in the background.
   * @returns when to run again (ms since 1970); null without work: the caller ends the job
   * @throws what the turn throws: the job then backs off, and until it runs again nothing is indexed
   */
  repair(inAWhile: number): number | null {
    const waitsForIdle = this.#idleTimer !== undefined;
    this.#failed = true;
    if (this.#hasWork && !waitsForIdle) this.#step();
    this.#failed = false;
    this.resume();
    if (this.#isRunning || this.#idleTimer !== undefined) return inAWhile;
    if (this.#purge) return Math.max(inAWhile, this.#purgeDue);
    this.#markerIsSet = false;
    return null;
  }

  /**
   * Asserts that an edit of a message may add to the work that waits.
   * @throws `rate_limited` while too many edits of its sender wait
   */
  admitEdit(row: MessageRow, body: BodyJson): void {
    if (this.#formerText(row, body) === null || this.#stale.has(row.seq)) return;
    if (this.#stale.isFullFor(row.sender_id))
      throw new CoreError("rate_limited", TOO_MANY_EDITS, { retryAfter: 1 });
  }

  /** @see ContentFollower.edited */
  edited(tx: Transaction, row: MessageRow, { body }: ContentEdit): void {
    if (body !== undefined) this.#outdate(tx, row, body);
  }

  /** @see ContentFollower.removed */
  removed(tx: Transaction, row: MessageRow): void {
    this.#outdate(tx, row);
  }

  /**
   * Has the index follow a change of a message's text. Until it has, a search compares the message in any
   * case.
   * @param body its new body; absent: it has none any more
   */
  #outdate(tx: Transaction, row: MessageRow, body?: BodyJson): void {
    tx.publish(this.#resume);
    const text = this.#formerText(row, body);
    if (text === null) return;
    this.#stale.add({ sender_id: row.sender_id, seq: row.seq, text, pieces: null });
    this.#settling = true;
  }

  /** Indexes the next messages in one transaction: at most `count`, and fewer if they have much text. */
  index(count: number): void {
    const { seq, isCut } = this.#storage.transactionSync(() => {
      let seq: number = this.#indexedSeq;
      let isCut = false;
      let cost = 0;
      for (const row of this.#texts.after(seq, count)) {
        if (cost > TURN_COST) break;
        cost += row.body.length / READ_UNITS;
        const text = searchText(row.kind, row.body);
        const all = piecesOf(comparisonForm(text));
        const added = this.#addPieces(row.seq, all, 0, Math.max(1, TURN_COST - cost));
        cost += added.cost;
        seq = row.seq;
        if (added.pieces === all.length) continue;
        this.#stale.add({ sender_id: row.sender_id, seq: row.seq, text, pieces: added.pieces });
        isCut = true;
        break;
      }
      this.#storage.sql.exec("UPDATE indexing SET indexed_seq = ?", seq);
      return { seq, isCut };
    });
    this.#indexedSeq = seq;
    this.#settling ||= isCut;
    this.#merging = true;
  }

  get #hasWork(): boolean {
    return this.#isUrgent || this.#unindexed >= MIN_UNINDEXED;
  }

  /** Whether there is work that does not wait for an idle conversation. */
  get #isUrgent(): boolean {
    return this.#merging || this.#settling || (this.#purge && Date.now() >= this.#purgeDue);
  }

  /** When the index may be rewritten again (ms since 1970): nobody can have it rewritten without end. */
  get #purgeDue(): number {
    return this.#purgedAt + this.#timing.purgeEveryMs;
  }

  /** The number of messages above the index. */
  get #unindexed(): number {
    return this.#log.last.seq - this.#indexedSeq;
  }

  /** The text of a message that the index has and has to lose; null: the change is none for the index. */
  #formerText({ seq, kind, body: former }: MessageRow, body: BodyJson | undefined): string | null {
    if (seq > this.#indexedSeq || seq <= this.#log.archives.upTo) return null;
    const text = searchText(kind, former);
    return text === (body === undefined ? "" : searchText(kind, body)) ? null : text;
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
    if (this.#unindexed >= maxBacklog) return 0;
    return this.#settling || this.#unindexed >= backlog ? backlogPauseMs : busyPauseMs;
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
    // The alarm runs again for a rewrite that is not due yet.
    if (this.#purge) return;
    this.#marker.clear();
    this.#markerIsSet = false;
  }

  /**
   * Does one short piece of work: a purge is prepared first, then segments are merged, then stale messages
   * settled, then new ones indexed.
   */
  #step(): void {
    if (this.#purge && !this.#merging && Date.now() >= this.#purgeDue) this.#beginPurge();
    else if (this.#merging) this.#merging = this.#index.merge();
    else if (this.#settling) this.#settle();
    else this.index(BATCH);
  }

  #beginPurge(): void {
    this.#storage.transactionSync(() => this.#index.addSegment());
    const now = Date.now();
    this.#storage.transactionSync(() => {
      this.#index.purge();
      this.#storage.sql.exec("UPDATE indexing SET purge = 0, purged_at = ?", now);
    });
    this.#purgedAt = now;
    this.#purge = false;
    this.#merging = true;
  }

  /** Brings stale messages up to date in one transaction, as many pieces as a turn may. */
  #settle(): void {
    const { isDone, leavesKey } = this.#storage.transactionSync(() => {
      let cost = 0;
      let leavesKey = false;
      let stale = this.#stale.next();
      while (stale && cost < TURN_COST) {
        const settled = this.#settleOne(stale, TURN_COST - cost);
        cost += settled.cost;
        leavesKey ||= settled.leavesKey;
        stale = this.#stale.next();
      }
      if (leavesKey) this.#storage.sql.exec("UPDATE indexing SET purge = 1");
      return { isDone: !stale, leavesKey };
    });
    this.#settling = !isDone;
    this.#purge ||= leavesKey;
    this.#merging = true;
  }

  /** Removes the pieces that a message has no more, then adds those that the index lacks, up to a cost. */
  #settleOne(stale: StaleText, maxCost: number): { cost: number; leavesKey: boolean } {
    const row = this.#log.get(stale.seq);
    const text = row ? searchText(row.kind, row.body) : "";
    const present = piecesOf(comparisonForm(text));
    const former = stale.text === text ? present : piecesOf(comparisonForm(stale.text));
    const differs = former.findIndex((piece, i) => piece !== present[i]);
    const kept = differs === -1 ? former.length : differs;
    let pieces = stale.pieces ?? former.length;
    let cost = ((row?.body.length ?? 0) + stale.text.length) / READ_UNITS;
    let leavesKey = false;
    for (; pieces > kept && cost < maxCost; pieces--) {
      const removed = this.#index.remove(stale.seq, pieces - 1, former[pieces - 1] ?? "");
      cost += removed.tokens * REMOVED_TOKEN;
      leavesKey ||= removed.leavesKey;
    }
    if (pieces > kept) {
      this.#stale.update({ ...stale, pieces });
      return { cost, leavesKey };
    }
    const added = this.#addPieces(stale.seq, present, pieces, maxCost - cost);
    if (added.pieces === present.length) this.#stale.remove(stale);
    else this.#stale.update({ ...stale, text, pieces: added.pieces });
    return { cost: cost + added.cost, leavesKey };
  }

  /** Adds pieces of a text from one on, up to a cost. @returns how many the index has then */
  #addPieces(seq: number, all: string[], from: number, maxCost: number): { pieces: number; cost: number } {
    let cost = 0;
    let pieces = from;
    for (const piece of all.slice(from)) {
      if (cost >= maxCost) break;
      cost += this.#index.insert(seq, pieces, piece) + piece.length / READ_CHARACTERS;
      pieces++;
    }
    return { pieces, cost };
  }

  /**
   * Forgets the texts up to a seq, as archives have them: those behind are indexed anew.
   * @param commit does work in a transaction
   */
  beginAfter(seq: number, commit: (work: () => void) => void): void {
    commit(() => this.#clear(seq));
    this.#cleared(seq);
    this.resume();
  }

  /** Empties the index, so all messages that no archive has are indexed again. */
  #rebuild(): void {
    const seq = this.#log.archives.upTo;
    this.#storage.transactionSync(() => this.#clear(seq));
    this.#cleared(seq);
  }

  #clear(seq: number): void {
    if (this.#indexedSeq > 0) this.#index.clear();
    this.#stale.clear();
    const set = "UPDATE indexing SET fold_version = ?, indexed_seq = ?, purge = 0";
    this.#storage.sql.exec(set, NORMALIZATION_VERSION, seq);
  }

  #cleared(seq: number): void {
    this.#indexedSeq = seq;
    this.#settling = false;
    this.#purge = false;
  }
}
