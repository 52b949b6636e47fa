import { expect } from "vitest";
import type { DisplayedMessage } from "../../support/clients/displayed.ts";

/** What a user has done about one thread in a step, in an order that nobody knows. */
interface Step {
  /** own replies, and the root at the first answer to it: positions up to which the user has read at least */
  began: number[];
  /** positions of reads */
  read: number[];
  /** a call to follow, with the last message before it */
  calledAt: number | null;
  mayEnd: boolean;
}

/** A thread that a user follows, as the server says. */
export interface Followed {
  root: number;
  readSeq: number;
  unread: number;
}

/**
 * Which threads the members follow, how far they have read them, and what is unread there. Of concurrent
 * calls it learns the result, which must be one that some order of them has.
 */
export class Follows {
  readonly #repliesTo: (root: number) => DisplayedMessage[];
  readonly #isRevoked: (seq: number) => boolean;
  /** by user and root */
  readonly #positions = new Map<number, Map<number, number>>();
  readonly #steps = new Map<number, Map<number, Step>>();

  constructor(repliesTo: (root: number) => DisplayedMessage[], isRevoked: (seq: number) => boolean) {
    this.#repliesTo = repliesTo;
    this.#isRevoked = isRevoked;
  }

  /** Whether a step concerns any thread. */
  get isChanging(): boolean {
    return this.#steps.size > 0;
  }

  /** The roots of the threads that a user follows. */
  of(userId: number): number[] {
    return [...(this.#positions.get(userId)?.keys() ?? [])];
  }

  /** A user has written in a thread, or the first reply to a message of theirs has come. */
  begins(userId: number, root: number, upTo: number): void {
    this.#step(userId, root).began.push(upTo);
  }

  /** A user follows a thread by a call. @param last the last message before it */
  called(userId: number, root: number, last: number): void {
    this.#step(userId, root).calledAt = last;
  }

  read(userId: number, root: number, upTo: number): void {
    this.#step(userId, root).read.push(upTo);
  }

  /** A user unfollows a thread, hides its root, or leaves all threads. */
  ends(userId: number, root?: number): void {
    const roots = [...this.of(userId), ...(this.#steps.get(userId)?.keys() ?? [])];
    for (const one of root === undefined ? roots : [root]) this.#step(userId, one).mayEnd = true;
  }

  /** Takes in what a user follows at the end of a step. */
  learn(userId: number, followed: Followed[]): void {
    const before = this.#positions.get(userId) ?? new Map<number, number>();
    const now = new Map(followed.map(({ root, readSeq }) => [root, readSeq]));
    const none: Step = { began: [], read: [], calledAt: null, mayEnd: false };
    for (const root of new Set([
      ...before.keys(),
      ...now.keys(),
      ...(this.#steps.get(userId)?.keys() ?? []),
    ])) {
      const step = this.#steps.get(userId)?.get(root) ?? none;
      this.#check(
        `how far ${userId} has read the thread of ${root}`,
        root,
        now.get(root),
        before.get(root),
        step,
      );
    }
    this.#positions.set(userId, now);
    for (const { root, unread } of followed)
      expect(unread, `what ${userId} has not read in the thread of ${root}`).toBe(
        this.#unreadIn(userId, root),
      );
  }

  endStep(): void {
    this.#steps.clear();
  }

  /** The unread thread-only replies of all threads that a user follows. */
  unreadOf(userId: number): number {
    return this.of(userId).reduce((sum, root) => sum + this.#unreadIn(userId, root), 0);
  }

  #check(what: string, root: number, now: number | undefined, before: number | undefined, step: Step): void {
    const { began, read, calledAt, mayEnd } = step;
    const wasFollowing = before !== undefined;
    const begins = began.length > 0 || calledAt !== null;
    if (now === undefined) {
      expect(mayEnd || !(wasFollowing || begins), `${what}: it is followed`).toBe(true);
      return;
    }
    expect(wasFollowing || begins, `${what}: it is not followed`).toBe(true);
    const isNew = calledAt !== null && (!wasFollowing || mayEnd);
    // A new follow has read all replies that are there.
    const places = isNew ? [root, ...this.#repliesTo(root).map(({ seq }) => seq)] : [];
    expect([before, ...began, ...read, ...places], what).toContain(now);
    if (mayEnd) return;
    const seen = isNew ? places.filter((seq) => seq <= (calledAt ?? 0)) : [];
    // A read before the follow begins has no effect.
    const sure = [before ?? 0, ...began, ...seen, ...(wasFollowing ? read : [])];
    expect(now, what).toBeGreaterThanOrEqual(Math.max(...sure));
  }

  #unreadIn(userId: number, root: number): number {
    const position = this.#positions.get(userId)?.get(root) ?? Number.POSITIVE_INFINITY;
    const isUnread = ({ seq, thread }: DisplayedMessage) =>
      seq > position && thread?.alsoInMain === false && !this.#isRevoked(seq);
    return this.#repliesTo(root).filter(isUnread).length;
  }

  #step(userId: number, root: number): Step {
    const own = this.#steps.get(userId) ?? new Map<number, Step>();
    this.#steps.set(userId, own);
    const step = own.get(root) ?? { began: [], read: [], calledAt: null, mayEnd: false };
    own.set(root, step);
    return step;
  }
}
