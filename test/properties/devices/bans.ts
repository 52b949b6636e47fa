import { expect } from "vitest";

/** Who is banned from a group. Of concurrent calls it learns the result. */
export class Bans {
  #known = new Set<number>();
  /** whose ban this step may have changed */
  readonly #touched = new Set<number>();

  get isChanging(): boolean {
    return this.#touched.size > 0;
  }

  /** Whether a user is banned during the whole step. */
  holdsFor(userId: number): boolean {
    return this.#known.has(userId) && !this.#touched.has(userId);
  }

  changing(userId: number): void {
    this.#touched.add(userId);
  }

  /** Takes in who is banned at the end of a step. */
  learn(banned: number[]): void {
    for (const userId of new Set([...this.#known, ...banned]))
      if (!this.#touched.has(userId))
        expect([this.#known.has(userId), banned.includes(userId)], `the ban of ${userId}`).toEqual([
          true,
          true,
        ]);
    this.#known = new Set(banned);
    this.#touched.clear();
  }
}
