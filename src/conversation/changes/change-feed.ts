import { CoreError } from "../../domain/errors.ts";
import type { Seq, UserId } from "../../domain/ids.ts";
import { bytesOf } from "../../domain/text.ts";
import type { Timing } from "../../domain/timing.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import { ContentRevs } from "./content-revs.ts";
import { WaitingChanges } from "./waiting-changes.ts";

/** What a change costs a reader besides the body of its message, rounded up. */
const FIELD_BYTES = 512;

/** Changes of stored messages, as the transaction that makes them stores them. */
export interface StoredChanges {
  seqs: Seq[];
  /** the number of the last one: each message has a number of its own */
  rev: number;
  changes: number;
  /** the user who makes them, or each of them; null: the server */
  by: UserId | ReadonlyMap<Seq, UserId> | null;
  /** the bodies of the messages stay as they are */
  keepsContent: boolean;
}

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
  /** runs work in a transaction: it throws, and nothing is stored */
  transaction<T>(work: () => T): T;
  /** has inboxes hear of the changes in the end, also after a crash; called in the turn of the write */
  stored(): void;
  /** tells sockets and inboxes, after the commit */
  announce(announcement: ChangeAnnouncement): void;
  /** whether a client is told of changes that takes whole messages alone */
  tellsWhole(): boolean;
}

/** What a feature says of a change. */
interface ChangeOptions {
  /**
   * what lists show may have changed: the inbox of each member gets an update. Otherwise only those of
   * members with devices do
   */
  reachesLists: boolean;
  /** see `StoredChanges`; absent: null */
  by?: StoredChanges["by"];
  /** see `StoredChanges`; absent: false */
  keepsContent?: boolean;
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
   * Stores in the caller's transaction that messages have changed. `apply` follows it.
   * @throws `rate_limited` while too many bytes wait of what one user has changed
   */
  store(seqs: Seq[], { reachesLists, by = null, keepsContent = false }: ChangeOptions): StoredChanges {
    const { state, log } = this.#deps;
    for (const seq of seqs) {
      const refusal = isUser(by) && this.refusal(by, log.get(seq), keepsContent);
      if (refusal) throw refusal;
    }
    const rev = log.markChanged(seqs, state.rev);
    const changes = state.changes + (reachesLists ? 1 : 0);
    state.store(changes, rev);
    return { seqs, rev, changes, by, keepsContent };
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

  /**
   * Makes a change in a transaction of its own.
   * @param store stores it, with a call of `store` of this feed
   * @param owner see `apply`
   */
  make(store: () => StoredChanges, owner?: UserId): void {
    this.apply(this.#deps.transaction(store), owner);
  }

  /**
   * Takes stored changes into memory, and announces them, now or soon.
   * @param owner the user whose own part of the messages has changed
   */
  apply({ seqs, rev, changes, by, keepsContent }: StoredChanges, owner?: UserId): void {
    const { state, log, stored } = this.#deps;
    state.apply(changes, rev);
    // Until the announcement too, whoever reads finds the messages as they are now.
    try {
      const rows = new Map(log.refresh(seqs).map((row) => [row.seq, row]));
      for (const [i, seq] of seqs.entries()) {
        const own = rev - seqs.length + 1 + i;
        if (!keepsContent) this.#contentRevs.note(seq, own);
        const row = rows.get(seq);
        const bytes = row ? this.#costOf(row, true) : FIELD_BYTES;
        const changer = isUser(by) ? by : (by?.get(seq) ?? null);
        this.#waiting.add(seq, { rev: own, bytes, by: changer, owner });
      }
    } finally {
      // The changes are committed: inboxes hear of them even if this turn fails.
      stored();
    }
    this.#followClock();
    this.#announceAt(Math.max(this.#announcedAt + this.#deps.timing.intervalMs, this.#paidAt));
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

  /**
   * Whether a client that was told of every change up to `rev` knows the body of a message: it needs the rest
   * alone.
   */
  isContentTold(seq: Seq, rev: number): boolean {
    return this.#contentRevs.isTold(seq, rev);
  }

  /** What the announcement of a message costs a reader, in bytes. */
  #costOf({ seq, body }: MessageRow, keepsContent: boolean): number {
    const isPart = keepsContent && this.isContentTold(seq, this.announcedRev) && !this.#deps.tellsWhole();
    return isPart ? FIELD_BYTES : FIELD_BYTES + bytesOf(body);
  }

  /** Announces what waits at a time, or now if that is over. */
  #announceAt(dueAt: number): void {
    if (this.#waiting.isEmpty) this.announcedRev = this.#deps.state.rev;
    else if (dueAt <= Date.now()) this.#announce();
    else this.#timer ??= setTimeout(() => this.#announce(), dueAt - Date.now());
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
    const { ownersOf, bytes, rev } = this.#waiting.next(timing.maxBytes);
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

function isUser(by: StoredChanges["by"]): by is UserId {
  return typeof by === "number";
}
