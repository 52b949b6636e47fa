import type { Problem } from "../api/problem.ts";
import { rootOf } from "../list/unread.ts";
import type { Message } from "../types.ts";
import { merge, quotedBy, requote, type State, unquote } from "./merge.ts";
import { Stream } from "./stream.ts";

/** So many of the newest messages of a conversation stay when no window shows it. */
const KEPT_MESSAGES = 200;

/**
 * How far a conversation is followed: `none`: it has no position yet · `dormant`: it has one, and is not
 * brought further · `behind`: its `sync` is under way · `live`: each frame brings it further.
 */
export type Phase = "none" | "dormant" | "behind" | "live";

/**
 * The messages of one conversation and its position: every message of the user's up to `seq`, and every
 * change up to `rev`, is here, as far as it was loaded. What comes from behind the position stays out of
 * sight until the position has passed it, so what is shown has no gap but those of its streams.
 */
export class Timeline {
  readonly id: number;
  phase: Phase = "none";
  /** whether the newest messages could not be loaded, so that a position comes first */
  hasFailed = false;
  /** why it has no position */
  declare problem: Problem | undefined;
  seq = 0;
  rev = 0;
  /** what the user has hidden */
  readonly hidden = new Set<number>();
  readonly main = new Stream();
  /** by their roots; those that were opened */
  readonly threads = new Map<number, Stream>();
  /** a `reset` makes it higher: a load from before brings nothing */
  generation = 0;
  /** loads over HTTP that are under way */
  loads = 0;
  /** who shows it */
  followers = 0;
  /** followed also while nobody shows it */
  isKept = false;
  /** pages asked for on the device socket that have not ended */
  syncs = 0;
  /** pages since it was live */
  pages = 0;
  /** messages behind the position */
  readonly #ahead = new Map<number, Message>();
  /** changes of messages that are not here, which a load or an ack may bring as they were before */
  readonly #changes = new Map<number, State>();
  /** whether an ack may bring a message that is not here */
  readonly #awaitsAck: () => boolean;

  constructor(id: number, awaitsAck: () => boolean) {
    this.id = id;
    this.#awaitsAck = awaitsAck;
  }

  /** The stream of the conversation, or of a thread. */
  stream(root: number | undefined): Stream {
    if (!root) return this.main;
    const stream = this.threads.get(root) ?? new Stream();
    this.threads.set(root, stream);
    return stream;
  }

  /** Adds a message of a frame, an ack or a page. */
  add(message: Message): void {
    const { seq } = message;
    if (this.hidden.has(seq)) return;
    let state = merge(message, this.#changes.get(seq));
    const quotedSeq = quotedBy(state);
    if (quotedSeq) {
      const quoted = this.#held(quotedSeq) ?? this.#changes.get(quotedSeq);
      if (quoted) state = requote(state, quoted);
      if (this.hidden.has(quotedSeq)) state = unquote(state, quotedSeq);
    }
    if (seq > this.seq) this.#ahead.set(seq, merge(state, this.#ahead.get(seq)));
    const main = rootOf(message) ? undefined : this.main;
    for (const stream of [main, this.threads.get(message.thread?.root ?? 0)])
      stream?.put(merge(state, stream.get(seq)));
  }

  /** Applies a change. */
  change(message: State): void {
    const { seq } = message;
    const held = this.#held(seq);
    const state = merge(message, held ?? this.#changes.get(seq));
    if (held) this.add(state as Message);
    this.#changes.set(seq, state);
    this.#replace((one) => requote(one, state));
    this.settle();
  }

  /** The user has hidden a message. */
  hide(seq: number): void {
    this.hidden.add(seq);
    this.#ahead.delete(seq);
    for (const stream of this.#streams()) stream.remove(seq);
    this.#replace((one) => unquote(one, seq));
  }

  /** The server leaves out messages behind the position, up to a place: those that it shows follow. */
  skip(after: number, to: number): void {
    const from = Math.max(after, this.seq) + 1;
    if (from <= to) for (const stream of this.#streams()) stream.skip(from, to);
  }

  /** Moves the position forward. @returns the messages that it has passed, in order */
  advance(seq: number, rev: number): Message[] {
    this.seq = Math.max(this.seq, seq);
    this.rev = Math.max(this.rev, rev);
    const passed = [...this.#ahead.values()].filter((message) => message.seq <= this.seq);
    for (const message of passed) this.#ahead.delete(message.seq);
    return passed.sort((a, b) => a.seq - b.seq);
  }

  /** Drops all messages, and begins anew at a position. No page that was asked for before counts. */
  reset(seq: number, rev: number): void {
    this.generation++;
    for (const stream of this.#streams()) stream.clear();
    this.#ahead.clear();
    this.#changes.clear();
    this.hidden.clear();
    this.seq = seq;
    this.rev = rev;
    this.syncs = 0;
  }

  /** Forgets the changes that nothing can ask for any more. */
  settle(): void {
    if (!this.loads && !this.#awaitsAck()) this.#changes.clear();
  }

  /**
   * Keeps only the newest messages, once there are twice as many.
   * @param windows how many windows show it at most, or it forgets nothing
   * @returns whether it has forgotten some
   */
  trim(windows = 0, kept = KEPT_MESSAGES): boolean {
    if (this.followers > windows + +this.isKept || this.main.messages.length < 2 * kept) return false;
    this.threads.clear();
    this.main.trim(kept);
    return true;
  }

  /** Puts what is made of each message at its place; the same object: it stays. */
  #replace(make: (message: Message) => Message): void {
    for (const stream of this.#streams())
      for (const one of stream.messages) {
        const next = make(one);
        if (next !== one) stream.put(next);
      }
  }

  #held(seq: number): Message | undefined {
    for (const stream of this.#streams()) {
      const found = stream.get(seq);
      if (found) return found;
    }
    return this.#ahead.get(seq);
  }

  #streams(): Stream[] {
    return [this.main, ...this.threads.values()];
  }
}
