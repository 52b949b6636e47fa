import type { Message } from "../types.ts";

type Counted = Pick<Message, "kind" | "revoked" | "sender" | "silent">;

/** The root of a thread-only reply; undefined: the message stands in the main stream of its conversation. */
export function rootOf({ thread }: Pick<Message, "thread">): number | undefined {
  return thread?.also_in_main ? undefined : thread?.root;
}

/**
 * Whether a message may be unread to a user, wherever it stands: one of others, no system message, neither
 * silent nor revoked.
 */
export function counts(message: Counted, me: number): boolean {
  return !message.silent && !message.revoked && message.kind !== "tip" && message.sender.id !== me;
}

/**
 * How many messages of a conversation are unread: the server's count up to one message, and one for each
 * later message that counts.
 */
export class Unread {
  /** the `seq` up to which the server's count holds; `set` alone moves it */
  at = 0;
  #count = 0;
  /** later messages that count */
  readonly #later = new Set<number>();

  /** The count, as the list shows it. */
  get count(): number {
    return this.#count + this.#later.size;
  }

  /** The server's count, up to a message. One that holds up to an older message than is known is late. */
  set(count: number, at: number): void {
    if (at < this.at) return;
    this.#count = count;
    this.at = at;
    for (const seq of this.#later) if (seq <= at) this.#later.delete(seq);
  }

  /** A message of another user has come. */
  add(seq: number): void {
    if (seq > this.at) this.#later.add(seq);
  }

  /** Everything up to a message is read. `counted`: how many of those behind it, up to `at`, count. */
  read(seq: number, counted: number): void {
    this.set(seq < this.at ? counted : 0, Math.max(this.at, seq));
  }
}
