import type { Seq, UserId } from "../../domain/ids.ts";

/** The most changes that are remembered: a few MB at most. */
const MAX_CHANGES = 10_000;

/**
 * Who has changed their own part of which message, and when. A live page shows a device its user's own part
 * only if that has changed, so that all members share the rest. Only memory has it: of changes that it does
 * not know it says that they may have been anybody's.
 */
export class OwnChanges {
  readonly #max: number;
  /** the rev of the newest change, by message and user; the oldest change first */
  readonly #revs = new Map<string, number>();
  /** every later change is known */
  #knownAfter: number;

  /** @param rev of the last change before this object; @param max the most changes that are remembered */
  constructor(rev: number, max = MAX_CHANGES) {
    this.#knownAfter = rev;
    this.#max = max;
  }

  /** A user has changed their own part of a message. */
  note(userId: UserId, seq: Seq, rev: number): void {
    const key = keyOf(userId, seq);
    this.#revs.delete(key);
    this.#revs.set(key, rev);
    const [oldest] = this.#revs;
    if (this.#revs.size <= this.#max || !oldest) return;
    this.#revs.delete(oldest[0]);
    this.#knownAfter = Math.max(this.#knownAfter, oldest[1]);
  }

  /** Whether a user may have changed their own part of a message after a rev. */
  mayHaveChanged(userId: UserId, seq: Seq, rev: number): boolean {
    return rev < this.#knownAfter || (this.#revs.get(keyOf(userId, seq)) ?? 0) > rev;
  }
}

function keyOf(userId: UserId, seq: Seq): string {
  return `${userId} ${seq}`;
}
