import type { Message } from "../types.ts";

/**
 * A run of places of which a stream has every message; `to` is Infinity for the run that goes on with new
 * ones.
 */
export interface Run {
  from: number;
  to: number;
}

/** Messages of a conversation in the order of `seq`, with holes between the runs that were loaded. */
export class Stream {
  #messages: Message[] = [];
  #runs: Run[] = [];
  /** places that the server has left out some messages of, in a room that is too busy to show each */
  gaps: readonly Run[] = [];
  /** goes up with each change */
  version = 0;

  /** All messages that are there, those outside of the runs, too. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  get(seq: number): Message | undefined {
    const found = this.#messages[this.#index(seq)];
    return found?.seq === seq ? found : undefined;
  }

  /** Puts a message at its place, instead of the one that is there. */
  put(message: Message): void {
    const at = this.#index(message.seq);
    const isThere = this.#messages[at]?.seq === message.seq;
    this.#messages.splice(at, isThere ? 1 : 0, message);
    this.version++;
  }

  remove(seq: number): void {
    this.#messages = this.#messages.filter((message) => message.seq !== seq);
    this.version++;
  }

  /** The messages from one place to another, both included. */
  slice(from: number, to: number): Message[] {
    return this.#messages.slice(this.#index(from), this.#index(to + 1));
  }

  /** Notes that every message from one place to another is there. Runs that touch become one. */
  cover(from: number, to: number): void {
    // Runs that are there already do not touch each other.
    this.#runs = this.#runs.filter((run) => {
      if (run.to < from - 1 || run.from > to + 1) return true;
      from = Math.min(from, run.from);
      to = Math.max(to, run.to);
      return false;
    });
    this.#runs.push({ from, to });
    this.version++;
  }

  /** Notes that messages may be missing between two places. Gaps that touch become one. */
  skip(from: number, to: number): void {
    const last = this.gaps.at(-1);
    const isNext = last && last.to >= from - 1;
    this.gaps = isNext ? [...this.gaps.slice(0, -1), { ...last, to }] : [...this.gaps, { from, to }];
    this.version++;
  }

  /** What of the gaps lies between two places, if messages are missing there. */
  gapsIn(from: number, to: number): Run[] {
    return this.gaps
      .map((gap) => ({ from: Math.max(gap.from, from), to: Math.min(gap.to, to) }))
      .filter((gap) => this.slice(gap.from, gap.to).length <= gap.to - gap.from);
  }

  /** Notes that no message is missing between two places, both included. */
  fill(from: number, to: number): void {
    this.gaps = this.gaps
      .flatMap((gap) => [
        { ...gap, to: Math.min(gap.to, from - 1) },
        { ...gap, from: Math.max(gap.from, to + 1) },
      ])
      .filter((gap) => gap.from <= gap.to);
    this.version++;
  }

  /** The run that has a place; Infinity: the run of the newest messages. */
  runAt(seq: number): Run | undefined {
    return this.#runs.find(({ from, to }) => from <= seq && seq <= to);
  }

  clear(): void {
    this.#messages = [];
    this.#runs = [];
    this.gaps = [];
    this.version++;
  }

  /** Keeps the newest messages only, and their run. */
  trim(count: number): void {
    this.#messages = this.#messages.slice(-count);
    const run = this.runAt(Infinity);
    this.#runs = run ? [{ ...run, from: Math.max(this.#messages[0]?.seq ?? 0, run.from) }] : [];
    this.fill(0, (this.#runs[0]?.from ?? 1) - 1);
    this.version++;
  }

  /** The index of the first message at a place or behind it. */
  #index(seq: number): number {
    // New messages come at the end.
    return this.#messages.findLastIndex((message) => message.seq < seq) + 1;
  }
}
