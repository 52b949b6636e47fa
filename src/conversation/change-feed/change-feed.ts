import { CoreError } from "../../domain/errors.ts";
import type { Seq, UserId } from "../../domain/ids.ts";
import { bytesOf } from "../../domain/text.ts";
import type { Timing } from "../../domain/timing.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import type { Transaction } from "../state/transaction.ts";
import { WaitingChanges } from "./waiting-changes.ts";

/** The most messages whose last change of content is remembered. */
const MAX_REMEMBERED = 10_000;

/**
 * When messages got their present content, by edits and revokes. Other changes, as reactions, leave it. In
 * memory alone: a client from before the object's start is sent whole messages.
 */
class ContentRevs {
  readonly #revs = new Map<Seq, number>();
  /** all changes of content after this one are remembered */
  #since: number;

  /** @param rev the newest change */
  constructor(rev: number) {
    this.#since = rev;
  }

  note(seq: Seq, rev: number): void {
    if (this.#revs.size >= MAX_REMEMBERED) {
      this.#revs.clear();
      this.#since = rev;
    }
    this.#revs.set(seq, rev);
  }

  /** Whether a client with every change up to `rev` has the present content of a message. */
  isKnown(seq: Seq, rev: number): boolean {
    return rev >= this.#since && (this.#revs.get(seq) ?? 0) <= rev;
  }
}

/** What a change costs a reader besides the body of its message, rounded up. */
const FIELD_BYTES = 512;

/** The messages that have changed since the last announcement. */
export interface ChangeAnnouncement {
  /** in the order of their last change */
  rows: MessageRow[];
  /** clients were told of every change up to this one */
  since: number;
  /** with these rows a client has every change up to this one */
  rev: number;
  /** the users whose own part of a message has changed, as their reactions */
  ownersOf: ReadonlyMap<Seq, ReadonlySet<UserId>>;
}

/** What the feed reads and writes, and whom it tells. */
interface ChangeFeedDeps {
  state: ConversationState;
  log: MessageLog;
  timing: Timing["changes"];
  /** has inboxes hear of the changes in the end, also after a crash; called in the turn of the write */
  stored(): void;
  /** tells sockets and inboxes, after the commit */
  announce(announcement: ChangeAnnouncement): void;
  /** whether a client is told of changes that takes whole messages alone */
  tellsWhole(): boolean;
}

/** The messages of one announcement, where archives have bodies: memory has these and their quotes. */
const MAX_LOADED = 100;

/** What a feature says of a change. */
interface ChangeOptions {
  /**
   * what lists show may have changed: the inbox of each member gets an update. Otherwise only those of
   * members with devices do
   */
  reachesLists?: boolean;
  /** the messages have other bodies; otherwise these stay as they are */
  changesContent?: boolean;
  /** the user who makes the changes, or each of them; absent: the server */
  by?: UserId | ReadonlyMap<Seq, UserId>;
  /** the user whose own part of the messages has changed */
  owner?: UserId;
}

/**
 * The changes of stored messages: edits, revokes, reactions and whatever else becomes of a message.
 * - Each change gets the next `rev`, which its message keeps, in the transaction that makes it. A client that
 *   resumes gets the present state of the messages whose `rev` is higher than its own.
 * - Sockets hear of the first change at once, and of those that follow at most once in `intervalMs`: a
 *   message that changes a thousand times is a few frames. Large messages wait longer: what is announced to a
 *   reader has `bytesPerS` bytes a second, also while a message of 256 KiB changes all the time.
 * - Live frames and pages go up to `announcedRev`, which no waiting change has reached: a client that resumes
 *   from there misses none. Memory alone holds what waits. Nothing is lost with it: its end closes the room
 *   sockets, and the retry marker of the fan-out stands for the devices.
 */
export class ChangeFeed {
  readonly #deps: ChangeFeedDeps;
  readonly #waiting = new WaitingChanges();
  readonly #contentRevs: ContentRevs;
  /** what follows the announcement of a change, in the order of the changes */
  #followers: { rev: number; tell(): void }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLoading = false;
  #announcedAt = 0;
  /** when the announced bytes are paid: those of a second in a second (ms since 1970) */
  #paidAt = 0;
  /** Every change up to this one is announced. */
  announcedRev: number;
  /** The last announced change that concerns all members, unlike a hide. */
  sharedRev: number;

  constructor(deps: ChangeFeedDeps) {
    this.#deps = deps;
    this.#contentRevs = new ContentRevs(deps.state.rev);
    this.announcedRev = deps.state.rev;
    this.sharedRev = deps.state.rev;
  }

  /**
   * Stores that messages have changed, and has it announced, now or soon. Call it once in a transaction.
   * @returns the number of the last change: each message has a number of its own
   * @throws `rate_limited` while too many bytes wait of what one user has changed
   */
  record(tx: Transaction, seqs: Seq[], options: ChangeOptions = {}): number {
    const { state, log, stored } = this.#deps;
    const { reachesLists, changesContent, by } = options;
    for (const seq of seqs) {
      const refusal = isUser(by) && this.refusal(by, log.get(seq), !changesContent);
      if (refusal) throw refusal;
    }
    const rev = log.markChanged(seqs, state.rev);
    state.raise(tx, { changes: reachesLists ? 1 : 0, revs: seqs.length });
    // Readers find the messages as they are now, before the announcement too.
    tx.after(() => this.#note(seqs, rev, options));
    // The changes are committed: inboxes hear of them even if this turn fails.
    tx.publish(stored);
    tx.publish(() => {
      this.#followClock();
      this.#announceAt(Math.max(this.#announcedAt + this.#deps.timing.intervalMs, this.#paidAt));
    });
    return rev;
  }

  /**
   * Why a user may not change a message now; undefined if they may. Nobody else waits longer for the sake of
   * what one user changes: more than `maxBytesOfUser` of them do not wait at once.
   * @returns `rate_limited`, not thrown
   */
  refusal(userId: UserId, row: MessageRow | undefined, keepsContent: boolean): CoreError | undefined {
    const { maxBytesOfUser } = this.#deps.timing;
    const waiting = this.#waiting.bytesOf(userId);
    if (!row || waiting === 0 || this.#waiting.has(row.seq)) return undefined;
    if (waiting + this.#costOf(row, keepsContent) <= maxBytesOfUser) return undefined;
    this.#followClock();
    const retryAfter = Math.max(1, Math.ceil((this.#paidAt - Date.now()) / 1_000));
    const detail = "Too much of what you have changed here is still being told to the members. Try again.";
    return new CoreError("rate_limited", detail, { retryAfter });
  }

  /** Has changes wait for their announcement. @param last the number of the last one */
  #note(seqs: Seq[], last: number, { by, changesContent, owner }: ChangeOptions): void {
    const rows = new Map(this.#deps.log.refresh(seqs).map((row) => [row.seq, row]));
    for (const [i, seq] of seqs.entries()) {
      const rev = last - seqs.length + 1 + i;
      if (changesContent) this.#contentRevs.note(seq, rev);
      const row = rows.get(seq);
      const bytes = row ? this.#costOf(row, true) : FIELD_BYTES;
      const changer = isUser(by) ? by : (by?.get(seq) ?? null);
      this.#waiting.add(seq, { rev, bytes, by: changer, owner });
    }
  }

  /**
   * Announces what waits, without the interval, as far as the bytes allow. Call it before a page for a
   * client, which ends at `announcedRev`, and before the event of a later change.
   */
  flush(): void {
    this.#followClock();
    this.#announceAt(this.#paidAt - this.#deps.timing.advanceMs);
  }

  /**
   * Runs `tell` once a change is announced, perhaps at once: a client resumes from the highest `rev` it got.
   */
  follow(rev: number, tell: () => void): void {
    this.flush();
    if (rev <= this.announcedRev) tell();
    else this.#followers.push({ rev, tell });
  }

  /** Whether a client with every change up to `rev` has the body of a message: it needs the rest alone. */
  isBodyKnown(seq: Seq, rev: number): boolean {
    return this.#contentRevs.isKnown(seq, rev);
  }

  /** What the announcement of a message costs a reader, in bytes. */
  #costOf({ seq, body, custom_data }: MessageRow, keepsContent: boolean): number {
    const isPart = keepsContent && this.isBodyKnown(seq, this.announcedRev) && !this.#deps.tellsWhole();
    return isPart ? FIELD_BYTES : FIELD_BYTES + bytesOf(body) + bytesOf(custom_data ?? "");
  }

  /** Announces what waits at a time, or now if that is over. */
  #announceAt(dueAt: number): void {
    if (this.#waiting.isEmpty) this.announcedRev = this.#deps.state.rev;
    else if (dueAt <= Date.now()) this.#announce();
    else this.#timer ??= setTimeout(() => this.#announce(), dueAt - Date.now());
  }

  /** Announces once bodies are here that archives have. Until then pages end at the change before. */
  #announceOnce(loading: Promise<unknown>): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    const end = (pauseMs: number) => {
      this.#isLoading = false;
      this.#announceAt(Date.now() + pauseMs);
    };
    void loading.then(
      () => end(0),
      () => end(this.#deps.timing.advanceMs),
    );
  }

  /** If the last announcement seems to be in the future, the clock was put back: the pauses with it. */
  #followClock(): void {
    const ahead = Math.max(0, this.#announcedAt - Date.now());
    this.#announcedAt -= ahead;
    this.#paidAt -= ahead;
  }

  #announce(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { state, log, announce, timing } = this.#deps;
    const hasArchives = log.archives.upTo > 0;
    const loading = hasArchives ? log.loading(this.#waiting.first(MAX_LOADED)) : null;
    if (loading) {
      this.#announceOnce(loading);
      return;
    }
    const most = hasArchives ? MAX_LOADED : Number.MAX_SAFE_INTEGER;
    const { ownersOf, bytes, rev } = this.#waiting.next(timing.maxBytes, most);
    const since = this.announcedRev;
    this.announcedRev = this.#waiting.isEmpty ? state.rev : (rev ?? state.rev);
    this.sharedRev = this.announcedRev;
    this.#followClock();
    this.#announcedAt = Date.now();
    this.#paidAt = Math.max(this.#paidAt, this.#announcedAt) + (bytes / timing.bytesPerS) * 1_000;
    announce({ rows: log.refresh([...ownersOf.keys()]), since, rev: this.announcedRev, ownersOf });
    const due = this.#followers.filter((follower) => follower.rev <= this.announcedRev);
    this.#followers = this.#followers.slice(due.length);
    for (const { tell } of due) tell();
    this.#announceAt(Math.max(this.#announcedAt + timing.intervalMs, this.#paidAt));
  }
}

function isUser(by: ChangeOptions["by"]): by is UserId {
  return typeof by === "number";
}
