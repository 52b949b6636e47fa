import type { Seq } from "../../domain/ids.ts";

/** The most messages whose last change of content is remembered. */
const MAX_REMEMBERED = 10_000;

/**
 * When messages got their present content, by edits and revokes. Other changes, as reactions, leave it. In
 * memory alone: a client from before the object's start is sent whole messages.
 */
export class ContentRevs {
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

  /** Whether a client that was told of every change up to `rev` has the present content of a message. */
  isTold(seq: Seq, rev: number): boolean {
    return rev >= this.#since && (this.#revs.get(seq) ?? 0) <= rev;
  }
}
