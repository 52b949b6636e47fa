import type { Seq, UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import type { ConversationState } from "../state/conversation-state.ts";

/** Changes of stored messages, as the transaction that makes them stores them. */
export interface StoredChanges {
  seqs: Seq[];
  rev: number;
  changes: number;
}

/** The messages that have changed since the last announcement, for observers. */
export interface ChangeAnnouncement {
  /** in the order of their last change */
  rows: MessageRow[];
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
}

/**
 * The changes of stored messages: edits, revokes, reactions and whatever else becomes of a message.
 * - Each change gets the next `rev`, which its message keeps, in the transaction that makes it. A client that
 *   resumes gets the present state of the messages whose `rev` is higher than its own.
 * - Sockets hear of the first change at once, and of those that follow at most once in `intervalMs`: a
 *   message that changes a thousand times is a few frames.
 * - Live frames and pages for devices go up to `announcedRev`, which no waiting change has reached: a client
 *   that resumes from there misses none. Memory alone holds what waits. Nothing is lost with it: its end
 *   closes the room sockets, and the retry marker of the fan-out stands for the devices.
 */
export class ChangeFeed {
  readonly #deps: ChangeFeedDeps;
  readonly #waiting = new Map<Seq, Set<UserId>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #announcedAt = 0;
  /** Every change up to this one is announced. */
  announcedRev: number;
  /** The last announced change that concerns all members, unlike a hide. */
  sharedRev: number;

  constructor(deps: ChangeFeedDeps) {
    this.#deps = deps;
    deps.log.recoverChanges();
    this.announcedRev = deps.state.rev;
    this.sharedRev = deps.state.rev;
  }

  /**
   * Stores in the caller's transaction that messages have changed. `apply` follows it.
   * @param reachesLists what lists show may have changed: the inbox of each member gets an update. Otherwise
   *   only those of members with devices do.
   */
  store(seqs: Seq[], { reachesLists }: { reachesLists: boolean }): StoredChanges {
    const { state, log } = this.#deps;
    const rev = log.markChanged(seqs, state.rev);
    const changes = state.changes + (reachesLists ? 1 : 0);
    state.store(changes, rev);
    return { seqs, rev, changes };
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
  apply({ seqs, rev, changes }: StoredChanges, owner?: UserId): void {
    this.#deps.state.apply(changes, rev);
    for (const seq of seqs) {
      const owners = this.#waiting.get(seq) ?? new Set();
      if (owner !== undefined) owners.add(owner);
      this.#waiting.set(seq, owners);
    }
    // Until the announcement too, whoever reads finds the messages as they are now.
    this.#deps.log.refresh(seqs);
    this.#deps.stored();
    const dueAt = this.#announcedAt + this.#deps.timing.intervalMs;
    if (dueAt <= Date.now()) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), dueAt - Date.now());
  }

  /**
   * Announces what waits. Call it before a page for a client, and before the event of a later change: a
   * client resumes from the highest `rev` that it got.
   */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { state, log, announce } = this.#deps;
    this.announcedRev = state.rev;
    if (this.#waiting.size === 0) return;
    this.sharedRev = state.rev;
    this.#announcedAt = Date.now();
    const ownersOf = new Map(this.#waiting);
    this.#waiting.clear();
    announce({ rows: log.refresh([...ownersOf.keys()]), rev: state.rev, ownersOf });
  }
}
