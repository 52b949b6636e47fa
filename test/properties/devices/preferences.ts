import { expect } from "vitest";

/** What a user keeps for themselves of a conversation. */
export interface Preference {
  archived: boolean;
  silent: boolean;
}

const NONE: Preference = { archived: false, silent: false };

/**
 * The archive and the mutes of the members. Nothing moves them but their owner's calls, and a message of the
 * main stream: it ends an archive that is not muted.
 */
export class Preferences {
  readonly #known = new Map<number, Preference>();
  /** the calls since the preferences were learnt, and whose preferences their leaving may have ended */
  readonly #asked = new Map<number, Partial<Preference>[]>();
  readonly #left = new Set<number>();
  /** the calls of this step that were answered that there is no such conversation */
  readonly #refused = new Map<number, Partial<Preference>[]>();
  #isSaid = false;

  of(userId: number): Preference {
    return this.#known.get(userId) ?? NONE;
  }

  asked(userId: number, ...preferences: Partial<Preference>[]): void {
    this.#asked.set(userId, [...(this.#asked.get(userId) ?? []), ...preferences]);
  }

  /** A call was answered that there is no such conversation. */
  refused(userId: number, preference: Partial<Preference>): void {
    this.#refused.set(userId, [...(this.#refused.get(userId) ?? []), preference]);
  }

  /** A message of the main stream was sent. */
  said(): void {
    this.#isSaid = true;
  }

  left(userId: number): void {
    this.#left.add(userId);
    // Preferences may be set right before their user leaves: the answer finds no conversation any more.
    this.asked(userId, ...(this.#refused.get(userId) ?? []));
  }

  /** Takes in the preferences of a user since they were learnt last. */
  learn(userId: number, now: Preference): void {
    const before = this.of(userId);
    const asked = this.#asked.get(userId) ?? [];
    const left = this.#left.has(userId) ? [NONE] : [];
    const options = [before, ...asked, ...left];
    const mutes = options.flatMap(({ silent }) => silent ?? []);
    const archives = options.flatMap(({ archived }) => archived ?? []);
    if (this.#isSaid && mutes.includes(false)) archives.push(false);
    expect(mutes, `whether ${userId} has muted it`).toContain(now.silent);
    expect(archives, `whether it is in the archive of ${userId}`).toContain(now.archived);
    const isMuted = !mutes.includes(false);
    if (this.#isSaid && !isMuted && asked.length === 0 && !mutes.includes(true))
      expect(now.archived, `a message ends the archive of ${userId}`).toBe(false);
    this.#known.set(userId, now);
    this.#asked.delete(userId);
    this.#left.delete(userId);
  }

  /** All members' preferences are learnt. */
  endStep(): void {
    this.#isSaid = false;
    this.#refused.clear();
  }
}
