import { expect } from "vitest";

/** The composer drafts of the users of a conversation. Of concurrent calls any may be the last. */
export class Composers {
  readonly #known = new Map<number, string>();
  readonly #asked = new Map<number, (string | undefined)[]>();

  /** A user has written a draft; undefined: it has gone. */
  wrote(userId: number, text: string | undefined): void {
    this.#asked.set(userId, [...(this.#asked.get(userId) ?? []), text]);
  }

  /** Takes in the draft that a user's list has. */
  learn(userId: number, text: string | undefined): void {
    const asked = this.#asked.get(userId);
    const possible = asked ?? [this.#known.get(userId)];
    // A call that was refused, or whose user has left right after it, has written nothing.
    if (asked) possible.push(this.#known.get(userId));
    expect(possible, `the draft of ${userId}`).toContain(text);
    this.#asked.delete(userId);
    if (text === undefined) this.#known.delete(userId);
    else this.#known.set(userId, text);
  }
}
