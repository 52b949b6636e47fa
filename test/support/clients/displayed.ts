import { expect } from "vitest";
import { z } from "zod";
import type { Message } from "../../../src/surfaces/v1/messages/message.ts";

const Ending = z.object({ ends_at: z.int().default(0) });
const Votes = z.object({ votes: z.array(z.int()).optional() });

/** A message as a client shows it. A revoked one has no content. */
export interface DisplayedMessage {
  seq: number;
  senderId: number;
  kind: string;
  body: unknown;
  revoked: boolean;
  createdAt: number;
  /** the root of its thread, and whether it is in the main stream; null: it is no reply */
  thread: { root: number; alsoInMain: boolean } | null;
  changes: MessageChanges;
}

/** The votes in a poll. */
interface Tally {
  counts: number[];
  voters: number;
  /** when it was closed; of an open poll, when it ends by itself; 0: not before it is closed */
  closesAt: number;
}

/** What has become of a message since it was sent. */
export interface MessageChanges {
  rev: number;
  version: number;
  editedAt: number | null;
  reactions: { key: string; count: number; user_ids: number[] }[];
  pinnedAt: number;
  pinnedBy: number | null;
  /** the replies in its thread; null: none */
  summary: { count: number; last_seq: number; last_at: number; user_ids: number[] } | null;
  poll: Tally | null;
  /** the reader's own reactions and votes; null: not told */
  mine: string[] | null;
  votes: number[] | null;
}

/** A message that never changed. */
export const UNCHANGED: MessageChanges = {
  ...{ rev: 0, version: 1, editedAt: null, reactions: [], pinnedAt: 0, pinnedBy: null },
  ...{ summary: null, poll: null, mine: [], votes: [] },
};

/** What a device shows. */
export interface Mode {
  /** thread-only replies too */
  threads: boolean;
  /** all changes; else revokes and hides alone */
  changes: boolean;
}

/** What is the owner's own of a message, and the rev with which it was told. */
type Own<T> = { rev: number; has: T };

/** The answer to an own message. */
interface Receipt {
  seq: number;
  createdAt: number;
}

/** A running replay: the last seq of it, and whether live messages may come again in a page. */
interface Replay {
  last: number;
  isLive: boolean;
}

/**
 * One conversation as one device shows it, over all of its sockets. It checks the server strictly: a repeated
 * or unordered message fails the test.
 */
export class DisplayedConversation {
  readonly #name: string;
  readonly #userId: number;
  readonly #shown = new Map<number, DisplayedMessage>();
  readonly #revoked = new Set<number>();
  readonly #hidden = new Set<number>();
  readonly #positions = new Map<number, number>();
  /** the rev of each message as it was last told, and as it was last told to have changed */
  readonly #revs = new Map<number, number>();
  readonly #changedRevs = new Map<number, number>();
  /** what is the owner's own of each message, as it was last told */
  readonly #mine = new Map<number, Own<string[]>>();
  readonly #votes = new Map<number, Own<number[]>>();
  /** messages that have changed and are not shown yet */
  readonly #unseen = new Map<number, DisplayedMessage>();
  /** the rev of the last frame with changed messages */
  #changedRev = 0;
  #replay: Replay | null = null;
  /** The newest message and change that it shows: a reconnected device resumes here. */
  lastSeq = 0;
  rev = 0;
  /** it shows nothing until its messages are loaded anew */
  isReset = false;
  resets = 0;
  /** when it has asked for the last page, in ms */
  askedAt = 0;
  /** the same of the last replay that began with a rev: then all that is gone for its user is gone here */
  resumedAt = 0;
  /** the same if the page was a reset, until it asks again */
  #resetAskedAt = 0;
  #resetSeq = 0;
  /** the last message that its user has deleted with the conversation; 0: the last reset is not for that */
  #deletedTo = 0;
  readonly mode: Mode;

  constructor(name: string, userId: number, mode: Mode = { threads: false, changes: true }) {
    this.#name = name;
    this.#userId = userId;
    this.mode = mode;
  }

  /** The messages that it shows, in order. */
  get messages(): DisplayedMessage[] {
    return [...this.#shown.values()].sort((a, b) => a.seq - b.seq);
  }

  /** Whether it waits for pages of a replay. */
  get isBehind(): boolean {
    return this.#replay !== null;
  }

  /** A replay begins. @param isLive messages may come live before the first page */
  begin(isLive = true): void {
    this.#resetAskedAt = 0;
    this.#replay = { last: 0, isLive };
  }

  /** Live messages may come again in the page of a replay, if one is running. */
  expectLive(): void {
    if (this.#replay) this.#replay.isLive = true;
  }

  /** A replay begins again at an older position. */
  goBack(after: number): void {
    this.begin();
    this.lastSeq = after;
  }

  /** The replay ends, as the conversation cannot be read any more. */
  end(): void {
    this.#replay = null;
  }

  /** More has changed than is replayed, or its user has deleted what it shows: all messages go. */
  reset({ lastSeq, rev }: { lastSeq: number; rev: number }): void {
    expect(this.isBehind, `${this.#name} has asked for a page`).toBe(true);
    expect(this.mode.changes, `${this.#name} knows no reset`).toBe(true);
    expect(rev, `a reset of ${this.#name} does not go back`).toBeGreaterThanOrEqual(this.rev);
    const noNewChanges = rev === this.rev;
    const why = `a reset of ${this.#name} is for changes that it does not have, or all that it has is deleted`;
    if (noNewChanges) expect(lastSeq, why).toBeGreaterThanOrEqual(this.lastSeq);
    this.#deletedTo = noNewChanges ? lastSeq : 0;
    this.isReset = true;
    this.#resetAskedAt = this.askedAt;
    this.#resetSeq = lastSeq;
    this.resets++;
    this.#shown.clear();
    this.#unseen.clear();
  }

  /**
   * Takes in the messages that it has loaded anew. Those that have changed meanwhile stay as they are.
   * @param reset the number of the reset before the load: one that came during the load needs another load
   */
  load(messages: DisplayedMessage[], reset: number): void {
    if (reset !== this.resets) return;
    this.isReset = false;
    const earlier = messages.filter(({ createdAt }) => createdAt < this.#resetAskedAt);
    const claimed = `what ${this.#name} has after a reset`;
    // After the reset of a deletion further pages may follow, with messages from before it asked.
    if (!this.isBehind) expect(this.#resetSeq, claimed).toBeGreaterThanOrEqual(earlier.at(-1)?.seq ?? 0);
    const first = messages[0]?.seq ?? Number.POSITIVE_INFINITY;
    expect(first, `${this.#name} is told what is deleted`).toBeGreaterThan(this.#deletedTo);
    for (const message of messages) {
      this.#tell(message);
      this.#show(message);
    }
  }

  message(message: DisplayedMessage): void {
    const { seq, thread } = message;
    expect(this.mode.threads || thread?.alsoInMain !== false, `${this.#name} shows no threads`).toBe(true);
    this.#tell(message);
    if (this.#replay) {
      this.#takePage(this.#replay, seq);
    } else {
      expect(seq, `${this.#name} gets each message once, in order`).toBeGreaterThan(this.lastSeq);
      expect(this.#hidden, `${this.#name} gets no hidden message`).not.toContain(seq);
      const late = `${this.#name} gets nothing once more that it has loaded after a reset`;
      expect(message.createdAt, late).toBeGreaterThanOrEqual(this.#resetAskedAt);
      this.lastSeq = seq;
    }
    this.#show(message);
  }

  /** Messages sent before the server knows the socket's position come again in the first page. */
  #takePage(replay: Replay, seq: number): void {
    if (seq <= replay.last) {
      expect(replay.isLive, `${this.#name} gets each message of a replay once, in order`).toBe(true);
      expect(seq, `a replay for ${this.#name} does not go back`).toBeGreaterThan(this.lastSeq);
      replay.isLive = false;
    }
    replay.last = seq;
  }

  /**
   * Places an own message. During a replay the message may also come in a page, or be older than the replay's
   * start. A repeated ack changes nothing.
   */
  ack({ seq, createdAt }: Receipt, draft: Sent): void {
    const known = this.#shown.get(seq);
    if (known) {
      const { senderId, createdAt } = known;
      expect({ senderId, createdAt }, `the ack of ${seq}`).toEqual({ senderId: this.#userId, createdAt });
    }
    if (known) return;
    const { poll, ...said } = draft;
    const sent = { seq, senderId: this.#userId, ...said, revoked: false, createdAt };
    if (this.mode.threads || said.thread?.alsoInMain !== false)
      this.#show(this.#unseen.get(seq) ?? { ...sent, changes: { ...UNCHANGED, poll } });
    if (!this.#replay) this.lastSeq = Math.max(this.lastSeq, seq);
  }

  revoke({ seq, rev }: { seq: number; rev: number }): void {
    this.#change(rev);
    this.#revoked.add(seq);
    const known = this.#shown.get(seq);
    if (known) this.#show(known);
  }

  /** Messages are as they are now. One that it does not show is none that it missed. */
  changed(items: DisplayedMessage[], rev: number): void {
    expect(this.mode.changes, `${this.#name} knows no changes`).toBe(true);
    const isShown = ({ thread }: DisplayedMessage) => this.mode.threads || thread?.alsoInMain !== false;
    expect(items.every(isShown), `${this.#name} shows no threads`).toBe(true);
    expect(items.length, `${this.#name} is told no empty change`).toBeGreaterThan(0);
    const revs = items.map(({ changes }) => changes.rev);
    expect(revs, "changes come in their order").toEqual(revs.toSorted((a, b) => a - b));
    expect(rev, "changes come with their revs").toBeGreaterThanOrEqual(revs.at(-1) ?? 0);
    if (!this.#replay) {
      expect(rev, `${this.#name} gets each change once, in order`).toBeGreaterThan(this.rev);
      for (const { seq, changes } of items) {
        expect(changes.rev, `${this.#name} gets each change once`).toBeGreaterThan(
          this.#changedRevs.get(seq) ?? 0,
        );
        // A message that had changed before it was sent to the device is announced as well.
        expect(changes.rev, `${this.#name} goes not back`).toBeGreaterThanOrEqual(this.#revs.get(seq) ?? 0);
        this.#changedRevs.set(seq, changes.rev);
      }
      this.rev = rev;
      this.#changedRev = rev;
    }
    for (const message of items) {
      this.#tell(message);
      if (this.#shown.has(message.seq)) this.#show(message);
      else this.#unseen.set(message.seq, message);
    }
  }

  #tell({ seq, changes: { rev, mine, votes } }: DisplayedMessage): void {
    this.#revs.set(seq, Math.max(rev, this.#revs.get(seq) ?? 0));
    if (mine && rev >= (this.#mine.get(seq)?.rev ?? 0)) this.#mine.set(seq, { rev, has: mine });
    if (votes && rev >= (this.#votes.get(seq)?.rev ?? 0)) this.#votes.set(seq, { rev, has: votes });
  }

  hide({ seq, rev }: { seq: number; rev: number }): void {
    this.#change(rev);
    this.#hidden.add(seq);
    this.#shown.delete(seq);
  }

  /** Its user has deleted the conversation for themself up to here: those messages go. */
  drop(upTo: number): void {
    for (const shown of [this.#shown, this.#unseen])
      for (const seq of shown.keys()) if (seq <= upTo) shown.delete(seq);
  }

  #change(rev: number): void {
    if (this.#replay) return;
    // A revoke comes as a changed message, and then as an event.
    if (rev <= this.#changedRev) return;
    expect(rev, `${this.#name} gets each change once, in order`).toBeGreaterThan(this.rev);
    this.rev = rev;
  }

  /** A page of a replay has ended: its end counts as shown, even if hidden messages are there. */
  synced({ lastSeq, rev, hasMore }: { lastSeq: number; rev: number; hasMore: boolean }): void {
    expect(this.isBehind, `${this.#name} has asked for a page`).toBe(true);
    expect(lastSeq, `a replay for ${this.#name} does not go back`).toBeGreaterThanOrEqual(this.lastSeq);
    expect(rev, `a replay for ${this.#name} does not go back`).toBeGreaterThanOrEqual(this.rev);
    this.lastSeq = lastSeq;
    this.rev = rev;
    // What came after a deletion follows its reset in the page.
    this.#resetSeq = Math.max(this.#resetSeq, lastSeq);
    this.#replay = hasMore ? { last: lastSeq, isLive: false } : null;
  }

  /** A user has read. Read positions only rise. */
  read(userId: number, seq: number): void {
    expect(seq, `${this.#name} sees ${userId} read forward`).toBeGreaterThanOrEqual(
      this.#positions.get(userId) ?? 0,
    );
    this.#positions.set(userId, seq);
  }

  #show(message: DisplayedMessage): void {
    const { seq } = message;
    if (this.#hidden.has(seq)) return;
    const states = [this.#shown.get(seq), this.#unseen.get(seq)].flatMap((state) => state ?? []);
    // Of one message, what has the highest rev.
    const newer = states.find(({ changes }) => changes.rev > message.changes.rev) ?? message;
    const own = { mine: this.#mine.get(seq)?.has ?? [], votes: this.#votes.get(seq)?.has ?? [] };
    const told = { ...newer, changes: { ...newer.changes, ...own } };
    this.#shown.set(seq, this.#revoked.has(seq) ? { ...told, body: {}, revoked: true } : told);
  }
}

/** A message as it is sent, before it has a place. */
export type Sent = Pick<DisplayedMessage, "kind" | "body" | "thread"> & { poll: Tally | null };

/** A message to a client that knows no changes but revokes: what never changes, and whether it is revoked. */
export function asFixed({ body, changes: _, ...fixed }: DisplayedMessage): object {
  return { ...fixed, isEmpty: fixed.revoked && Object.keys(Object(body)).length === 0 };
}

/** The displayed form of a message of the wire. */
export function displayedMessage(message: z.infer<typeof Message>): DisplayedMessage {
  const { seq, sender, kind, body, revoked, created_at, thread, thread_summary, poll } = message;
  const { rev, version, edited_at, reactions = [], mine = null, pinned_at, pinned_by } = message;
  const { ends_at: endsAt } = Ending.parse(body);
  return {
    ...{ seq, senderId: sender.id, kind, body, revoked, createdAt: created_at },
    thread: thread ? { root: thread.root, alsoInMain: thread.also_in_main } : null,
    changes: {
      summary: thread_summary ?? null,
      poll:
        poll && !revoked
          ? { counts: poll.counts, voters: poll.voters, closesAt: poll.closed_at || endsAt }
          : null,
      votes: Votes.parse(message).votes ?? (kind === "poll" ? null : []),
      ...{ rev, version, editedAt: edited_at ?? null, reactions },
      ...{ pinnedAt: pinned_at, pinnedBy: pinned_by ?? null, mine },
    },
  };
}
